"""Run Snakemake in this folder, once at a time, whatever the last run died of: what `make` calls.

Snakemake's own lock survives a killed run and then asks for `--unlock`. Here a lock of the operating system, which a killed
process cannot leave behind, tells whether another run is really alive; if none is, a stale lock is removed.
"""

import fcntl
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
        # Snakemake inherits the lock, so that it is held as long as either lives.
        return subprocess.run([*command, *arguments], pass_fds=[lock.fileno()]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
