"""Run Snakemake, one run at a time in a folder; a run that was killed simply goes on. `make` calls this.

A lock of the operating system tells whether another run is alive, since no killed process can leave one behind. If none is,
what the last run left is removed: Snakemake's lock, jobs that are still running, temporary files.
"""

import argparse
import contextlib
import fcntl
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import psutil  # a dependency of Snakemake

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from langgeom.errors import UserError
from langgeom.files import clear_temporaries

ROOT = Path(__file__).resolve().parents[2]


def processes(folder: Path, word: str) -> list[psutil.Process]:
    """Return the processes in a folder whose command matches a pattern in its first words."""
    found = psutil.process_iter(["cwd", "cmdline"])
    here = [process for process in found if process.info["cwd"] == str(folder.resolve())]
    return [process for process in here if re.search(word, "\n".join((process.info["cmdline"] or [])[:4]))]


def take_lock(folder: Path) -> tuple[IO[str], bool]:
    """Return the open lock file of a folder, and whether leftovers of a killed run may be removed there.

    Raises:
        UserError: another run is alive, or results cannot be written.
    """
    state = folder / ".snakemake"
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = open(state / "langgeom.lock", "a+", encoding="utf-8")  # noqa: SIM115 (held until we end)
        if not os.access(folder / "results", os.W_OK) and (folder / "results").exists():
            raise PermissionError(f"{folder / 'results'} is read-only")
    except OSError as error:
        raise UserError(
            f"{folder.resolve()} cannot be written ({error}): make it writable, or run in another folder."
        ) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError("Another run is under way in this folder: wait until it has ended, or end it.") from None
    except OSError:  # a network disk without locks: Snakemake's own lock must do
        return lock, False
    if not any((state / "locks").glob("*")):
        return lock, True
    if alive := processes(folder, r"(?m)(^|/)snakemake$"):
        raise UserError(f"Snakemake is running in this folder (process {alive[0].pid}): wait until it has ended, or end it.")
    lock.seek(0)
    if (host := lock.read().strip()) not in ("", platform.node()):  # the disk may keep its locks to each machine
        raise UserError(
            f"A run in this folder was started on {host} and has not ended there: wait for it, or end it there. If it is dead, "
            f"run `snakemake --unlock` in {folder.resolve()}, and then this again."
        )
    return lock, True


def end(jobs: list[psutil.Process]) -> None:
    """Kill processes and wait until they have ended."""
    for process in jobs:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            while process.status() != psutil.STATUS_ZOMBIE:  # as which one stays whose parent never asks for it
                time.sleep(0.05)


def clear(folder: Path) -> None:
    """Remove what a killed run left, and print what that was."""
    if any((folder / ".snakemake" / "locks").glob("*")):
        shutil.rmtree(folder / ".snakemake" / "locks")
        print("Removed the lock of a run that was killed; finished files are kept.")
    jobs = processes(folder, r"\.snakemake/scripts/")
    for job in jobs:
        with contextlib.suppress(psutil.NoSuchProcess):
            end([job, *job.children(recursive=True)])
    if jobs:
        print(f"Ended {len(jobs)} jobs of a run that was killed.")
    if left := clear_temporaries(folder / "results"):
        print(f"Removed {len(left)} temporary files of a run that was killed.")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run Snakemake with these arguments and return its exit status; 1 when it cannot run here."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", type=Path, nargs="+", action="extend", default=[])
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    options, others = parser.parse_known_args(arguments)
    folder = options.directory
    dry = any(re.fullmatch(r"-\w*n\w*|--dry-?run", word) for word in others)
    try:
        if options.configfile:
            # Snakemake would read the file before the Snakefile can check it.
            from langgeom.config import check_files  # takes a fifth of a second

            check_files(options.configfile)
        if not dry:
            lock, certain = take_lock(folder)
            if certain:
                clear(folder)
            with contextlib.suppress(OSError):  # a full disk
                lock.truncate(0)
                print(platform.node(), file=lock, flush=True)
    except (UserError, OSError) as error:
        print(error)
        return 1
    one_line = sys.stderr.isatty() and not any(word.startswith(("--logger", "--quiet", "-q")) for word in others)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
    # Ctrl-C reaches Snakemake too, which ends its jobs; here we only wait.
    signal.signal(signal.SIGINT, lambda *_: None)
    # Snakemake inherits the lock: it is held until both have ended.
    held = [] if dry else [lock.fileno()]
    return subprocess.run([*command, *(["--logger=langgeom"] if one_line else [])], pass_fds=held).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
