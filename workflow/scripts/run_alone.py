"""Run Snakemake in this folder, once at a time, whatever the last run died of: what `make` calls.

Snakemake's own lock survives a killed run and then asks for `--unlock`. Here a lock of the operating system, which a killed
process cannot leave behind, tells whether another run is really alive; if none is, a stale lock is removed.
"""

import fcntl
import subprocess
import sys
from pathlib import Path

SNAKEFILE = Path(__file__).resolve().parents[2] / "Snakefile"


def main(arguments: list[str]) -> int:
    """Run Snakemake with the given arguments and return its exit status; 1 when another run is alive in this folder."""
    Path(".snakemake").mkdir(exist_ok=True)
    with open(".snakemake/langgeom.lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another run is under way in this folder (or Snakemake is still ending): wait for it, or end it first.")
            return 1
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE)]
        if any(Path(".snakemake/locks").glob("*")):
            print("Removing the lock of a run that was killed; finished files are kept.", flush=True)
            subprocess.run([*command, "--unlock", "--quiet", "all"], check=True)
        # Snakemake inherits the lock, so that it is held as long as either lives.
        return subprocess.run([*command, *arguments], pass_fds=[lock.fileno()]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
