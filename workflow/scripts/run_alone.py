"""Run Snakemake in this folder, once at a time, whatever the last run died of: what `make` calls.

On a terminal one line tells how far it is (`snakemake_logger_plugin_langgeom`); elsewhere Snakemake says what it always says.

Snakemake's own lock survives a killed run and then asks for `--unlock`. Here a lock of the operating system, which a killed
process cannot leave behind, tells whether another run is really alive; if none is, a stale lock is removed.
"""

import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil  # comes with Snakemake

SNAKEFILE = Path(__file__).resolve().parents[2] / "Snakefile"
# In Snakemake 9 every finished job sets a timer that looks at all waiting jobs once more in each span of this limit: with its
# own "100/1s" that was 280 s of processor time beside the 128 jobs of the default run.
SPAN = ["--max-jobs-per-timespan", "100000/5s"]


def _running_here() -> int | None:
    """Return the process of a Snakemake that was started by hand in this folder, if one is alive."""
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        words = process.info["cmdline"] or []
        if process.info["cwd"] == str(Path.cwd()) and any(Path(word).name == "snakemake" for word in words[:3]):
            return int(process.info["pid"])
    return None


def _progress(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return what asks Snakemake for one line of progress on a terminal, and the environment that keeps jobs' bars below it."""
    asked = any(word.startswith(("--logger", "--quiet", "-q")) for word in arguments)
    if asked or not sys.stderr.isatty() or importlib.util.find_spec("snakemake_logger_plugin_langgeom") is None:
        return [], dict(os.environ)
    # `TQDM_POSITION` is tqdm's own: lines below the cursor's.
    return ["--logger=langgeom"], {**os.environ, "TQDM_POSITION": "1"}


def main(arguments: list[str]) -> int:
    """Run Snakemake with the given arguments and return its exit status; 1 when another run is alive in this folder."""
    Path(".snakemake").mkdir(exist_ok=True)
    with open(".snakemake/langgeom.lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run is under way in this folder (or Snakemake is still ending): wait for it, or end it first.")
            return 1
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), *SPAN]
        locks = list(Path(".snakemake/locks").glob("*"))
        if locks and (alive := _running_here()):
            print(f"Snakemake is at work in this folder already (process {alive}): wait for it, or end it first.")
            return 1
        for path in locks:
            path.unlink(missing_ok=True)
        if locks:
            print("Removed the lock of a run that was killed; finished files are kept.", flush=True)
        line, environment = _progress(arguments)
        # Ctrl-C reaches Snakemake too, which ends its jobs; here it is waited for. A handler of ours is not inherited.
        signal.signal(signal.SIGINT, lambda *_: None)
        # Snakemake inherits the lock, so that it is held as long as either lives.
        return subprocess.run([*command, *line, *arguments], env=environment, pass_fds=[lock.fileno()]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
