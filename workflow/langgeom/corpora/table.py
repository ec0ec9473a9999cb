"""Tables of the user's (Parquet, JSON, CSV): one with a column a text, or a folder of one a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langgeom.corpora.hub import Hub
from langgeom.errors import UserError, nearest
from langgeom.hub import FORMATS, fill


class Table(Hub):
    """A table, or a folder of tables, whose rows are aligned as those of the hub."""

    schema = """
    table:
      description: >-
        A .parquet, .json, .jsonl, .csv or .tsv file with a column a text, or a folder of one such file a text.
      $ref: "#/$defs/path"
    text_column:
      description: The column of the text; {text}, {lang}, {script} and {name} are put in. A key of a mapping is column.key.
      type: string
      minLength: 1
      default: "{name}"
    id_column: {$ref: "#/$defs/id_column"}
    document_column: {$ref: "#/$defs/document_column"}
    names:
      description: What the table calls each text, as a column or (in a folder) as a file, for {name}; else its own name.
      type: object
      additionalProperties: {type: string, minLength: 1}
      default: {}
    """
    own = ("table",)

    def check(self) -> None:
        """Refuse a missing table, one of another format, unknown fields of templates, and names of texts that are not taken."""
        self.check_names("", self.spec)
        for text in self.spec["texts"]:
            if self.made_from(text) is None:
                self.files(text)

    def files(self, text: str) -> list[Path]:
        """Return the table of a text. UserError: there is none, or there are several, or it is of another format."""
        path = self.base / self.spec["table"]
        formats = ", ".join(FORMATS)
        if path.is_dir():
            name = fill("{name}", self.spec, text)
            found = [file for suffix in FORMATS if (file := path / f"{name}{suffix}").is_file()]
            if len(found) != 1:
                near = nearest(name, (file.stem for file in path.iterdir()))
                what = f"has {' and '.join(file.name for file in found)}" if found else f"has no '{name}' ({formats})"
                raise UserError(f"{path} {what}; text '{text}' is read from one file.{near}")
            return found
        if not path.is_file():
            raise UserError(f"there is no table '{self.spec['table']}' (looked in {self.base.resolve()}).")
        if path.suffix not in FORMATS:
            raise UserError(f"{path} is no table by the end of its name; allowed: {formats}, or a folder of them.")
        return [path]

    def peek(self, text: str) -> Sequence[str] | None:
        return None

    def request(self, text: str) -> dict[str, Any]:
        (file,) = self.files(text)
        keys = ("text_column", "id_column", "names", *["document_column"] * (text == self.reference))
        return {"file": str(file), **{key: self.spec[key] for key in keys if key in self.spec}}
