"""Untrained twins: the architecture and tokenizer of a model, with weights drawn by its own initialiser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from langgeom.errors import UserError, nearest
from langgeom.files import scratch
from langgeom.hub import TOKENIZER_FILES, listing_path
from langgeom.models import Model
from langgeom.models.manifest import is_decoder, weights_of
from langgeom.models.part import auto_of, part_of
from langgeom.models.prepare import auto_config, check_folder, complete_tokenizer, place_download, quiet, read_config, tidy

REPOSITORY = r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"


class Untrained(Model):
    """The twin of a model of the config, of a folder, or of a model of the hub."""

    schema = """
    untrained:
      description: >-
        The model of this config, or a folder with config.json and tokenizer, whose architecture gets random weights; with
        revision, a model of the hub, of which then no weights are fetched. Name it after its model (its name and more): figures
        and C10 find twins by name.
      $ref: "#/$defs/path"
    seed:
      description: Seeds the random weights; the config's seed if it is missing.
      type: integer
      minimum: 0
      maximum: 4294967295
    revision: {$ref: "#/$defs/commit"}
    """
    without = ("begin", "published", "loss")  # random weights have no meaningful loss
    init = "untrained"

    @property
    def _named(self) -> str:
        return str(self.spec["untrained"])

    def twin(self) -> str | None:
        return self._named if self._named in self.models else None

    def repository(self) -> tuple[str, str] | None:
        return (self._named, self.spec["revision"]) if "revision" in self.spec else None

    def paths(self) -> dict[str, str]:
        return {} if self.twin() or self.repository() else {"untrained": self._named}

    def folder(self) -> Path | None:
        return None if self.twin() or self.repository() else self.base / self._named

    def check(self) -> None:
        """Refuse a twin that is not there or itself untrained; fill in the seed."""
        if self.repository():
            if self.twin():
                raise UserError(f"has 'revision', but '{self._named}' is a model of this config; remove it.")
            if not re.fullmatch(REPOSITORY, self._named):
                raise UserError(f"untrained is '{self._named}'; beside 'revision' it is a repository, owner/name.")
        elif not self.twin() and not (self.base / self._named / "config.json").is_file():
            some = ", ".join(list(self.models)[:8])
            raise UserError(
                f"untrained is '{self._named}', neither a model of this config ({some}) nor a folder with config.json; a model "
                f"of the hub needs 'revision' beside it.{nearest(self._named, self.models)}"
            )
        if self._named == self.name or "untrained" in self.models.get(self._named, {}):
            raise UserError(f"untrained is '{self._named}', itself untrained; name the trained model.")
        self.spec.setdefault("seed", self.seed)

    def inputs(self) -> list[str]:
        """Return the folder of the prepared twin, the listing of the hub's files, or the user's own files."""
        if repository := self.repository():
            return [listing_path(*repository, weights=False)]
        return [f"results/models/{twin}"] if (twin := self.twin()) else super().inputs()

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        """Draw weights in float32 and store them in the twin's dtype; copy config and tokenizer."""
        with scratch(folder) as source:
            if self.repository():
                place_download(inputs[0], source)
            else:  # inputs are one folder, that of a prepared model, or the user's files
                source = inputs[0] if len(inputs) == 1 and inputs[0].is_dir() else self.base / self._named
            self._write_twin(source, folder)

    def _write_twin(self, source: Path, folder: Path) -> None:
        import torch

        check_folder(source, weights=False)
        settings = read_config(source)
        stated = str(settings.get("dtype") or settings.get("torch_dtype") or "float32")
        dtype = getattr(torch, weights_of(source)[1] if any(source.glob("*.safetensors")) else stated)
        config = auto_config(source)
        config = part.config if (part := part_of(config)) else config
        with quiet(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(self.spec.get("seed", 0)))
            model = auto_of(config, is_decoder(config.architectures[0])).from_config(config, dtype=torch.float32)
            model.to(dtype).save_pretrained(folder)
        tidy(folder)
        for file in TOKENIZER_FILES:
            if (source / file).is_file():
                shutil.copyfile(source / file, folder / file)
        complete_tokenizer(source, folder)
