"""Many dry runs in one process: Snakemake is imported once, and each run is a fork of it.

usage: dry_runs.py SNAKEFILE FOLDER CONFIG.yaml[=TARGET] ...

The run of each config writes what it prints to CONFIG.log; without a target it is of the default one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from snakemake.cli import main

AT_ONCE = 2


def run(snakefile: str, folder: str, wanted: str) -> int:
    """Start the dry run of one config, or of a target in it; return its process."""
    config, _, target = wanted.partition("=")
    process = os.fork()
    if process:
        return process
    with open(Path(config).with_suffix(".log"), "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    status = 1
    try:
        main([*filter(None, [target]), "--snakefile", snakefile, "--directory", folder, "--cores", "2", "--dry-run",
              "--configfile", config, "--quiet", "host"])  # fmt: skip
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # as Python does with a message that ends it
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status or 0)


if __name__ == "__main__":
    running = 0
    for wanted in sys.argv[3:]:
        if running == AT_ONCE:
            os.wait()
            running -= 1
        run(sys.argv[1], sys.argv[2], wanted)
        running += 1
    while running:
        os.wait()
        running -= 1
