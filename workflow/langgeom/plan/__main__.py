"""Print what a config will take: `python -m langgeom.plan config.yaml`, or `make plan`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from langgeom.config import check, check_files
from langgeom.disk import GIB, check_free
from langgeom.errors import UserError
from langgeom.plan.estimate import CPU_RATE, GPU_RATE, Plan, make_plan
from langgeom.plan.models import measured_rates


def report(plan: Plan, rates: Mapping[str, float], how: str) -> Iterator[str]:
    """Yield the lines that are printed."""
    config = plan.config
    tokens = sum(pair.tokens for pair in plan.pairs)
    guessed = sum(count.guessed for count in plan.counts.values())
    yield f"{len(plan.counts)} texts of {len(config['corpora'])} corpora, {len(plan.shapes)} models: {len(plan.pairs)} pairs, "
    yield f"{sum(count.sentences for count in plan.counts.values())} sentences, {tokens} tokens to run (over all models)"
    if guessed:
        yield f"{guessed} texts are not here yet: their lengths are guessed."
    if plan.unknown:
        yield f"Not counted, as they are not fetched yet (`snakemake models` fetches them): {', '.join(plan.unknown)}"
    yield ""
    yield f"{'on disk, GiB':<16}{'in all':>10}{'to write':>10}"
    for name, (size, left) in plan.stages.items():
        yield f"{name:<16}{size / GIB:>10.3f}{left / GIB:>10.3f}"
    yield f"{'free':<16}{'':>10}{plan.free / GIB:>10.1f}"
    yield ""
    cores = os.cpu_count() or 1
    hidden, metrics = plan.hours(rates)
    gpu, _ = plan.hours(dict.fromkeys(plan.shapes, GPU_RATE))
    yield f"hours left on {cores} cores, {how}: hidden states {hidden:.2f}, metrics {metrics / cores:.2f}"
    yield f"hours left on one GPU at an assumed {GPU_RATE:.0e} operations/s: hidden states {gpu:.2f}"


def main() -> None:
    """Print the plan of a config; end with an error when the disk is too small for it."""
    parser = argparse.ArgumentParser(prog="python -m langgeom.plan", description="What a config will take before it runs.")
    parser.add_argument("config", type=Path, nargs="?", default=Path("config.yaml"))
    parser.add_argument("--measure", action="store_true", help="run a few hundred tokens through each model that is there")
    options = parser.parse_args()
    try:
        check_files([options.config])
        config = check(yaml.safe_load(options.config.read_text(encoding="utf-8")))
        plan, cores = make_plan(config, Path()), os.cpu_count() or 1
        rates = {
            name: cores * CPU_RATE[shape.itemsize(config["hidden"]["dtype"])]
            for name, shape in plan.shapes.items()
            if shape is not None
        }
        how = f"at an assumed {max(rates.values(), default=0):.0e} operations/s"
        if options.measure:
            measured = measured_rates(plan.shapes, config)
            rates |= measured
            how = f"at the speed measured here for {len(measured)} of {len(rates)} models"
        print("\n".join(report(plan, rates, how)))
        check_free(plan.needed, plan.base / "results")
    except (UserError, OSError) as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
