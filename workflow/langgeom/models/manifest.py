"""`manifest.json`: what a model's folder holds, and the fingerprint that results are keyed by."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from langgeom.errors import UserError
from langgeom.files import atomic, sha256

__all__ = ["Weights", "read_manifest", "verify", "weights_of", "write_manifest"]

MANIFEST = "manifest.json"
DTYPES = {"F64": "float64", "F32": "float32", "BF16": "bfloat16", "F16": "float16"}


class Weights(NamedTuple):
    """Parameters in a folder's safetensors files, and the dtype of most of them."""

    parameters: int
    dtype: str


def write_manifest(folder: Path, name: str, init: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """Write and return the manifest of a finished folder.

    Args:
        init: "trained" or "untrained".
        source: the model's spec in the config.

    Raises:
        UserError: the folder is no decoder or encoder that can be measured.
    """
    from langgeom.models.folder import read_config
    from langgeom.models.kind import kind_of
    from langgeom.models.quiet import quiet

    kind = kind_of(name, read_config(name, folder))
    with quiet():
        from transformers import AutoConfig

        try:
            config = AutoConfig.from_pretrained(folder).get_text_config()
        except Exception as error:  # whatever it meets in a user's file
            raise UserError(f"Model '{name}': transformers cannot read its config.json ({error}). Save it again.") from error
    weights = weights_of(folder)
    files = {path.name: sha256(path) for path in sorted(folder.iterdir()) if path.name != MANIFEST}
    manifest = dict(
        name=name, kind=kind, init=init, model_type=config.model_type, layers=config.num_hidden_layers,
        dim=config.hidden_size, vocabulary=config.vocab_size, parameters=weights.parameters, dtype=weights.dtype,
        source=dict(source), files=files, fingerprint=_fingerprint(files),
    )  # fmt: skip
    with atomic(folder / MANIFEST) as path:
        path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a model's folder.

    Raises:
        UserError: there is none, or it is not one of ours.
    """
    path = Path(folder) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["kind"] not in ("decoder", "encoder") or manifest["fingerprint"] != _fingerprint(manifest["files"]):
            raise ValueError("its fingerprint does not fit its files")
    except OSError as error:
        raise UserError(
            f"{folder} is not a prepared model: {MANIFEST} cannot be read. Remove the folder and run again."
        ) from error
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{path} is damaged ({error}). Remove the folder and run again.") from error
    return manifest


def verify(folder: Path) -> None:
    """Check that the files of a model's folder are those of its manifest.

    Raises:
        UserError: names the files that are missing or changed.
    """
    wrong = [
        name for name, digest in read_manifest(folder)["files"].items()
        if not (Path(folder) / name).is_file() or sha256(Path(folder) / name) != digest
    ]  # fmt: skip
    if wrong:
        raise UserError(f"{folder}: {', '.join(wrong)} missing or changed since it was made. Remove the folder and run again.")


def weights_of(folder: Path) -> Weights:
    """Count the parameters of a folder by the headers of its safetensors files."""
    sizes: Counter[str] = Counter()
    for path in sorted(folder.glob("*.safetensors")):
        try:
            with path.open("rb") as file:
                length = int.from_bytes(file.read(8), "little")
                if not 2 <= length <= path.stat().st_size - 8:
                    raise ValueError("it is cut off, or a pointer to a file that was not fetched")
                header = json.loads(file.read(length))
            end = max((tensor["data_offsets"][1] for key, tensor in header.items() if key != "__metadata__"), default=0)
            if 8 + length + end != path.stat().st_size:
                raise ValueError("it is cut off")
            for key, tensor in header.items():
                if key != "__metadata__" and tensor["dtype"] in DTYPES:
                    sizes[DTYPES[tensor["dtype"]]] += prod(tensor["shape"])
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise UserError(f"{path.name} is no safetensors file that can be read: {error}. Fetch the model again.") from error
    return Weights(sizes.total(), sizes.most_common(1)[0][0]) if sizes else Weights(0, "float32")


def _fingerprint(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(files.items())).encode()).hexdigest()
