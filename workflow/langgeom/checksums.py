"""Checksums of results: a run records them in results/checksums.txt, in the format of sha256sum; `make verify` compares."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from langgeom.files import atomic, sha256

LISTING = "checksums.txt"
# No results: what a run says of itself, what can be fetched again, and copies, which have checksums of their own.
LEFT_OUT = {"logs", "benchmarks", "cache", "site", LISTING}


def record(results: Path) -> None:
    """Record the checksums of all results that are new or were written since the last recording."""
    listing = results / LISTING
    known, since = _read(listing), listing.stat().st_mtime if listing.exists() else 0.0
    files = _files(results)
    written = [name for name in files if name not in known or (results / name).stat().st_mtime >= since]
    if written or known.keys() != set(files):
        known |= dict(zip(written, _checksums(results, written), strict=True))
        with atomic(listing) as temporary:
            temporary.write_text("".join(f"{known[name]}  {name}\n" for name in files), encoding="utf-8")


def verify(results: Path) -> dict[str, str]:
    """Return the results that are not as they were recorded: name -> "damaged" or "missing"."""
    known = _read(results / LISTING)
    found = dict(zip(known, _checksums(results, known), strict=True))
    return {name: "damaged" if found[name] else "missing" for name in known if found[name] != known[name]}


def _files(results: Path) -> list[str]:
    """Return the names of all results; those that begin with a dot are temporary, or Snakemake's."""
    found = [path.relative_to(results) for path in sorted(results.rglob("*")) if path.is_file()]
    return [path.as_posix() for path in found if path.parts[0] not in LEFT_OUT and not any(p[0] == "." for p in path.parts)]


def _checksums(results: Path, names: Iterable[str]) -> list[str]:
    def checksum(name: str) -> str:
        try:
            return sha256(results / name)
        except FileNotFoundError:
            return ""
        except OSError as error:  # a disk that cannot read a block
            return str(error)

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(checksum, names))


def _read(listing: Path) -> dict[str, str]:
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    return {name: checksum for checksum, name in (line.split("  ", 1) for line in lines)}


def cure(results: Path, name: str) -> tuple[list[Path], list[Path]]:
    """Return what to remove so that a damaged result is made anew, and the outputs that Snakemake has to force for that."""
    kind, *rest = Path(name).parts
    if kind == "models":  # what was measured with it is suspect
        return [results / folder / rest[0] for folder in (kind, "metrics", "aligned", "tokens", "hidden")], [
            results / kind / rest[0]
        ]
    if kind in ("metrics", "aligned", "tokens", "hidden") and len(rest) == 3:
        # A text is done when its table is there, and its batch when its listing is.
        batches = results / "metrics" / rest[0] / rest[1]
        return [results / name, batches / f"{Path(name).stem}.parquet"], sorted(batches.glob("*.json"))
    listing = (results / name).parent.with_suffix(".json")  # of files fetched from the hub
    return [results / name], [listing if listing.exists() else results / name]


def main(results: Path) -> int:
    """Print which results are damaged or missing and how to make them anew; return 1 if any is."""
    if not (results / LISTING).exists():
        print(f"{results / LISTING} is not there: a run writes it when it has succeeded.")
        return 1
    wrong = verify(results)
    if not wrong:
        print(f"All {len(_read(results / LISTING))} results are as they were written.")
        return 0
    for name, what in wrong.items():
        print(f"{what}: {results / name}")
    cures = [cure(results, name) for name in wrong]
    removed = dict.fromkeys(shlex.quote(str(path)) for paths, _ in cures for path in paths)
    forced = dict.fromkeys(str(path) for _, paths in cures for path in paths)
    print(
        f"{len(wrong)} results are not as they were written. This makes them anew, with all that was made from them (what the "
        f'config does not ask for any more, leave out):\nrm -rf {" ".join(removed)}\nmake ARGS="--forcerun {" ".join(forced)}"'
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(*sys.argv[1:] or ["results"])))
