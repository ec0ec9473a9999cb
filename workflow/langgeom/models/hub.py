"""Models of the hub: files that langgeom.hub fetched, checked and placed; no code of theirs runs.

Checkpoints of one model are written once in a config, and are a model each from then on (`expanded`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
    checkpoints:
      description: >-
        Instead of revision, several checkpoints - the commit of each by its step of training, as `{step1000: ...}`. Each
        becomes a model, name-step1000; the figure `steps` draws them.
      type: object
      additionalProperties: {$ref: "#/$defs/commit"}
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


def expanded(models: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of a config with one for each of the `checkpoints` of a model, in its place.

    Raises:
        UserError: no step, `revision` beside `checkpoints`, or a name that is taken.
    """
    every: dict[str, Any] = {}
    for name, spec in models.items():
        steps = spec.get("checkpoints") if isinstance(spec, Mapping) else None
        if not isinstance(steps, Mapping):
            every[name] = spec
            continue
        where = f"models.{name}.checkpoints"
        if "revision" in spec or not steps:
            raise UserError(f"{where} names {len(steps)} steps{' beside a revision' * ('revision' in spec)}; name either.")
        shared = {key: value for key, value in spec.items() if key != "checkpoints"}
        for step, revision in steps.items():
            if not re.fullmatch("step[0-9]+", step):
                raise UserError(f"{where} has the key '{step}'; allowed: the step of the training, as step1000.")
            if f"{name}-{step}" in models:
                raise UserError(f"{where}.{step} is the model '{name}-{step}', which this config names besides; remove one.")
            every[f"{name}-{step}"] = {**shared, "revision": revision}
    return every
