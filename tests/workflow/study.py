"""A small study of its own in a temporary folder, and Snakemake to run it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

import tiny
from langgeom.files import write_json
from langgeom.models.manifest import MANIFEST, _fingerprint

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = {
    "eng_Latn": "the people have the right to work number {}",
    "spa_Latn": "el pueblo tiene derecho al trabajo número {}",
    "uig_Latn": "xelqning ishlesh hoquqi bar nomur {}",
    "uig_Arab": "خەلقنىڭ ئىشلەش ھوقۇقى بار نومۇر {}",
    "rus_Cyrl": "народ имеет право на труд номер {}",
}


@dataclass
class Study:
    """A folder with a config, its corpus and its models; `run` calls Snakemake there."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(self.settings, sort_keys=False), encoding="utf-8")

    def run(self, *arguments: str, cores: int = 2, check: bool = True) -> str:
        """Run Snakemake with these arguments and return all it printed."""
        self.write()
        command = [
            sys.executable,
            "-m",
            "snakemake",
            "--snakefile",
            str(ROOT / "Snakefile"),
            "--cores",
            str(cores),
            *arguments,
        ]
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            text=True,
            timeout=1800,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if check:
            assert done.returncode == 0, done.stdout
        else:
            assert done.returncode != 0, done.stdout
        return done.stdout

    def pretend(self) -> None:
        """Make a file of each result that is planned, with next to nothing in it, and let Snakemake take them for its own."""
        model = {"kind": "decoder", "dtype": "float32", "files": {}, "fingerprint": _fingerprint({})}
        model |= dict.fromkeys(("parameters", "layers", "dim", "vocabulary"), 0)
        planned = re.findall(r"(?m)^    output: (.*)", self.run("--dry-run"))
        for path in {self.folder / path for paths in planned for path in paths.split(", ")}:
            (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
            if path.suffix:
                path.write_text("{}")
            else:
                write_json(path / MANIFEST, model)
        self.run("--touch", "--forceall")

    def files(self, pattern: str) -> dict[str, bytes]:
        """Return the bytes of the results that match a pattern, without those still being written (.NAME)."""
        results = self.folder / "results"
        found = (path for path in sorted(results.glob(pattern)) if not path.name.startswith("."))
        return {str(path.relative_to(results)): path.read_bytes() for path in found}


def make_parts(folder: Path) -> None:
    """Make what studies are made of in an empty folder: texts, a tiny decoder, a tiny encoder."""
    (folder / "texts").mkdir()
    for name, sentence in SENTENCES.items():
        lines = [sentence.format(number) + " " + sentence.split()[number % 4] for number in range(24)]
        (folder / "texts" / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = [sentence.format(number) for sentence in SENTENCES.values() for number in range(24)]
    tiny.decoder(folder / "decoder", lines)
    tiny.encoder(folder / "encoder", lines)


def make_study(parts: Path, folder: Path) -> Study:
    """Make a study of four texts, a tiny decoder with its untrained twin, and a tiny encoder."""
    shutil.copytree(parts, folder, dirs_exist_ok=True)
    models = {"decoder": {"folder": "decoder"}, "decoder-untrained": {"untrained": "decoder"}, "encoder": {"folder": "encoder"}}
    return Study(
        folder,
        {
            "corpora": {
                "mine": {"folder": "texts", "min_lines": 10, "texts": [name for name in SENTENCES if name != "rus_Cyrl"]}
            },
            "models": models,
            "texts_per_job": 3,
            "hidden": {"dtype": "float32"},
            "bootstrap": {"replicates": 40},
        },
    )
