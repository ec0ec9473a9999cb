"""A model's files by their addresses, each pinned by sha256: config.json, *.safetensors and the tokenizer."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from langgeom.files import scratch
from langgeom.models import Model
from langgeom.models.prepare import take_folder
from langgeom.sources import Pin, pin_of


class Url(Model):
    """Files of the web, or of this machine (file://)."""

    schema = """
    url:
      description: The files of a model's folder, config.json, *.safetensors and the tokenizer, each by url and sha256.
      type: array
      minItems: 1
      items: {$ref: "#/$defs/pinned"}
    """

    def pins(self) -> list[Pin]:
        return [pin_of(spec) for spec in self.spec["url"]]

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        with scratch(folder) as inside:
            for path in inputs:
                shutil.copyfile(path, inside / path.name)
            take_folder(inside, folder)
