"""What a GPU makes of extraction and metrics: docs/benchmarks/gpu.md. It needs torch, transformers and this checkout only.

Models have the shape of real ones and random weights: speed does not depend on the values. The parts run in turn, each printing
its rows; a part that fails, or that the time left does not allow, is named in the table and the others stand.

usage: bench_gpu.py OUT.md [--trial] [--minutes 8]      --trial: tiny sizes, on any machine; its numbers mean nothing
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from langgeom.device import pick_device, reproducible  # noqa: E402
from langgeom.hidden.batches import Batch, batches_of, pack  # noqa: E402
from langgeom.hidden.check import check  # noqa: E402
from langgeom.hidden.extract import extract  # noqa: E402
from langgeom.hidden.head import Head  # noqa: E402
from langgeom.hidden.load import LoadedModel  # noqa: E402
from langgeom.hidden.placing import blocks_of  # noqa: E402
from langgeom.hidden.tokens import TextTokenizer  # noqa: E402
from langgeom.metrics import Cloud, Resample  # noqa: E402
from langgeom.metrics.measure import Prepared, measure_text  # noqa: E402
from langgeom.metrics.registry import METRICS  # noqa: E402

# Tokens of a sentence of FLORES by a large vocabulary: log-normal about this median. Many scripts need more.
MEDIAN, SPREAD, SENTENCES = 35, 0.45, 1012
STUDY_TEXTS = 204
# The defaults of the config's `hidden`, which are read by a package that may be missing.
HIDDEN = {
    "batch_tokens": "auto", "max_tokens": 512, "whole_lines": 24, "lens_lines": 256, "first_position": "exclude",
    "final_norm": True, "loss": None,
}  # fmt: skip
Row = tuple[str, str, str]  # what, found, to reach


@dataclass(frozen=True)
class Sizes:
    """What is run: real sizes, or those of a trial."""

    sentences: int = SENTENCES
    shapes: tuple[str, ...] = ("phi-3.5-mini", "gemma-3-270m")
    budgets: tuple[int, ...] = (4096, 8192, 16384, 32768, 65536)
    plain: int = 60
    cap: int = 4096
    replicates: int = 200
    twonn: tuple[tuple[int, int, str], ...] = (
        (10_000, 768, "6.9"), (20_000, 768, "24.2"), (10_000, 1024, "7.9"), (20_000, 1024, "28.4"),
    )  # fmt: skip
    anisotropy: tuple[int, int] = (121_189, 4096)
    shrink: int = 1


TRIAL = Sizes(40, ("gemma-3-270m",), (512, 1024), 3, 256, 20, ((600, 64, ""),), (800, 64), 20)


def shape(name: str, shrink: int) -> Any:
    """Return the config of a model's shape; in a trial its widths are divided."""
    from transformers import Gemma3TextConfig, Phi3Config

    common: dict[str, Any] = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    if name == "phi-3.5-mini":  # microsoft/Phi-3.5-mini-instruct, config.json
        sizes = {"hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32, "num_attention_heads": 32}
        return Phi3Config(vocab_size=32064, num_key_value_heads=32, max_position_embeddings=4096, **sizes, **common)
    return Gemma3TextConfig(  # google/gemma-3-270m, config.json
        vocab_size=262144 // shrink, hidden_size=640 // shrink, intermediate_size=2048 // shrink, head_dim=256 // shrink,
        num_hidden_layers=18 if shrink == 1 else 3, num_attention_heads=4, num_key_value_heads=1,
        query_pre_attn_scalar=256 // shrink, max_position_embeddings=32768, sliding_window=512,
        layer_types=None if shrink == 1 else ["sliding_attention", "sliding_attention", "full_attention"], **common,
    )  # fmt: skip


def loaded_of(name: str, sizes: Sizes, device: torch.device, folder: Path) -> tuple[LoadedModel, nn.Module]:
    """Return a model of random weights in bfloat16, made on the device, held to transformers as `load` does, and its whole."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import AutoModelForCausalLM

    config = shape(name, sizes.shrink)
    torch.manual_seed(0)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model = model.eval().requires_grad_(False)
    words = {f"w{number}": number for number in range(config.vocab_size)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w3"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    manifest = {
        "name": name, "kind": "decoder", "init": "untrained", "model_type": config.model_type, "dim": config.hidden_size,
        "layers": config.num_hidden_layers, "parameters": sum(part.numel() for part in model.parameters()),
    }  # fmt: skip
    trunk = model.base_model
    loaded = LoadedModel(
        manifest, TextTokenizer(folder), trunk, blocks_of(trunk, manifest), Head(model), False, 4096, 0, torch.bfloat16, device
    )
    assert check(loaded, model, 256), "a decoder"
    return loaded, model


def lines_of(count: int, vocabulary: int, seed: int = 0) -> list[str]:
    """Return sentences of FLORES's lengths, of words that are tokens; some begin alike, as sentences do."""
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.exp(torch.randn(count, generator=generator) * SPREAD).mul(MEDIAN).round().clamp(4, 250).int().tolist()
    often = torch.arange(1, vocabulary - 3) ** -1.0
    drawn = torch.multinomial(often, sum(lengths), replacement=True, generator=generator) + 4
    return [" ".join(f"w{number}" for number in part.tolist()) for part in drawn.split(lengths)]


def seconds(work: Callable[[], Any], device: torch.device, repeats: int = 3) -> float:
    """Return the median time of some calls after one to warm up, by the device's own clock where it has one."""
    work()
    times = []
    for _ in range(repeats):
        if device.type == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            work()
            end.record()
            torch.cuda.synchronize(device)
            times.append(begin.elapsed_time(end) / 1000)
        else:
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return median(times)


def packed(loaded: LoadedModel, lines: Sequence[str], budget: int) -> tuple[list[Batch], int]:
    """Return the batches of a text, and its tokens."""
    sentences = loaded.tokenizer(lines, 4096, "exclude").sentences
    lengths = [len(sentence.ids) for sentence in sentences]
    none = [list[int]() for _ in sentences]
    return pack(batches_of(lengths, budget), list(range(len(sentences))), sentences, none, loaded), sum(lengths)


def extraction(sizes: Sizes, device: torch.device) -> Iterator[Row]:
    """Run extraction beside a bare forward pass and the plain loop, then measure what was extracted."""
    for name in sizes.shapes:
        yield from _extraction(name, sizes, device)
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _extraction(name: str, sizes: Sizes, device: torch.device) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        loaded, model = loaded_of(name, sizes, device, Path(folder))
    lines = lines_of(sizes.sentences, loaded.trunk.config.vocab_size)
    settings = {**HIDDEN, "token_cap": sizes.cap}

    def bare(batches: list[Batch]) -> None:
        with torch.inference_mode():
            for batch in batches:
                loaded.trunk(input_ids=batch.ids.to(device), attention_mask=None, use_cache=False)

    speeds, tokens = {}, 0
    for budget in sizes.budgets:
        batches, tokens = packed(loaded, lines, budget)
        speeds[budget] = tokens / seconds(partial(bare, batches), device)
    best = max(speeds, key=lambda budget: speeds[budget])
    yield f"{name}: a bare forward pass, batches of {best} tokens (the best)", f"{speeds[best]:,.0f} tokens/s", ""
    found: dict[bool, float] = {}
    for loss, reach in ((False, 80), (True, 65)):
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        found[loss] = tokens / seconds(partial(extract, loaded, lines, settings, loss=loss), device)
        peak = f", peak {torch.cuda.max_memory_allocated(device) / 2**30:.1f} GiB" if device.type == "cuda" else ""
        what = f"{name}: extraction with{'' if loss else 'out'} a loss{peak}"
        yield what, f"{found[loss]:,.0f} tokens/s, {100 * found[loss] / speeds[best]:.0f} % of bare", f"{reach} %"
    ids = [sentence.ids for sentence in loaded.tokenizer(lines[: sizes.plain], 4096, "exclude").sentences]
    plain = sum(map(len, ids)) / seconds(partial(plain_loop, model, ids, device), device, 1)
    yield f"{name}: the plain loop, one sentence at a time, with logits", f"{plain:,.0f} tokens/s", ""
    yield f"{name}: extraction with a loss over the plain loop", f"{found[True] / plain:.1f} times", "20 times"
    yield from measuring(name, loaded, lines, settings, tokens / found[True], sizes, device)


def plain_loop(model: nn.Module, ids: Sequence[Sequence[int]], device: torch.device) -> None:
    """Do what a first script does: a sentence at a time, all states, means on the CPU, the loss from the logits."""
    with torch.no_grad():
        for one in ids:
            batch = torch.tensor([one], device=device)
            output = model(input_ids=batch, output_hidden_states=True)
            torch.stack(output.hidden_states)[:, 0, 1:].mean(1).cpu()
            float(output.logits[0, :-1].log_softmax(-1).gather(1, batch[0, 1:, None]).double().sum())


def measuring(
    name: str, loaded: LoadedModel, lines: Sequence[str], settings: dict[str, Any], extracting: float, sizes: Sizes,
    device: torch.device,
) -> Iterator[Row]:  # fmt: skip
    """Measure a text against another, with the metrics of the default config."""
    import yaml

    config = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["metrics"]
    names = {over: listed for over, listed in config.items() if over in ("token", "sentence", "aligned", "text")}
    resample = Resample(sizes.replicates, seed=0)
    others = lines_of(sizes.sentences, loaded.trunk.config.vocab_size, 1)
    with reproducible(device):
        first = extract(loaded, lines, settings, loss=True)
        reference = Prepared(first, device)
        text = extract(loaded, others, settings, loss=True, reference=first)
        rows: list[Any] = []

        def measure() -> None:
            rows.append(measure_text(text, reference, names, resample, device))

        took = seconds(measure, device, 2)
    layers, n, dim = text.token.shape
    same = "the same bytes again" if rows[0] == rows[1] else "OTHER BYTES AGAIN"
    yield f"{name}: default metrics, {sizes.replicates} replicates, [{layers}, {n}, {dim}]", f"{took:.1f} s, {same}", ""
    share = took / (took + extracting)
    yield f"{name}: measuring in a job of measuring and extraction with a loss", f"{100 * share:.0f} %", "below 30 %"
    hours = STUDY_TEXTS * (took + extracting) / 3600
    yield f"{name}: {STUDY_TEXTS} texts, one model", f"{hours:.2f} h", "1 h for all models"


def _measured(name: str, points: Tensor) -> None:
    """Measure points as a new cloud, of which nothing is known."""
    METRICS[name].function(Cloud(points, device=points.device))


def twonn(sizes: Sizes, device: torch.device) -> Iterator[Row]:
    """TwoNN, exact, one point of each copy."""
    generator = torch.Generator(device=device).manual_seed(0)
    for n, dim, mark in sizes.twonn:
        points = torch.randn(n, dim, generator=generator, device=device) * torch.arange(1, dim + 1, device=device) ** -0.5 + 1
        points[: n // 20] = points[n // 20 : 2 * (n // 20)]
        took = seconds(partial(_measured, "id_twonn", points), device, 5)
        bare = seconds(partial(torch.mm, points, points.T), device, 5)
        what = f"`id_twonn`, n = {n:,}, d = {dim}, float32, exact"
        reach = mark and f"{mark} ms (torchid's published, on an H100, float32, not exact)"
        yield what, f"{1000 * took:.1f} ms, {took / bare:.1f} times X @ X.T", reach


def anisotropy(sizes: Sizes, device: torch.device) -> Iterator[Row]:
    """Anisotropy of a layer of LLM-Microscope's published size."""
    n, dim = sizes.anisotropy
    generator = torch.Generator(device=device).manual_seed(0)
    points = torch.randn(n, dim, generator=generator, device=device) * torch.arange(1, dim + 1, device=device) ** -0.7
    took = 32 * seconds(partial(_measured, "anisotropy", points), device)
    what = f"`anisotropy`, [{n:,}, {dim}], 32 times one layer"
    yield what, f"{took:.2f} s", "2.1 s (a tenth of LLM-Microscope's published 21.1 s by its power method)"


def correctness(sizes: Sizes, device: torch.device) -> Iterator[Row]:
    """Hold every metric of clouds on the device to float64 on the CPU."""
    generator = torch.Generator().manual_seed(0)
    worst, where, unlike = 0.0, "", []
    groups = torch.arange(800) // 8

    def cloud(at: torch.device, points: Tensor, of: str) -> Cloud:
        return Cloud(points.to(at), None if of == "aligned_sentences" else groups, device=at)

    for name, metric in METRICS.items():
        if metric.input in ("text", "aligned_text", "lens") or metric.seconds:
            continue
        points = torch.randn(2, 800, 48, generator=generator, dtype=torch.float64) * torch.arange(1, 49) ** -0.5 + 0.3
        stacks = [points] if metric.input in ("cloud", "adjacent_layers") else [points, points + 0.5 * points.flip(-1)]
        values = []
        for at in (torch.device("cpu"), device, device):
            with reproducible(at):
                values.append(metric.function(*(cloud(at, stack, metric.input) for stack in stacks)).value)
        error = float(((values[1] - values[0]).abs() / values[0].abs().clamp(min=1e-9)).nan_to_num(0).max())
        worst, where = max((worst, where), (error, name))
        if not torch.equal(values[1].nan_to_num(7), values[2].nan_to_num(7)):
            unlike.append(name)
    yield "every metric here against float64 on the CPU: the largest relative error", f"{worst:.1e} (`{where}`)", "1e-6"
    yield "metrics that gave other bytes the second time", ", ".join(unlike) or "none", "none"


# What needs seconds comes before what needs minutes.
PARTS = (correctness, anisotropy, twonn, extraction)


def main() -> None:
    """Run the parts, write and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--trial", action="store_true")
    parser.add_argument("--minutes", type=float, default=8)
    options = parser.parse_args()
    sizes, device, start = TRIAL if options.trial else Sizes(), pick_device(), time.monotonic()
    if device.type != "cuda" and not options.trial:
        sys.exit("No GPU is shown here (torch.cuda.is_available() is false). Run it where there is one, or with --trial.")
    rows: list[Row] = []
    for part in PARTS:
        try:
            for row in part(sizes, device):
                rows.append(row)
                print(*row, sep=" | ", flush=True)
                if time.monotonic() - start > 60 * options.minutes:
                    raise TimeoutError(f"{options.minutes} minutes were over")
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            rows.append((part.__name__, f"stopped: {type(error).__name__}: {said}", ""))
    machine = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU: a trial, its numbers mean nothing"
    text = [
        f"{machine}; torch {torch.__version__}; {SENTENCES if not options.trial else sizes.sentences} sentences of FLORES's "
        f"lengths, bfloat16, random weights; {time.monotonic() - start:.0f} s in all.",
        "", "| what | found | to reach |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows),
    ]  # fmt: skip
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    print("\n".join(text))


if __name__ == "__main__":
    main()
