"""Parallel corpora: a kind of corpus is one file here with one subclass of `Corpus`; `text` serves them all."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from langgeom.corpora.made import LETTERS, make
from langgeom.corpora.text import clean_text, decode, text_warnings
from langgeom.errors import UserError
from langgeom.files import atomic, write_json
from langgeom.names import TextName, made_from
from langgeom.sources import Identity, Source, find_kinds, identity, kind_of_spec

log = logging.getLogger(__name__)
FEWEST = 20  # documents for an interval: langgeom.metrics.resample, which needs torch


class Corpus(Source):
    """A corpus of the config.

    Attributes:
        languages: True if its texts are languages, False if they are grammatical and ungrammatical versions of one.
        cure: what to do where two texts have not as many lines.
        reference: the text that all others are aligned to and compared with.
    """

    group = "corpora"
    languages = True
    cure = "Fetch the data set again."

    def __init__(self, name: str, spec: dict[str, Any], base: Path = Path(), reference: str = "eng_Latn") -> None:
        super().__init__(name, spec, base)
        self.reference = reference

    def texts(self) -> list[str] | None:
        """Return the names of the texts that the corpus has; None if only the hub knows. UserError: there is no such corpus."""
        raise NotImplementedError

    def default_texts(self) -> list[str] | None:
        """Return the texts of a corpus whose config names none; None if it must name them."""
        return None

    def files(self, text: str) -> list[Path]:
        """Return the user's own files that a text is read from."""
        return []

    def inputs(self, text: str) -> list[str]:
        """Return all files that a text is made from: its own, the reference text's, or what was downloaded."""
        return list(dict.fromkeys(str(path) for name in (text, self.reference) for path in self.files(name)))

    def made_from(self, text: str) -> str | None:
        """Return the text that a twin or control is made from (`langgeom.corpora.made`); None for the corpus's own texts."""
        source = made_from(text) if self.languages else None
        return source if source is not None and text not in (self.texts() or ()) else None

    def needed(self, text: str) -> list[str]:
        """Return what the rule of a text reads: `inputs`, or the text that it is made from and the table of letters."""
        source = self.made_from(text)
        return self.inputs(text) if source is None else [f"results/corpora/{self.name}/{source}.txt", str(LETTERS)]

    def identity(self, text: str) -> Identity:
        """Return what identifies the user's own files that a text is read from: any replacement of one reruns the rule."""
        if self.made_from(text) is not None:
            return []
        return identity(dict.fromkeys(path for name in (text, self.reference) for path in self.files(name)))

    def document_files(self) -> list[Path]:
        """Return the user's own files that say which lines are of one document; none where they do not say."""
        return []

    def document_inputs(self) -> list[str]:
        """Return all files that say so: the user's, or what was downloaded."""
        return list(map(str, self.document_files()))

    def documents(self, inputs: Sequence[Path]) -> list[str]:
        """Return the document of each line from the files of `document_inputs`, here one a line. UserError: as `decode`."""
        return decode(inputs[0].read_bytes(), str(inputs[0]))

    def request(self, text: str) -> dict[str, Any]:
        """Return which rows of a data set or table a text is read from (`langgeom.rows.write_rows`); empty if from none."""
        return {}

    def lines(self, text: str, inputs: Sequence[Path]) -> tuple[list[str], Counter[str]]:
        """Return the lines of a text, line i parallel to the reference text's, and counts of what was done to them.

        Args:
            inputs: the files of `inputs(text)`.

        Raises:
            UserError: whatever keeps the text from being read or aligned.
        """
        (where, data), (other, of_reference) = self.read(text, inputs[0]), self.read(self.reference, inputs[-1])
        own, expected = decode(data, where), decode(of_reference, other)
        if len(own) != len(expected):
            raise UserError(
                f"{where} has {len(own)} lines and {Path(other).name} has {len(expected)}: they cannot be parallel. {self.cure}"
            )
        return own, Counter()

    def read(self, text: str, path: Path) -> tuple[str, bytes]:
        """Return the name, for messages, and the content of a text's file, in kinds whose texts are parallel as they lie there.

        `path` is one of `inputs(text)`.
        """
        raise NotImplementedError

    def label(self, inputs: Sequence[Path]) -> str:
        """Return what a report calls the source of a text."""
        return inputs[0].name

    def warnings(self, text: str) -> list[str]:
        """Return what is known to be wrong with a text of this corpus."""
        return []

    def line_count(self, text: str) -> int | None:
        """Return the number of lines of a text if it is known before anything is read."""
        return None

    def peek(self, text: str) -> Sequence[str] | None:
        """Return the lines of a text, not yet aligned or cleaned, if they can be read at once; for the plan."""
        own = next((path for path in self.files(text) if path.name.startswith(f"{text}.") and path.is_file()), None)
        return None if own is None else own.read_text(encoding="utf-8", errors="replace").split("\n")

    def whole(self, text: str) -> str | None:
        """Return the text that a text is part of: each of its lines is that text's line, or is empty."""
        return None

    def settings(self) -> dict[str, Any]:
        """Return the settings that determine each text: without the list of texts and what concerns models."""
        return {key: value for key, value in self.spec.items() if key not in ("texts", "token_cap")}

    def build(self, text: str, inputs: Sequence[Path], out_txt: Path, out_json: Path, seed: int = 0) -> None:
        """Write one text, aligned to the reference text and clean, and the report of what was done to it (docs/design.md).

        Args:
            inputs: the files of `needed(text)`.
            seed: of controls that are shuffled.

        Raises:
            UserError: whatever keeps the text from being read or aligned, or fewer lines than `min_lines`.
        """
        source = self.made_from(text)
        if source is None:
            lines, done = self.lines(text, inputs)
            label = self.label(inputs)
            same = self.languages and text != self.reference and lines == self.lines(self.reference, inputs[-1:])[0]
        else:
            lines, done = make(text, decode(inputs[0].read_bytes(), str(inputs[0])), seed)
            label, same = f"made from {source}", False
        cleaned, report = clean_text(lines, label, done, self.spec.get("max_characters", 5000))
        filled = report["lines"] - report["empty"]
        if filled < self.spec.get("min_lines", 1):
            raise UserError(
                f"'{text}' has {filled} lines with text in {report['source']}; {self.spec['min_lines']} are needed. Leave it "
                "out, or lower min_lines of its corpus."
            )
        noticed = text_warnings(cleaned, TextName.parse(text)) if self.languages else []
        if same:
            noticed.append(f"all lines are those of {self.reference}: is it the right file?")
        noticed += self.warnings(text)
        if noticed:
            report["warnings"] = noticed
        for warning in noticed:
            log.warning("%s: %s", text, warning)
        _write(cleaned, out_txt)
        write_json(out_json, report)

    def build_documents(self, inputs: Sequence[Path], reference: Path, out: Path) -> None:
        """Write the document of each line of the reference's corpus file, one a line; a line without any is one of its own.

        UserError: `inputs`, the files of `document_inputs()`, cannot be read, or name documents of more or fewer lines.
        """
        found = [" ".join(name.split()) or f"line {number}" for number, name in enumerate(self.documents(inputs), start=1)]
        lines = len(decode(reference.read_bytes(), str(reference)))
        if len(found) != lines:
            raise UserError(
                f"{inputs[0]} names the documents of {len(found)} lines, and {self.reference} has {lines}. Give each line the "
                "name of its document."
            )
        log.info("%d lines of %d documents", lines, len(set(found)))
        if len(set(found)) < FEWEST:
            log.warning("fewer than %d documents: no number of this corpus will have an interval", FEWEST)
        _write(found, out)


def _write(lines: Sequence[str], path: Path) -> None:
    with atomic(path) as temporary:
        temporary.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")


@cache
def corpus_kinds() -> dict[str, type[Corpus]]:
    """Return the kinds of corpora by their key in the config."""
    return find_kinds(__name__, Corpus)


def corpus_of(name: str, spec: Mapping[str, Any], base: Path = Path(), reference: str = "eng_Latn") -> Corpus:
    """Return the corpus that settings of the config describe. UserError: they name no kind, or several."""
    kind = kind_of_spec(f"corpora.{name}", spec, corpus_kinds())
    return kind(name, spec if isinstance(spec, dict) else dict(spec), base, reference)
