"""A folder of {lang}_{script}.txt files, one sentence a line, line i parallel across files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from langgeom.corpora import Corpus
from langgeom.corpora.text import decode
from langgeom.errors import UserError, nearest
from langgeom.names import TEXT_PATTERN


class Folder(Corpus):
    """A folder of the user's."""

    schema = """
    folder:
      description: A folder of {lang}_{script}.txt files, one sentence a line, line i parallel.
      $ref: "#/$defs/path"
    """
    own = ("folder",)

    def texts(self) -> list[str]:
        """Return the texts that the folder has.

        Raises:
            UserError: no such folder, or none of its files is named as a text.
        """
        folder = self.base / self.spec["folder"]
        if not folder.is_dir():
            raise UserError(f"there is no folder '{self.spec['folder']}' (looked in {self.base.resolve()}).")
        found = sorted(path.stem for path in folder.glob("*.txt") if re.fullmatch(TEXT_PATTERN, path.stem) and path.is_file())
        if not found:
            raise UserError(f"the folder '{self.spec['folder']}' has no file named as a text, such as eng_Latn.txt.")
        return found

    def check(self) -> None:
        """Refuse links that lead nowhere, folders named as a text, and names in another case."""
        folder = self.base / self.spec["folder"]
        names = {path.name.casefold(): path for path in folder.iterdir()} if folder.is_dir() else {}
        for text in self.spec["texts"]:
            path = folder / f"{text}.txt"
            alike = names.get(path.name.casefold())
            if path.is_file() or alike is None:
                continue
            if path.is_symlink():
                raise UserError(f"{path} is a link to {path.readlink()}, which is not there. Mend the link, or copy the file.")
            if path.is_dir():
                raise UserError(
                    f"{path} is a folder, but a text is one file. Rename it, or name the folder that has the texts."
                )
            raise UserError(f"{folder} has {alike.name}, but text '{text}' is read from {path.name}. Rename the file.")

    def files(self, text: str) -> list[Path]:
        """Return the file of a text."""
        return [self.base / self.spec["folder"] / f"{text}.txt"]

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the lines of a text.

        Raises:
            UserError: not there, not UTF-8, empty, or not as many lines as the reference text beside it.
        """
        own, reference = inputs[0], inputs[-1]
        for path in (own, reference):
            if not path.is_file():
                near = nearest(path.stem, (file.stem for file in path.parent.glob("*.txt")))
                raise UserError(f"there is no text '{path.stem}' ({path}).{near}")
        lines = decode(own.read_bytes(), str(own))
        expected = len(decode(reference.read_bytes(), str(reference)))
        if len(lines) != expected:
            raise UserError(
                f"{own} has {len(lines)} lines and {reference.name} has {expected}: they cannot be parallel. Give each "
                "sentence its line in both; an empty line stands for no translation."
            )
        return lines, Counter()
