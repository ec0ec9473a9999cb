"""docs/architectures.md says of each class what becomes of it, and no class is measured otherwise than transformers does."""

from __future__ import annotations

from pathlib import Path

from architectures import page, rows

PAGE = Path(__file__).parents[2] / "docs" / "architectures.md"


def test_the_page_is_what_is_found() -> None:
    found = list(rows())
    assert [row for row in found if row.result.startswith("WRONG")] == []
    assert page(found).splitlines() == PAGE.read_text(encoding="utf-8").splitlines()
