"""The settings of figures and findings, with the defaults of the config schema."""

from __future__ import annotations

from typing import Any

import yaml

from langgeom.analysis import Settings
from langgeom.config import SCHEMA


def settings(**changes: Any) -> Settings:
    """Return the default settings, with changes."""
    top = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["properties"]
    figures = {name: spec["default"] for name, spec in top["figures"]["properties"].items()}
    hidden = {name: spec["default"] for name, spec in top["hidden"]["properties"].items() if "default" in spec}
    config = {"figures": figures, "hidden": hidden}
    return Settings.of(config | {"reference": top["reference"]["default"]})._replace(**changes)
