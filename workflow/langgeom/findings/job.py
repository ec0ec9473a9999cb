"""What the job of this stage does: all findings from the tables, as a table and as a page."""

from __future__ import annotations

from pathlib import Path

from langgeom.files import atomic
from langgeom.findings.evidence import Evidence, Settings
from langgeom.findings.prose import page
from langgeom.findings.verdict import findings
from langgeom.table import FINDINGS, METRICS, QUALITY, TEXTS, join, read_table, write_rows

__all__ = ["findings_job"]


def findings_job(
    metrics: Path, texts: Path, quality: Path, settings: Settings, out_parquet: Path, out_csv: Path, out_md: Path
) -> None:
    """Test every conclusion.

    Args:
        metrics, texts, quality: the tables, as Parquet.
        settings: what stands for intrinsic dimension and anisotropy, and the seed.
        out_parquet, out_csv, out_md: the files to write.

    Raises:
        UserError: a table that cannot be read.
    """
    evidence = Evidence(read_table(metrics, METRICS), read_table(texts, TEXTS), read_table(quality, QUALITY), settings)
    write_rows(findings(evidence), out_parquet, FINDINGS)
    join([out_parquet], out_parquet, out_csv, FINDINGS)
    with atomic(out_md) as temporary:
        temporary.write_text(page(read_table(out_parquet, FINDINGS)), encoding="utf-8")
