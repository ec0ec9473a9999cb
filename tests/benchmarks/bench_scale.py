"""The study at full size: planning 204 languages x 8 models, memory of its jobs, and throughput against a bare forward pass.

Planning and memory need no model: the models are stubs of two layers. Throughput is measured on prepared models, on the GPU
where there is one; `--phi` makes Phi-3.5-mini's architecture with random weights for that (7.6 GB; a GPU is wanted).

usage: bench_scale.py OUT.md [--model FOLDER ...] [--files TEXT.txt ...] [--texts N] [--lines N] [--tokens N] [--phi]
                             [--only planning,memory,throughput]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median
from typing import Any

import yaml
from scale_jobs import LIBRARY, STAGES, prepare, run_stage

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests")]
LANGUAGES, MODELS, TEXTS_PER_JOB = 204, 8, 24
# The numbers kept of one text in the measurement of memory, and of how many texts.
WIDE = {"hidden_size": 256, "num_hidden_layers": 8, "num_attention_heads": 8, "intermediate_size": 512}
BATCHES = (2, 8, 24)


def text_names(number: int) -> list[str]:
    """Return names of texts, the reference first."""
    lines = (ROOT / "workflow" / "data" / "udhr.tsv").read_text(encoding="utf-8").splitlines()
    names = [line.split("\t")[0] for line in lines if not line.startswith("#")][1:]
    return list(dict.fromkeys(["eng_Latn", *names]))[:number]


def write_texts(folder: Path, names: list[str], lines: int, words: int) -> None:
    """Write texts that differ from each other."""
    folder.mkdir(parents=True)
    for name in names:
        content = [" ".join(f"{name[:3]}{(line * word) % 97}" for word in range(1, words)) for line in range(lines)]
        (folder / f"{name}.devtest").write_text("\n".join(content) + "\n", encoding="utf-8")


def stub_study(base: Path, languages: int) -> None:
    """Write a study of so many texts in FLORES-200's layout and 8 stub models."""
    import tiny

    names = text_names(languages)
    write_texts(base / "flores200_dataset" / "devtest", names, 12, 8)
    tiny.decoder(base / "model0")
    for number in range(1, MODELS):
        shutil.copytree(base / "model0", base / f"model{number}")
    corpus = {"flores": "flores200_dataset", "split": "devtest", "min_lines": 10, "texts": names}
    models = {f"model{number}": {"folder": f"model{number}"} for number in range(MODELS)}
    settings = {"corpora": {"flores": corpus}, "models": models, "texts_per_job": TEXTS_PER_JOB}
    (base / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


def pretend(base: Path) -> None:
    """Make empty files of all results in the order of their stages, and let Snakemake take them for its own."""
    from langgeom.config import check
    from langgeom.figures.catalogue import FIGURES
    from langgeom.pages.libraries import ECHARTS
    from langgeom.table import TABLES

    config = check(yaml.safe_load((base / "config.yaml").read_text()), base)
    results = base / "results"
    texts = config.texts("flores")
    files = [results / "corpora" / "flores" / f"{text}.{kind}" for text in texts for kind in ("txt", "json")]
    files += [results / "models" / model / "manifest.json" for model in config["models"]]
    files += [base / listing for listing in config.listings()]
    files += [results / "texts" / corpus / f"{text}.parquet" for corpus, text in config.language_texts()]
    files += [results / "downloads" / "npm" / f"{ECHARTS.package}-{ECHARTS.version}.tgz"]
    files += [results / kind / model / "flores.parquet" for kind in ("pairs", "subspaces") for model in config["models"]]
    files += [results / "model_pairs" / "flores.parquet"]
    files += [results / f"{table}.{kind}" for table in TABLES if table != "findings" for kind in ("parquet", "csv")]
    files += [results / f"findings.{kind}" for kind in ("parquet", "csv", "md")]
    files += [results / "figures" / f"{figure}.{kind}" for figure in FIGURES for kind in ("svg", "png", "csv")]
    files += [results / "explorer.html", results / "report.html", results / "run.json"]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    snakemake(base, "--touch")


def snakemake(base: Path, *arguments: str) -> tuple[float, float, str]:
    """Run Snakemake through `run_alone.py`; return wall seconds, its processor seconds, and what it printed."""
    command = [sys.executable, str(ROOT / "workflow" / "scripts" / "run_alone.py"), "--cores", "8", *arguments]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["LANGGEOM_DISK_UNCHECKED"] = "1"  # the empty manifests of `pretend` say nothing of sizes
    done = subprocess.run(command, cwd=base, env=environment, capture_output=True, text=True)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout + done.stderr


def planning(repeats: int, languages: int) -> Iterator[str]:
    """Yield the table of what Snakemake takes to plan the study, and to find nothing to do."""
    yield f"{languages} languages x {MODELS} models, {TEXTS_PER_JOB} texts a job; median of {repeats}."
    yield ""
    yield "| | target, s | wall time, s | processor time, s |"
    yield "|---|---|---|---|"
    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        base = Path(folder)
        stub_study(base, languages)
        runs = [snakemake(base, "--dry-run", "--quiet", "all") for _ in range(repeats)]
        jobs = runs[0][2].split("total")[1].split()[0] if "total" in runs[0][2] else "?"
        yield row(f"all planned, nothing there ({jobs} jobs)", "5", runs)
        pretend(base)
        runs = [snakemake(base) for _ in range(repeats)]
        assert "Nothing to be done" in runs[0][2], runs[0][2]
        yield row("all there, nothing to do", "10", runs)


def row(name: str, target: str, runs: list[tuple[float, float, str]]) -> str:
    return f"| {name} | {target} | {median(run[0] for run in runs):.1f} | {median(run[1] for run in runs):.1f} |"


def memory(languages: int) -> Iterator[str]:
    """Yield the tables of the memory of jobs by how many texts they serve, and of what every other kind takes for all texts."""
    import tiny
    from langgeom.models import build_model

    with tempfile.TemporaryDirectory(prefix="bench-scale-") as folder:
        base, batches = Path(folder), [texts for texts in BATCHES if texts <= languages]
        names = text_names(max(batches))
        write_texts(base / "texts", names, 60, 16)
        tiny.decoder(base / "source", num_key_value_heads=8, **WIDE)
        build_model("m", {"folder": "source"}, base=base, out=base / "m")
        peaks: dict[str, list[float]] = {"measure": []}
        for texts in batches:
            shutil.rmtree(base / "out", ignore_errors=True)
            peaks["measure"].append(peak({"stage": "measure", "base": str(base), "texts": names[:texts]})[0])
        size = (base / "out" / "hidden" / "m" / "c" / f"{names[0]}.safetensors").stat().st_size
        prepare(base, names[0], text_names(languages), [f"model{number}" for number in range(MODELS)])
        given = {"base": str(base), "texts": text_names(languages)}
        others = {stage: peak({"stage": stage, **given}) for stage in STAGES if stage != "explorer" or LIBRARY.exists()}
    yield f"Peak memory of a job, MiB; the hidden states of one text are {size / 2**20:.0f} MiB."
    yield "Target: bounded by the data of one pair, so no growth with the texts."
    yield ""
    yield "| | " + " | ".join(f"{texts} texts" for texts in batches) + " |"
    yield "|---|" + "---|" * len(batches)
    for stage, found in peaks.items():
        yield f"| {stage} | " + " | ".join(f"{value:.0f}" for value in found) + " |"
    yield ""
    yield f"What the other kinds of jobs take for {languages} texts x {MODELS} models, Python's start and imports included:"
    yield ""
    yield "| | wall time, s | peak memory, MiB |"
    yield "|---|---|---|"
    for stage, (most, seconds) in others.items():
        yield f"| {STAGES[stage]} | {seconds:.1f} | {most:.0f} |"
    yield from (f"| {STAGES[stage]} | not measured: its library is not fetched | |" for stage in STAGES if stage not in others)


def peak(job: dict[str, Any]) -> tuple[float, float]:
    """Run a job in a process of its own; return its peak memory in MiB and its wall seconds."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--job", json.dumps(job)]
    done = subprocess.run(command, env={**os.environ, "HF_HUB_OFFLINE": "1"}, check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.split()[-1]), time.perf_counter() - start


def worker(job: dict[str, Any]) -> None:
    """Run one job in this process and print its peak memory in MiB."""
    from langgeom.config import defaults
    from langgeom.measure_job import Batch, Settings

    base, texts = Path(job["base"]), job["texts"]
    if job["stage"] == "measure":
        hidden = {**defaults("hidden"), "dtype": "float32", "max_tokens": 64, "keep": "all", "loss": None}
        names = {"token": ["id_microscope", "anisotropy"], "sentence": [], "aligned": ["kl_mean", "retrieval"], "text": ["bpc"]}
        code = {"hidden": "", "metrics": ""}
        settings = Settings(hidden, names, {}, {}, {"replicates": 20}, seed=0, pair_layers=[], depth=0.5, code=code)
        files = {text: base / "texts" / f"{text}.devtest" for text in texts}
        listing = base / "out" / "metrics" / "m" / "c" / "1.json"
        Batch(base / "m", "c", texts, files, texts[0], {}, settings, listing).run()
    else:
        run_stage(job["stage"], base, texts)
    # Not ru_maxrss: that is never below what the process had that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(int(status["VmHWM"].split()[0]) / 1024)


def throughput(folder: Path, texts: list[list[str]], tokens: int) -> Iterator[str]:
    """Yield a model's row: the bare pass at its best batch, extraction with and without a loss, loading; they take turns."""
    import torch

    from langgeom.hidden.batches import budget_of
    from langgeom.hidden.extract import extract
    from langgeom.hidden.load import load

    start = time.perf_counter()
    loaded = load(folder, "bfloat16", "auto")  # with its head, where it is a decoder
    loading = time.perf_counter() - start
    length, bare, ours = 64, dict[int, list[float]](), dict[bool, list[float]]()
    vocabulary = loaded.manifest["vocabulary"]
    most = budget_of(loaded, "auto", length)

    def forward(batch: int) -> float:
        ids = torch.randint(1, vocabulary, (batch, length), device=loaded.device)
        rounds = max(1, tokens // (batch * length))
        with torch.inference_mode():
            wait(loaded.device)
            start = time.perf_counter()
            for _ in range(rounds):
                loaded.trunk(input_ids=ids)
            wait(loaded.device)
        return rounds * batch * length / (time.perf_counter() - start)

    sizes = sorted({max(1, most // length // part) for part in (1, 4, 16)})
    lines = texts[0]
    for turn in range(4):
        for batch in sizes:
            rate = forward(batch)
            if turn:  # the first is to warm up
                bare.setdefault(batch, []).append(rate)
        for loss in (False, True)[: 1 + (loaded.head is not None)]:
            start = time.perf_counter()
            states = extract(loaded, lines, {"loss": loss})
            run = int(states.tokens.sum()) + len(states.tokens)  # and the first position of each
            if turn:
                ours.setdefault(loss, []).append(run / (time.perf_counter() - start))
    best = max(bare, key=lambda batch: median(bare[batch]))
    rate, mine = median(bare[best]), {loss: median(found) for loss, found in ours.items()}
    scored = f"{mine[True]:.0f} | {mine[True] / rate:.0%}" if True in mine else "none: an encoder | "
    whole = 16 * mean(
        len(loaded.tokenizer(text, 512).sentences) + loaded.tokenizer(text, 512).report["tokens"] for text in texts
    )
    share = loading / (loading + whole / mine[max(mine)])
    yield (
        f"| {folder.name} | {loaded.device.type}, {str(loaded.dtype).removeprefix('torch.')} | {rate:.0f} ({best} x {length}) "
        f"| {mine[False]:.0f} | {mine[False] / rate:.0%} | {scored} | {loading:.1f} | {share:.1%} |"
    )


def wait(device: Any) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def phi(base: Path) -> Path:
    """Prepare Phi-3.5-mini's architecture with random bfloat16 weights and a small tokenizer."""
    import torch
    from transformers import Phi3Config, Phi3ForCausalLM

    import tiny
    from langgeom.models import build_model

    config = Phi3Config(
        hidden_size=3072, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32, intermediate_size=8192,
        vocab_size=32064, max_position_embeddings=4096, pad_token_id=0, dtype="bfloat16",
    )  # fmt: skip
    torch.set_default_dtype(torch.bfloat16)
    Phi3ForCausalLM(config).save_pretrained(base / "source")
    torch.set_default_dtype(torch.float32)
    tiny.byte_level().save(str(base / "source" / "tokenizer.json"))
    build_model("phi-3.5-mini-random", {"folder": "source"}, base=base, out=base / "phi-3.5-mini-random")
    return base / "phi-3.5-mini-random"


def machine() -> str:
    """Name the machine: processor, cores, GPU."""
    import torch

    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU: what a GPU does is not measured"
    load = f"load average {os.getloadavg()[0]:.1f} at the start"
    return f"{processor}, {os.cpu_count()} cores; {gpu}; {load}; torch {torch.__version__}"


def trained() -> list[Path]:
    """Return the models prepared here that are not random."""
    return sorted(path.parent for path in Path("results/models").glob("*/manifest.json") if "untrained" not in path.parent.name)


def main() -> None:
    """Run what is asked for and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", type=Path, nargs="*", default=trained())
    parser.add_argument("--files", type=Path, nargs="*", default=sorted(Path("results/corpora").glob("udhr/*.txt"))[:16])
    parser.add_argument("--texts", type=int, default=LANGUAGES, help="languages of the study; fewer are a trial")
    parser.add_argument("--tokens", type=int, default=4000, help="run through the bare pass at each batch")
    parser.add_argument("--lines", type=int, default=24, help="throughput is measured on the first so many lines of each text")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--phi", action="store_true")
    parser.add_argument("--only", default="planning,memory,throughput")
    options = parser.parse_args()
    parts = options.only.split(",")
    lines = ["# Scale", "", machine(), ""]
    if "planning" in parts:
        lines += ["## Planning", "", *planning(options.repeats, options.texts), ""]
    if "memory" in parts:
        lines += ["## Memory", "", *memory(options.texts), ""]
    if "throughput" in parts:
        said = (
            "Tokens a second of the bare trunk at its best batch, and of extraction (tokenising, reducing all layers, padding) "
            f"on the first {options.lines} lines of a text, without and with a loss, as shares of the bare trunk, which has no "
            "head: the target is 50 %. Loading, and imports for the first model, as a share of a job of 16 such texts, with a "
            "loss where there can be one: the target is below 10 %. Both targets are of a GPU and 3.8 billion parameters "
            "(`--phi`)."
        )
        lines += ["## Throughput", "", said, ""]
        lines += ["| model | on | bare | extraction | of bare | with loss | of bare | loading, s | share of 16 texts |"]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        texts = [path.read_text(encoding="utf-8").split("\n")[: options.lines] for path in options.files]
        with tempfile.TemporaryDirectory(prefix="bench-scale-") as base:
            if not (texts and options.model) and not options.phi:
                lines += ["", "Not measured: no model or no text is prepared here (`snakemake --cores 4 corpora models`)."]
                options.model = []
            for folder in [*options.model, *([phi(Path(base))] if options.phi else [])]:
                lines += throughput(folder, texts, options.tokens)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        worker(json.loads(sys.argv[2]))
    else:
        main()
