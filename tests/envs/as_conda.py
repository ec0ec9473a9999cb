"""`conda` and its channel as doubles (doubles/), for Snakemake that a test runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from listed import PYPI, ROOT, listed

DOUBLES = Path(__file__).parent / "doubles"


def with_conda(folder: Path) -> dict[str, str]:
    """Make the doubles in a folder; return the environment variables under which they are conda and conda-forge."""
    sys.path.insert(0, str(DOUBLES))
    from channel_double import write_channel

    names = {pypi: name for name, pypi in PYPI.items() if pypi}
    fetching = listed(ROOT / "envs" / "fetch.yaml")
    write_channel(folder / "channels", names, {name: fetching[name] for name in ("nodejs", "pip")})
    (folder / "bin").mkdir()
    (folder / "bin" / "conda").write_text(f"#!{sys.executable}\n" + (DOUBLES / "conda_double.py").read_text(encoding="utf-8"))
    (folder / "bin" / "conda").chmod(0o755)
    (folder / "bin" / "activate").write_text('export CONDA_PREFIX="$1" PATH="$1/bin:$PATH"\n')
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {
        **kept,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "CONDA_CHANNEL_ALIAS": f"file://{folder / 'channels'}",
        "CONDA_PKGS_DIRS": str(folder / "packages"),
    }
