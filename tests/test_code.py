"""The fingerprint follows imports, and changes with what the code does, not with how it reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from langgeom import code
from study import ROOT


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "langgeom"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "top.py").write_text(
        '"""Doc."""\nfrom langgeom.below import f\n\ndef g() -> int:\n    """Doc."""\n    return f()\n'
    )
    (root / "below.py").write_text("def f() -> int:\n    return 1\n")
    (root / "other.py").write_text("x = 1\n")
    monkeypatch.setattr(code, "ROOT", root)
    return root


def fingerprint(*modules: str) -> str:
    for function in (code.code_of, code._files, code._parsed):
        function.cache_clear()
    return code.code_of(*modules)


def test_wording_does_not_count(package: Path) -> None:
    before = fingerprint("langgeom.top")
    (package / "top.py").write_text(
        "# why\nfrom langgeom.below import f\n\n\n\ndef g() -> int:\n    '''Other words.'''\n    return f()\n"
    )
    assert fingerprint("langgeom.top") == before


def test_what_is_imported_counts_and_nothing_else(package: Path) -> None:
    before = fingerprint("langgeom.top")
    (package / "other.py").write_text("x = 2\n")
    assert fingerprint("langgeom.top") == before
    (package / "below.py").write_text("def f() -> int:\n    return 2\n")
    assert fingerprint("langgeom.top") != before


def test_a_package_counts_with_all_its_files(package: Path) -> None:
    (package / "metrics").mkdir()
    (package / "metrics" / "__init__.py").write_text("")
    before = fingerprint("langgeom.metrics")
    (package / "metrics" / "below").mkdir()
    (package / "metrics" / "below" / "__init__.py").write_text("")
    (package / "metrics" / "below" / "new.py").write_text("y = 1\n")
    assert fingerprint("langgeom.metrics") != before


def test_what_is_kept_of_a_file_is_used_only_while_it_is_whole_and_the_file_unchanged(package: Path) -> None:
    before = fingerprint("langgeom.top")
    (kept,) = (package / "__pycache__").glob("top.*")
    for damaged in (kept.read_text()[:-9], "{}", "[]"):
        kept.write_text(damaged)
        assert fingerprint("langgeom.top") == before == fingerprint("langgeom.top")
    (package / "top.py").write_text("from langgeom.other import x\n")
    after = fingerprint("langgeom.top")
    (package / "other.py").write_text("x = 3\n")
    assert len({before, after, fingerprint("langgeom.top")}) == 3


def test_unknown_module_is_an_error() -> None:
    code.code_of.cache_clear()
    with pytest.raises(ValueError, match=r"langgeom\.nothing"):
        code.code_of("langgeom.nothing")


def test_snakemake_loads_no_library_before_the_snakefile() -> None:
    """Snakemake imports all logger plugins first; if one imported langgeom, it could be another checkout's."""
    lines = "import sys, snakemake_logger_plugin_langgeom; sys.exit('langgeom' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    subprocess.run([sys.executable, "-c", lines], env=environment, check=True)
