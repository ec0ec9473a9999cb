"""A store of finished results, keyed by all that determines them; outputs are hard links into it.

Snakemake deletes the outputs of a job before it runs, and a job serves many texts. With the store a killed job loses the
text in flight, and a job repeated for one new text finds all others finished.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import atomic, sha256

__all__ = ["Store", "key_of", "serve"]

log = logging.getLogger(__name__)


def key_of(**parts: Any) -> str:
    """Return the sha256 of JSON-able parts, independent of the order of keys."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


class Store:
    """Finished files by key, in one folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)

    def path(self, key: str, suffix: str) -> Path:
        """Return where the result of a key lies, or would lie."""
        return self.folder / key[:2] / f"{key}{suffix}"

    def deliver(self, key: str, output: str | os.PathLike[str]) -> bool:
        """Link a finished result to `output`; return whether there was one."""
        output = Path(output)
        kept = self.path(key, output.suffix)
        if not kept.exists():
            return False
        # A link shares its bytes with the output, so whatever damaged that damaged this.
        digest = kept.with_name(kept.name + ".sha256")
        if not digest.exists() or digest.read_text() != sha256(kept):
            log.warning("a stored result of %s is damaged; it is dropped and made anew", output.name)
            kept.unlink()
            return False
        with atomic(output) as temporary:
            try:
                os.link(kept, temporary)
            except OSError:  # a file system without hard links
                shutil.copyfile(kept, temporary)
            # Snakemake compares times: a result found is as good as one made now.
            os.utime(temporary)
        return True

    def make(self, key: str, output: str | os.PathLike[str], write: Callable[[Path], None]) -> bool:
        """Deliver the result of `key` to `output`, calling `write(path)` only when it is not there yet.

        Returns:
            Whether it had to be computed (a result found damaged is computed again).
        """
        if self.deliver(key, output):
            return False
        with atomic(self.path(key, Path(output).suffix)) as temporary:
            write(temporary)
            digest = sha256(temporary)
            temporary.chmod(0o444)
        with atomic(self.path(key, Path(output).suffix + ".sha256")) as temporary:
            temporary.write_text(digest)
        self.deliver(key, output)
        return True

    def sweep(self, grace: float = 0.0) -> int:
        """Remove results that no output links to any more and that are older than `grace` seconds; return the bytes freed."""
        freed = 0
        for path in self.folder.glob("??/*"):
            info = path.stat()
            if path.suffix != ".sha256" and info.st_nlink == 1 and info.st_mtime <= time.time() - grace:
                path.unlink()
                path.with_name(path.name + ".sha256").unlink(missing_ok=True)
                freed += info.st_size
        return freed


def serve(
    store: Store,
    names: Sequence[str],
    keys: Sequence[str],
    outputs: Sequence[Path],
    writers: Sequence[Callable[[Path], None]],
) -> None:
    """Make the outputs of a batch in turn, each once: a result finished before is found, one finished now is kept at once.

    Args:
        names: what each is called in the log and in messages.
        keys: see `key_of`; `outputs`, the files to deliver; `writers`, what computes each, given a path.

    Raises:
        UserError: naming the one it came from; those before it are kept.
    """
    for number, (name, key, output, write) in enumerate(zip(names, keys, outputs, writers, strict=True), start=1):
        try:
            computed = store.make(key, output, write)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        except OSError as error:
            if error.errno in (28, 122):  # ENOSPC, EDQUOT
                raise UserError(
                    f"{name}: the disk is full ({os.fspath(output)}); free space and run again, the texts done so far are kept."
                ) from error
            raise
        log.info("%d of %d: %s %s", number, len(names), name, "computed" if computed else "found finished")


def main() -> None:
    """Drop what no output uses from the stores of the folders given, and say how much that freed."""
    for folder in sys.argv[1:]:
        for store in sorted(path for path in Path(folder).glob("*") if path.is_dir()):
            # A running job links its result out within seconds.
            print(f"{store}: {Store(store).sweep(grace=600) / 1e6:.1f} MB freed")


if __name__ == "__main__":
    main()
