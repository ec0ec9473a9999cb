"""The settings: checked before anything runs, with one message for one mistake, and completed with the schema's defaults.

`reading` finds what YAML readers silently accept, `schema` holds settings against the schema and completes them, `checks` holds
them against each other and against what is there, `asked` answers what the rules ask of them.
"""

from __future__ import annotations

from langgeom.config.asked import Config
from langgeom.config.checks import check
from langgeom.config.reading import check_files
from langgeom.config.schema import SCHEMA, defaults

__all__ = ["SCHEMA", "Config", "check", "check_files", "defaults"]
