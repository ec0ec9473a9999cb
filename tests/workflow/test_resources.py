"""Rules ask for what the files that they read need, where those are large."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from langgeom.figures.catalogue import FIGURES
from langgeom.pages.libraries import ECHARTS
from study import Study

pytestmark = pytest.mark.workflow
MIB = 1 << 20


def asked(study: Study, rules: list[str], targets: list[str]) -> dict[str, dict[str, str]]:
    """Plan jobs of these rules alone; return the resources and threads of each."""
    planned = study.run("--dry-run", "--allowed-rules", *rules, "--", *targets, cores=8)
    blocks = re.findall(r"^rule (\w+):\n((?:    .*\n)*)", planned, re.MULTILINE)
    lines = {rule: dict(re.findall(r"^    (\w+): (.*)", block, re.MULTILINE)) for rule, block in blocks}
    return {
        rule: {**dict(part.split("=", 1) for part in of["resources"].split(", ")), "threads": of.get("threads", "1")}
        for rule, of in lines.items()
    }


def test_jobs_that_read_tables_or_all_texts_ask_by_their_size(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["models"] = {"decoder": {"folder": "decoder"}}
    texts = study.settings["corpora"]["mine"]["texts"]
    sizes = {f"corpora/mine/{text}.{kind}": 0 for text in texts for kind in ("txt", "json")}
    sizes |= {"metrics.parquet": 100, "texts.parquet": 1, "quality.parquet": 1}
    sizes |= {f"metrics/decoder/mine/{number}.json": 0 for number in (1, 2)}
    sizes |= {f"downloads/npm/{ECHARTS.package}-{ECHARTS.version}.tgz": 0, "models/decoder/manifest.json": 0, "texts.csv": 0}
    sizes |= {"pairs.parquet": 0, "pairs.csv": 0, "subspaces.parquet": 0, "subspaces.csv": 0}
    sizes |= {"model_pairs.parquet": 0, "model_pairs.csv": 0}

    def write() -> None:
        for name, size in sizes.items():
            path = study.folder / "results" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                file.truncate(size * MIB)

    write()
    found = asked(study, ["figure", "conclusions", "explorer"],
                  ["results/figures/id_by_layer.svg", "results/findings.md", "results/explorer.html"])  # fmt: skip
    sizes |= {f"figures/{figure}.{kind}": 0 for figure in FIGURES for kind in ("svg", "png", "csv")}
    sizes |= {"findings.parquet": 0, "findings.md": 0, "explorer.html": 0}
    write()
    found |= asked(study, ["page"], ["results/report.html"])
    memory = {"figure": 6400, "conclusions": 6464, "explorer": 6400, "page": 6400}
    assert {rule: of["mem_mb"] for rule, of in found.items()} == {rule: f"{2000 + more}" for rule, more in memory.items()}
