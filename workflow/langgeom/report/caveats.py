"""What a reader has to know about the numbers of this run. Each caveat is computed, and shown only if it applies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from langgeom.analysis.quality import LEAST_LANGUAGES
from langgeom.analysis.rows import left_out
from langgeom.names import type_of
from langgeom.pages import large, many, span
from langgeom.report.run import Run, sentences

# A caveat applies below these limits.
SENTENCES, PAIRS, PARAMETERS = 200, 30, 1e9
# So many texts, or metrics, are named in a caveat.
NAMED = 4

Test = Callable[[Run], Iterator[str]]


# The title and the test of each caveat, in the order of the page. A test yields the words if the caveat applies.
CAVEATS: dict[str, tuple[str, Test]] = {}


def caveats(run: Run) -> list[tuple[str, str, str]]:
    """Return the caveats that apply to a run: the name in the page's address, the title, and what it means for this run."""
    return [(name, title, words) for name, (title, test) in CAVEATS.items() for words in test(run)]


def _caveat(title: str) -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        CAVEATS[test.__name__.replace("_", "-")] = (title, test)
        return test

    return register


@_caveat("Texts to check")
def text_warnings(run: Run) -> Iterator[str]:
    noticed = [f"{text} of {corpus} ({'; '.join(report['warnings'])})"
               for (corpus, text), report in run.texts.items() if report.get("warnings")]  # fmt: skip
    if noticed:
        yield f"If a text is not what its name says, all its numbers are wrong: {_and(_shortened(noticed, 2 * NAMED))}."


@_caveat("Models to check")
def model_warnings(run: Run) -> Iterator[str]:
    noticed = [f"{model['name']}: {'; '.join(model['warnings'])}" for model in run.models if model.get("warnings")]
    if noticed:
        yield f"{'. '.join(noticed)}."


@_caveat("Few sentences")
def few_sentences(run: Run) -> Iterator[str]:
    sizes = {corpus: max(map(sentences, run.texts_of(corpus).values())) for corpus in run.language_corpora}
    small = {corpus: size for corpus, size in sizes.items() if size < SENTENCES}
    if small:
        which = _and(f"{corpus} has {many(size, 'sentence')}" for corpus, size in small.items())
        yield (
            f"{which}. Measures over sentences (KL, retrieval, alignment, anisotropy of sentences) rest on as many points: "
            f"their intervals are wide, and a translation is easier to find among {max(small.values())} than among a thousand."
        )


@_caveat("One document, and a known one")
def one_document(run: Run) -> Iterator[str]:
    known = [corpus for corpus in run.language_corpora
             if any(str(report.get("source", "")).startswith("udhr-") for report in run.texts_of(corpus).values())]  # fmt: skip
    if known:
        yield (
            f"{_and(known)} is the Universal Declaration of Human Rights: one legal text, on the web in hundreds of languages. "
            "Models may have read it in training, in some languages more often than in others."
        )


@_caveat("Texts left out of comparisons")
def texts_left_out(run: Run) -> Iterator[str]:
    rows = left_out(run.metrics[run.metrics["init"] == "trained"], run.reference)
    named = (
        (rows["text"] + " (" + rows["reason"] + ")")
        .groupby(rows["model"], sort=False)
        .agg(lambda texts: _and(_shortened([*texts])))
    )
    if len(named):
        each = "; ".join(f"{model}: {texts}" for model, texts in named.items())
        yield (
            "What sets these texts apart may be the tokenizer and not the language, so no test between languages has them. "
            f"{each}."
        )


@_caveat("Quality is measured here, not by MMLU")
def measured_quality(run: Run) -> Iterator[str]:
    scores = run.quality[(run.quality["quality"] == "mmlu") & np.isfinite(run.quality["value"])]
    known = scores.groupby("model")["text"].nunique()
    without = [model["name"] for model in run.trained() if known.get(model["name"], 0) < LEAST_LANGUAGES]
    if without:
        yield (
            f"{_and(without)}: no MMLU scores in {LEAST_LANGUAGES} languages or more. A language's quality is therefore the "
            "rank at which translations of its sentences are found, or bits per character, on the same texts as the "
            "geometry. The two may agree because they come from one corpus."
        )


@_caveat("Weights from GGUF files")
def quantised(run: Run) -> Iterator[str]:
    models = [model for model in run.trained() if isinstance(model["source"].get("gguf"), dict)]
    if models:
        names = _and(f"{model['name']} ({model['source']['gguf'].get('file', 'GGUF')})" for model in models)
        yield (
            f"{names}: these weights were quantised, then converted to {_and(sorted({model['dtype'] for model in models}))}. "
            "The geometry is that of the quantised model; the full-precision original may differ. Untrained twins are not "
            "quantised."
        )


@_caveat("Small models")
def small_models(run: Run) -> Iterator[str]:
    largest = max((model["parameters"] for model in run.trained()), default=PARAMETERS)
    if largest < PARAMETERS:
        yield f"The largest has {large(largest)} parameters. Models of billions may behave differently."


@_caveat("Made-up sentences")
def made_up_sentences(run: Run) -> Iterator[str]:
    made = [corpus for corpus in run.corpora if corpus in run.pair_corpora
            and all(report.get("source") == "workflow/data/pairs.tsv" for report in run.texts_of(corpus).values())]  # fmt: skip
    if made:
        yield (
            f"The sentences of {_and(made)} are made from a lexicon and a few patterns. They are short and alike, and the two "
            "versions of each differ by one error only."
        )


@_caveat("Few pairs of each error type")
def few_pairs(run: Run) -> Iterator[str]:
    few = [count for (_, text), report in run.texts.items() if type_of(text) and (count := sentences(report)) < PAIRS]
    if few:
        yield (
            f"{many(len(few), 'error type')} {'has' if len(few) == 1 else 'have'} {span(few)} pairs of sentences, fewer than "
            f"{PAIRS}: the interval of one type is wide, and types that differ here may not differ."
        )


@_caveat("Missing values")
def missing_values(run: Run) -> Iterator[str]:
    missing = run.metrics[run.metrics["value"].isna()]
    if len(missing):
        which = sorted(set(missing["metric"]))
        named = _and(which) if len(which) <= NAMED else f"{len(which)} metrics"
        yield (
            f"{len(missing):,} of {many(len(run.metrics), 'value')} are missing, because there were too few points ({named}). "
            "Figures and tests leave them out; nothing is filled in."
        )


def _shortened(words: list[str], most: int = NAMED) -> list[str]:
    return [*words[:most], f"{len(words) - most} more"] if len(words) > most else words


def _and(words: Iterable[object]) -> str:
    """Join words as in a sentence: "a, b and c"."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}" if most else last
