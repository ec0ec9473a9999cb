"""Models of the hub: files that langgeom.hub fetched, checked and placed; no code of theirs runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from langgeom.errors import UserError
from langgeom.hub import UNPINNED, listing_path
from langgeom.models import Model
from langgeom.models.prepare import check_folder, complete_tokenizer, place_download


class Hub(Model):
    """A repository of the hub at one commit."""

    schema = """
    hub:
      description: a repository of the model hub, as owner/name
      $ref: "#/$defs/repository"
    revision: {$ref: "#/$defs/commit"}
    """

    def check(self) -> None:
        super().check()
        if "revision" not in self.spec:
            raise UserError(f"lacks 'revision', {UNPINNED}.")

    def repository(self) -> tuple[str, str]:
        return self.spec["hub"], self.spec["revision"]

    def inputs(self) -> list[str]:
        """Return the listing of the files."""
        return [listing_path(*self.repository(), weights=True)]

    def write(self, inputs: Sequence[Path], folder: Path) -> None:
        place_download(inputs[0], folder)
        check_folder(folder)
        complete_tokenizer(folder, folder)
