"""What a job needs of a machine, from the sizes of what it reads: what the rules ask a scheduler for.

Memory is in MiB, time in minutes. Factors are upper bounds of what was measured (the `max_rss` of results/benchmarks) with room
to spare: a job that asks for too much waits a little longer, one that asks for too little is killed. A profile's retries ask
for as much again each time. All raise FileNotFoundError for an input that is not there yet: Snakemake asks again once it is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import PathLike
from langgeom.models.manifest import parameters_of, read_manifest
from langgeom.models.prepare import read_config

MIB = 1 << 20
LIBRARIES = 2000  # MiB of a process that has imported torch and transformers, with room for a batch
THREADS = 8  # beyond so many a model gains little
MINUTES = 30  # of a job whose work is done at once: starting Python from a busy network disk, loading a model


def model_memory(sources: Iterable[PathLike]) -> int:
    """Return the memory for preparing a model from files, or from the folder of the twin whose architecture it takes."""
    sources = list(sources)
    read = 6 * sum(map(_size, sources))  # a 4-bit GGUF becomes float32 on its way to bfloat16
    drawn = 8 * max(map(_drawn, sources), default=0)  # random weights, in float32 and then in the dtype that they are kept in
    return LIBRARIES + max(read, drawn) // MIB


def measure_memory(model: PathLike, texts: Iterable[PathLike], cap: int) -> int:
    """Return the memory for running texts through a prepared model and measuring `cap` token vectors of each."""
    manifest = _manifest(model)
    weights = 8 * int(manifest["parameters"])  # in float32 where the config says so, and as much again for a batch
    # The text and the reference, and the sample of each: token vectors in 4 bytes at most, sentence means in 4.
    vectors = cap + max(map(_lines, texts), default=0)
    states = 4 * 4 * (int(manifest["layers"]) + 1) * int(manifest["dim"]) * vectors
    layer = 8 * 8 * int(manifest["dim"]) * vectors  # in float64, with the copies that estimators make of it
    return LIBRARIES + (weights + states + layer) // MIB


def pairs_memory(model: PathLike, texts: Iterable[PathLike]) -> int:
    """Return the memory for comparing all pairs of texts, by one layer of a prepared model."""
    lines = list(map(_lines, texts))
    # The means in float32, three times in float64; and ten numbers of each sentence for each pair.
    means = 32 * int(_manifest(model)["dim"]) * sum(lines)
    return LIBRARIES + (means + 8 * 10 * max(lines, default=0) * len(lines) ** 2) // MIB


def pairs_minutes(model: PathLike, texts: Iterable[PathLike], layers: int) -> int:
    """Return the time for comparing all pairs of texts at some layers."""
    sentences = list(map(_lines, texts))
    # A product of sentences with sentences for each pair, in float64, at 1e10 operations a second of a few slow cores.
    products = (max(sentences, default=0) * len(sentences)) ** 2 * int(_manifest(model)["dim"])
    return MINUTES + math.ceil(layers * products / 1e10 / 60)


def model_pairs_memory(models: Iterable[PathLike], reference: PathLike, layers: int) -> int:
    """Return the memory for comparing some layers of prepared models with one another on the reference text."""
    lines, dims = _lines(reference), [int(_manifest(model)["dim"]) for model in models]
    # Means in 4 bytes, and again as wide as the widest model's.
    means = 4 * 2 * layers * len(dims) * max(dims, default=0) * lines
    # Kernels, ranks and neighbours of two layers, and their pairings: some twenty numbers for each two sentences.
    return LIBRARIES + (means + 8 * 20 * lines**2) // MIB


def model_pairs_minutes(models: Iterable[PathLike], reference: PathLike, layers: int) -> int:
    """Return the time for it."""
    places = layers * len(list(models))
    # Two layers and 100 pairings of 1,200 sentences took 1.4 s of a core: half of what is allowed here.
    return MINUTES + math.ceil(places**2 / 2 * 2e-6 * _lines(reference) ** 2 / 60)


def measure_minutes(model: PathLike, texts: Iterable[PathLike], cap: int) -> int:
    """Return the time for running texts through a prepared model and measuring them."""
    texts = list(texts)
    manifest, sizes = _manifest(model), list(map(_size, texts))
    # Two operations a parameter and token, at most one token a byte, at the 5e12 operations a second of a small GPU.
    running = 2 * int(manifest["parameters"]) * sum(sizes) / 5e12
    # Token vectors are measured at 100 MiB a minute at least; two slow cores took a tenth of that with the default's metrics.
    vectors = 2 * (int(manifest["layers"]) + 1) * int(manifest["dim"]) * sum(min(cap, size) for size in sizes)
    # CKA of 100 random pairings of the sentences at each layer: 1.8 s a layer at 1,000 sentences.
    pairings = 2e-6 * (int(manifest["layers"]) + 1) * sum(_lines(text) ** 2 for text in texts)
    return MINUTES + math.ceil((running + pairings) / 60 + vectors / (100 * MIB))


def measure_threads(model: PathLike, texts: Iterable[PathLike], cap: int, jobs: int, cores: int | None) -> int:
    """Return the threads of a job that measures texts.

    Measuring gains next to nothing from a second thread (SmolLM2 on eight texts: 1.07 times as fast), so jobs run side by side:
    each of `jobs` takes its share of the cores, or of the memory where that is larger, so that what runs together fits. `cores`
    is None where each has a machine, or a GPU, to itself.
    """
    if cores is None:
        return THREADS
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    try:
        needed = measure_memory(model, texts, cap)
    except FileNotFoundError:
        needed = 0  # Snakemake asks again once the model is there
    return min(cores, max(1, min(cores // jobs, THREADS), math.ceil(cores * needed / memory)))


def harness_memory(model: PathLike) -> int:
    """Return the memory of lm-evaluation-harness for a prepared model."""
    return 8000 + LIBRARIES + 8 * int(_manifest(model)["parameters"]) // MIB


def table_memory(tables: Iterable[PathLike]) -> int:
    """Return the memory of a job that holds whole tables, read from Parquet: a figure, the findings, a page."""
    # A MiB of Parquet, some 45,000 rows of metrics, took 14 MiB as a table and up to 32 in a job that draws it.
    return LIBRARIES + 64 * sum(map(_size, tables)) // MIB


def _manifest(model: PathLike) -> dict[str, Any]:
    os.stat(model)  # what is not there yet is no UserError
    return read_manifest(Path(model))


def _lines(path: PathLike) -> int:
    return Path(path).read_bytes().count(b"\n")


def _size(path: PathLike) -> int:
    """Return the bytes of a file, or of the files in a folder."""
    if os.path.isdir(path):
        return sum(entry.stat().st_size for entry in os.scandir(path) if entry.is_file())
    return os.path.getsize(path)


def _drawn(source: PathLike) -> int:
    """Return the parameters of the architecture that a source describes; 0 where it is another file."""
    path = Path(source)
    listing = path.name == "architecture.json"  # langgeom.hub.listing_path
    if not listing and path.name != "config.json":
        return 0
    try:
        return parameters_of(read_config(path.with_suffix("") if listing else path.parent))
    except (OSError, UserError, ValueError, LookupError, TypeError, ArithmeticError):
        return 0  # preparing it says what is wrong with it
