"""Run Snakemake in this folder, once at a time, whatever the last run died of: what `make` calls.

On a terminal one line tells how far it is (`snakemake_logger_plugin_langgeom`); elsewhere Snakemake says what it always says.

Snakemake's own lock survives a killed run and then asks for `--unlock`. Here a lock of the operating system, which a killed
process cannot leave behind, tells whether another run is really alive; if none is, whatever the last one left is cleared away:
its lock, its jobs that are still at work, its temporary files, and results that have been damaged since. A shared disk may keep
such locks to each machine, so the lock's file says on which one the run is: only there can it be known to be dead.
"""

import argparse
import contextlib
import fcntl
import importlib.util
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil  # comes with Snakemake

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from langgeom.config import check_files
from langgeom.errors import UserError
from langgeom.files import clear_temporaries
from langgeom.records import drop_damaged, settle

ROOT = Path(__file__).resolve().parents[2]
# In Snakemake 9 every finished job sets a timer that looks at all waiting jobs once more in each span of this limit: with its
# own "100/1s" that was 280 s of processor time beside the 128 jobs of the default run.
SPAN = ["--max-jobs-per-timespan", "100000/5s"]


def _options(arguments: list[str]) -> argparse.Namespace:
    """Return what of Snakemake's options matters here."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--configfile", "--configfiles", type=Path, nargs="+", action="extend", default=[])
    parser.add_argument("--directory", "-d", type=Path, default=Path())
    options, others = parser.parse_known_args(arguments)
    options.dry = any(re.fullmatch(r"-\w*n\w*|--dry-?run", word) for word in others)
    return options


def _processes(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield number and command of each process that is at work in a folder."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        if process.info["cwd"] == str(folder.resolve()):
            yield process.info["pid"], process.info["cmdline"] or []


def _running(folder: Path) -> int | None:
    """Return the process of a Snakemake that was started by hand in a folder, if one is alive."""
    return next((pid for pid, words in _processes(folder) if any(Path(word).name == "snakemake" for word in words[:3])), None)


def _end_orphans(folder: Path) -> int:
    """End the jobs that a killed Snakemake left at work, which would else write beside the new ones; return how many.

    What a job has started, as a client that downloads, goes with it.
    """
    left = [pid for pid, words in _processes(folder) if any(".snakemake/scripts/" in word for word in words[:4])]
    orphans = []
    for pid in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            job = psutil.Process(pid)
            orphans += [job, *job.children(recursive=True)]
    for process in orphans:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended with another
            process.kill()
    end = time.monotonic() + 60
    while any(map(_writes, orphans)) and time.monotonic() < end:
        time.sleep(0.05)
    return len(left)


def _writes(process: psutil.Process) -> bool:
    """Return whether a process is there; a dead one whose parent never asks for it (a container's first process) is not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _check_writable(folder: Path) -> None:
    """Refuse a folder that results cannot be written to.

    Raises:
        UserError: naming it.
    """
    for place in (folder, folder / ".snakemake", folder / "results"):
        if place.exists() and not os.access(place, os.W_OK):
            raise UserError(
                f"{place.resolve()} cannot be written, and results are kept there: make it writable, or run in another folder."
            )


def _drop_notes(folder: Path) -> int:
    """Remove Snakemake's notes that are no text any more; return how many.

    It passes over notes that are no JSON, but ends with a traceback where bytes are not UTF-8.
    """
    damaged = []
    for path in (folder / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            try:
                path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                damaged.append(path)
    for path in damaged:
        path.unlink()
    return len(damaged)


def _clear(folder: Path) -> None:
    """Clear away what a killed run left, and say so."""
    locks = list((folder / ".snakemake/locks").glob("*"))
    for path in locks:
        path.unlink(missing_ok=True)
    if locks:
        print("Removed the lock of a run that was killed; finished files are kept.")
    if ended := _end_orphans(folder):
        print(f"Ended {ended} jobs that a killed run had left at work.")
    if left := clear_temporaries(folder / "results"):
        print(f"Removed {len(left)} temporary files that a killed run had left.")
    if dropped := _drop_notes(folder):
        print(f"Removed {dropped} of Snakemake's notes on finished jobs, which cannot be read any more.")
    for path in drop_damaged(folder / "results"):
        print(f"Removed {path.relative_to(folder)}: it has changed since it was written, and is made anew where it is needed.")
    sys.stdout.flush()


def _lock(file: int) -> bool:
    """Take the lock, and return whether this disk has locks; where it has none, say so.

    Lustre has them where it is mounted with `flock`, NFS where a lock daemon runs.

    Raises:
        BlockingIOError: another run holds it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        print(
            f"This disk has no locks ({error.strerror}): two runs here are told apart by Snakemake's own lock alone, and what "
            "a killed run left is not cleared away. If Snakemake says that the directory is locked and no run is alive, run "
            "`snakemake --unlock`."
        )
        sys.stdout.flush()
        return False
    return True


def _holder(file: int) -> str | None:
    """Return the machine whose run held the lock last and did not end well; None where that is unknown."""
    # Whatever stands there: a file that has been damaged tells nothing, as an empty one.
    found = re.fullmatch(r"(\S+) \d+\n", os.pread(file, 1000, 0).decode(errors="replace"))
    return found[1] if found else None


def _note(file: int, text: str) -> None:
    """Write who holds the lock into its file; on a full disk it is left empty, which is unknown."""
    with contextlib.suppress(OSError):
        os.ftruncate(file, 0)
        os.pwrite(file, text.encode(), 0)
        os.fsync(file)


def _elsewhere(file: int, locks: Path) -> str | None:
    """Return another machine whose run Snakemake's locks are of; None where they are of this one, of none, or nothing tells.

    Snakemake's lock files hold paths only, so one that was started there by hand is not seen.
    """
    host = _holder(file) if any(locks.glob("*")) else None
    return None if host == platform.node() else host


def _progress(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return what asks Snakemake for one line of progress on a terminal, and the environment that keeps jobs' bars below it."""
    asked = any(word.startswith(("--logger", "--quiet", "-q")) for word in arguments)
    if asked or not sys.stderr.isatty() or importlib.util.find_spec("snakemake_logger_plugin_langgeom") is None:
        return [], dict(os.environ)
    # `TQDM_POSITION` is tqdm's own: lines below the cursor's.
    return ["--logger=langgeom"], {**os.environ, "TQDM_POSITION": "1"}


def main(arguments: list[str]) -> int:
    """Run Snakemake with the given arguments and return its exit status; 1 when another run is alive in this folder."""
    options = _options(arguments)
    folder, state = options.directory, options.directory / ".snakemake"
    default = folder / "config.yaml" if (folder / "config.yaml").exists() else ROOT / "config.yaml"
    try:
        # Snakemake's own words would not say what is wrong.
        check_files(options.configfile or [default])
        _check_writable(folder)
    except UserError as error:
        print(error)
        return 1
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = open(state / "langgeom.lock", "a+", encoding="utf-8")  # noqa: SIM115 (held as long as we live)
    except OSError as error:
        print(f"{folder.resolve()} cannot be written, and results are kept there ({error.strerror}): run in another folder.")
        return 1
    try:
        locked = _lock(lock.fileno())
    except BlockingIOError:
        print("Another run is under way in this folder (or Snakemake is still ending): wait for it, or end it first.")
        return 1
    # A dry run changes nothing, beside whatever is at work.
    if not options.dry and (host := _elsewhere(lock.fileno(), state / "locks")):
        print(
            f"A run in this folder was started on {host} and has not ended there: wait for it, or end it there. If it is dead, "
            f"run `snakemake --unlock` in {folder.resolve()}, and then this again."
        )
        return 1
    alive = _running(folder)
    if alive and any((state / "locks").glob("*")):
        print(f"Snakemake is at work in this folder already (process {alive}): wait for it, or end it first.")
        return 1
    try:
        if locked and not alive and not options.dry:
            _clear(folder)
    except OSError as error:
        print(
            f"What the last run left in {folder.resolve()} cannot be cleared away ({error}): make it writable, and run again."
        )
        return 1
    line, environment = _progress(arguments)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *SPAN, *line, *arguments]
    # Ctrl-C reaches Snakemake too, which ends its jobs; here it is waited for. A handler of ours is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    # Snakemake inherits the lock, so that it is held as long as either lives.
    if not options.dry:
        _note(lock.fileno(), f"{platform.node()} {os.getpid()}\n")
    start = time.time()
    status = subprocess.run(command, env=environment, pass_fds=[lock.fileno()]).returncode
    with contextlib.suppress(OSError):  # a full disk: then bytes are compared, where times would have done
        settle(folder / "results", start)
    if not options.dry and not any((state / "locks").glob("*")):  # else Snakemake was killed, here
        _note(lock.fileno(), "")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
