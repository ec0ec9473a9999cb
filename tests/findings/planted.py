"""Tables where the truth about each claim is planted: an effect as claimed, none, or the contrary; from a seed.

With an intraclass correlation the languages are those of the default, and resemble each other by family.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial.distance import cdist

from defaults import settings as defaults
from langgeom.analysis.behind import differences
from langgeom.analysis.pairs import family_of
from langgeom.analysis.statistics import pearson, rank_correlations, ranks
from langgeom.findings import Evidence
from langgeom.table import METRICS, PAIRS, QUALITY, TEXTS, Format

# As claimed; no effect at all; the contrary; and, for claims of "alike" and of "none", an effect just where the claim turns.
PRESENT, ABSENT, REVERSED, EDGE = "present", "absent", "reversed", "edge"
LAYERS = 3
DECODER, TWIN, SECOND, ENCODER = (
    ("dec", "decoder", "trained"),
    ("dec-untrained", "decoder", "untrained"),
    ("other", "decoder", "trained"),
    ("enc", "encoder", "trained"),
)
ID = "id_twonn"
# Seven Indo-European languages, four Turkic ones, and six others.
RELATIVES = ["spa", "ast", "rus", "bel", "hin", "deu", "lav", "tur", "azj", "crh", "uig", "fin", "arb", "jpn", "swh",
             "vie", "tha"]  # fmt: skip
RELATED = ["spa ast", "por glg", "ita vec", "cat oci", "fra hat", "deu ltz", "nld lim", "ces szl", "dan fao", "fin est",
           "tur crh", "ind min"]  # fmt: skip
Model = tuple[str, str, str]


def codes(n: int) -> list[str]:
    """Return n codes of ISO 639-3's private range, whose families nobody knows."""
    letters = "abcdefghijklmnopqrst"
    return [f"q{a}{b}" for a in letters for b in letters + "uvwxyz"][:n]


def texts(n: int, *scripts: str) -> list[str]:
    return [f"{code}_{script}" for code in codes(n) for script in scripts or ("Latn",)]


def languages(n: int, icc: float | None) -> list[str]:
    return texts(n) if icc is None else [f"{lang}_Latn" for lang in RELATIVES]


def normal(noise: np.random.Generator, names: Sequence[str], icc: float | None) -> np.ndarray:
    """Return a standard normal number of each text, with the intraclass correlation of texts of a family."""
    own = noise.normal(size=len(names))
    if icc is None:
        return own
    member = np.unique([family_of(name.split("_")[0]) for name in names], return_inverse=True)[1]
    return np.sqrt(icc) * noise.normal(size=len(names))[member] + np.sqrt(1 - icc) * own


class Parts(NamedTuple):
    """Columns of rows of the four tables, one dictionary a block of equal length."""

    metrics: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    quality: list[dict[str, Any]]
    pairs: list[dict[str, Any]]


def typed(blocks: Sequence[Mapping[str, Any]], of: Format) -> pd.DataFrame:
    """Join blocks into a table; a block's columns are arrays, or one value for all its rows."""
    sizes = [len(block["text"]) for block in blocks]
    columns = {}
    for name, dtype in of.columns.items():
        # Arrays of objects, since tables of many blocks take a while otherwise.
        filled = [
            np.broadcast_to(np.asarray(block.get(name), dtype=object), size) for block, size in zip(blocks, sizes, strict=True)
        ]
        columns[name] = pd.Series(np.concatenate(filled) if filled else [], dtype=dtype)
    return pd.DataFrame(columns)


def rows(model: Model, metric: str, names: Sequence[str], values: np.ndarray, **more: Any) -> dict[str, Any]:
    """Return metric rows of values [text, layer], or [text] for a metric of the text."""
    layers = values.shape[1] if values.ndim == 2 else 1
    text = np.repeat(np.array(names, dtype=object), layers)
    value = values.ravel()
    return dict(
        model=model[0], kind=model[1], init=model[2], text=text, lang="qaa", script="Latn", metric=metric, over="token",
        layer=np.tile(np.arange(layers), len(names)) if values.ndim == 2 else None, value=value, low=value, high=value,
        n=2000, dropped=0,
    ) | more  # fmt: skip


def parts(
    *metrics: dict[str, Any], texts: Sequence[dict[str, Any]] = (), quality: Sequence[dict[str, Any]] = (),
    pairs: Sequence[dict[str, Any]] = (),
) -> Parts:  # fmt: skip
    return Parts(list(metrics), list(texts), list(quality), list(pairs))


def evidence_of(worlds: Mapping[str, Parts], **settings: Any) -> Evidence:
    """Return tables that hold each world as a corpus of its own."""
    joined = [
        [block | {"corpus": corpus} for corpus, world in worlds.items() for block in blocks(world)]
        for blocks in (lambda w: w.metrics, lambda w: w.texts, lambda w: w.quality, lambda w: w.pairs)
    ]
    tables = [typed(blocks, of) for blocks, of in zip(joined, (METRICS, TEXTS, QUALITY, PAIRS), strict=True)]
    return Evidence(*tables, defaults(**settings))


def planted(conclusion: str, truth: str, seeds: Iterable[int], icc: float | None = None) -> Evidence:
    """Return one table for each seed, as a corpus named by it."""
    number, build = int(conclusion[1:]), PLANTED[conclusion]
    more = {} if icc is None else {"icc": icc}
    return evidence_of({str(seed): build(np.random.default_rng((seed, number)), truth, **more) for seed in seeds})


def flat(values: np.ndarray) -> np.ndarray:
    """Return curves [text, layer] of these medians over the layers after the embedding."""
    return np.tile(values[:, None], (1, LAYERS))


def qualities(names: Sequence[str], values: np.ndarray, model: str = "dec") -> dict[str, Any]:
    return dict(model=model, text=np.array(names, dtype=object), lang="qaa", script="Latn", quality="reciprocal_rank",
                origin="measured", value=values, source="layer 3 of 6", n=60)  # fmt: skip


def correlated(noise: np.random.Generator, names: Sequence[str], r: float, icc: float | None = None) -> tuple[np.ndarray, ...]:
    x, y = (normal(noise, names, icc) for _ in range(2))
    return x, r * x + np.sqrt(1 - r * r) * y


def pearson_of_spearman(r: float) -> float:
    """Return the normal distribution's correlation whose Spearman's is r (Pearson 1907)."""
    return float(2 * np.sin(np.pi * r / 6))


def _trend(noise: np.random.Generator, truth: str, icc: float | None = None, error: float = 0.03) -> Parts:
    """Curves of languages, and their halves: the language's own curve with an error of measurement."""
    names, layers = languages(20, icc), 12
    shape, own = np.linspace(0, 1, layers), np.array([normal(noise, names, icc) for _ in range(layers)]).T
    if truth == PRESENT:
        curves = shape + 0.1 * own
    elif truth == EDGE:
        curves = shape + _edge_noise() * own
    elif truth == ABSENT:  # smooth, but each its own
        curves = np.cumsum(own, axis=1)
    else:
        curves = np.where(np.arange(len(names))[:, None] % 2, shape, 1 - shape) + 0.1 * own
    curves = 20 + curves[:, [0, *range(layers)]]
    halves = curves + error * noise.normal(size=(2, *curves.shape))
    return parts(rows(DECODER, ID, names, curves, half_a=halves[0].ravel(), half_b=halves[1].ravel()))


@functools.cache
def _edge_noise() -> float:
    """Return the noise at which two curves' mean rank correlation is 0.7."""
    own, shape = np.random.default_rng(0).normal(size=(600, 12)), np.linspace(0, 1, 12)
    low, high = 0.01, 2.0
    for _ in range(14):
        middle = (low + high) / 2
        table = rank_correlations(shape + middle * own, shape + middle * own)
        mean = (table.sum() - len(own)) / (len(own) * (len(own) - 1))
        low, high = (middle, high) if mean > 0.7 else (low, middle)
    return low


def _two_scripts(metric: str, scale: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.random.Generator, str], Parts]:
    def build(noise: np.random.Generator, truth: str) -> Parts:
        shift = {PRESENT: 2.0, ABSENT: 0.0, REVERSED: -2.0}[truth]
        language = noise.normal(size=(12, 1)) + noise.normal(size=(12, 2)) + np.array([shift, 0.0])
        names = texts(12, "Latn", "Arab")
        return parts(rows(DECODER, metric, names, flat(scale(language.ravel()))))

    return build


def _wrong(noise: np.random.Generator, truth: str, n: int = 2000) -> Parts:
    """Differences over all layers, in rows without a layer, of error 1."""
    shift = {PRESENT: 4.0, ABSENT: 0.0, REVERSED: -4.0}[truth]
    names = ["eng_Latn_wrong", "eng_Latn_wrongTense"]
    value = shift + noise.normal(size=2)
    by_layer = rows(DECODER, f"{ID}_difference", names, flat(value), n=n)
    whole = rows(DECODER, f"{ID}_difference", names, value, n=n, p=2 * stats.norm.sf(abs(value)))
    return parts(by_layer, whole | {"low": value - 1.959964, "high": value + 1.959964})


def _morphemes(noise: np.random.Generator, truth: str, icc: float | None = None) -> Parts:
    names = languages(400 if truth == PRESENT else 20 if truth == ABSENT else 60, icc)
    r = {PRESENT: 0.0, ABSENT: 0.0, REVERSED: 0.9, EDGE: pearson_of_spearman(0.3)}[truth]
    x, y = correlated(noise, names, r, icc)
    columns = dict(text=np.array(names, dtype=object), lang="qaa", script="Latn", measure="morphemes_per_word", value=2 + x / 9)
    return parts(rows(DECODER, ID, names, flat(15 + y)), texts=[columns])


def _resources(noise: np.random.Generator, truth: str) -> Parts:
    shift = {PRESENT: 0.0, ABSENT: 0.0, REVERSED: 0.5, EDGE: np.log(1.1)}[truth]
    spread = 0.02 if truth == PRESENT else 0.1
    high, change = noise.normal(3, 0.3, len(RELATED)), shift + spread * noise.normal(size=len(RELATED))
    names = [f"{lang}_Latn" for pair in RELATED for lang in pair.split()]
    return parts(rows(DECODER, ID, names, flat(np.exp(np.stack([high, high + change], axis=1).ravel()))))


def _quality(noise: np.random.Generator, truth: str) -> Parts:
    names = texts(20)
    x, y = correlated(noise, names, {PRESENT: -0.9, ABSENT: 0.0, REVERSED: 0.9}[truth])
    tokens = rows(DECODER, "fertility", names, noise.uniform(1, 3, 20), over="text")
    return parts(rows(DECODER, ID, names, flat(15 + y)), tokens, quality=[qualities(names, 0.5 + x / 20)])


def _encoder(noise: np.random.Generator, truth: str) -> Parts:
    shift = {PRESENT: -0.3, ABSENT: 0.0, REVERSED: 0.3}[truth]
    language = noise.normal(3, 0.3, 20)
    curves = [flat(np.exp(language + by + 0.1 * noise.normal(size=20))) for by in (0.0, shift)]
    return parts(*(rows(m, ID, texts(20), c) for m, c in zip((DECODER, ENCODER), curves, strict=True)))


def _order(noise: np.random.Generator, truth: str) -> Parts:
    r = {PRESENT: 0.98, EDGE: pearson_of_spearman(0.7), REVERSED: -0.5}[truth]
    values = dict(zip(("kl_mean_whole", "kl_positions"), correlated(noise, texts(20), r), strict=True))
    values["kl_length"] = noise.normal(size=20)
    return parts(*(rows(DECODER, name, texts(20), flat(np.exp(some)), over="sentence") for name, some in values.items()))


def _training(noise: np.random.Generator, truth: str, icc: float | None = None) -> Parts:
    shift, names = {PRESENT: 0.3, ABSENT: 0.0, REVERSED: -0.3}[truth], languages(20, icc)
    curves = [flat(0.5 + by + 0.1 * normal(noise, names, icc)) for by in (shift, 0.0)]
    return parts(*(rows(m, "anisotropy", names, c) for m, c in zip((DECODER, TWIN), curves, strict=True)))


def _near_zero(noise: np.random.Generator, truth: str) -> Parts:
    middle = {PRESENT: 0.05, ABSENT: 0.1, REVERSED: 0.2}[truth]
    return parts(rows(ENCODER, "anisotropy", texts(20), flat(middle + 0.02 * noise.normal(size=20))))


def _patterns(noise: np.random.Generator, truth: str) -> Parts:
    # Correlations over layers of each language: those of the edge are 0.7 and as often above as below.
    turn = _edge_mix() if truth == EDGE else 0.0
    orders = {PRESENT: [0.98, 0.95, 0.9], REVERSED: [0.0, 0.1, -0.4], EDGE: [turn - 0.08, turn + 0.08]}[truth]
    shape = np.arange(24.0)
    tables = []
    for metric in (ID, "anisotropy"):
        other = np.array([_at_correlation(shape, noise.choice(orders), noise) for _ in range(20)])
        for model, curves in ((DECODER, np.tile(shape, (20, 1))), (SECOND, other)):
            tables.append(rows(model, metric, texts(20), curves[:, [0, *range(24)]] + 5))
    return parts(*tables)


def _at_correlation(shape: np.ndarray, r: float, noise: np.random.Generator) -> np.ndarray:
    """Return a curve whose correlation with a shape is r; its ranks' correlation is r nearly."""
    x = (shape - shape.mean()) / shape.std()
    e = noise.permutation(len(x)).astype(float)
    e = e - e.mean() - (e @ x) / len(x) * x
    mixed = r * x + np.sqrt(1 - r * r) * e / e.std()
    return mixed


@functools.cache
def _edge_mix() -> float:
    """Return the correlation whose curves, 0.08 below and above it by turns, have a mean rank correlation of 0.7."""
    shape, low, high = np.arange(24.0), 0.5, 0.9
    for _ in range(10):
        middle = (low + high) / 2
        noise = np.random.default_rng(0)
        curves = (_at_correlation(shape, middle + (0.08 if i % 2 else -0.08), noise) for i in range(400))
        mean = np.mean([pearson(ranks(shape), ranks(curve)) for curve in curves])
        low, high = (middle, high) if mean < 0.7 else (low, middle)
    return low


def _bits(noise: np.random.Generator, truth: str) -> Parts:
    names = texts(400 if truth == PRESENT else 20 if truth == ABSENT else 60)
    r = {PRESENT: 0.0, ABSENT: 0.0, REVERSED: 0.9, EDGE: pearson_of_spearman(0.3)}[truth]
    bits = noise.normal(size=len(names))
    dimension, good = (r * bits + np.sqrt(1 - r * r) * noise.normal(size=len(names)) for _ in range(2))
    tables = rows(DECODER, "bpc", names, 5 + bits, over="text"), rows(DECODER, ID, names, flat(15 + dimension))
    return parts(*tables, quality=[qualities(names, 0.5 + good / 20)])


def _predictive(noise: np.random.Generator, truth: str) -> Parts:
    shift, names, own = {PRESENT: 0.1, ABSENT: 0.0, REVERSED: -0.1}[truth], texts(20), noise.normal(0.6, 0.1, 20)
    return parts(*(
        rows(DECODER, f"information_imbalance{way}", names, flat(own + by + 0.05 * noise.normal(size=20)), over="sentence")
        for way, by in (("", shift), ("_reverse", 0.0))
    ))  # fmt: skip


def _beyond_chance(noise: np.random.Generator, truth: str) -> Parts:
    rates, names = {PRESENT: (0.9, 0.3), ABSENT: (0.5, 0.5), REVERSED: (0.3, 0.9)}[truth], texts(20)
    ps = [np.where(noise.random((20, 9)) < rate, 0.01, 0.4) for rate in rates]
    return parts(*(
        rows(DECODER, name, names, np.full((20, 9), 0.3), over="sentence", p=p.ravel())
        for name, p in zip(("mutual_knn", "cka"), ps, strict=True)
    ))  # fmt: skip


def _shapes(noise: np.random.Generator, *heights: float) -> np.ndarray:
    """Return curves [20, 1 + 12] of these heights over the first quarter of the depth, the middle and the last."""
    own = np.array(heights) + noise.normal(size=(20, 3))
    return np.repeat(own, [4, 6, 3], axis=1) + 0.3 * noise.normal(size=(20, 13))


def _latent(noise: np.random.Generator, truth: str) -> Parts:
    shift, names = {PRESENT: (0.0, 2.0, -2.0), ABSENT: (0.0, 0.0, 0.0), REVERSED: (0.0, -2.0, 2.0)}[truth], texts(20)
    own, difference = noise.uniform(0.2, 0.4, (20, 13)), _shapes(noise, *shift) / 20
    curves = {"own": own - difference / 2, "reference": own + difference / 2}
    return parts(*(rows(DECODER, f"lens_{whose}", names, values) for whose, values in curves.items()))


def _peak(noise: np.random.Generator, truth: str) -> Parts:
    return parts(rows(DECODER, ID, texts(20), 15 + _shapes(noise, 0, {PRESENT: 2, ABSENT: 0, REVERSED: -2}[truth], 0)))


def _central(noise: np.random.Generator, truth: str) -> Parts:
    curves, names = 0.5 + _shapes(noise, 0, {PRESENT: -2, ABSENT: 0, REVERSED: 2}[truth], 0) / 20, texts(20)
    return parts(*(
        rows(DECODER, f"information_imbalance{way}", names, curves + by, over="sentence")
        for way, by in (("", 0.1), ("_reverse", -0.1))
    ))  # fmt: skip


def _hubs(noise: np.random.Generator, truth: str) -> Parts:
    shift, r = {PRESENT: (0.05, 0.9), ABSENT: (0.0, 0.0), REVERSED: (-0.05, -0.9)}[truth]
    hubs, gain = correlated(noise, texts(20), r)
    plain = noise.uniform(0.2, 0.6, 20)
    values = {"retrieval": plain, "retrieval_csls": plain + shift + 0.03 * gain, "hub_mass": 0.1 + hubs / 50}
    return parts(*(rows(DECODER, name, texts(20), flat(some), over="sentence") for name, some in values.items()))


def _few(noise: np.random.Generator, truth: str) -> Parts:
    middle = {PRESENT: 0.6, ABSENT: 0.5, REVERSED: 0.4}[truth]
    return parts(rows(DECODER, "cosine_top_3", texts(20), flat(middle + 0.05 * noise.normal(size=20))))


def _least_entropy(noise: np.random.Generator, truth: str) -> Parts:
    curves = 0.7 + _shapes(noise, 0, {PRESENT: -2, ABSENT: 0, REVERSED: 2}[truth], 0) / 20
    return parts(rows(DECODER, "matrix_entropy", texts(20), curves))


def _chinese(noise: np.random.Generator, truth: str) -> Parts:
    """Chinese is a language like any other but for the shift: its own chance must not be taken for one."""
    own = 9 + 0.3 * noise.normal(size=21)
    own[20] += {PRESENT: -2.0, ABSENT: 0.0, REVERSED: 2.0}[truth]
    return parts(rows(ENCODER, "id_ph", [*texts(20), "cmn_Hans"], flat(own)))


def _writing(noise: np.random.Generator, truth: str) -> Parts:
    """Twins and controls of 20 languages, that move up or down by as much on average but for the shift."""
    names, own = texts(20, "Cyrl"), noise.uniform(10, 20, 20)
    by = {"": 0.0, "twin": {PRESENT: 0.4, ABSENT: 0.2, REVERSED: 0.1}[truth], "order": {REVERSED: 0.4}.get(truth, 0.2)}
    if truth == PRESENT:
        by["order"] = 0.1
    made = {"": names, "twin": [f"{name[:3]}_Latn_fromCyrl" for name in names], "order": [f"{n}_wordsShuffled" for n in names]}
    return parts(*(
        rows(DECODER, ID, some, flat(own * np.exp(noise.choice([-1, 1], 20) * by[kind] + 0.05 * noise.normal(size=20))))
        for kind, some in made.items()
    ))  # fmt: skip


def _kin(noise: np.random.Generator, truth: str) -> Parts:
    names = [f"{lang}_{'Latn' if at % 3 else 'Cyrl'}" for at, lang in enumerate(sorted(RELATIVES))]
    tokens, places = noise.uniform(1, 2, len(names)), noise.normal(size=(len(names), 5))
    kinship = {PRESENT: 8, ABSENT: 0, REVERSED: -8}[truth] * differences(names, tokens.tolist())["genealogy"]
    angles = 0.8 + (kinship - kinship.mean() + cdist(places, places) - 3) / 20
    one, other = np.triu_indices(len(names), 1)
    pairs = dict(model="dec", kind="decoder", init="trained", layer=3, metric="cka", n=60, value=np.cos(angles[one, other]),
                 text=np.array(names, dtype=object)[one], other=np.array(names, dtype=object)[other])  # fmt: skip
    return parts(rows(DECODER, "token_premium", names, tokens), rows(DECODER, ID, names, flat(tokens)), pairs=[pairs])


PLANTED: dict[str, Callable[..., Parts]] = {
    "C1": _trend,
    "C2": _two_scripts(ID, lambda values: 15 + values),
    "C3": _wrong,
    "C4": _morphemes,
    "C5": _resources,
    "C6": _quality,
    "C7": _encoder,
    "C8": _order,
    "C9": _two_scripts("kl_mean", np.exp),
    "C10": _training,
    "C11": _near_zero,
    "C12": _two_scripts("anisotropy", lambda values: 0.5 + values / 50),
    "C13": _patterns,
    "C14": _bits,
    "C15": _latent,
    "C16": _peak,
    "C17": _predictive,
    "C18": _central,
    "C19": _beyond_chance,
    "C20": _hubs,
    "C21": _few,
    "C22": _least_entropy,
    "C23": _chinese,
    "C24": _writing,
    "C25": _kin,
}
