"""What was run, as its own files tell it: manifests of models, reports on texts, tables, benchmarks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from langgeom.errors import UserError
from langgeom.names import corpora_of_pairs
from langgeom.table import FINDINGS, METRICS, QUALITY, read_table

__all__ = ["Run", "kept", "read_run"]


class Run(NamedTuple):
    """A finished run: models' manifests in the config's order, what was done to each (corpus, text), and the tables."""

    models: list[dict[str, Any]]
    texts: dict[tuple[str, str], dict[str, Any]]
    metrics: pd.DataFrame
    quality: pd.DataFrame
    findings: pd.DataFrame

    @property
    def corpora(self) -> list[str]:
        """The corpora in the config's order."""
        return list(dict.fromkeys(corpus for corpus, _ in self.texts))

    @property
    def of_pairs(self) -> set[str]:
        """The corpora of grammatical and ungrammatical text."""
        return corpora_of_pairs([corpus for corpus, _ in self.texts], [text for _, text in self.texts])

    @property
    def of_languages(self) -> list[str]:
        """The other corpora."""
        return [corpus for corpus in self.corpora if corpus not in self.of_pairs]

    def texts_of(self, corpus: str) -> dict[str, dict[str, Any]]:
        """Return what was done to each text of a corpus."""
        return {text: report for (of, text), report in self.texts.items() if of == corpus}

    def trained(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the trained models, of one kind where it is named."""
        return [model for model in self.models if model["init"] == "trained" and kind in ("", model["kind"])]


def read_run(
    models: Iterable[Path], texts: Mapping[tuple[str, str], Path], metrics: Path, quality: Path, findings: Path
) -> Run:
    """Read what a run left.

    Args:
        models: the models' folders.
        texts: the report (`.json`) of each (corpus, text).
        metrics, quality, findings: the tables, as Parquet.

    Raises:
        UserError: a file that cannot be read.
    """
    return Run(
        [_read(folder / "manifest.json") for folder in models],
        {key: _read(path) for key, path in texts.items()},
        read_table(metrics, METRICS),
        read_table(quality, QUALITY),
        read_table(findings, FINDINGS),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); delete what it belongs to and run again.") from None
    return found


def kept(report: Mapping[str, Any]) -> int:
    """Return how many lines of a text hold a sentence."""
    return int(report["lines"]) - int(report["empty"])
