"""A store of finished results, keyed by all that determines them; outputs are hard links into it.

Snakemake deletes the outputs of a job before it runs, and a job serves many texts. With the store a killed job loses only
what is in flight, the text being computed and the one before it if that is still being written, and a job repeated for one
new text finds all others finished.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, is_disk_full
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
        self._link(kept, output)
        return True

    @staticmethod
    def _link(kept: Path, output: Path) -> None:
        with atomic(output) as temporary:
            try:
                os.link(kept, temporary)
            except OSError:  # a file system without hard links
                shutil.copyfile(kept, temporary)
            # Snakemake compares times: a result found is as good as one made now.
            os.utime(temporary)

    def make(self, key: str, output: str | os.PathLike[str], write: Callable[[Path], None]) -> bool:
        """Deliver the result of `key` to `output`, calling `write(path)` only when it is not there yet.

        Returns:
            Whether it had to be computed (a result found damaged is computed again).
        """
        if self.deliver(key, output):
            return False
        self.keep(key, output, write)
        return True

    def keep(self, key: str, output: str | os.PathLike[str], write: Callable[[Path], None]) -> None:
        """Store what `write(path)` writes as the result of `key`, and deliver it to `output`."""
        suffix = Path(output).suffix
        kept = self.path(key, suffix)
        with atomic(kept) as temporary:
            write(temporary)
            temporary.chmod(0o444)
            # The digest has its name first: a result under its final name is whole, and can be told to be.
            with atomic(self.path(key, suffix + ".sha256")) as digest:
                digest.write_text(sha256(temporary))
        self._link(kept, Path(output))

    def sweep(self, outputs: str | os.PathLike[str], grace: float = 0.0) -> int:
        """Remove results that no output uses any more and that are older than `grace` seconds; return the bytes freed.

        Args:
            outputs: the folder that outputs lie in. Where the disk has no hard links, they are copies, told by their bytes.
        """
        freed = 0
        for path in self.folder.glob("??/*"):
            try:
                info = path.stat()
            except FileNotFoundError:  # a job at work has renamed it
                continue
            if info.st_nlink > 1 or info.st_mtime > time.time() - grace or _is_digest_of_one(path):
                continue
            if path.suffix != ".sha256" and self._is_copied(path, info.st_size, Path(outputs)):
                continue
            path.unlink()
            path.with_name(path.name + ".sha256").unlink(missing_ok=True)
            freed += info.st_size
        return freed

    def _is_copied(self, kept: Path, size: int, outputs: Path) -> bool:
        """Whether an output has the very bytes of a result."""
        found = (path for path in outputs.rglob(f"*{kept.suffix}") if self.folder not in path.parents and path.is_file())
        alike = [path for path in found if path.stat().st_size == size]
        digest = sha256(kept) if alike else ""
        return any(sha256(path) == digest for path in alike)


def _is_digest_of_one(path: Path) -> bool:
    """Whether a file of the store is the digest of a result that is there."""
    return path.suffix == ".sha256" and path.with_suffix("").exists()


def serve(
    store: Store,
    names: Sequence[str],
    keys: Sequence[str],
    outputs: Sequence[Path],
    makers: Sequence[Callable[[], Callable[[Path], None]]],
) -> None:
    """Make the outputs of a batch in turn, each once: a result finished before is found, one finished now is kept at once.

    A result is written while the next is computed. The next waits for that, so two are in memory at most, and a killed
    job loses two at most: all before them are kept.

    Args:
        names: what each is called in the log and in messages.
        keys: see `key_of`; `outputs`, the files to deliver.
        makers: each computes a result and returns what writes it, given a path.

    Raises:
        UserError: naming the one it came from; those before it are kept.
    """
    writing: Future[None] | None = None

    def keep(number: int, save: Callable[[Path], None]) -> None:
        with _named(names[number], outputs[number]):
            store.keep(keys[number], outputs[number], save)
        said(number, "computed")

    def said(number: int, how: str) -> None:
        log.info("%d of %d: %s %s", number + 1, len(names), names[number], how)

    with ThreadPoolExecutor(1, thread_name_prefix="writer") as thread:
        try:
            for number, (name, key, output, make) in enumerate(zip(names, keys, outputs, makers, strict=True)):
                with _named(name, output):
                    found = store.deliver(key, output)
                    save = None if found else make()
                if writing is not None:
                    writing.result()
                if save is None:
                    said(number, "found finished")
                else:
                    writing = thread.submit(keep, number, save)
                    del save  # else it would be held while the next is computed
        finally:
            # Whatever stopped the loop, the result before it is finished; its own mistake, if any, comes first.
            if writing is not None:
                writing.result()


@contextmanager
def _named(name: str, output: Path) -> Iterator[None]:
    """Name the text that a mistake came from, and a full disk for what it is."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{name}: {error}") from error
    except Exception as error:
        if is_disk_full(error):
            raise UserError(
                f"{name}: the disk is full ({os.fspath(output)}); free space and run again, the texts done so far are kept."
            ) from error
        raise


def main() -> None:
    """Drop what no output uses from the stores of the folders given, as `results/store`, and say how much that freed."""
    for folder in sys.argv[1:]:
        for store in sorted(path for path in Path(folder).glob("*") if path.is_dir()):
            # A running job links its result out within seconds.
            print(f"{store}: {Store(store).sweep(store.parents[1] / store.name, grace=600) / 1e6:.1f} MB freed")


if __name__ == "__main__":
    main()
