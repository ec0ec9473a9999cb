"""A local folder of config.json, safetensors weights and a tokenizer: checked, then copied file by file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langgeom.errors import UserError
from langgeom.models import Model
from langgeom.models.prepare import take_folder


class Folder(Model):
    """A folder of the user's."""

    schema = """
    folder:
      description: A folder on this machine with config.json, *.safetensors and a tokenizer.
      $ref: "#/$defs/path"
    """
    own = ("folder",)

    def check(self) -> None:
        super().check()
        if not self.folder().is_dir():
            raise UserError(f"folder: there is no folder '{self.spec['folder']}' (looked in {self.base.resolve()}).")

    def folder(self) -> Path:
        return self.base / str(self.spec["folder"])

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        take_folder(self.folder(), folder)
