"""The software that a run is made with."""

from __future__ import annotations

import platform

from langgeom import __version__
from langgeom.code import versions_of

__all__ = ["versions"]

LIBRARIES = (
    "snakemake", "torch", "transformers", "tokenizers", "safetensors", "gguf", "numpy", "scipy", "pandas", "pyarrow",
    "matplotlib", "seaborn", "morfessor",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Return the installed version of each, "" for one that is not installed here."""
    found = dict(zip(LIBRARIES, versions_of(*LIBRARIES), strict=True))
    return {"langgeom": __version__, "Python": platform.python_version(), **found}
