"""Time and memory of each stage, from the benchmarks that Snakemake leaves."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import pandas as pd

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
