"""What every script here does around its call: find the package, fill the log, end on a mistake in one message."""

from __future__ import annotations

import contextlib
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

from langgeom.errors import UserError


@contextlib.contextmanager
def job(snakemake: Job, online: bool = False) -> Iterator[None]:
    """Run a rule's work with its threads and its log; only with `online` may it reach for the model hub.

    Everything printed goes to the log; a progress bar goes to the terminal too, where there is one. A `UserError` ends the
    script with its message alone; Snakemake then shows the log (`show-failed-logs` in the profile).
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
        open(snakemake.log[0], "w", encoding="utf-8", buffering=1) as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", force=True)
        try:
            yield
        except UserError as error:
            print(f"error: {error}", file=log)
            sys.exit(1)
        except KeyboardInterrupt:
            # Ctrl-C reaches jobs too; Snakemake says on the terminal that it ends them.
            print("interrupted", file=log)
            sys.exit(130)
        except Exception:
            traceback.print_exc(file=log)
            sys.exit(1)
