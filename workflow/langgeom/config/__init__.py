"""The settings: checked before anything runs, with one message for one mistake, and completed with the schema's defaults.

`schema` reads config files and holds settings against the schema, `checks` holds them against each other and against what is
there, `settings` is what the rules ask.
"""

from __future__ import annotations

from langgeom.config.checks import check
from langgeom.config.schema import SCHEMA, check_files, defaults
from langgeom.config.settings import Config

__all__ = ["SCHEMA", "Config", "check", "check_files", "defaults"]
