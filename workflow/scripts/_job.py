"""What every script here does around its call: check inputs, fill the log, end on a mistake in one message, record outputs."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake as Job

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from langgeom.errors import UserError, is_disk_full
from langgeom.records import check, forget, record

FULL = "the disk of the results is full; free space and run again, what is finished is kept"


class _Log(io.TextIOWrapper):
    """A rule's log. What a full disk does not take is dropped, where it would else end the job with another error."""

    def __init__(self, path: str) -> None:
        super().__init__(io.FileIO(path, "w"), encoding="utf-8", errors="replace", write_through=True)  # type: ignore[arg-type]
        self.whole = True

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self.whole = False
            return len(text)

    def end(self, message: str) -> None:
        """Say what ended the job, here or where else it can be seen, and end it."""
        print(f"error: {message}", file=self)
        if not self.whole:
            print(f"error: {message}", file=sys.__stderr__)
        sys.exit(1)


@contextlib.contextmanager
def job(snakemake: Job, online: bool = False) -> Iterator[None]:
    """Run a rule's work with its threads and its log; only with `online` may it reach for the model hub.

    Everything printed goes to the log; a progress bar goes to the terminal too, where there is one. A `UserError` ends the
    script with its message alone; Snakemake then shows the log (`show-failed-logs` in the profile). Inputs that are results
    must be what was recorded when they were written (`langgeom.records`).
    """
    # matplotlib would otherwise keep its font cache in the user's home.
    os.environ.setdefault("MPLCONFIGDIR", str(Path("results/cache/matplotlib").absolute()))
    os.environ["OMP_NUM_THREADS"] = str(snakemake.threads)
    if online:
        # The user's token and cache are found where they always are; what is written goes below results.
        os.environ["HF_XET_CACHE"] = str(Path("results/cache/xet").absolute())
    else:
        # No stage but the hub's own reaches for a model hub.
        os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with (
        _Log(snakemake.log[0]) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
        try:
            check(snakemake.input, snakemake.threads)
            forget(snakemake.output)
            yield
            record(snakemake.output)
        except UserError as error:
            log.end(str(error))
        except KeyboardInterrupt:
            # Ctrl-C reaches jobs too; Snakemake says on the terminal that it ends them.
            print("interrupted", file=log)
            sys.exit(130)
        except Exception as error:
            if is_disk_full(error):
                log.end(f"{FULL} ({error})")
            traceback.print_exc(file=log)
            sys.exit(1)
