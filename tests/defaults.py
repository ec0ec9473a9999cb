"""The settings of figures and findings, with the defaults of the config schema."""

from __future__ import annotations

from typing import Any

from langgeom.analysis import Settings
from langgeom.config import defaults
from langgeom.config.schema import composed


def settings(**changes: Any) -> Settings:
    """Return the default settings, with changes."""
    reference = composed({})["properties"]["reference"]["default"]
    config = {"figures": defaults("figures"), "hidden": defaults("hidden"), "reference": reference}
    return Settings.of(config)._replace(**changes)
