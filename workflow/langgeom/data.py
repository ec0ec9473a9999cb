"""The tables of workflow/data: facts with their sources, as TSV with comments."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "data"


def read_tsv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a TSV file by column; lines that begin with # are comments, and quotes are plain characters."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = (line for line in file if not line.startswith("#"))
        return [
            {key: value or "" for key, value in row.items()}
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
