"""What a reader has to know about the numbers of this run. Each caveat is computed, and shown only if it applies."""

from __future__ import annotations

from collections.abc import Iterable

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
# The caveats by their names in the page's address, in the order of the page.
CAVEATS = {
    "text-warnings": "Texts to check",
    "model-warnings": "Models to check",
    "few-sentences": "Few sentences",
    "one-document": "One document, and a known one",
    "texts-left-out": "Texts left out of comparisons",
    "measured-quality": "Quality is measured here, not by MMLU",
    "quantised": "Weights from GGUF files",
    "small-models": "Small models",
    "made-up-sentences": "Made-up sentences",
    "few-pairs": "Few pairs of each error type",
    "missing-values": "Missing values",
}


def caveats(run: Run) -> list[tuple[str, str, str]]:
    """Return the caveats that apply to a run: the name in the page's address, the title, and what it means for this run."""
    found = _of_texts(run) | _of_models(run) | _of_tables(run)
    return [(name, title, found[name]) for name, title in CAVEATS.items() if name in found]


def _of_texts(run: Run) -> dict[str, str]:
    found = dict[str, str]()
    noticed = [f"{text} of {corpus} ({'; '.join(report['warnings'])})"
               for (corpus, text), report in run.texts.items() if report.get("warnings")]  # fmt: skip
    if noticed:
        named = _and(_shortened(noticed, 2 * NAMED))
        found["text-warnings"] = f"If a text is not what its name says, all its numbers are wrong: {named}."
    sizes = {corpus: max(map(sentences, run.texts_of(corpus).values())) for corpus in run.language_corpora}
    if small := {corpus: size for corpus, size in sizes.items() if size < SENTENCES}:
        which = _and(f"{corpus} has {many(size, 'sentence')}" for corpus, size in small.items())
        found["few-sentences"] = (
            f"{which}. Measures over sentences (KL, retrieval, alignment, anisotropy of sentences) rest on as many points: "
            f"their intervals are wide, and a translation is easier to find among {max(small.values())} than among a thousand."
        )
    sources = {corpus: {str(report.get("source", "")) for report in run.texts_of(corpus).values()} for corpus in run.corpora}
    if known := [corpus for corpus in run.language_corpora if any(source.startswith("udhr-") for source in sources[corpus])]:
        found["one-document"] = (
            f"{_and(known)} is the Universal Declaration of Human Rights: one legal text, on the web in hundreds of languages. "
            "Models may have read it in training, in some languages more often than in others."
        )
    if made := [corpus for corpus in run.corpora
                if corpus in run.pair_corpora and sources[corpus] == {"workflow/data/pairs.tsv"}]:  # fmt: skip
        found["made-up-sentences"] = (
            f"The sentences of {_and(made)} are made from a lexicon and a few patterns. They are short and alike, and the two "
            "versions of each differ by one error only."
        )
    few = [count for (_, text), report in run.texts.items() if type_of(text) and (count := sentences(report)) < PAIRS]
    if few:
        found["few-pairs"] = (
            f"{many(len(few), 'error type')} {'has' if len(few) == 1 else 'have'} {span(few)} pairs of sentences, fewer than "
            f"{PAIRS}: the interval of one type is wide, and types that differ here may not differ."
        )
    return found


def _of_models(run: Run) -> dict[str, str]:
    found = dict[str, str]()
    if noticed := [f"{model['name']}: {'; '.join(model['warnings'])}" for model in run.models if model.get("warnings")]:
        found["model-warnings"] = f"{'. '.join(noticed)}."
    if models := [model for model in run.trained() if isinstance(model["source"].get("gguf"), dict)]:
        names = _and(f"{model['name']} ({model['source']['gguf'].get('file', 'GGUF')})" for model in models)
        found["quantised"] = (
            f"{names}: these weights were quantised, then converted to {_and(sorted({model['dtype'] for model in models}))}. "
            "The geometry is that of the quantised model; the full-precision original may differ. Untrained twins are not "
            "quantised."
        )
    largest = max((model["parameters"] for model in run.trained()), default=PARAMETERS)
    if largest < PARAMETERS:
        found["small-models"] = f"The largest has {large(largest)} parameters. Models of billions may behave differently."
    return found


def _of_tables(run: Run) -> dict[str, str]:
    found = dict[str, str]()
    rows = left_out(run.metrics[run.metrics["init"] == "trained"], run.reference)
    named = (rows["text"] + " (" + rows["reason"] + ")").groupby(rows["model"], sort=False).agg(list)
    if len(named):
        each = "; ".join(f"{model}: {_and(_shortened(texts))}" for model, texts in named.items())
        found["texts-left-out"] = (
            "What sets these texts apart may be the tokenizer and not the language, so no test between languages has them. "
            f"{each}."
        )
    scores = run.quality[(run.quality["quality"] == "mmlu") & np.isfinite(run.quality["value"])]
    languages = scores.groupby("model")["text"].nunique()
    if without := [model["name"] for model in run.trained() if languages.get(model["name"], 0) < LEAST_LANGUAGES]:
        found["measured-quality"] = (
            f"{_and(without)}: no MMLU scores in {LEAST_LANGUAGES} languages or more. A language's quality is therefore the "
            "rank at which translations of its sentences are found, or bits per character, on the same texts as the "
            "geometry. The two may agree because they come from one corpus."
        )
    missing = run.metrics[run.metrics["value"].isna()]
    if len(missing):
        which = sorted(set(missing["metric"]))
        of = _and(which) if len(which) <= NAMED else f"{len(which)} metrics"
        found["missing-values"] = (
            f"{len(missing):,} of {many(len(run.metrics), 'value')} are missing, because there were too few points ({of}). "
            "Figures and tests leave them out; nothing is filled in."
        )
    return found


def _shortened(words: list[str], most: int = NAMED) -> list[str]:
    return [*words[:most], f"{len(words) - most} more"] if len(words) > most else words


def _and(words: Iterable[object]) -> str:
    """Join words as in a sentence: "a, b and c"."""
    *most, last = [str(word) for word in words]
    return f"{', '.join(most)} and {last}" if most else last
