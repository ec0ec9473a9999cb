"""TEST DOUBLE of conda-forge: a channel in a folder that offers what is installed beside the tests, at those versions.

Its `python` is this one with this one's libraries on its path, and every other package is empty: a name and a version.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import platform
import sys
import sysconfig
import tarfile
from importlib.metadata import distributions
from pathlib import Path

MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"


def write_channel(folder: Path, names: dict[str, str], others: dict[str, str]) -> None:
    """Write the channel.

    Args:
        folder: to hold `conda-forge/`.
        names: what conda-forge calls a distribution, by its name on PyPI.
        others: versions of packages that are no distributions.
    """
    index: dict[str, dict[str, object]] = {"linux-64": {}, "noarch": {}}
    for subdir in index:
        (folder / "conda-forge" / subdir).mkdir(parents=True)
    home = os.path.dirname(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    version = platform.python_version()
    files = {
        f"bin/python{MINOR}": Path(home) / f"python{MINOR}",
        "bin/python": Path(f"python{MINOR}"),
        "pyvenv.cfg": f"home = {home}\nversion = {version}\n",
        f"lib/python{MINOR}/site-packages/beside_the_tests.pth": sysconfig.get_path("purelib") + "\n",
    }
    _package(folder, index, "linux-64", "python", version, files, [])
    installed = {_conda(found.metadata["Name"], names): found.version.split("+")[0] for found in distributions()}
    for name, version in {**installed, **others}.items():
        _package(folder, index, "noarch", name, version, {}, [f"python {MINOR}.*"])
    for subdir, packages in index.items():
        data = {"info": {"subdir": subdir}, "packages": packages, "packages.conda": {}, "repodata_version": 1}
        (folder / "conda-forge" / subdir / "repodata.json").write_text(json.dumps(data), encoding="utf-8")


def _conda(name: str, names: dict[str, str]) -> str:
    name = name.lower().replace("_", "-")
    return names.get(name, name)


def _package(
    folder: Path, index: dict[str, dict[str, object]], subdir: str, name: str, version: str, files: dict[str, str | Path],
    depends: list[str],
) -> None:  # fmt: skip
    """Write one package; a file is its text, or the Path that it is a link to."""
    about: dict[str, object] = dict(name=name, version=version, build="0", build_number=0, depends=depends, subdir=subdir)
    if subdir == "noarch":
        about["noarch"] = "generic"
    archive = f"{name}-{version}-0.tar.bz2"
    paths = [
        {"_path": path, "path_type": "softlink" if isinstance(content, Path) else "hardlink",
         "sha256": hashlib.sha256(_bytes(content)).hexdigest(), "size_in_bytes": len(_bytes(content))}
        for path, content in files.items()
    ]  # fmt: skip
    with tarfile.open(folder / "conda-forge" / subdir / archive, "w:bz2") as file:
        described = {"info/index.json": json.dumps(about), "info/files": "\n".join(files),
                     "info/paths.json": json.dumps({"paths": paths, "paths_version": 1})}  # fmt: skip
        for path, content in {**described, **files}.items():
            entry = tarfile.TarInfo(path)
            entry.mode = 0o644
            if isinstance(content, Path):
                entry.type, entry.linkname = tarfile.SYMTYPE, str(content)
                file.addfile(entry)
            else:
                entry.size = len(content.encode())
                file.addfile(entry, io.BytesIO(content.encode()))
    data = (folder / "conda-forge" / subdir / archive).read_bytes()
    digests = {"md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest()}
    index[subdir][archive] = {**about, "size": len(data), **digests}


def _bytes(content: str | Path) -> bytes:
    return b"" if isinstance(content, Path) else content.encode()
