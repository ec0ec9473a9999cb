"""A folder, or an archive here or at an address, in FLORES-200's layout: flores200_dataset/{dev,devtest}/{text}.{dev,devtest}.

An archive is never unpacked: its members are read by their exact names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from langgeom.archives import member, members, reading
from langgeom.corpora import Corpus
from langgeom.corpora.text import decode
from langgeom.errors import UserError, nearest
from langgeom.files import DATA, read_tsv
from langgeom.names import TEXT_PATTERN
from langgeom.sources import Pin, pin_of

DATASET = "flores200_dataset"
PUBLIC = "b8b0b76783024b85797e5cc75064eb83fc5288b41e9654dabc7be6ae944011f6"  # the archive of workflow/data/flores200.tsv
# Known faults (issues of github.com/facebookresearch/flores; FLORES+ mends the first two).
DOUBTFUL = {
    "yue_Hant": "FLORES-200's Cantonese is Mandarin (issue 61); take FLORES+",
    "tzm_Tfng": "FLORES-200's Central Atlas Tamazight is Standard Moroccan Tamazight, zgh (issue 63)",
    **dict.fromkeys(
        ("ary_Arab", "dyu_Latn", "hat_Latn", "kam_Latn", "kaz_Cyrl", "lin_Latn", "lit_Latn", "npi_Deva", "spa_Latn", "taq_Tfng",
         "urd_Arab", "ydd_Hebr"),
        "some of its sentences stand in dev and in devtest (issue 67)",
    ),
}  # fmt: skip


class Flores(Corpus):
    """FLORES-200 as the user downloaded it, or its archive by its address."""

    schema = """
    flores:
      description: a folder or .tar.gz in FLORES-200's own layout, or the url and sha256 of such an archive
      anyOf: [{$ref: "#/$defs/path"}, {$ref: "#/$defs/pinned"}]
    split:
      description: Which part of FLORES.
      enum: [dev, devtest]
      default: devtest
    """
    own = ("flores",)

    @property
    def _path(self) -> Path:
        return self.base / str(self.spec["flores"])

    @property
    def _metadata(self) -> str:
        return f"metadata_{self.spec['split']}.tsv"

    def _place(self, path: Path, name: str) -> str:
        places = _places(path, self.spec["split"])
        if name not in places:
            near = nearest(name.partition(".")[0], (place.partition(".")[0] for place in places))
            raise UserError(f"{path} has no {name}. Fetch the data set again, or correct the name.{near}")
        return places[name]

    def _content(self, path: Path, name: str) -> bytes:
        if path.name == name:
            return path.read_bytes()
        place = self._place(path, name)
        with reading(path) as archive:
            return member(archive, place)

    def pins(self) -> list[Pin]:
        chosen = self.spec["flores"]
        return [] if isinstance(chosen, str) else [pin_of(chosen)]

    def paths(self) -> dict[str, str]:
        return {} if self.pins() else super().paths()

    def texts(self) -> list[str] | None:
        """Return the texts of the split; None for an archive that is fetched later and is not the public one."""
        for pin in self.pins():
            return [row["text"] for row in read_tsv(DATA / "flores200.tsv")] if pin.sha256 == PUBLIC else None
        path, named, split = self._path, self.spec["flores"], self.spec["split"]
        if not path.exists():
            raise UserError(f"there is no '{named}' (looked in {self.base.resolve()}).")
        texts = sorted(name.removesuffix(f".{split}") for name in _places(path, split) if name != self._metadata)
        if not texts:
            inside = path.is_dir() and next(path.glob(f"*_*.{split}"), None)
            cure = f" These files lie in '{named}' itself: name the folder above it." if inside else ""
            raise UserError(
                f"'{named}' has no texts of split '{split}': expected {DATASET}/{split}/eng_Latn.{split} and the like.{cure}"
            )
        return texts

    def files(self, text: str) -> list[Path]:
        """Return the user's file that a text is read from: its own, or the archive. UserError: the text is not there."""
        if self.pins():
            return []
        place = self._place(self._path, f"{text}.{self.spec['split']}")
        return [self._path if self._path.is_file() else Path(place)]

    def inputs(self, text: str) -> list[str]:
        return [pin.path for pin in self.pins()] or super().inputs(text)

    def read(self, text: str, path: Path) -> tuple[str, bytes]:
        name = f"{text}.{self.spec['split']}"
        return name, self._content(path, name)

    def document_files(self) -> list[Path]:
        place = None if self.pins() else _places(self._path, self.spec["split"]).get(self._metadata)
        return [] if place is None else [self._path if self._path.is_file() else Path(place)]

    def document_inputs(self) -> list[str]:
        """Return the metadata beside the texts, or the archive with them; of archives fetched later that is the public one."""
        return [pin.path for pin in self.pins() if pin.sha256 == PUBLIC] or super().document_inputs()

    def documents(self, inputs: Sequence[Path]) -> list[str]:
        """Return the address of the article that each line is from, the column URL of the metadata."""
        where = f"{inputs[0]}: {self._metadata}"
        header, *rows = (line.split("\t") for line in decode(self._content(inputs[0], self._metadata), where))
        names = [column.casefold() for column in header]
        if "url" not in names or any(len(row) <= names.index("url") for row in rows):
            raise UserError(f"{where} is no table with a column URL. Fetch the data set again, or remove the file.")
        return [row[names.index("url")] for row in rows]

    def warnings(self, text: str) -> list[str]:
        return [DOUBTFUL[text]] if text in DOUBTFUL else []


@lru_cache(maxsize=8)
def _places(path: Path, split: str) -> dict[str, str]:
    """Return where the texts of a split and the metadata beside them lie, by file name: paths, or members of an archive."""
    if path.is_dir():
        base = path if (path / split).is_dir() else path / DATASET
        names = [str(file) for file in (*base.glob(f"{split}/*.{split}"), *base.glob("metadata_*.tsv")) if file.is_file()]
    else:
        names = _inside(path)
    places = {PurePosixPath(name): name for name in names}
    texts = [at for at in places if at.parent.name == split and re.fullmatch(rf"{TEXT_PATTERN}\.{split}", at.name)]
    beside = [at.parent.parent / f"metadata_{split}.tsv" for at in texts[:1]]
    return {at.name: places[at] for at in (*texts, *beside) if at in places}


@lru_cache(maxsize=8)
def _inside(archive: Path) -> list[str]:
    """Return the members of an archive whose names lead nowhere else."""
    with reading(archive) as opened:
        return [name for name in members(opened) if not name.startswith("/") and ".." not in PurePosixPath(name).parts]
