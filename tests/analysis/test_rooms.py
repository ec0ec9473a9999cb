"""Which room may import which: figures and findings share the analysis room and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

import langgeom

ROOT = Path(langgeom.__file__).parent


@pytest.mark.parametrize(
    ("room", "forbidden"), [("analysis", ("figures", "findings")), ("figures", ("findings",)), ("findings", ("figures",))]
)
def test_imports(room: str, forbidden: tuple[str, ...]) -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / room).glob("*.py")]
    assert sources
    for other in forbidden:
        assert not any(f"from langgeom.{other}" in source or f"import langgeom.{other}" in source for source in sources)
