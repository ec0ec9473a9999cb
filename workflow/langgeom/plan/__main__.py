"""Print what a config will take: `python -m langgeom.plan config.yaml`, or `make plan`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from langgeom.config import check, check_files
from langgeom.disk import BYTES, GIB, check_free
from langgeom.errors import UserError
from langgeom.plan.estimate import CPU_RATE, GPU_RATE, Plan, make_plan
from langgeom.plan.models import measured_rates

DEFAULT = Path("config.yaml")  # what Snakemake reads where no --configfile is given


def report(plan: Plan, rates: Mapping[str, float], how: str, file: Path = DEFAULT) -> Iterator[str]:
    """Yield the lines that are printed about the config of a file."""
    config = plan.config
    tokens = sum(pair.tokens for pair in plan.pairs)
    guess = f"tokens are guessed, one for {BYTES:.0f} bytes"
    guessed = sum(count.guessed for count in plan.counts.values())
    pairs, sentences = len(list(config.pairs())), sum(count.sentences for count in plan.counts.values())
    yield f"{len(plan.counts)} texts of {len(config['corpora'])} corpora, {len(plan.shapes)} models: {pairs} pairs, "
    yield f"{sentences} sentences; tokens to run, over all models: {_of_known(plan, str(tokens))}"
    if guessed:
        yield f"{guessed} texts are not here yet: their lengths, and so their tokens, are guessed."
    if plan.tabled:
        yield f"Not fetched yet, so sizes are those of workflow/data/shapes.tsv and {guess}: {', '.join(plan.tabled)}"
    if plan.without_tokenizer:
        yield f"Their tokenizers are not here yet, so {guess}: {', '.join(plan.without_tokenizer)}"
    if plan.unknown:
        yield f"Not counted, as they are not fetched yet (`{_fetch(file)}` fetches them): {', '.join(plan.unknown)}"
    yield ""
    yield f"{'on disk, GiB':<16}{'in all':>20}{'to write':>20}"
    for name, sizes in plan.stages.items():
        cells = [f"{size / GIB:.3f}" for size in sizes]
        if name != "corpora":
            cells = [_of_known(plan, cell) for cell in cells]
        yield f"{name:<16}{cells[0]:>20}{cells[1]:>20}"
    yield f"{'free':<16}{'':>20}{f'{plan.free / GIB:.1f}':>20}"
    yield ""
    if not plan.pairs:
        return
    cores = os.cpu_count() or 1
    hidden, metrics = plan.hours(rates)
    gpu, _ = plan.hours(dict.fromkeys(plan.shapes, GPU_RATE))
    left = f"hidden states {_of_known(plan, f'{hidden:.2f}')}, metrics {_of_known(plan, f'{metrics / cores:.2f}')}"
    yield f"hours left on {cores} cores, {how}: {left}"
    yield f"hours left on one GPU at an assumed {GPU_RATE:.0e} operations/s: hidden states {_of_known(plan, f'{gpu:.2f}')}"


def _fetch(file: Path) -> str:
    """Return the command that fetches a config's models. The target goes first: --configfile takes every word after it."""
    return "snakemake --cores 4 models" + ("" if file == DEFAULT else f" --configfile {shlex.quote(str(file))}")


def _of_known(plan: Plan, found: str) -> str:
    """Say of a number how much of it is known."""
    return "not known" if not plan.pairs else f"{found} at least" if plan.unknown else found


def main() -> None:
    """Print the plan of a config; end with an error when the disk is too small for it."""
    parser = argparse.ArgumentParser(prog="python -m langgeom.plan", description="What a config will take before it runs.")
    parser.add_argument("config", type=Path, nargs="?", default=DEFAULT)
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
        print("\n".join(report(plan, rates, how, options.config)))
        check_free(plan.needed, plan.base / "results")
    except (UserError, OSError) as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
