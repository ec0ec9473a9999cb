"""A user's own tasks of lm-evaluation-harness: data, not code."""

from __future__ import annotations

import re
from pathlib import Path

from langgeom.errors import UserError

__all__ = ["check_tasks"]


def check_tasks(folder: Path) -> None:
    """Refuse tasks that would have the harness run Python: it imports what `!function` names beside the YAML.

    Raises:
        UserError: a task names a function, or includes a file from outside of the folder, which might.
    """
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        text = path.read_text(encoding="utf-8", errors="replace")
        if "!function" in text:
            raise UserError(
                f"config: quality.harness.include: {path} names Python code (`!function`), which is not run here: "
                "say it in templates (doc_to_text, doc_to_choice, doc_to_target)."
            )
        for included in re.findall(r"^include:\s*['\"]?([^'\"\n]+)", text, flags=re.MULTILINE):
            if not (path.parent / included.strip()).resolve().is_relative_to(folder.resolve()):
                raise UserError(
                    f"config: quality.harness.include: {path} includes {included.strip()}, outside of {folder}: copy it there."
                )
