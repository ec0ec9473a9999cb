"""What the run took: wall time and peak memory of each stage, from the benchmarks that Snakemake leaves."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Cost", "costs"]


class Stage(NamedTuple):
    """A stage in words, and which parts of a benchmark's path below the rule's folder name a model and a corpus."""

    words: str
    model: int | None = None
    corpus: int | None = None


# Rule -> stage, in the order of the workflow; rules with the same words are one stage.
FETCHING, TABLES = "Fetching", "Joining tables, testing conclusions"
STAGES = {
    "npm_package": Stage(FETCHING),
    "wheel": Stage(FETCHING),
    "hub_model": Stage(FETCHING),
    "hub_text": Stage(FETCHING, corpus=0),
    "corpus": Stage("Aligning texts", corpus=0),
    "text": Stage("Measures of texts", corpus=0),
    "model": Stage("Preparing models", model=0),
    "hidden": Stage("Hidden states", model=0, corpus=1),
    "metrics": Stage("Metrics", model=0, corpus=1),
    "aligned": Stage("Comparing sentences with translations", model=0, corpus=1),
    "harness": Stage("lm-evaluation-harness", model=0),
    "join_texts": Stage(TABLES),
    "join_metrics": Stage(TABLES),
    "quality": Stage(TABLES),
    "conclusions": Stage(TABLES),
    "figure": Stage("Figures"),
    "explorer": Stage("Explorer"),
}


class Cost(NamedTuple):
    """What a stage took: how many jobs, their seconds in all, the longest, and the most memory of one (MiB, None = unknown)."""

    stage: str
    jobs: int
    seconds: float
    longest: float
    memory: float | None


def costs(folder: Path, models: Collection[str], corpora: Collection[str]) -> list[Cost]:
    """Add up benchmarks by stage.

    Args:
        folder: `results/benchmarks`; one that is not there has none.
        models, corpora: those of this run; what earlier runs left of others is passed over.

    Returns:
        Stages that ran, in the order of the workflow.
    """
    found: dict[str, list[tuple[float, float | None]]] = {stage.words: [] for stage in STAGES.values()}
    for path in sorted(folder.rglob("*.tsv")):
        rule, *parts = path.relative_to(folder).with_suffix("").parts
        stage = STAGES.get(rule)
        if stage is None or not (_of(parts, stage.model, models) and _of(parts, stage.corpus, corpora)):
            continue
        found[stage.words] += _read(path)
    return [_cost(words, jobs) for words, jobs in found.items() if jobs]


def _of(parts: list[str], place: int | None, names: Collection[str]) -> bool:
    # A batch is named by its corpus and its number.
    return place is None or (len(parts) > place and (parts[place] in names or parts[place].rpartition("_")[0] in names))


def _read(path: Path) -> Iterator[tuple[float, float | None]]:
    """Yield the seconds and MiB of each job; Snakemake writes "NA" or "-" where a job was too short to be looked at."""
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            seconds, memory = _number(row.get("s")), _number(row.get("max_rss"))
            if seconds is not None:
                yield seconds, memory


def _number(cell: str | None) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        return None


def _cost(words: str, jobs: list[tuple[float, float | None]]) -> Cost:
    seconds, memory = [job[0] for job in jobs], [job[1] for job in jobs if job[1] is not None]
    return Cost(words, len(jobs), sum(seconds), max(seconds), max(memory) if memory else None)
