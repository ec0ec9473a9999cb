"""What the rule does: the quality table, from all origins."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from langgeom.quality.harness import harness_rows
from langgeom.quality.measured import measured
from langgeom.quality.published import published
from langgeom.table import QUALITY, join, read_table, write_rows

__all__ = ["quality_job"]

Path = str | os.PathLike[str]


def quality_job(
    metrics: Path,
    out_parquet: Path,
    out_csv: Path,
    *,
    reference: str,
    texts: Sequence[str],
    names: Mapping[str, str],
    runs: Mapping[str, tuple[Path, Mapping[str, str]]],
) -> None:
    """Write the quality table as Parquet and as CSV.

    Args:
        metrics: the table of metrics.
        out_parquet, out_csv: the files to write.
        reference: name of the text that retrieval looks in.
        texts: the texts of the config's corpora.
        names: model -> what published scores call it.
        runs: model -> its results file of lm-evaluation-harness, and the language of each of its tasks.

    Raises:
        UserError: a file that cannot be read, or a name without published scores.
    """
    rows = measured(read_table(metrics), reference)
    for model, name in names.items():
        rows += published(model, name, texts)
    for model, (path, tasks) in runs.items():
        rows += harness_rows(model, path, tasks, texts)
    write_rows(rows, out_parquet, QUALITY)
    join([out_parquet], out_parquet, out_csv, QUALITY)
