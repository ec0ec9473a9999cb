"""What every script here does around its call: set up log and environment, and end in one message where the user can help."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Job

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from langgeom.errors import UserError, is_disk_full


class Paths(list[Path]):
    """The files of a job, and as attributes those that its rule names: a path each, or again such a list."""

    def __init__(self, files: Iterable[str]) -> None:
        super().__init__(map(Path, files))
        for name, some in getattr(files, "items", dict)():
            setattr(self, name, Path(some) if isinstance(some, str) else Paths(some))


@contextlib.contextmanager
def job(snakemake: Job, online: bool = False) -> Iterator[tuple[Paths, Paths]]:
    """Run a rule's work with its threads and its log, on its inputs and outputs; only with `online` may it ask the model hub.

    Everything printed goes to the log, which Snakemake shows when the job fails (`show-failed-logs` in the profile). Libraries
    that read the environment when they are loaded, as torch does, have to be imported inside the block.
    """
    os.environ["OMP_NUM_THREADS"] = str(snakemake.threads)
    # Threads that wait at a barrier would otherwise spin, and beside other programs wait for one another: docs/benchmarks.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("MPLCONFIGDIR", str(Path("results/cache/matplotlib").absolute()))  # not in the user's home
    os.environ.setdefault("HF_XET_CACHE", str(Path("results/cache/xet").absolute()))
    if not online:
        os.environ["HF_HUB_OFFLINE"] = "1"
    logging.raiseExceptions = False  # a log on a full disk is no error of its own
    log = open(snakemake.log[0], "w", encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115 (open until the end)
    with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
        try:
            yield Paths(snakemake.input), Paths(snakemake.output)
        except BaseException as error:
            if isinstance(error, UserError):
                message = f"error: {error}"
            elif is_disk_full(error):
                message = f"error: the disk is full; free space and run again, finished results are kept ({error})"
            else:
                message = "interrupted" if isinstance(error, KeyboardInterrupt) else traceback.format_exc()
            try:
                print(message, file=log)
            except OSError:
                print(message, file=sys.__stderr__)
            sys.exit(1)
