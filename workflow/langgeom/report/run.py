"""The results of a run: manifests of the models, reports on the texts, tables; and the time and memory of each stage."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from langgeom.files import read_json
from langgeom.names import corpora_of_pairs
from langgeom.report import Inputs
from langgeom.table import FINDINGS, METRICS, QUALITY, read_table

FETCHING, TABLES = "Fetching", "Joining tables, testing conclusions"
# Folder or file below results/benchmarks -> stage, and what the path below it begins with, in the order of the workflow.
STAGES = {
    "package": (FETCHING,),
    "hub_model": (FETCHING,),
    "rows": (FETCHING, "corpus"),
    "corpus": ("Aligning texts", "corpus"),
    "documents": ("Aligning texts", "corpus"),
    "text": ("Measures of texts", "corpus"),
    "model": ("Preparing models", "model"),
    "measure": ("Running models and measuring", "model", "corpus"),
    "text_pairs": ("All pairs of texts", "model", "corpus"),
    "model_pairs": ("Models against models", "corpus"),
    "harness": ("lm-evaluation-harness", "model"),
    "join_texts": (TABLES,),
    "join_metrics": (TABLES,),
    "join_pairs": (TABLES,),
    "join_subspaces": (TABLES,),
    "join_model_pairs": (TABLES,),
    "quality": (TABLES,),
    "conclusions": (TABLES,),
    "figure": ("Figures",),
    "explorer": ("Explorer",),
}


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

    def trained(self) -> list[dict[str, Any]]:
        """Return the trained models."""
        return [model for model in self.models if model["init"] == "trained"]


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


class Cost(NamedTuple):
    """What a stage took: jobs, their seconds in all and of the longest, and the peak memory of a job (MiB, None = unknown)."""

    stage: str
    jobs: int
    seconds: float
    longest: float
    memory: float | None


def costs(folder: Path, models: Collection[str], corpora: Collection[str]) -> list[Cost]:
    """Add up the benchmarks in `results/benchmarks` (which may be missing) by stage.

    Args:
        models, corpora: those of this run. What earlier runs left of others is ignored.

    Returns:
        The stages that ran, in the order of the workflow, and their sum ("All") if there are any.
    """
    names = {"model": set(models), "corpus": set(corpora)}
    jobs = []
    for path in sorted(folder.rglob("*.tsv")):
        top, *parts = path.relative_to(folder).with_suffix("").parts
        stage, *kinds = STAGES.get(top, ("",))
        # A batch is named by its corpus and its number.
        ours = ({part, re.sub(r"[._]\d+$", "", part)} & names[kind] for part, kind in zip(parts, kinds, strict=False))
        if stage and all(ours) and path.stat().st_size:
            # Snakemake writes "NA" or "-" for a job that was too short to be measured.
            job = pd.read_csv(path, sep="\t").reindex(columns=["s", "max_rss"]).apply(pd.to_numeric, errors="coerce")
            jobs += [job.assign(stage=stage), job.assign(stage="All")]
    if not jobs:
        return []
    every = pd.concat(jobs).dropna(subset="s")
    stages = [stage for stage, *_ in STAGES.values()]
    return [
        Cost(stage, len(some), some["s"].sum(), some["s"].max(), some["max_rss"].max() if some["max_rss"].any() else None)
        for stage in dict.fromkeys([*stages, "All"])
        if len(some := every[every["stage"] == stage])
    ]
