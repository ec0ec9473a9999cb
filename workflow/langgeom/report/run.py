"""The results of a run: manifests of the models, reports on the texts, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from langgeom.files import read_json
from langgeom.names import corpora_of_pairs
from langgeom.report import Inputs
from langgeom.table import FINDINGS, METRICS, QUALITY, read_table


class Run(NamedTuple):
    """The models' manifests in the config's order, the report on each (corpus, text), the tables, and the reference text."""

    models: list[dict[str, Any]]
    texts: dict[tuple[str, str], dict[str, Any]]
    metrics: pd.DataFrame
    quality: pd.DataFrame
    findings: pd.DataFrame
    reference: str

    @property
    def corpora(self) -> list[str]:
        """All corpora, in the config's order."""
        return list(dict.fromkeys(corpus for corpus, _ in self.texts))

    @property
    def pair_corpora(self) -> set[str]:
        """The corpora of grammatical and ungrammatical sentences."""
        return corpora_of_pairs([corpus for corpus, _ in self.texts], [text for _, text in self.texts])

    @property
    def language_corpora(self) -> list[str]:
        """The corpora of languages."""
        return [corpus for corpus in self.corpora if corpus not in self.pair_corpora]

    def texts_of(self, corpus: str) -> dict[str, dict[str, Any]]:
        """Return the report on each text of a corpus."""
        return {text: report for (other, text), report in self.texts.items() if other == corpus}

    def trained(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the trained models, of one kind if it is given."""
        return [model for model in self.models if model["init"] == "trained" and kind in ("", model["kind"])]


def read_run(inputs: Inputs) -> Run:
    """Read the results.

    Raises:
        UserError: a file cannot be read.
    """
    return Run(
        [read_json(folder / "manifest.json", "name", "source") for folder in inputs.models],
        {key: read_json(path, "lines", "empty") for key, path in inputs.texts.items()},
        read_table(inputs.metrics, METRICS),
        read_table(inputs.quality, QUALITY),
        read_table(inputs.findings, FINDINGS),
        str(inputs.settings.get("reference", "")),
    )


def sentences(report: Mapping[str, Any]) -> int:
    """Return how many lines of a text hold a sentence."""
    return int(report["lines"]) - int(report["empty"])
