"""The metrics' speed, memory and error against their peers, all in one run, their calls interleaved.

Peers: a full SVD in float32 and float64, the study's power method, LLM-Microscope 0.0.7's functions, scikit-dimension 0.5,
DADApy (which needs an older numpy, so it runs in an environment of its own), other searches for neighbours (faiss-cpu where
it is installed), and the bare product X @ X.T. A peer that cannot be had here is a row that says why.

A run takes an hour. With --scratch FOLDER finished tables are kept there and not made again, so it can be done in pieces:
--only names the tables to make now.

usage: bench_metrics.py --out docs/benchmarks/metrics.md [--hidden FILE.safetensors] [--repeats N] [--device cuda]
                        [--memory-points 50000] [--skip microscope dadapy] [--scratch FOLDER] [--only searches-768 ...]
"""

from __future__ import annotations

import argparse
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import torch
from peers import DADAPY, HEAPS, MICROSCOPE, alone, dadapy, microscope, module
from safetensors import safe_open
from searches import DIMENSIONS, SIZES, faults, searches
from targets import EXACT, GIBS, HALF, PRODUCT, SLOW, STACK, SVD_FLAT, SVD_REAL, Table, targets
from torch import Tensor

from langgeom.files import atomic
from langgeom.metrics import Cloud, Resample, anisotropy, anisotropy_uncentred, id_microscope, id_twonn
from langgeom.metrics.numerics import row_norms, total_square

ROOT = Path(__file__).resolve().parents[2]
Call = Callable[[], Any]
# A row of the table: what no method for the largest singular value does without.
BARE = "one step: widen, centre, sum of squares, X'(Xv)"
# A ratio of times below this is noise on a machine like these.
NOISE = 1.05

MEMORY = """
import resource, sys, torch
from langgeom.metrics import anisotropy, id_twonn
n, dim = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(int(sys.argv[3]))
points = torch.empty(n, dim)
for part in points.split(1000):
    part.normal_()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
id_twonn(points)
twonn = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
anisotropy(points)
print(before, twonn, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def timed(calls: dict[str, Call], repeats: int, sync: Call) -> dict[str, tuple[list[float], Any]]:
    """Return each call's times over the repeats, turn by turn, and what it last returned.

    Each is called once more right before: what a full SVD leaves of the caches, and of memory given back, would cost the next
    call twice its own time, as it does in no loop over layers.
    """
    found: dict[str, tuple[list[float], Any]] = {name: ([], None) for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            call()
            sync()
            start = time.perf_counter()
            result = call()
            sync()
            seconds = time.perf_counter() - start
            found[name] = ([*found[name][0], seconds], result)
    return found


def hidden_layers(path: Path | None) -> tuple[Tensor | None, str]:
    """Return the token vectors [layers, n, d] of a hidden-state file, the largest found without a path, and its name."""
    files = [path] if path else sorted((ROOT / "results" / "hidden").glob("**/*.safetensors"), key=lambda f: f.stat().st_size)
    files = [file for file in files if "untrained" not in str(file)] or files
    if not files:
        return None, "no hidden states under results/hidden (make them with hidden.keep: all)"
    with safe_open(files[-1], framework="pt") as file:
        stack = file.get_tensor("token")
        model, text, corpus = (file.metadata().get(key, "?") for key in ("model", "text", "corpus"))
        return stack, f"{model}, {text} of {corpus}"


def power_method(points: Tensor, steps: int = 10) -> float:
    """Return the study's anisotropy: `steps` rounds of the power method, not centred, all in the points' precision."""
    vector = torch.nn.functional.normalize(torch.ones(points.shape[1]).to(points), dim=0)
    for _ in range(steps):
        left = torch.nn.functional.normalize(points @ vector, dim=0)
        vector = torch.nn.functional.normalize(left @ points, dim=0)
    return float((points @ vector).square().sum() / points.square().sum())


def share(points: Tensor) -> float:
    """Return the share of the largest singular value by a full SVD."""
    squares = torch.linalg.svdvals(points).square()
    return float(squares[0] / squares.sum())


def full_svd(points: Tensor) -> float:
    """Return the same with the singular vectors, as LLM-Microscope takes it."""
    squares = torch.linalg.svd(points, full_matrices=False).S.square()
    return float(squares[0] / squares.sum())


def bare_passes(points: Tensor) -> None:
    """Do what any method has to, at the least: widen, centre, sum up the squares, and go once to the vector and back."""
    centred = Cloud(points).layer(0).centred
    total_square(row_norms(centred))
    (centred @ centred[0]) @ centred


def anisotropies(inputs: dict[str, Tensor], peer: Any, repeats: int, sync: Call) -> Table:
    """Compare anisotropies and their errors."""
    table = Table("Anisotropy", "input", "method", "seconds", "times `anisotropy`'s", "relative error")
    for name, points in inputs.items():
        wide = points.float()
        centred = wide - wide.double().mean(0).float()
        calls: dict[str, Call] = {
            "`anisotropy`": lambda points=points: anisotropy(points),
            BARE: lambda points=points: bare_passes(points),
            "full SVD, float32": lambda centred=centred: full_svd(centred),
            "full SVD, float64": lambda points=points: full_svd(points.double() - points.double().mean(0)),
            "`anisotropy_uncentred`": lambda points=points: anisotropy_uncentred(points),
            "power method, 10 steps": lambda wide=wide: power_method(wide),
        }
        if peer is not None:
            calls["LLM-Microscope"] = lambda wide=wide: peer.calculate_anisotropy_torch(wide)
        exact = share(points.double() - points.double().mean(0)), share(points.double())
        found = timed(calls, repeats, sync)
        ours = median(found["`anisotropy`"][0])
        for method, (times, value) in found.items():
            ratio = median(times) / ours
            if method == BARE:
                table.add(name, method, f"{median(times):.4g}", f"{ratio:.3g}", "")
                continue
            truth = exact["uncentred" in method or "power" in method]
            error = abs(float(value) / truth - 1)
            if method.startswith("`anisotropy"):
                table.reach(EXACT, error, error <= 1e-6)
            elif method == "full SVD, float32" and (name.startswith("layer ") or name.startswith("flat")):
                target, least = (SVD_REAL, 100) if name.startswith("layer ") else (SVD_FLAT, 15)
                table.reach(target, ratio, ratio >= least)
            table.add(name, method, f"{median(times):.4g}", f"{ratio:.3g}", f"{error:.1e}")
    return table


def dimensions(
    inputs: dict[str, Tensor], peer: Path | None, python: Path | None, folder: Path, repeats: int, sync: Call
) -> Table:
    """Compare TwoNN, the time of the bare product beside it."""
    table = Table("TwoNN", "input", "method", "seconds", "times `id_twonn`'s", "value")
    for name, points in inputs.items():
        wide = points.float()
        calls: dict[str, Call] = {
            "bare X @ X.T, float32": lambda wide=wide: (wide @ wide.T)[0, 0],
            "`id_twonn`": lambda points=points: id_twonn(points),
            "`id_microscope`": lambda points=points: id_microscope(points),
        }
        if points.device.type == "cpu":
            calls["scikit-dimension 0.5"] = lambda wide=wide: _skdim(wide)
        found = timed(calls, repeats, sync)
        if points.device.type == "cpu":
            others: dict[str, tuple[list[float], Any] | str] = {}
            if peer is not None and len(points) <= 5000:
                # Minutes a call: once.
                threads, slow = str(torch.get_num_threads()), "LLM-Microscope (once)"
                for heap in range(HEAPS):
                    others[slow] = alone(sys.executable, MICROSCOPE, wide, folder, threads, str(peer), str(heap))
                    if "memory" not in others[slow]:
                        break
                    table.say(f"{slow} on {name}, heap {heap + 1}: ended at 4 GiB.")
            if python is not None:
                others["DADApy"] = alone(python, DADAPY, wide, folder, str(repeats))
                first = Cloud(points).layer(0).distinct[0]
                if len(first) < len(wide):
                    others["DADApy, without copies"] = alone(python, DADAPY, wide[first], folder, str(repeats))
            for method, had in others.items():
                if isinstance(had, str):
                    table.say(f"{method} on {name} failed: {had}")
                else:
                    found[method] = had
        ours = median(found["`id_twonn`"][0])
        for method, (times, value) in found.items():
            ratio = median(times) / ours
            if len(points) == 5000 and method.startswith("LLM-Microscope"):
                table.reach(SLOW, ratio, ratio >= 300)
            elif len(points) == 10_000 and method.startswith(("scikit-dimension", "DADApy")):
                table.reach(HALF, ratio, ratio >= 2)
            elif len(points) == 10_000 and method.startswith("bare"):
                table.reach(PRODUCT, 1 / ratio, ratio >= 1 / 1.5)
            shown = "" if method.startswith("bare") else f"{float(value):.5g}"
            table.add(name, method, f"{median(times):.4g}", f"{ratio:.3g}", shown)
    table.say(
        "DADApy keeps copies, whose ratio of distances it divides by zero; scikit-dimension leaves out every point that has "
        "one, `id_twonn` keeps one of each. Without copies all three agree."
    )
    return table


def _skdim(points: Tensor) -> float:
    import skdim

    return skdim.id.TwoNN().fit(points.numpy()).dimension_


def layers(stacks: dict[str, Tensor], repeats: int, sync: Call) -> Table:
    """Compare one call for all layers with a loop of calls, and four metrics that share a cloud with four that do not."""
    table = Table("All layers", "stack", "what", "in one", "seconds", "as a loop of calls", "seconds", "ratio")
    for name, stack in stacks.items():
        _layers(table, name, stack, repeats, sync)
    table.say("Four metrics: `id_microscope`, `id_twonn`, `anisotropy`, `anisotropy_uncentred`.")
    return table


def _layers(table: Table, name: str, stack: Tensor, repeats: int, sync: Call) -> None:
    groups = torch.arange(stack.shape[1], device=stack.device) // 25
    four, resample = (id_microscope, id_twonn, anisotropy, anisotropy_uncentred), Resample(200, seed=0)

    def shared(options: dict[str, Any]) -> None:
        cloud = Cloud(stack, groups)
        for metric in four:
            metric(cloud, **options)

    def apart(options: dict[str, Any]) -> None:
        for points in stack:
            for metric in four:
                metric(Cloud(points, groups), **options)

    pairs: dict[str, tuple[str, Call, str, Call]] = {
        "`id_twonn`": ("the stack", lambda: id_twonn(stack), "layer by layer", lambda: [id_twonn(x) for x in stack]),
        "`anisotropy`": ("the stack", lambda: anisotropy(stack), "layer by layer", lambda: [anisotropy(x) for x in stack]),
        "four metrics": ("one cloud", lambda: shared({}), "metric by metric, layer by layer", lambda: apart({})),
        "four metrics, 200 replicates": (
            "one cloud", lambda: shared({"resample": resample}),
            "metric by metric, layer by layer", lambda: apart({"resample": resample}),
        ),
    }  # fmt: skip
    for what, (one, call, many, loop) in pairs.items():
        found = timed({"one": call, "loop": loop}, repeats, sync)
        here, there = (median(found[key][0]) for key in ("one", "loop"))
        if "made up" in name:
            table.reach(STACK, there / here, there / here > NOISE)
        each = f"{here:.3g} ({1e3 * here / len(stack):.0f} ms a layer)"
        table.add(name, what, one, each, many, f"{there:.3g}", f"{there / here:.2f}")


def memory(n: int, dim: int) -> Table:
    """Measure the peak resident memory of a process of its own."""
    table = Table("Memory", "input", "of the input", "peak with `id_twonn`", "and `anisotropy`")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow")}
    command = [sys.executable, "-c", MEMORY, str(n), str(dim), str(torch.get_num_threads())]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    before, twonn, both = (int(kib) / 2**20 for kib in done.stdout.split())
    if (n, dim) == (50_000, 3072):
        table.reach(GIBS, both, both < 4)
    table.add(f"{n} x {dim} float32", f"{n * dim * 4 / 2**30:.2f} GiB", f"{twonn:.2f} GiB", f"{both:.2f} GiB")
    table.say(f"The process with torch and the input alone: {before:.2f} GiB. Time: {time.perf_counter() - start:.0f} s.")
    return table


def attempt(name: str, skipped: list[str], make: Callable[[], Any], notes: list[str]) -> Any:
    """Return what `make` returns, or None and a note why a peer is left out."""
    if name in skipped:
        notes.append(f"{name} left out: asked for.")
        return None
    try:
        return make()
    except (subprocess.SubprocessError, OSError, ImportError, StopIteration) as error:
        reason = getattr(error, "stderr", None) or str(error) or type(error).__name__
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        notes.append(f"{name} left out: {reason.strip().splitlines()[-1][:200]}")
        return None


def main() -> None:
    """Run all comparisons and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hidden", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--memory-points", type=int, default=50_000)
    parser.add_argument("--skip", nargs="*", default=[], choices=["microscope", "dadapy"])
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--only", nargs="*", default=[""])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    sync: Call = torch.cuda.synchronize if options.device.startswith("cuda") else lambda: None
    where = torch.cuda.get_device_name() if options.device.startswith("cuda") else f"{os.cpu_count()} cores"
    notes = [f"{platform.machine()}, {where}, {options.threads} threads, torch {torch.__version__.split('+')[0]}; medians of "
             f"{options.repeats} interleaved repeats, each after a call to warm up."]  # fmt: skip

    generator = torch.Generator().manual_seed(0)
    flat, five, ten = (
        torch.randn(*shape, generator=generator).to(options.device) for shape in ((1000, 3000), (5000, 768), (10_000, 768))
    )
    stack, told = hidden_layers(options.hidden)
    real: dict[str, Tensor] = {}
    if stack is None:
        notes.append(f"Rows on real hidden layers left out: {told}.")
    else:
        stack = stack.to(options.device)
        chosen = sorted({0, 1, len(stack) // 2, len(stack) - 1})
        real = {f"layer {layer} of {told}, {list(stack[layer].shape)}": stack[layer] for layer in chosen}
    # The shape of a layer of Phi-3.5-mini, with a decaying spectrum, an offset and one massive dimension.
    offset = torch.randn(3072, generator=generator).index_fill_(0, torch.tensor([7]), 30.0)
    wide = torch.randn(2048, 3072, generator=generator) * torch.arange(1, 3073.0) ** -0.7 + offset
    made = torch.randn(19, 2048, 640, generator=generator) * torch.arange(1, 641.0) ** -0.5
    made_up = {"made-up layer [2048, 3072]": wide.bfloat16().to(options.device), "flat Gaussian [1000, 3000]": flat}
    stacks = {"made up, [19, 2048, 640], bfloat16": made.bfloat16().to(options.device)}
    if stack is not None and len(stack) > 1:
        stacks[f"{told}, {list(stack.shape)}, {str(stack.dtype).removeprefix('torch.')}"] = stack
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        scratch = options.scratch or folder

        def peers() -> tuple[Any, Any, Any]:
            peer = attempt("microscope", options.skip, lambda: microscope(folder), notes)
            theirs = peer and attempt("microscope", [], lambda: module(peer), notes)
            return peer, theirs, attempt("dadapy", options.skip, lambda: dadapy(folder / "dadapy"), notes)

        def of_dimensions() -> Table:
            peer, _, python = peers()
            inputs = {**dict(list(real.items())[-2:-1]), "Gaussian [5000, 768]": five, "Gaussian [10000, 768]": ten}
            return dimensions(inputs, peer, python, folder, options.repeats, sync)

        makers: dict[str, Callable[[], Table]] = {
            "anisotropy": lambda: anisotropies({**real, **made_up}, peers()[1], options.repeats, sync),
            **{
                f"searches-{dim}-{threads}-{n}": partial(searches, dim, threads, n)
                for dim in DIMENSIONS
                for threads in (1, 2)
                for n in SIZES
            },
            "faults": faults,
            "dimensions": of_dimensions,
            "layers": lambda: layers(stacks, options.repeats, sync),
            "memory": lambda: memory(options.memory_points, 3072),
        }
        tables: list[Table] = []
        for name, make in makers.items():
            kept = scratch / f"{name}.pickle"
            if not kept.exists() and any(not one or f"{name}-".startswith(f"{one}-") for one in options.only):
                kept.write_bytes(pickle.dumps(make()))
            if kept.exists():
                table = pickle.loads(kept.read_bytes())
                if tables and tables[-1].lines[0] == table.lines[0]:
                    tables[-1].join(table)
                else:
                    tables.append(table)
    tables.insert(0, targets(tables))
    text = ["# The metrics beside their peers", "", "Written by `make bench-metrics`; do not edit.", ""]
    text += [*(f"- {note}" for note in notes), ""] + [line for table in tables for line in [*table.lines, *table.below, ""]]
    with atomic(options.out) as page:
        page.write_text("\n".join(text), encoding="utf-8")


if __name__ == "__main__":
    main()
