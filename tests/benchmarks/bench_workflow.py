"""The whole workflow against one process that does the same work: what Snakemake and its processes cost.

The one process runs the very scripts of the same jobs, in an order that Snakemake would take, one after the other, with
everything imported once. Both start from the same downloads, in folders of their own, take turns, and must end with the
same tables.

usage: bench_workflow.py CONFIG DOWNLOADS OUT.md [--texts N]
"""

from __future__ import annotations

import argparse
import os
import platform
import runpy
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow" / "scripts"
ARGUMENTS = ["--cores", str(os.cpu_count()), "--quiet", "all"]
TABLES = ("metrics.csv", "texts.csv", "pairs.csv", "subspaces.csv", "model_pairs.csv", "quality.csv", "findings.csv")


def planned() -> list[Any]:
    """Return the jobs of `rule all` in this folder, each after those whose files it reads: what a dry run names."""
    from snakemake.cli import main as snakemake
    from snakemake.executors.dryrun import Executor

    jobs: list[Any] = []
    kept = Executor.run_job
    Executor.run_job = lambda self, job: (jobs.append(job), kept(self, job))[1]
    try:
        snakemake(["--snakefile", str(ROOT / "Snakefile"), *ARGUMENTS, "--dry-run"])
    except SystemExit as end:
        assert not end.code, f"the dry run ended with {end.code}"
    finally:
        Executor.run_job = kept
    return [job for job in jobs if job.rule.script]


def one_process() -> None:
    """Run the script of every job in this process, in the current folder."""
    jobs = planned()
    sys.path.insert(0, str(SCRIPTS))
    for job in jobs:
        for path in (*job.output, *job.log):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        given = SimpleNamespace(
            input=job.input, output=job.output, params=job.params, wildcards=job.wildcards, log=job.log, threads=os.cpu_count()
        )
        runpy.run_path(str(SCRIPTS / Path(job.rule.script).name), {"snakemake": given})


def main() -> None:
    """Run both and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("downloads", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, help="only the first so many texts of each corpus of languages")
    options = parser.parse_args()
    settings = yaml.safe_load(options.config.read_text(encoding="utf-8"))
    for corpus in settings["corpora"].values():
        if "texts" in corpus:
            corpus["texts"] = corpus["texts"][: options.texts]
    kept = {text for corpus in settings["corpora"].values() for text in corpus.get("texts", ())}
    settings["in_depth"]["texts"] = [text for text in settings["in_depth"]["texts"] if text in kept]
    cores, seconds, tables = str(os.cpu_count()), {}, {}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), "OMP_NUM_THREADS": cores, "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory(prefix="bench-workflow-") as base:
        commands = {
            "one process": [sys.executable, __file__, "--one-process"],
            "snakemake, as `make` calls it": [sys.executable, str(SCRIPTS / "run_alone.py"), *ARGUMENTS],
        }
        for name, command in commands.items():
            folder = Path(base, name.split(",")[0].replace(" ", "-"))
            shutil.copytree(options.downloads, folder / "results" / "downloads")
            (folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
            start = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, check=True)
            seconds[name] = time.perf_counter() - start
            tables[name] = [(folder / "results" / table).read_bytes() for table in TABLES]
            shutil.rmtree(folder)
    same = [table for table, one, other in zip(TABLES, *tables.values(), strict=True) if one == other]
    lines = [
        f"{machine()}. {len(settings['models'])} models. Byte for byte the same: {_listed(same)}"
        f"{'' if len(same) == len(TABLES) else '; NOT: ' + _listed(set(TABLES) - set(same))}.",
        "",
        "| | wall time, s | ratio |",
        "|---|---|---|",
        *(f"| {name} | {value:.0f} | {value / seconds['one process']:.2f} |" for name, value in seconds.items()),
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def machine() -> str:
    """Return what kind of processor this is, as far as it matters here."""
    flags = Path("/proc/cpuinfo").read_text(encoding="utf-8") if sys.platform == "linux" else ""
    fast = next((name for name, flag in (("AMX", "amx_bf16"), ("AVX-512 bfloat16", "avx512_bf16")) if flag in flags), None)
    return f"{os.cpu_count()} cores ({platform.machine()}, {fast or 'no fast bfloat16'})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one-process"]:
        one_process()
    else:
        main()
