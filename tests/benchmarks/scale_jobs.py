"""The jobs that see all texts and models at once, on tables made of one measured text: each runs in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]

from langgeom.pages.libraries import ECHARTS  # noqa: E402

# In the order in which they feed each other.
STAGES = {
    "join": "joining the metrics", "aligned": "aligned, one model", "quality": "quality", "findings": "conclusions",
    "figure": "one figure (id_by_layer)", "explorer": "explorer", "page": "page",
}  # fmt: skip
LIBRARY = ROOT / "results" / "downloads" / "npm" / f"{ECHARTS.package}-{ECHARTS.version}.tgz"
LAYERS = 33  # of the largest model of the study


def prepare(base: Path, measured: str, texts: Sequence[str], models: Sequence[str]) -> None:
    """Write what the jobs read: for each pair a table as of 33 layers, for each text hidden states, measures and a report."""
    from langgeom.table import TABLES, read_table, write_rows
    from langgeom.texts import write_measures

    rows = records(read_table(base / "out" / "metrics" / "m" / "c" / f"{measured}.parquet"))
    whole = [{**row, "layer": layer} for row in rows if row["layer"] == 0 for layer in range(LAYERS)]
    whole += [row for row in rows if row["layer"] is None]
    (base / "all").mkdir()
    write_measures(
        "c", measured, base / "texts" / f"{measured}.devtest", base / "t.parquet", ["type_token_ratio"], {"replicates": 20}, 0
    )
    of_text, made = records(read_table(base / "t.parquet", TABLES["texts"])), list[dict[str, Any]]()
    for number, text in enumerate(texts):
        lang, script = text.split("_")[:2]
        named = {"text": text, "lang": lang, "script": script}
        for model in models:
            noise = 1 + (number * 31 % 97) / 500  # no two texts alike
            pair = [{**row, **named, "model": model, "value": row["value"] and row["value"] * noise} for row in whole]
            write_rows(pair, base / "many" / f"{model}_{text}.parquet")
        made += [{**row, **named} for row in of_text]
        os.link(base / "out" / "hidden" / "m" / "c" / f"{measured}.safetensors", base / "all" / f"{text}.safetensors")
        (base / "all" / f"{text}.json").write_text(json.dumps({"source": "made up", "lines": 60, "empty": 0}))
    write_rows(made, base / "texts.parquet", TABLES["texts"])
    write_rows([], base / "pairs.parquet", TABLES["pairs"])


def records(table: Any) -> list[dict[str, Any]]:
    """Return a table's rows, with None for what is missing."""
    import pandas as pd

    return [{key: None if pd.isna(value) else value for key, value in row.items()} for row in table.to_dict("records")]


def run_stage(stage: str, base: Path, texts: Sequence[str]) -> None:
    """Run a job as its script does."""
    globals()[f"_{stage}"](base, texts)


def _join(base: Path, texts: Sequence[str]) -> None:
    from langgeom.table import join

    join(sorted((base / "many").glob("*.parquet")), base / "metrics.parquet", base / "metrics.csv")


def _aligned(base: Path, texts: Sequence[str]) -> None:
    from langgeom.explorer.alignment import aligned_rows
    from langgeom.hidden.states import read_hidden
    from langgeom.table import ALIGNED, write_rows

    reference = read_hidden(base / "all" / f"{texts[0]}.safetensors")
    states = ((text, read_hidden(base / "all" / f"{text}.safetensors")) for text in texts)
    rows = [{**row, "text": text} for text, of_text in states for row in aligned_rows(of_text, reference, 0.5)]
    write_rows(rows, base / "aligned.parquet", ALIGNED)


def _quality(base: Path, texts: Sequence[str]) -> None:
    from langgeom.quality import write_quality

    outputs = (base / "quality.parquet", base / "quality.csv")
    write_quality(base / "metrics.parquet", *outputs, reference=texts[0], texts=texts, names={}, runs={})


def _findings(base: Path, texts: Sequence[str]) -> None:
    from defaults import settings
    from langgeom.findings.verdict import findings_job

    tables = [base / f"{table}.parquet" for table in ("metrics", "texts", "quality", "pairs")]
    findings_job(*tables, settings(reference=texts[0]), *(base / f"findings.{kind}" for kind in ("parquet", "csv", "md")))


def _figure(base: Path, texts: Sequence[str]) -> None:
    from defaults import settings
    from langgeom.figures.drawing import render

    outputs = [base / f"id_by_layer.{kind}" for kind in ("svg", "png", "csv")]
    render("id_by_layer", [base / "metrics.parquet"], settings(), *outputs)


def _explorer(base: Path, texts: Sequence[str]) -> None:
    from langgeom.explorer import render

    settings: dict[str, Any] = {"reference": texts[0], "first": "id_microscope", "final_norm": True, "sentences": 5}
    tables = [base / f"{table}.parquet" for table in ("metrics", "texts", "quality")]
    render(base / "explorer.html", LIBRARY, *tables, **settings)


def _page(base: Path, texts: Sequence[str]) -> None:
    from langgeom.report import Inputs, render

    (base / "benchmarks").mkdir()
    reports = {("c", text): base / "all" / f"{text}.json" for text in texts}
    tables = [base / f"{table}.parquet" for table in ("metrics", "quality", "findings")]
    figures = {"id_by_layer": base / "id_by_layer.svg"}
    settings = {"seed": 0, "hidden": {"final_norm": True, "token_cap": 2048}, "metrics": {"token": ["id_microscope"]}}
    render(base / "report.html", Inputs([base / "m"], reports, *tables, figures, base / "benchmarks", settings, {}, {}))
