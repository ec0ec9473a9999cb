"""Any data set of the hub with a column of text, aligned by an id or row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langgeom.corpora import Corpus
from langgeom.errors import UserError, nearest
from langgeom.files import read_json
from langgeom.hub import FIELDS, UNPINNED, rows_path


class Hub(Corpus):
    """A data set of the hub at one commit."""

    schema = """
    hub:
      description: A data set of the hub with a column of text.
      type: object
      additionalProperties: false
      required: [dataset, split, text_column]
      properties:
        dataset: {$ref: "#/$defs/repository"}
        revision: {$ref: "#/$defs/commit"}
        config:
          description: The configuration of each text; {text}, {lang}, {script} and {name} are put in.
          type: string
          minLength: 1
        split:
          description: The split; a template as config.
          type: string
          minLength: 1
        text_column:
          description: The column of the text; a template as config. A key of a mapping is column.key.
          type: string
          minLength: 1
        id_column: {$ref: "#/$defs/id_column"}
        document_column: {$ref: "#/$defs/document_column"}
        names:
          description: What the data set calls each text, for {name}.
          type: object
          additionalProperties: {type: string, minLength: 1}
          default: {}
    """

    def check(self) -> None:
        """Refuse a data set without a commit, unknown fields of templates, and names of texts that are not taken."""
        if "revision" not in self.spec["hub"]:
            raise UserError(f"hub lacks 'revision', {UNPINNED}.")
        self.check_names("hub.", self.spec["hub"])

    def check_names(self, where: str, chosen: Mapping[str, Any]) -> None:
        """Refuse unknown fields of templates, and names of texts that are not taken; `where` is put before the key."""
        for key in ("config", "split", "text_column"):
            for field in re.findall(r"\{(\w*)\}", chosen.get(key, "")):
                if field not in FIELDS:
                    allowed = ", ".join(f"{{{name}}}" for name in FIELDS)
                    raise UserError(f"{where}{key} has '{{{field}}}'; allowed: {allowed}.{nearest(field, FIELDS)}")
        for text in chosen.get("names", {}):
            if text not in self.spec["texts"]:
                raise UserError(f"{where}names has '{text}', which is none of its texts.{nearest(text, self.spec['texts'])}")

    def texts(self) -> list[str] | None:
        return None

    def request(self, text: str) -> dict[str, Any]:
        """Return the data set, and the column of documents for the reference text alone, which is asked for them."""
        return {key: value for key, value in self.spec["hub"].items() if key != "document_column" or text == self.reference}

    def inputs(self, text: str) -> list[str]:
        """Return the rows of a text, and those of the reference text."""
        return list(dict.fromkeys(rows_path(self.name, name) for name in (text, self.reference)))

    def document_inputs(self) -> list[str]:
        """Return the rows of the reference text."""
        return [rows_path(self.name, self.reference)] if "document_column" in self.request(self.reference) else []

    def documents(self, inputs: Sequence[Path]) -> list[str]:
        return list(read_json(inputs[0], "document")["document"])

    def label(self, inputs: Sequence[Path]) -> str:
        """Return data set, commit, configuration and split of the rows."""
        return str(read_json(inputs[0])["source"])

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the cells of a text in the order of the reference text's rows, "" where it lacks one, and how many of its rows
        are `unmatched`: the reference text lacks their id."""
        rows, expected = (read_json(path, "source", "id", "text") for path in (inputs[0], inputs[-1]))
        if rows["id"] is None or expected["id"] is None:
            if len(rows["text"]) != len(expected["text"]):
                raise UserError(
                    f"'{text}' has {len(rows['text'])} rows and '{self.reference}' has {len(expected['text'])}: they cannot "
                    f"be parallel. Name the column that aligns them, id_column ({rows['source']})."
                )
            return rows["text"], Counter()
        cells = dict(zip(rows["id"], rows["text"], strict=True))
        unmatched = len(cells.keys() - set(expected["id"]))
        if unmatched == len(cells):
            raise UserError(
                f"'{text}' and '{self.reference}' have no id in common ({rows['source']}). Is id_column the right one?"
            )
        return [cells.get(row, "") for row in expected["id"]], Counter(unmatched=unmatched)
