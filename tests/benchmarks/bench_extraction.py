"""Extraction against the plain loop: one sentence at a time, float32, with logits, all hidden states kept.

Each run is a process of its own, so that its peak memory is its own; they take turns, so that a busy machine slows all alike.
Speed counts content tokens per second of extraction, without loading; memory is the process's peak from start to end.
The second table is of a busy machine: with OMP_WAIT_POLICY as jobs set it (workflow/scripts/_job.py), and without.

usage: bench_extraction.py MODEL OUT.md TEXT.txt [TEXT.txt ...] [--repeats N] [--lines N] [--batch-tokens N ...]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def plain(model: Path, texts: list[list[str]]) -> dict[str, Any]:
    """Do what a first script does: transformers' own classes, sentence by sentence."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM, PreTrainedTokenizerFast

    decoder = json.loads((model / "manifest.json").read_text())["kind"] == "decoder"
    tokenizer = PreTrainedTokenizerFast.from_pretrained(model)
    network = (AutoModelForCausalLM if decoder else AutoModel).from_pretrained(model, dtype=torch.float32).eval()
    start, tokens, nats = time.perf_counter(), 0, 0.0
    for lines in texts:
        means, kept, cap = [], [], 2048
        for line in lines:
            batch = tokenizer(line, return_tensors="pt", truncation=True, max_length=512)
            batch.pop("token_type_ids", None)
            with torch.no_grad():
                output = network(**batch, output_hidden_states=True)
            states = torch.stack(output.hidden_states)[:, 0]
            means.append(states[:, 1:].mean(1))
            if cap > 0:
                kept.append(states[:, 1:][:, :cap])
                cap -= kept[-1].shape[1]
            if decoder:
                chosen = output.logits[0, :-1].log_softmax(-1).gather(1, batch["input_ids"][0, 1:, None])
                nats -= float(chosen.double().sum())
            tokens += states.shape[1] - 1
        torch.stack(means, 1), torch.cat(kept, 1)
    return {"seconds": time.perf_counter() - start, "tokens": tokens, "nats": nats}


def ours(model: Path, texts: list[list[str]], dtype: str, batch_tokens: int) -> dict[str, Any]:
    """Do the same with langgeom."""
    from langgeom.hidden.extract import extract
    from langgeom.hidden.load import load

    loaded = load(model, dtype=dtype)
    start, tokens, nats = time.perf_counter(), 0, 0.0
    for lines in texts:
        states = extract(loaded, lines, {"batch_tokens": batch_tokens, "lens_lines": 0})  # which the plain loop has none of
        tokens += int(states.tokens.sum())
        nats += 0.0 if states.nll is None else float(states.nll.sum())
        del states  # as the plain loop, which lets a text go before the next
    return {"seconds": time.perf_counter() - start, "tokens": tokens, "nats": nats}


def worker(job: dict[str, Any]) -> None:
    """Run one job in this process and print its result."""
    texts = [[line for line in Path(text).read_text().splitlines() if line][: job["lines"]] for text in job["texts"]]
    model = Path(job["model"])
    result = plain(model, texts) if job["dtype"] is None else ours(model, texts, job["dtype"], job["batch_tokens"])
    result["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps(result))


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one job in a process of its own, beside as many busy ones as it says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), "HF_HUB_OFFLINE": "1"}
    environment.pop("OMP_WAIT_POLICY", None)
    if job.get("passive"):
        environment["OMP_WAIT_POLICY"] = "passive"
    command = [sys.executable, __file__, "--job", json.dumps(job)]
    with contextlib.ExitStack() as stack:
        for _ in range(job.get("busy", 0)):
            stack.callback(subprocess.Popen([sys.executable, "-c", "while True: pass"]).kill)
        done = subprocess.run(
            command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Run all, taking turns, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--batch-tokens", type=int, nargs="+", default=[512])
    options = parser.parse_args()
    common = {"model": str(options.model), "texts": [str(text) for text in options.texts], "lines": options.lines}
    jobs = {"plain loop, float32": {**common, "dtype": None}}
    for dtype in ("float32", "bfloat16"):
        for budget in options.batch_tokens:
            jobs[f"langgeom, {dtype}, batches of {budget}"] = {
                **common,
                "dtype": dtype,
                "batch_tokens": budget,
                "passive": True,
            }
    first = list(jobs)
    waiting = {"passive, as jobs set it": True, "unset": False}
    for policy, passive in waiting.items():
        for busy in (0, 2):
            jobs[f"{policy} {busy}"] = {**jobs[first[-1]], "passive": passive, "busy": busy}
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in jobs}
    for _ in range(options.repeats):
        for name, job in jobs.items():
            results[name].append(run(job))
    parameters = json.loads((options.model / "manifest.json").read_text())["parameters"]
    lines = [
        f"{options.model.name}, {len(options.texts)} texts, "
        f"{results['plain loop, float32'][0]['tokens']} content tokens, {os.cpu_count()} cores; "
        f"median of {options.repeats}.",
        "",
        "| | tokens/s | times the plain loop | nats | peak, GiB | beyond the weights, GiB |",
        "|---|---|---|---|---|---|",
    ]
    speed = {name: median(run["tokens"] / run["seconds"] for run in runs) for name, runs in results.items()}
    for name, runs in ((name, results[name]) for name in first):
        weights = parameters * (2 if "bfloat16" in name else 4) / 2**30
        peak = max(run["peak"] for run in runs)
        lines.append(
            f"| {name} | {speed[name]:.0f} | {speed[name] / speed['plain loop, float32']:.2f} | {runs[0]['nats']:.1f} "
            f"| {peak:.2f} | {peak - weights:.2f} |"
        )
    lines += [
        "",
        f"{first[-1]}, tokens/s, by OMP_WAIT_POLICY:",
        "",
        "| OMP_WAIT_POLICY | quiet | beside two busy processes |",
        "|---|---|---|",
        *(f"| {policy} | {speed[f'{policy} 0']:.0f} | {speed[f'{policy} 2']:.0f} |" for policy in waiting),
    ]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        worker(json.loads(sys.argv[2]))
    else:
        main()
