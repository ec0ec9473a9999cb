"""What a reader has to know about the numbers of this run: each caveat is computed, and given only where it applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from langgeom.figures.qualities import LEAST_LANGUAGES
from langgeom.findings.statistics import detectable_correlation
from langgeom.names import TextName, type_of, type_words
from langgeom.report.parts import count, many, share
from langgeom.report.run import Run, kept

__all__ = ["CAVEATS", "Caveat", "caveats"]

# Below these (unknown tokens: above), a caveat applies.
SENTENCES, LANGUAGES, PAIRS, PARAMETERS, EVEN, UNKNOWN = 200, 50, 30, 1e9, 0.9, 0.05


class Caveat(NamedTuple):
    """A caveat: its name in the page's address, a heading, and what it means for this run."""

    name: str
    title: str
    said: str


def caveats(run: Run) -> list[Caveat]:
    """Return the caveats that apply to a run."""
    return [found for caveat in CAVEATS if (found := caveat(run)) is not None]


def few_sentences(run: Run) -> Caveat | None:
    """Corpora of languages that hold few sentences."""
    sizes = {corpus: max(map(kept, run.texts_of(corpus).values())) for corpus in run.of_languages}
    small = {corpus: size for corpus, size in sizes.items() if size < SENTENCES}
    if not small:
        return None
    which = _and(f"{corpus} holds {many(size, 'sentence')}" for corpus, size in small.items())
    return Caveat(
        "few-sentences",
        "Few sentences",
        f"{which}. Measures over sentences (KL, retrieval, alignment, anisotropy of sentences) rest on so many points: their "
        f"intervals are wide, and to find a translation among {max(small.values())} is easier than among a thousand.",
    )


def one_document(run: Run) -> Caveat | None:
    """Text that models are likely to have been trained on."""
    known = [corpus for corpus in run.of_languages
             if any(str(report.get("source", "")).startswith("udhr-") for report in run.texts_of(corpus).values())]  # fmt: skip
    if not known:
        return None
    return Caveat(
        "one-document",
        "One document, and a known one",
        f"{_and(known)} is the Universal Declaration of Human Rights: one legal text, on the web in hundreds of languages. "
        "Models may have read it in training, in some languages more often than in others.",
    )


def made_up_sentences(run: Run) -> Caveat | None:
    """Grammatical pairs that were generated."""
    made = [corpus for corpus in run.corpora if corpus in run.of_pairs
            and all(report.get("source") == "workflow/data/pairs.tsv" for report in run.texts_of(corpus).values())]  # fmt: skip
    if not made:
        return None
    return Caveat(
        "made-up-sentences",
        "Made-up sentences",
        f"The sentences of {_and(made)} are made from a lexicon and a few patterns: they are short and alike, and one error in "
        "each is all that tells the two versions apart.",
    )


def unequal_counts(run: Run) -> Caveat | None:
    """Texts with fewer token vectors than others in the same model."""
    rows = run.metrics
    rows = rows[(rows["over"] == "token") & rows["metric"].str.startswith("id_") & rows["corpus"].isin(run.of_languages)]
    counts = rows.dropna(subset="n").groupby(["model", "corpus", "text"])["n"].max().astype(int)
    if counts.empty:
        return None
    spread = counts.groupby(["model", "corpus"]).agg(["min", "max"])
    worst = spread[spread["min"] < EVEN * spread["max"]].assign(ratio=lambda table: table["min"] / table["max"])
    if worst.empty:
        return None
    model, corpus = worst["ratio"].idxmin()
    low, high = spread.loc[(model, corpus)]
    text = counts.loc[(model, corpus)].idxmin()
    return Caveat(
        "unequal-counts",
        "Texts of unequal length",
        f"The intrinsic dimension depends on the number of token vectors, and texts differ in it: most in {model}, from "
        f"{low:,} ({text}) to {high:,}. Differences between languages may come from that in part; n stands beside every value.",
    )


def unknown_tokens(run: Run) -> Caveat | None:
    """Texts that a model's tokenizer has few tokens for."""
    rows = run.metrics
    trained = {model["name"] for model in run.trained()}
    rows = rows[(rows["metric"] == "unknown_tokens") & rows["model"].isin(trained) & rows["corpus"].isin(run.of_languages)]
    rows = rows[rows["value"] >= UNKNOWN].groupby(["model", "text"], as_index=False)["value"].max()
    if rows.empty:
        return None
    said = []
    for model, texts in rows.sort_values("value", ascending=False).groupby("model", sort=False):
        worst = [f"{text} {value:.0%}" for text, value in zip(texts["text"], texts["value"], strict=True)]
        said.append(f"{model}: {_and([*worst[:4], f'{len(worst) - 4} more'] if len(worst) > 4 else worst)}")
    return Caveat(
        "unknown-tokens",
        "Texts that a tokenizer does not know",
        f"Share of tokens that are the unknown one, which is one vector for many words: {'; '.join(said)}. What sets such a "
        "text apart from others may be the tokenizer's vocabulary and nothing of its language.",
    )


def measured_quality(run: Run) -> Caveat | None:
    """Models whose quality is not known from MMLU."""
    scores = run.quality[(run.quality["quality"] == "mmlu") & np.isfinite(run.quality["value"])]
    known = scores.groupby("model")["text"].nunique()
    lacking = [model["name"] for model in run.trained() if known.get(model["name"], 0) < LEAST_LANGUAGES]
    if not lacking:
        return None
    return Caveat(
        "measured-quality",
        "Quality is measured here, not by MMLU",
        f"{_and(lacking)}: no MMLU scores in {LEAST_LANGUAGES} languages or more, so a language's quality is the share of its "
        "sentences whose translation is found (retrieval), or bits per character, on the same texts as the geometry. That both "
        "come from one corpus can make them agree.",
    )


def quantised(run: Run) -> Caveat | None:
    """Models whose weights were rounded to a few bits before they came here."""
    found = [f"{model['name']} ({model['source']['gguf'].get('file', 'GGUF')})" for model in run.trained()
             if isinstance(model["source"].get("gguf"), dict)]  # fmt: skip
    if not found:
        return None
    return Caveat(
        "quantised",
        "Weights from GGUF files",
        f"{_and(found)}: weights that were quantised before they came here, then converted to {_dtypes(run)}. The geometry is "
        "that of the quantised model; its full-precision original may differ. Untrained twins are not quantised.",
    )


def small_models(run: Run) -> Caveat | None:
    """No model of the size that people use."""
    sizes = [model["parameters"] for model in run.trained()]
    if not sizes or max(sizes) >= PARAMETERS:
        return None
    return Caveat(
        "small-models",
        "Small models",
        f"The largest has {count(max(sizes))} parameters. What holds here need not hold for models of billions.",
    )


def one_of_a_kind(run: Run) -> Caveat | None:
    """Encoders and decoders compared by one model of a kind."""
    kinds = {kind: run.trained(kind) for kind in ("encoder", "decoder")}
    if not all(kinds.values()) or all(len(models) > 1 for models in kinds.values()):
        return None
    only = _and(f"{models[0]['name']} is the only trained {kind}" for kind, models in kinds.items() if len(models) == 1)
    return Caveat(
        "one-of-a-kind",
        "Few models of a kind",
        f"{only}, so a difference between encoders and decoders is a difference between these models.",
    )


def few_languages(run: Run) -> Caveat | None:
    """Too few languages for any but strong correlations."""
    numbers = {corpus: len({TextName.parse(text).lang for text in run.texts_of(corpus)}) for corpus in run.of_languages}
    few = {corpus: number for corpus, number in numbers.items() if number < LANGUAGES}
    if not few:
        return None
    which = _and(f"{corpus} has {many(number, 'language')}" for corpus, number in few.items())
    most = max(few.values())
    limit = "No correlation over so few means anything."
    if most > 4:
        limit = f"Even with {most}, a rank correlation under {detectable_correlation(most, True):.2f} is found in less than " \
            "80 % of cases, before correction for many tests; “no evidence” is then no evidence of the contrary."  # fmt: skip
    return Caveat("few-languages", "Few languages for correlations", f"{which}. {limit}")


def few_pairs(run: Run) -> Caveat | None:
    """Types of error with few pairs of sentences."""
    few = {}
    for corpus, text in run.texts:
        kind = type_of(text)
        if kind and (number := kept(run.texts[corpus, text])) < PAIRS:
            few[f"{type_words(kind).lower()} of {corpus}"] = number
    if not few:
        return None
    return Caveat(
        "few-pairs",
        "Few pairs of each error type",
        f"{many(len(few), 'error type')} {'has' if len(few) == 1 else 'have'} {share(min(few.values()), max(few.values()))} "
        f"pairs of sentences, fewer than {PAIRS}: the interval of one type is wide, and types that differ here may not differ.",
    )


def missing_values(run: Run) -> Caveat | None:
    """Values that their number of points did not allow."""
    lacking = run.metrics[run.metrics["value"].isna()]
    if lacking.empty:
        return None
    which = sorted(set(lacking["metric"]))
    named = _and(which) if len(which) <= 4 else f"{len(which)} metrics"
    return Caveat(
        "missing-values",
        "Missing values",
        f"{len(lacking):,} of {many(len(run.metrics), 'value')} are missing, where the points did not allow one ({named}). "
        "They are left out of figures and tests, not filled in.",
    )


CAVEATS: tuple[Callable[[Run], Caveat | None], ...] = (
    few_sentences, one_document, unequal_counts, unknown_tokens, few_languages, measured_quality, quantised, small_models,
    one_of_a_kind, made_up_sentences, few_pairs, missing_values,
)  # fmt: skip


def _dtypes(run: Run) -> str:
    return _and(sorted({model["dtype"] for model in run.trained() if "gguf" in model["source"]}))


def _and(words: Iterable[object]) -> str:
    """Join words as a sentence does: "a, b and c"."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}" if most else last
