"""Preparing models: a source of models is one file here with one subclass of `Model`.

A prepared folder holds what `from_pretrained` reads, and `manifest.json`. `prepare` and `manifest` serve all sources, `gguf`
serves `pypi`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, nearest
from langgeom.files import atomic_folder
from langgeom.sources import Identity, Source, find_kinds, identity, kind_of_spec

READ = (".json", ".safetensors", ".txt", ".model")  # files of a model's folder that may be read


class Model(Source):
    """A model of the config.

    Attributes:
        init: what its weights are, "trained" or "untrained".
        models: the settings of all models of the config.
        seed: the config's seed.
    """

    group = "models"
    init = "trained"

    def __init__(
        self, name: str, spec: dict[str, Any], base: Path = Path(), models: Mapping[str, Any] | None = None, seed: int = 0
    ) -> None:
        super().__init__(name, spec, base)
        self.models, self.seed = models or {}, seed

    def check(self) -> None:
        """Refuse a name that has no published scores."""
        from langgeom.quality import published_names

        name = self.spec.get("published")
        if name is not None and name not in (names := published_names()):
            raise UserError(
                f"published is '{name}', which has no published scores; there are: {', '.join(names)}.{nearest(name, names)}"
            )

    def folder(self) -> Path | None:
        """Return the user's folder that the model is made from, if it is made from one."""
        return None

    def files(self) -> list[Path]:
        """Return the user's own files that the model is made from."""
        folder = self.folder()
        return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix in READ) if folder else []

    def twin(self) -> str | None:
        """Return the model of the config whose architecture and tokenizer it takes, if it takes those of one."""
        return None

    def repository(self) -> tuple[str, str] | None:
        """Return the repository of the hub that it is made from and its commit, if it is made from one."""
        return None

    def inputs(self) -> list[str]:
        """Return all files that the model is made from: the user's, downloads, or another prepared model."""
        return [*(pin.path for pin in self.pins()), *map(str, self.files())]

    def identity(self) -> Identity:
        """Return what identifies the user's own files that a model is made from: any replacement of one reruns the rule."""
        return identity(self.files())

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        """Fill an empty folder with what `from_pretrained` reads: config.json, *.safetensors, tokenizer.json.

        Args:
            inputs: the files of `inputs()`, which are there by now.

        Raises:
            UserError: a source that cannot be used, with what was found and what is needed.
        """
        raise NotImplementedError

    def build(self, inputs: Sequence[Path], out: Path) -> None:
        """Write the folder of the model, whole or not at all, from the files of `inputs()`.

        Raises:
            UserError: with the model's name; as `write`; `begin` cannot be put, or transformers cannot read the result.
        """
        from langgeom.models.manifest import write_manifest
        from langgeom.models.part import take_part
        from langgeom.models.prepare import finish_tokenizer

        try:
            with atomic_folder(out) as folder:
                self.write(inputs, folder)
                take_part(folder)
                noticed = finish_tokenizer(folder, self.spec.get("begin"), self.spec.get("language"))
                write_manifest(folder, self.name, self.init, self.spec, noticed)
        except UserError as error:
            raise UserError(f"Model '{self.name}': {error}") from error


@cache
def model_kinds() -> dict[str, type[Model]]:
    """Return the sources of models by their key in the config."""
    return find_kinds(__name__, Model)


def model_of(
    name: str, spec: Mapping[str, Any], base: Path = Path(), models: Mapping[str, Any] | None = None, seed: int = 0
) -> Model:
    """Return the model that settings of the config describe. UserError: they name no source, or several."""
    kind = kind_of_spec(f"models.{name}", spec, model_kinds())
    return kind(name, spec if isinstance(spec, dict) else dict(spec), base, models, seed)


def build_model(name: str, spec: Mapping[str, Any], inputs: Sequence[Path] = (), *, out: Path, base: Path = Path()) -> None:
    """Write the folder of a model from settings of the config; see `Model.build`."""
    model_of(name, spec, base).build(inputs, out)
