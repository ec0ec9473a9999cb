"""NTREX-128: 1,997 sentences of news in 128 languages, by the addresses of its files (workflow/data/ntrex.tsv)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from langgeom.corpora import Corpus
from langgeom.errors import UserError, nearest
from langgeom.files import DATA, read_tsv
from langgeom.sources import Pin

TABLE = DATA / "ntrex.tsv"
LINES = 1997
DOCUMENTS = "DOCUMENT_IDS.tsv", "88a8b0ff1eae47e83f60dcde01075b8c87d75ced59ca09e0af1eb539958e05d5"


class Ntrex(Corpus):
    """NTREX-128 under langgeom's names of its texts."""

    cure = "Remove both and run again."

    schema = """
    ntrex:
      description: NTREX-128, as its repository has it.
      type: object
      additionalProperties: false
      required: [address]
      properties:
        address:
          description: where NTREX-128/ and DOCUMENT_IDS.tsv lie, at the commit of workflow/data/ntrex.tsv (https, http, file)
          type: string
          pattern: '^(https?|file)://[^{}?#\\s]+[^{}?#\\s/]\\Z'
    """

    def texts(self) -> list[str]:
        return list(_files())

    def line_count(self, text: str) -> int | None:
        return LINES if text in _files() else None

    def pins(self) -> list[Pin]:
        return [*(self._pin(text) for text in self.spec["texts"]), self._at(*DOCUMENTS)]

    def inputs(self, text: str) -> list[str]:
        return list(dict.fromkeys(self._pin(name).path for name in (text, self.reference)))

    def _pin(self, text: str) -> Pin:
        if text not in _files():
            raise UserError(f"there is no text '{text}'.{nearest(text, _files())}")
        return self._at(*_files()[text])

    def _at(self, file: str, sha: str) -> Pin:
        return Pin("url", f"{self.spec['ntrex']['address']}/{file}", "", sha)

    def document_inputs(self) -> list[str]:
        return [self._at(*DOCUMENTS).path]

    def read(self, text: str, path: Path) -> tuple[str, bytes]:
        return path.name, path.read_bytes()


@cache
def _files() -> dict[str, tuple[str, str]]:
    """Return the file of each text and its hash."""
    return {row["text"]: (row["file"], row["sha256"]) for row in read_tsv(TABLE)}
