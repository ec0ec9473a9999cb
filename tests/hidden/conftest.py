"""Tiny models, prepared and loaded once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import tiny
from langgeom.hidden.load import LoadedModel, load
from langgeom.models import build_model

MAKERS: dict[str, Callable[..., Path]] = {"decoder": tiny.decoder, "gemma": tiny.gemma, "encoder": tiny.encoder}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Prepared model folders by name."""
    base = tmp_path_factory.mktemp("models")
    for name, make in MAKERS.items():
        make(base / "source" / name)
        build_model(name, {"folder": f"source/{name}"}, base=base, out=base / "built" / name)
    return {name: base / "built" / name for name in MAKERS}


@pytest.fixture(scope="session")
def models(folders: dict[str, Path]) -> dict[str, LoadedModel]:
    """The same, loaded in float32."""
    return {name: load(folder, "float32") for name, folder in folders.items()}
