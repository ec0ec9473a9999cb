"""A folder of {lang}_{script}.txt files, one sentence a line, line i parallel across files."""

from __future__ import annotations

import re
from pathlib import Path

from langgeom.corpora import Corpus
from langgeom.errors import UserError, nearest
from langgeom.names import TEXT_PATTERN


class Folder(Corpus):
    """A folder of the user's."""

    schema = """
    folder:
      description: A folder of {lang}_{script}.txt files, one sentence a line, line i parallel.
      $ref: "#/$defs/path"
    documents:
      description: A file with the name of each line's document, one a line; intervals then draw documents.
      $ref: "#/$defs/path"
    """
    own = ("folder", "documents")
    cure = "Give each sentence its line in both; an empty line stands for no translation."

    @property
    def _folder(self) -> Path:
        return self.base / str(self.spec["folder"])

    def texts(self) -> list[str]:
        if not self._folder.is_dir():
            raise UserError(f"there is no folder '{self.spec['folder']}' (looked in {self.base.resolve()}).")
        files = [path for path in self._folder.glob("*.txt") if path.is_file()]
        found = sorted(path.stem for path in files if re.fullmatch(TEXT_PATTERN, path.stem))
        if not found:
            raise UserError(f"the folder '{self.spec['folder']}' has no file named as a text, such as eng_Latn.txt.")
        return found

    def check(self) -> None:
        """Refuse links that lead nowhere, folders named as a text, names in another case, and no file of documents."""
        for path in self.document_files():
            if not path.is_file():
                raise UserError(f"documents: there is no file '{self.spec['documents']}' (looked in {self.base.resolve()}).")
        names = {path.name.casefold(): path.name for path in self._folder.iterdir()} if self._folder.is_dir() else {}
        for path in (self._folder / f"{text}.txt" for text in self.spec["texts"]):
            if path.is_file() or path.name.casefold() not in names:
                continue
            if path.is_symlink():
                raise UserError(f"{path} is a link to {path.readlink()}, which is not there. Mend the link, or copy the file.")
            if path.is_dir():
                raise UserError(
                    f"{path} is a folder, but a text is one file. Rename it, or name the folder that has the texts."
                )
            found = names[path.name.casefold()]
            raise UserError(f"{self._folder} has {found}, but text '{path.stem}' is read from {path.name}. Rename the file.")

    def files(self, text: str) -> list[Path]:
        return [self._folder / f"{text}.txt"]

    def document_files(self) -> list[Path]:
        return [self.base / self.spec["documents"]] if "documents" in self.spec else []

    def read(self, text: str, path: Path) -> tuple[str, bytes]:
        if not path.is_file():
            near = nearest(path.stem, (file.stem for file in path.parent.glob("*.txt")))
            raise UserError(f"there is no text '{path.stem}' ({path}).{near}")
        return str(path), path.read_bytes()
