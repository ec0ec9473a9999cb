"""What a config will take before it runs: tokens, bytes on disk, hours; and a refusal when the disk is too small.

What is prepared already is counted: a corpus file by its lines, a model by its manifest, tokens by the model's own tokenizer on
up to `texts.SAMPLE` lines of each text. Before that a model may be known from a table, and tokens are guessed from bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from langgeom.config import Config
from langgeom.disk import UNCHECKED, check_free, free_bytes, hidden_bytes
from langgeom.metrics.catalogue import METRICS
from langgeom.plan.models import Shape, shape_of
from langgeom.plan.texts import Counts, Tokens, count

__all__ = ["Pair", "Plan", "check_disk", "make_plan"]

# Assumed, unless measured. A core of a CPU that multiplies bfloat16 itself, and one that does not: as seen on two cores of
# a server. A GPU: 40 % of what an H100 or H200 multiplies densely in bfloat16; not measured.
CPU_RATE = {2: 2.0e11, 4: 0.6e11}
GPU_RATE = 4.0e14
# Seconds of metrics for 10^9 numbers (layers x points x dimensions), on one core: default metrics, 200 replicates.
METRICS_SECONDS = 180.0
JOB_SECONDS = 15.0  # starting Python, importing, loading a small model


@dataclass(frozen=True)
class Pair:
    """A model and a text: tokens that are run, tokens kept, bytes of its files; None where the model is not known yet."""

    model: str
    corpus: str
    text: str
    tokens: int
    kept: int
    hidden: int
    metrics: int
    done: bool


@dataclass
class Plan:
    """All of a config; sizes in bytes."""

    config: Config
    base: Path
    counts: Mapping[tuple[str, str], Counts]
    shapes: Mapping[str, Shape | None]
    pairs: list[Pair] = field(default_factory=list)

    @property
    def unknown(self) -> list[str]:
        """Models of which nothing is here yet nor in shapes.tsv, so that nothing of them is counted."""
        return [name for name, shape in self.shapes.items() if shape is None]

    @property
    def tabled(self) -> list[str]:
        """Models of which nothing is here yet, counted by shapes.tsv."""
        return [name for name, shape in self.shapes.items() if shape is not None and shape.tabled]

    @property
    def without_tokenizer(self) -> list[str]:
        """Other models that are counted, but whose tokenizers are not here, so that their tokens are guessed from bytes."""
        known = [(name, shape) for name, shape in self.shapes.items() if shape is not None and not shape.tabled]
        return [name for name, shape in known if not (shape.folder / "tokenizer.json").is_file()]

    @cached_property
    def stages(self) -> dict[str, tuple[int, int]]:
        """Bytes of each stage: all, and those not written yet."""
        corpora = {key: count.bytes for key, count in self.counts.items()}
        left = {key: size for key, size in corpora.items() if not self._there("corpora", *key, suffix=".txt")}
        models = {name: shape.bytes for name, shape in self.shapes.items() if shape is not None}
        new = {name: size for name, size in models.items() if not (self.base / "results/models" / name).is_dir()}
        shapes = [shape for shape in self.shapes.values() if shape is not None]
        rows = sum(self._rows(shape, corpus) for shape in shapes for corpus, _ in self.counts)
        table = 150 * rows  # a row of the CSV
        return {
            "corpora": (sum(corpora.values()), sum(left.values())),
            "models": (sum(models.values()), sum(new.values())),
            "hidden states": (sum(p.hidden for p in self.pairs), sum(p.hidden for p in self.pairs if not p.done)),
            "metrics": (sum(p.metrics for p in self.pairs) + table, sum(p.metrics for p in self.pairs if not p.done) + table),
        }

    def _there(self, *parts: str, suffix: str) -> bool:
        return (self.base / "results").joinpath(*parts[:-1], parts[-1] + suffix).exists()

    def _rows(self, shape: Shape, corpus: str) -> int:
        chosen = self.config.metrics(corpus)
        by_layer = sum(len(chosen[over]) for over in chosen if over != "text")
        return (shape.layers + 1) * by_layer + sum(name in METRICS for name in chosen["text"])

    @property
    def needed(self) -> int:
        """Bytes that are still to be written."""
        return sum(left for _, left in self.stages.values())

    @property
    def free(self) -> int:
        """Bytes free where the results will lie."""
        return free_bytes(self.base / "results")

    def hours(self, rates: Mapping[str, float]) -> tuple[float, float]:
        """Return hours of hidden states and of metrics that are left, at multiply-adds x 2 a second of each model."""
        seconds = sum(self._work(pair) / rates[pair.model] for pair in self.pairs if not pair.done)
        numbers = sum(pair.hidden / 4 for pair in self.pairs if not pair.done)
        left = {(pair.corpus, pair.text, pair.model) for pair in self.pairs if not pair.done}
        batches = [(corpus, batch) for corpus in self.config["corpora"] for batch in self.config.batches(corpus)]
        jobs = sum(any((c, text, m) in left for text in batch) for c, batch in batches for m in self.shapes)
        return (seconds + jobs * JOB_SECONDS) / 3600, (METRICS_SECONDS * numbers / 1e9 + jobs * JOB_SECONDS) / 3600

    def _work(self, pair: Pair) -> float:
        shape = self.shapes[pair.model]
        assert shape is not None
        return 2.0 * shape.active * pair.tokens


def make_plan(config: Config, base: Path, *, exact: bool = True) -> Plan:
    """Work out what a config takes.

    Args:
        base: the folder it runs in, where `results` lies.
        exact: run tokenizers that are there, and ask torch for the dtype; else a token is taken for `disk.BYTES` bytes, and
            "auto" for two bytes a number, so that it is cheap and rather too little.
    """
    counts = {
        (corpus, text): count(config, corpus, text, base) for corpus in config["corpora"] for text in config.texts(corpus)
    }
    shapes = {model: shape_of(config, model, base) for model in config["models"]}
    plan = Plan(config, base, counts, shapes)
    tokens = Tokens(base, config["hidden"], exact)
    for model, corpus, text in config.pairs():
        shape = shapes[model]
        if shape is not None:
            found, run = tokens.of(shape, corpus, text, counts[corpus, text])
            hidden = config.hidden(model, corpus)
            kept = min(found, hidden["token_cap"])
            width = shape.itemsize(hidden["dtype"]) if exact else shape.least_itemsize(hidden["dtype"])
            scores = shape.decoder and (shape.trained if hidden["loss"] is None else hidden["loss"])
            size = hidden_bytes(shape.layers, shape.dim, counts[corpus, text].sentences, kept, width, scores)
            # Parquet's own, and a row's numbers compressed.
            measured = 4500 + 27 * plan._rows(shape, corpus)
            done = plan._there("hidden", model, corpus, text, suffix=".safetensors")
            plan.pairs.append(Pair(model, corpus, text, run, kept, size, measured, done))
    return plan


def check_disk(config: Config, base: Path) -> None:
    """Refuse to start what the disk cannot hold; models of which nothing is here yet nor in shapes.tsv are not
    counted: their jobs ask again.

    Raises:
        UserError: see `check_free`.
    """
    if not os.environ.get(UNCHECKED):
        check_free(make_plan(config, base, exact=False).needed, base / "results")
