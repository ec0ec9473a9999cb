"""Commands of Snakemake that messages and pages tell a reader to run are such as Snakemake takes."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = [
    *sorted((ROOT / "workflow" / "langgeom").rglob("*.py")),
    *sorted((ROOT / "workflow" / "scripts").glob("*.py")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "README.md",
]
# What runs nothing here, so that it needs no --cores.
WITHOUT = {"--lint", "--list-target-rules", "--report", "--rulegraph", "--profile", "--unlock"}


def commands(text: str) -> list[str]:
    """Return what stands as a command line between backticks or alone on a line of a block; strings of code are joined."""
    text = re.sub(r'"\s*\n\s*f?"', "", text)
    quoted = re.findall(r"`(snakemake --?[^`]+|snakemake [a-z_]+(?: [^`]+)?)`", text)
    return [" ".join(command.split()) for command in (*quoted, *re.findall(r"^ *(snakemake [^#\n]+)", text, re.MULTILINE))]


def test_commands_run_as_they_stand() -> None:
    found = [(path.name, command) for path in PLACES for command in commands(path.read_text(encoding="utf-8"))]
    assert len(found) > 12
    for where, command in found:
        words = command.split()
        assert {"--cores", *WITHOUT} & set(words), f"{where}, {command}: a run on this machine needs --cores"
        if "--configfile" in words:
            after = words[words.index("--configfile") + 2 :]
            assert not after or after[0].startswith("-"), f"{where}, {command}: --configfile takes {after} for files"


def test_what_is_read_as_a_command() -> None:
    said = 'f"run `snakemake --cores 4 "\n    "corpora models` there"\n```\nsnakemake --cores 4 -n   # what\n```\n`snakemake`'
    assert commands(said) == ["snakemake --cores 4 corpora models", "snakemake --cores 4 -n"]
    assert commands("run `snakemake corpora models` where") == ["snakemake corpora models"]
    assert commands('"run "\n    "`snakemake corpora` where"') == ["snakemake corpora"]
