"""Runs one script of workflow/scripts as Snakemake would, in a Python that has no Snakemake: `run_rule.py JOB.json`.

The job holds `script`, and what the script sees of `snakemake`: `input`, `output`, `log` (lists, or names with values),
`params`, `wildcards`, `threads`.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


class Named(list[Any]):
    """A list whose entries may have names, as Snakemake's are."""

    def __init__(self, entries: list[Any] | dict[str, Any]) -> None:
        if isinstance(entries, dict):
            self.__dict__.update(entries)
            entries = [one for value in entries.values() for one in (value if isinstance(value, list) else [value])]
        super().__init__(entries)


def main(path: str) -> None:
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.path.insert(0, str(Path(job["script"]).parent))
    snakemake = SimpleNamespace(
        **{key: Named(job[key]) for key in ("input", "output", "log")},
        params=SimpleNamespace(**job["params"]),
        wildcards=SimpleNamespace(**job["wildcards"]),
        threads=1,
    )
    runpy.run_path(job["script"], init_globals={"snakemake": snakemake})


if __name__ == "__main__":
    main(sys.argv[1])
