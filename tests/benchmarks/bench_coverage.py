"""How often each metric's interval holds the truth, and how wide it is: docs/coverage.md.

Samples of 60 sentences of 16 tokens (120 of 8, where they stand in 30 documents) are drawn from known worlds. The truth is
the mean estimate over all samples of a world. So an interval is judged by the error of the estimate at this n, not by its
bias against the world's dimension. A run appends to a scratch file and skips what stands there, so it may be stopped, go on,
or be done in slices.
"""

from __future__ import annotations

import argparse
import csv
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from langgeom.metrics import Cloud, Resample
from langgeom.metrics.registry import METRICS

SENTENCES, TOKENS, DIM = 60, 16, 8
DOCUMENTS, IN_DOCUMENTS = 30, (120, 8)
BEGIN, END = "<!-- {}: begin, written by tests/benchmarks/bench_coverage.py -->", "<!-- {}: end -->"


def independent(g: torch.Generator, dim: int = DIM) -> Tensor:
    """Tokens that share nothing with their sentence."""
    return torch.randn(SENTENCES, TOKENS, dim, generator=g, dtype=torch.float64)


def plane(g: torch.Generator) -> Tensor:
    """The same in two dimensions."""
    return independent(g, 2)


def clusters(g: torch.Generator) -> Tensor:
    """Each sentence about a point of its own."""
    return independent(g)[:, :1] + 0.5 * independent(g)


def types(g: torch.Generator) -> Tensor:
    """Tokens near the place of their type, whose other tokens stand in other sentences: what hidden states are like."""
    kinds = 2000  # of which 960 tokens are some 400, as in a text
    places = torch.randn(kinds, DIM, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    often = torch.arange(1, kinds + 1, dtype=torch.float64) ** -1
    drawn = torch.multinomial(often, SENTENCES * TOKENS, replacement=True, generator=g).reshape(SENTENCES, TOKENS)
    return places[drawn] + 0.3 * independent(g)[:, :1] + 0.1 * independent(g)


def unlike(g: torch.Generator) -> Tensor:
    """Sentences that fill from 2 to 8 dimensions about a common centre."""
    filled = torch.randint(2, DIM + 1, (SENTENCES, 1, 1), generator=g)
    return independent(g) * (torch.arange(DIM) < filled)


def document_of(g: torch.Generator) -> Tensor:
    """Return the document of each of 120 sentences: of 30 unlike documents, as in NTREX."""
    more = torch.randint(DOCUMENTS, (IN_DOCUMENTS[0] - DOCUMENTS,), generator=g)
    return torch.cat([torch.arange(DOCUMENTS), more]).sort().values


def in_documents(g: torch.Generator, documents: Tensor) -> Tensor:
    """Sentences about the place of their document."""
    places, own, apart = (torch.randn(*size, DIM, generator=g, dtype=torch.float64)
                          for size in ((DOCUMENTS, 1), (IN_DOCUMENTS[0], 1), IN_DOCUMENTS))  # fmt: skip
    return places[documents] + 0.5 * own + 0.5 * apart


DESIGNS: dict[str, Callable[[torch.Generator], Tensor]] = {
    "independent, 8-d": independent, "independent, 2-d": plane, "clusters": clusters, "types": types, "unlike": unlike,
}  # fmt: skip
TEXT = "counts"
# One world, and what is drawn of it.
OF_DOCUMENTS = DRAWN, NOT_DRAWN = "documents, drawn", "documents, sentences drawn"
# The blocks of the page: the designs of each of their tables.
BLOCKS = {"coverage": (list(DESIGNS), [TEXT]), "documents": (OF_DOCUMENTS,)}
# Metrics of neighbours see the worlds as they are, those of variances with axes of unlike size and away from the origin.
AS_THEY_ARE = ("id_microscope", "id_twonn", "id_mle", "id_gride")


class Sample:
    """One sample of a world: the clouds, and the counts, that metrics take."""

    def __init__(self, design: str, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        self.documents = torch.arange(SENTENCES)
        if design in OF_DOCUMENTS:
            self.documents = document_of(self.generator)
            self.points = in_documents(self.generator, self.documents)
        else:
            self.points = DESIGNS[design](self.generator) if design != TEXT else torch.empty(SENTENCES, TOKENS, 0)
        self.sentences, self.tokens_each = self.points.shape[:2]
        self.groups = torch.arange(self.sentences).repeat_interleave(self.tokens_each)
        self.resample = Resample(200, seed, documents=self.documents.tolist() if design == DRAWN else ())

    @cached_property
    def unease(self) -> Tensor:
        """How far translations of a document are off: all alike where each sentence is its own."""
        if len(self.documents.unique()) == self.sentences:
            return torch.ones(self.sentences, 1, 1, dtype=torch.float64)
        return (0.5 * self.noise(torch.empty(DOCUMENTS, 1, 1))).exp()[self.documents]

    def noise(self, like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=self.generator, dtype=torch.float64)

    @cached_property
    def cloud(self) -> Cloud:
        return Cloud(self.points.flatten(0, 1), self.groups)

    @cached_property
    def stretched(self) -> Tensor:
        dim = self.points.shape[-1]
        return self.points * torch.arange(1, dim + 1) ** -0.5 + 0.5

    @cached_property
    def spread(self) -> Cloud:
        return Cloud(self.stretched.flatten(0, 1), self.groups)

    @cached_property
    def layers(self) -> Cloud:
        following = self.stretched + 0.5 * torch.tanh(2 * self.stretched.flip(-1)) + 0.2 * self.noise(self.stretched)
        return Cloud(torch.stack([self.stretched.flatten(0, 1), following.flatten(0, 1)]), self.groups)

    @cached_property
    def translations(self) -> tuple[Tensor, Tensor]:
        """Sentence means of a text and of the reference."""
        means = self.stretched.mean(1)
        return means + 0.2 * self.unease[:, 0] * self.noise(means), means

    @cached_property
    def tokens(self) -> tuple[Cloud, Cloud]:
        """Tokens of both, of different number."""
        apart = 0.2 * self.noise(self.stretched[:, :1]) + 0.3 * self.noise(self.stretched)
        other = self.stretched + self.unease * apart
        return self._shortened(other), self._shortened(self.stretched)

    def _shortened(self, points: Tensor) -> Cloud:
        most = self.tokens_each
        sizes = torch.randint(most // 2, most + 1, (self.sentences, 1), generator=self.generator)
        kept = (torch.arange(most) < sizes).flatten()
        return Cloud(points.flatten(0, 1)[kept], self.groups[kept])

    @cached_property
    def versions(self) -> tuple[Cloud, Cloud]:
        """Two versions of each sentence, the same up to an error and then apart, one a little more so."""
        most = self.tokens_each
        after = torch.arange(most)[:, None] >= torch.randint(most, (self.sentences, 1, 1), generator=self.generator)
        return Cloud((self.points + 0.3 * after * self.unease * self.noise(self.points)).flatten(0, 1), self.groups), self.cloud

    @cached_property
    def counts(self) -> dict[str, Tensor]:
        """Counts of sentences that differ in length and in how hard they are, and so do documents."""
        random, size, unease = (
            np.random.default_rng(self.generator.initial_seed()),
            self.sentences,
            self.unease.flatten().numpy(),
        )
        words = 1 + random.negative_binomial(3, 0.15, size)
        tokens = words + random.binomial(words, (0.4 * unease).clip(max=1))
        characters = words + random.poisson(5 * words * unease)
        unknown = random.binomial(tokens, (random.beta(0.5, 8, size) * unease).clip(max=1))
        nll = tokens * random.lognormal(1, 0.4, size) * unease
        found: dict[str, np.ndarray] = {"words": words, "tokens": tokens, "characters": characters}
        found |= {"unknown": unknown, "fragments": unknown}
        hardness = random.lognormal(0, 0.3, size) * unease
        found |= {"nll": nll, "scored_characters": characters, "scored_bytes": characters, "hardness": hardness}
        share, nats = (random.beta(0.3, 2, size) * unease).clip(max=1), random.lognormal(1, 0.8, size) * unease
        found |= {"lens_own": share, "lens_reference": share, "lens_loss": nats, "lens_entropy": nats}
        return {name: torch.from_numpy(value) for name, value in found.items()}

    def inputs(self, name: str) -> tuple:
        """Return what a metric takes."""
        metric = METRICS[name]
        if metric.input in ("text", "lens"):
            return tuple(self.counts[field] for field in metric.fields)
        if metric.input == "aligned_text":
            return self.counts["nll"], self.counts["nll"] * self.counts["hardness"]
        if metric.input == "cloud":
            return (self.cloud if name.startswith(AS_THEY_ARE) else self.spread,)
        if metric.input == "cloud_beside":
            return self.spread, self.spread
        if metric.input == "adjacent_layers":
            return (self.layers,)
        if metric.input == "aligned_sentences":
            return self.translations
        return self.versions if name.endswith("difference") else self.tokens


def measure(scratch: Path, names: list[str], designs: list[str], samples: range) -> None:
    """Append `design, metric, sample, value, low, high` of what the scratch file lacks."""
    scratch.touch()
    with scratch.open(newline="") as file:
        done = {tuple(row[:3]) for row in csv.reader(file)}
    with scratch.open("a", newline="") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in samples:
            for design in designs:
                sample = Sample(design, number)
                for name in names:
                    of_text = METRICS[name].input in ("text", "aligned_text", "lens")
                    if (design not in OF_DOCUMENTS and of_text != (design == TEXT)) or (design, name, str(number)) in done:
                        continue
                    found = METRICS[name].function(*sample.inputs(name), resample=sample.resample)
                    row = [float(torch.atleast_1d(part)[0]) for part in (found.value, found.low, found.high)]
                    csv.writer(file).writerow([design, name, number, *row])
            file.flush()


def coverage(values: np.ndarray) -> tuple[int, float, float]:
    """Return the number of samples [n, 3] of value, low and high, the share that holds the mean, and width over right width."""
    values = values[np.isfinite(values).all(1)]
    estimate, low, high = values.T
    truth, spread = estimate.mean(), estimate.std(ddof=1)
    held = (low <= truth * (1 + 1e-12)) & (truth <= high * (1 + 1e-12))
    # Of a constant (the share of three dimensions where there are two) there is nothing to hold.
    width = (high - low).mean() / (2 * 1.96 * spread) if spread > 1e-12 * abs(truth) else np.nan
    return len(values), float(held.mean()), float(width)


def tables(scratch: Path, blocks: Sequence[Sequence[str]]) -> str:
    """Return tables of these designs each; empty without samples."""
    known = {design for designs in blocks for design in designs}
    cells: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    with scratch.open(newline="") as file:
        for design, name, _, *numbers in csv.reader(file):
            if design in known:
                cells[name, design].append([float(number) for number in numbers])
    found = {key: coverage(np.array(rows)) for key, rows in cells.items() if len(rows) > 30}
    if not found:
        return ""
    samples = sorted({number for number, _, _ in found.values()})
    lines = [f"Samples per cell: {' to '.join(map(str, dict.fromkeys(samples[:1] + samples[-1:])))}.", ""]

    def shown(name: str, design: str) -> str:
        number, share, width = found.get((name, design), (0, 0.0, np.nan))
        if np.isnan(width):
            return ""
        chance = 2 * (0.95 * 0.05 / number) ** 0.5
        return f"{'' if 0.93 - chance <= share <= 0.97 + chance else '*'}{100 * share:.1f} ({width:.2f})"

    for designs in blocks:
        listed = [name for name in METRICS if any(shown(name, design) for design in designs)]
        lines += [f"| metric | {' | '.join(designs)} |", "|---" * (1 + len(designs)) + "|"]
        lines += [f"| `{name}` | {' | '.join(shown(name, design) for design in designs)} |" for name in listed] + [""]
    return "\n".join(lines)


def main() -> None:
    """Measure, and write the tables into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--scratch", type=Path, required=True, help="file of all samples, appended to")
    parser.add_argument("--metrics", nargs="*", default=list(METRICS))
    parser.add_argument("--designs", nargs="*", default=[*DESIGNS, TEXT, *OF_DOCUMENTS])
    parser.add_argument("--samples", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    measure(options.scratch, options.metrics, options.designs, range(options.first, options.samples))
    page = options.page.read_text(encoding="utf-8")
    for name, blocks in BLOCKS.items():
        if found := tables(options.scratch, blocks):
            begin, end = BEGIN.format(name), END.format(name)
            before, _, rest = page.partition(begin)
            page = f"{before}{begin}\n{found}\n{end}{rest.partition(end)[2]}"
    options.page.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
