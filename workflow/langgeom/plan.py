"""What a config takes: tokens, bytes on disk and hours. Before the first job, a disk that is too small is refused.

    python -m langgeom.plan [CONFIG]        # or `make plan`

Texts are counted in their files, models by manifest.json or config.json; tokens are guessed from bytes. What is not here yet is
guessed (texts), taken from workflow/data/shapes.tsv (models of the configs that are shipped), or named and left out.
"""

from __future__ import annotations

import argparse
import functools
import os
import shlex
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from langgeom.config import Config, check, check_files
from langgeom.errors import UserError
from langgeom.files import DATA, GIB, check_free, free_bytes, read_tsv
from langgeom.metrics.catalogue import METRICS
from langgeom.models.manifest import LAYERS, first, is_decoder, layers_at, parameters_of, read_manifest, text_config
from langgeom.models.prepare import read_config

DEFAULT = Path("config.yaml")  # the file that Snakemake reads without --configfile
WIDTHS = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2}
LINES, LINE = 1000, 200  # lines of a text that is not here, and bytes of a line
GUESS = 2.5  # bytes of a token; the default's tokenizers have 1.9 to 4.4 on the UDHR
FEWEST = 4.0  # the same, where a disk is refused: rather too few tokens
# Assumed operations/s of a core, without and with bfloat16 in its instructions (seen on two cores of a server), and of a GPU
# (40 % of what an H100 or H200 multiplies densely in bfloat16; not measured).
CPU_RATES, GPU_RATE = (0.6e11, 2.0e11), 4.0e14
METRICS_SECONDS = 250.0  # of a core for 1e9 numbers (layers x points x dimensions), in measure jobs of the default
HALVES = 25  # a metric with an interval from halves takes so many times as long as without
JOB_SECONDS = 15.0  # for starting Python, imports and loading a small model
# Bytes of a Parquet file of metrics, of a row in it (27) and in metrics.csv (150), and of a sentence's cosine for the explorer.
FILE_BYTES, ROW_BYTES, COSINE_BYTES = 4500, 177, 12


@dataclass(frozen=True)
class Shape:
    """Sizes of a model: `width` in bytes of a weight, `bytes` of its prepared folder, `left` of them still to be written."""

    layers: int
    dim: int
    vocabulary: int
    parameters: int
    decoder: bool
    width: int
    bytes: int
    left: int
    trained: bool = True
    tabled: bool = False  # in shapes.tsv


class Text(NamedTuple):
    """A text's lines that are not empty, its bytes, and whether these are guessed."""

    sentences: int
    bytes: int
    guessed: bool = False


@dataclass(frozen=True)
class Plan:
    """All of a config; `stages` holds the bytes of each stage, and how many of them are still to be written.

    `operations` of models, `numbers` to measure, `jobs`, and a core's seconds for each metric that is `slow` are left to do.
    """

    texts: Mapping[tuple[str, str], Text]
    shapes: Mapping[str, Shape | None]
    stages: Mapping[str, tuple[int, int]]
    tokens: int
    operations: float
    numbers: int
    slow: Mapping[str, float]
    jobs: int

    @property
    def needed(self) -> int:
        """Bytes that are still to be written."""
        return sum(left for _, left in self.stages.values())

    @property
    def unknown(self) -> list[str]:
        """Models that are not counted: they are not here, and not in shapes.tsv."""
        return [name for name, shape in self.shapes.items() if shape is None]


def make_plan(config: Config, base: Path, guess: float = GUESS) -> Plan:
    """Work out what a config takes that runs in the folder `base`, with `guess` bytes for a token."""
    results, keep = base / "results", config["hidden"]["keep"]
    texts = {(corpus, text): _text(config, corpus, text, base) for corpus, text in config.corpus_texts()}
    shapes = {model: shape_of(config, model, base) for model in config["models"]}
    every, left, slow, jobs = Counter[str](), Counter[str](), Counter[str](), set[tuple[str, str, int]]()

    def count(sizes: Mapping[str, int], done: bool) -> None:
        every.update(sizes)
        left.update({} if done else sizes)

    for (corpus, name), text in texts.items():
        count({"corpora": text.bytes}, (results / f"corpora/{corpus}/{name}.txt").exists())
    for known in filter(None, shapes.values()):
        count({"models": known.bytes - known.left}, True)
        count({"models": known.left}, False)
    for model, corpus, name in config.pairs():
        shape, text, asked = shapes[model], texts[corpus, name], config.measure(model, corpus)
        if shape is None:
            continue
        hidden, layers = asked["hidden"], shape.layers + 1
        tokens = int(text.bytes / guess) + text.sentences
        whole = (hidden["whole_lines"] or 0) * tokens // max(1, text.sentences)
        kept = min(tokens - text.sentences, hidden["token_cap"] + whole)
        scored = bool(shape.decoder and (shape.trained if hidden["loss"] is None else hidden["loss"]))
        run = 0 if config.corpora[corpus].whole(name) else tokens  # a part of another text is run with that
        rows = sum(
            1 if over == "text" else layers
            for over, names in asked["metrics"].items()
            for name in names
            if scored or METRICS[name].input != "lens"
        )
        measured = (results / f"metrics/{model}/{corpus}/{name}.parquet").exists()
        work = {
            "tokens": run,
            # The embedding multiplies nothing, except as the head of a scored text.
            "operations": 2 * run * (shape.parameters - (0 if scored else shape.vocabulary * shape.dim)),
            "numbers": layers * shape.dim * (kept + text.sentences),
            "metrics": FILE_BYTES + ROW_BYTES * rows + COSINE_BYTES * text.sentences,
        }
        count(work, measured)
        if not measured:
            slow.update(_slow(asked, name, layers * shape.dim, {"token": kept, "sentence": text.sentences}))
            jobs.add((model, corpus, config.batch_of(corpus, name)))
        means = len(layers_at(asked["pair_layers"], shape.layers)) if keep == "none" else layers
        size = shape.dim * (4 * means * text.sentences + WIDTHS[hidden["dtype"]] * layers * kept * (keep == "all"))
        count({"hidden states": size}, (results / f"hidden/{model}/{corpus}/{name}.safetensors").exists())
    stages = {stage: (every[stage], left[stage]) for stage in ("corpora", "models", "hidden states", "metrics")}
    return Plan(texts, shapes, stages, every["tokens"], left["operations"], left["numbers"], slow, len(jobs))


def _slow(asked: Mapping[str, Any], text: str, numbers: int, points: Mapping[str, int]) -> dict[str, float]:
    """Return a core's seconds for each metric of a text that takes long; a point is `numbers` numbers, of all layers."""
    seconds: dict[str, float] = defaultdict(float)
    more = asked["in_depth"] if text in asked["in_depth"].get("texts", ()) else {}
    for over, count in points.items():
        for metric in (METRICS[name] for name in {*asked["metrics"].get(over, ()), *more.get(over, ())}):
            halves = asked["options"].get(metric.name, {}).get("interval", False) and not metric.settings["interval"]
            seconds[metric.name] += metric.seconds * numbers * count / 1e6 * (HALVES if halves else 1)
    return {name: value for name, value in seconds.items() if value}


def check_disk(config: Config, base: Path) -> None:
    """Refuse to start a run whose results the disk cannot hold, as far as they are known (see `Plan.unknown`)."""
    check_free(make_plan(config, base, FEWEST).needed, base / "results")


def shape_of(config: Config, model: str, base: Path) -> Shape | None:
    """Return the sizes of a model, or None if nothing of it is here and shapes.tsv does not have it.

    Raises:
        UserError: its prepared folder is damaged.
    """
    source, prepared = config.models[model], base / "results" / "models" / model
    twin, trained = source.twin(), source.init == "trained"
    if (prepared / "manifest.json").is_file():
        about = read_manifest(prepared)
        sizes = (about["layers"], about["dim"], about["vocabulary"], about["parameters"], about["kind"] == "decoder")
        stored = sum(path.stat().st_size for path in prepared.iterdir())
        return Shape(*sizes, WIDTHS.get(about["dtype"], 4), stored, 0, trained)
    if twin:
        like = shape_of(config, twin, base)
        size = like.parameters * like.width if like else 0
        return like and replace(like, trained=False, bytes=size, left=size)
    listing = base / source.inputs()[0] if source.repository() else None
    folder = listing.with_suffix("") if listing else source.folder()
    if folder is not None and (folder / "config.json").is_file():
        return _from_config(folder, trained, downloaded=listing is not None)
    pins = source.pins()
    shape = read_shapes().get((pins[0].package, pins[0].version) if pins else source.repository() or ("", ""))
    return shape and replace(shape, trained=trained)


def _from_config(folder: Path, trained: bool, downloaded: bool) -> Shape | None:
    """Return the sizes that a config.json tells, or None if it cannot be read: preparing the model says why."""
    try:
        whole = read_config(folder)
        config, name = text_config(whole), str((whole.get("architectures") or [""])[0])
        sees = "text_config" in whole
        part = sees or bool(whole.get("is_encoder_decoder"))  # is all that is prepared, and written anew (langgeom.models.part)
        width = WIDTHS.get(str(config.get("dtype") or config.get("torch_dtype")).removeprefix("torch."), 4)
        stored = sum(path.stat().st_size for path in folder.glob("*.safetensors")) if trained and not part else 0
        parameters = parameters_of(config)
        layers, dim = first(config, *LAYERS), first(config, "hidden_size", "n_embd", "dim", "d_model")
        size = max(stored, parameters * width) if downloaded else stored or parameters * width
        left = size - stored if downloaded else size  # a prepared model's weights are links to those that were fetched
        return Shape(layers, dim, first(config, "vocab_size"), parameters, sees or is_decoder(name), width, size, left, trained)
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, UserError):
        return None


@functools.cache
def read_shapes() -> dict[tuple[str, str], Shape]:
    """Return the sizes of shapes.tsv by source and revision."""
    shapes = {}
    for row in read_tsv(DATA / "shapes.tsv"):
        layers, dim, vocabulary, parameters = (int(row[key]) for key in ("layers", "dim", "vocabulary", "parameters"))
        width, size, decoder = int(row["width"]), int(row["bytes"]), row["kind"] == "decoder"
        shape = Shape(layers, dim, vocabulary, parameters, decoder, width, size, size, tabled=True)
        shapes[row["source"], row["revision"]] = shape
    return shapes


def _text(config: Config, corpus: str, text: str, base: Path) -> Text:
    """Return the size of a text: of what its corpus has at hand, else as prepared, else guessed."""
    source, prepared = config.corpora[corpus], base / "results" / "corpora" / corpus / f"{text}.txt"
    text = source.made_from(text) or text
    try:
        lines = source.peek(text)
    except UserError:  # preparing the text says why
        lines = None
    if lines is None and prepared.is_file():
        lines = prepared.read_text(encoding="utf-8", errors="replace").split("\n")
    if lines is None:
        sentences = source.line_count(text) or LINES
        return Text(sentences, sentences * LINE, guessed=True)
    return Text(sum(bool(line.strip()) for line in lines), len("\n".join(lines).encode()))


def report(plan: Plan, free: int, file: Path = DEFAULT) -> Iterator[str]:
    """Yield the lines that are printed about the config in a file, on a disk with so many bytes free."""

    def known(number: str) -> str:
        return "not known" if len(plan.unknown) == len(plan.shapes) else f"{number} at least" if plan.unknown else number

    sentences = sum(text.sentences for text in plan.texts.values())
    pairs = len(plan.shapes) * len(plan.texts)
    yield f"{len(plan.texts)} texts, {len(plan.shapes)} models: {pairs} pairs, {sentences} sentences"
    yield f"tokens to run, over all models: {known(str(plan.tokens))} (guessed: one for {GUESS} bytes)"
    if guessed := sum(text.guessed for text in plan.texts.values()):
        yield f"Guessed: the lengths of {guessed} texts, which are not here yet."
    if tabled := [name for name, shape in plan.shapes.items() if shape and shape.tabled]:
        yield f"Not here yet, so sizes are those of shapes.tsv: {', '.join(tabled)}"
    if plan.unknown:  # the target stands first, since --configfile takes every word after it
        fetch = "snakemake --cores 4 models" + ("" if file == DEFAULT else f" --configfile {shlex.quote(str(file))}")
        yield f"Not counted, as they are not here yet (`{fetch}` fetches them): {', '.join(plan.unknown)}"
    yield "Not counted: packages of PyPI and npm in results/downloads, and hours of comparing pairs of texts and of models."
    yield f"\n{'on disk, GiB':<16}{'in all':>20}{'to write':>20}"
    for stage, sizes in plan.stages.items():
        total, left = (f"{size / GIB:.3f}" if stage == "corpora" else known(f"{size / GIB:.3f}") for size in sizes)
        yield f"{stage:<16}{total:>20}{left:>20}"
    yield f"{'free':<16}{'':>20}{free / GIB:>20.1f}"
    cores, start = os.cpu_count() or 1, JOB_SECONDS * plan.jobs
    slow, fast, gpu = ((plan.operations / rate + start) / 3600 for rate in (*(cores * rate for rate in CPU_RATES), GPU_RATE))
    metrics = METRICS_SECONDS * plan.numbers / 1e9 / cores / 3600
    yield f"\nhours left on {cores} cores (assumed: {CPU_RATES[0]:.0e} to {CPU_RATES[1]:.0e} operations/s each):"
    yield f"  models {known(f'{fast:.1f} to {slow:.1f}')}, metrics {known(f'{metrics:.1f}')}"
    for name, seconds in sorted(plan.slow.items()):
        yield f"  {name}: about {known(f'{seconds / cores / 3600:.2g}')} besides, on cores even where there is a GPU"
    yield f"hours left on one GPU (assumed: {GPU_RATE:.0e} operations/s; metrics on a GPU are not measured):"
    yield f"  models {known(f'{gpu:.1f}')}"


def main() -> None:
    """Print the plan of a config; end with an error if the disk is too small for it."""
    parser = argparse.ArgumentParser(prog="python -m langgeom.plan", description="What a config takes before it runs.")
    parser.add_argument("config", type=Path, nargs="?", default=DEFAULT)
    file = parser.parse_args().config
    try:
        check_files([file])
        plan = make_plan(check(yaml.safe_load(file.read_text(encoding="utf-8"))), Path())
        print("\n".join(report(plan, free_bytes(Path("results")), file)))
        check_free(plan.needed, Path("results"))
    except (UserError, OSError) as error:
        sys.exit(f"\n{error}")


if __name__ == "__main__":
    main()
