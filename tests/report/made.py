"""A run made up of small files, and the page of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from explorer.made import records
from figures.synthetic import synthetic
from langgeom.figures.catalogue import FIGURES
from langgeom.findings import CONCLUSIONS
from langgeom.report import Inputs, render
from langgeom.table import FINDINGS, METRICS, QUALITY, write_rows

HOSTILE = "</td></table><script>window.hurt=1</script><img src=x onerror=window.hurt=1> & \"'{{style}}"
PROVENANCE = {
    "Date": "1 May 2026, 08:00 UTC",
    "Config": "mine.yaml",
    "Command": "snakemake --cores 2",
    "Number format": "bfloat16",
}
VOID = {"meta", "link", "img", "br"}
VERDICTS = ("supported", "contradicted", "depends on the estimator", "no evidence", "not testable")


def manifest(name: str, kind: str = "decoder", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "kind": kind, "init": "trained", "model_type": "llama", "layers": 30, "dim": 576, "vocabulary": 49152,
        "parameters": 7_000_000_000, "dtype": "bfloat16", "source": {"hub": f"owner/{name}", "revision": "4" * 40},
        "files": {"model.safetensors": "a" * 64}, "fingerprint": "f" * 64,
    } | more  # fmt: skip


def finding(number: int, verdict: str, **more: Any) -> dict[str, Any]:
    conclusion = CONCLUSIONS[f"C{number}"]
    row = {
        "finding": conclusion.id, "claim": conclusion.claim, "question": conclusion.question, "model": "big",
        "corpus": "flores", "shown_centre": 0.0, "effect": "what was measured",
        "value": number / 7, "low": -number / 9, "high": number / 3, "claimed": 1, "centre": 0.0,
        "n": 100 + number, "unit": "languages", "p": 0.001 * number, "p_adjusted": 0.004 * number, "detectable": 0.51,
        "verdict": verdict, "scope": "in this model", "reason": None, "note": f"note of {conclusion.id}",
    }  # fmt: skip
    if verdict == "not testable":
        row |= {"p": None, "p_adjusted": None, "reason": f"reason of {conclusion.id}"}
    return row | more


@dataclass
class World:
    """What a run left. `plain` is one that no caveat applies to."""

    models: list[dict[str, Any]]
    texts: dict[tuple[str, str], dict[str, Any]]
    metrics: list[dict[str, Any]]
    quality: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    settings: dict[str, Any]
    versions: dict[str, str]

    def inputs(self, folder: Path) -> Inputs:
        """Write all files of the run and return where they are."""
        folder.mkdir(parents=True, exist_ok=True)
        models = []
        for number, model in enumerate(self.models):
            models.append(folder / "models" / str(number))
            models[-1].mkdir(parents=True)
            (models[-1] / "manifest.json").write_text(json.dumps(model), encoding="utf-8")
        texts = {}
        for number, (key, report) in enumerate(self.texts.items()):
            texts[key] = folder / f"{number}.json"
            texts[key].write_text(json.dumps(report), encoding="utf-8")
        for fmt, rows in ((METRICS, self.metrics), (QUALITY, self.quality), (FINDINGS, self.findings)):
            write_rows(rows, folder / f"{fmt.name}.parquet", fmt)
        figures = {}
        for name in FIGURES:
            figures[name] = folder / "figures" / f"{name}.svg"
            figures[name].parent.mkdir(exist_ok=True)
            figures[name].write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 40"><text id="t" y="20">{name}</text></svg>'
            )
        tables = (folder / f"{name}.parquet" for name in ("metrics", "quality", "findings"))
        return Inputs(models, texts, *tables, figures, folder / "benchmarks", self.settings, self.versions, PROVENANCE)

    def page(self, folder: Path) -> str:
        """Return the page of this run."""
        render(folder / "report.html", self.inputs(folder))
        return (folder / "report.html").read_text(encoding="utf-8")


def plain() -> World:
    """Return a run of two decoders and two encoders on 60 languages with 1,000 sentences each, with MMLU."""
    names = ("big", "second", "enc", "other")
    models = [manifest(name, "encoder" if name in ("enc", "other") else "decoder") for name in names]
    models.append(manifest("big-untrained", init="untrained", source={"untrained": "big", "seed": 0}))
    codes = [f"q{a}{b}" for a in "abcdef" for b in "abcdefghij"]
    report = {"source": "flores.tar.gz", "lines": 1000, "empty": 0, "merged": 0, "cut": 0, "normalised": 0}
    metrics = records(synthetic(("smollm2-135m", "minilm-l6"), ("eng_Latn", "spa_Latn"), corpus="flores"))
    for row in metrics:
        row["model"], row["n"] = {"smollm2-135m": "big", "minilm-l6": "enc"}[row["model"]], 2000
    quality = [
        {"model": model, "text": f"{code}_Latn", "lang": code, "script": "Latn", "quality": "mmlu", "origin": "published",
         "value": 0.5, "harness": "lm-evaluation-harness"}
        for model in names for code in codes[:5]
    ]  # fmt: skip
    findings = [finding(number, VERDICTS[number % 5]) for number in (int(name[1:]) for name in CONCLUSIONS)]
    settings = {
        "seed": 3,
        "reference": "eng_Latn",
        "hidden": {"final_norm": True, "token_cap": 2048},
        "metrics": {"token": ["id_twonn", "anisotropy"]},
    }
    texts = {("flores", f"{code}_Latn"): dict(report) for code in codes}
    return World(models, texts, metrics, quality, findings, settings, {"langgeom": "9.8.7", "torch": "2.13.0", "gguf": ""})


class Page(HTMLParser):
    """A page taken apart: its elements with attributes, its text, and whether every element is closed where it was opened."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.rows: list[list[str]] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.said.append(data)
        if self.rows and self.open[-1:] and {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join("".join(self.said).split())

    def all(self, tag: str, name: str = "") -> list[str]:
        """Return an attribute of all elements of a kind that have it, or the kind itself for each."""
        return [found[name] for one, found in self.elements if one == tag and name in found]
