"""Which tests stay together among several processes (`--dist loadgroup`): a file's, and all that look at the finished study."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test, so that what a module sets up is set up once, and the finished study is run once."""
    names = {item.path: str(item.path) for item in items}
    names |= {item.path: "finished" for item in items if "finished" in getattr(item, "fixturenames", ())}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(names[item.path]))
