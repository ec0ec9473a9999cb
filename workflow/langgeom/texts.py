"""Measures of a text itself, whatever the model: how rich its morphology and its vocabulary are.

A measure is a function under `@measure`; its name is its name in the config and in the table `texts`. It takes the words of
each sentence, how to resample (a bootstrap over sentences or documents; None: no interval) and a seed. Scripts without spaces
between words have no values (`langgeom.words`). Libraries are imported when they are used, so that checking a config takes no
time.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.names import TextName
from langgeom.words import has_words, words

if TYPE_CHECKING:
    import numpy as np

    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

    Sentences = Sequence[Sequence[str]]
    Measure = Callable[[Sentences, Resample | None, int], Estimate]

MEASURES: dict[str, Measure] = {}
WINDOW = 500  # words of `mattr`: several sentences of any language, and fewer than any text that is worth measuring


def measure(function: Measure) -> Measure:
    """Register a measure under its function's name."""
    MEASURES[function.__name__] = function
    return function


@measure
def characters_per_word(sentences: Sentences, resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Mean length of a word token in code points.

    What a code point holds differs between scripts (a letter, a consonant with its vowel): compare languages of one script.
    NaN without words; n the sentences.
    """
    return _per_word([sum(map(len, sentence)) for sentence in sentences], sentences, resample)


@measure
def mattr(sentences: Sentences, resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Moving-average type-token ratio: the mean over all windows of 500 successive words.

    Unlike `type_token_ratio` it does not depend on the length of the text. NaN below 500 words; n the sentences.

    Source: Covington & McFall 2010, Journal of Quantitative Linguistics 17(2), 94-100.
    """
    return _of_word_order(sentences, resample, lambda types: moving_average(types, WINDOW))


@measure
def morphemes_per_word(sentences: Sentences, resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Mean number of Morfessor's morphs in a word token.

    The model is trained once, on the word types of the text, and kept for all bootstrap replicates: the interval covers the
    choice of sentences, not what Morfessor would learn from others. Since it learns from the text itself, only texts of the
    same content and size compare: from the 60 paragraphs of the UDHR it finds fewer morphs than from a large corpus. Its morphs
    are not a linguist's. `seed` is of the order in which Morfessor sees the words. NaN without words; n the sentences.

    Source: Creutz & Lagus 2005, Technical Report A81, Helsinki University of Technology; Virpioja et al. 2013, Morfessor 2.0,
    Aalto University publication series Science + Technology 25/2013.
    """
    morphs = {word: len(parts) for word, parts in segment((word for line in sentences for word in line), seed).items()}
    return _per_word([sum(morphs[word] for word in sentence) for sentence in sentences], sentences, resample)


@measure
def type_token_ratio(sentences: Sentences, resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Different words / all words of the text.

    It falls as a text grows: only texts of the same content and size compare; `mattr` does not have this fault. A bootstrap
    replicate repeats sentences and so has fewer types; the interval is shifted to hold the estimate
    (`langgeom.metrics.resample`). NaN without words; n the sentences.
    """
    import numpy as np

    return _of_word_order(sentences, resample, lambda types: len(np.unique(types)) / len(types) if len(types) else math.nan)


def _per_word(counts: Sequence[int], sentences: Sentences, resample: Resample | None) -> Estimate:
    import torch

    from langgeom.metrics.resample import ratio

    return ratio(torch.tensor(counts), torch.tensor([len(sentence) for sentence in sentences]), resample)


def _of_word_order(sentences: Sentences, resample: Resample | None, function: Callable[[np.ndarray], float]) -> Estimate:
    """Apply a function of [words] integers, equal for equal words, to a text and to its bootstrap replicates."""
    import numpy as np
    import torch

    from langgeom.metrics.resample import FEWEST, summarise

    numbers: dict[str, int] = {}
    lines = [np.array([numbers.setdefault(word, len(numbers)) for word in line], dtype=np.int64) for line in sentences]

    def drawn(counts: np.ndarray) -> np.ndarray:
        # In the text's order, second copies after all first ones: side by side they would empty the windows that hold both.
        copies = [np.flatnonzero(counts > copy) for copy in range(int(counts.max(initial=0)))]
        return np.concatenate([np.empty(0, dtype=np.int64), *(lines[index] for chosen in copies for index in chosen)])

    replicates = None
    if resample is not None and resample.units(len(lines)) >= FEWEST:
        values = [function(drawn(counts)) for counts in resample.counts(len(lines)).numpy()]
        replicates = torch.tensor(values, dtype=torch.float64)
    return summarise(function(drawn(np.ones(len(lines)))), len(lines), 0, replicates, resample)


def moving_average(types: np.ndarray, window: int) -> float:
    """Return the mean type-token ratio over all windows of so many successive words; NaN for a shorter text.

    `types` is [words] integers, equal for equal words.
    """
    import numpy as np

    n = len(types)
    if n < window:
        return math.nan
    # A word is the first of its type in the windows that hold it and start after its last occurrence before.
    order = np.argsort(types, kind="stable")
    again = types[order][1:] == types[order][:-1]
    last = np.full(n, -1)
    last[order[1:][again]] = order[:-1][again]
    at = np.arange(n)
    starts = np.minimum(at, n - window) - np.maximum(last + 1, np.maximum(at - window + 1, 0)) + 1
    return float(starts.clip(min=0).sum() / (window * (n - window + 1)))


def segment(words: Iterable[str], seed: int = 0) -> dict[str, list[str]]:
    """Split words into morphs by Morfessor Baseline, trained on their types (each word once, which splits more than tokens do).

    Equal sets of words give equal morphs; `seed` orders them for the training.
    """
    types = sorted(set(words))
    if not types:
        return {}
    import morfessor

    with _quiet_and_seeded(seed):
        model = morfessor.BaselineModel()
        model.load_data([(1, word) for word in types])
        model.train_batch()
        return {word: list(model.viterbi_segment(word)[0]) for word in types}


@contextlib.contextmanager
def _quiet_and_seeded(seed: int) -> Iterator[None]:
    """Seed Python's own generator, by which Morfessor shuffles, and keep its progress out of the log; restore both."""
    import morfessor.utils

    log, state, bar = logging.getLogger("morfessor"), random.getstate(), morfessor.utils.show_progress_bar
    level = log.level
    random.seed(seed)
    morfessor.utils.show_progress_bar = False
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        random.setstate(state)
        morfessor.utils.show_progress_bar = bar
        log.setLevel(level)


def measure_text(text: str, lines: Sequence[str], names: Sequence[str], resample: Resample, seed: int) -> list[dict[str, Any]]:
    """Measure lines of a sentence each by the measures named; the text's own name tells whether spaces separate its words.

    Args:
        resample: bootstrap over the sentences that have words. Its documents, if any, are those of the lines.
        seed: of whatever else is random.

    Returns:
        A row a measure: `measure`, `value`, `low`, `high` (None where missing), and `n`, the number of words.
    """
    split = list(map(words, lines)) if has_words(text) else []
    sentences = [sentence for sentence in split if sentence]
    resample = resample.of(number for number, sentence in enumerate(split) if sentence)
    rows = []
    for name in names:
        row: dict[str, Any] = {"measure": name, "value": None, "low": None, "high": None, "n": sum(map(len, sentences))}
        if sentences:
            found = MEASURES[name](sentences, resample, seed)
            numbers = {"value": float(found.value), "low": found.low, "high": found.high}
            row |= {key: None if x is None or math.isnan(x) else float(x) for key, x in numbers.items()}
        rows.append(row)
    return rows


def write_measures(
    corpus: str, text: str, path: Path, out: Path, names: Sequence[str], bootstrap: Mapping[str, Any], seed: int,
    documents: Path | None = None,
) -> None:  # fmt: skip
    """Measure a corpus file and write its rows of the table `texts` as Parquet. UserError: the file cannot be read.

    `bootstrap` holds `replicates`; `seed` is its seed and Morfessor's; `documents` is the file with the document of each line.
    """
    from langgeom.corpora.text import decode
    from langgeom.metrics.resample import Resample
    from langgeom.table import TEXTS, write_rows

    name = TextName.parse(text)
    about = {"corpus": corpus, "text": text, "lang": name.lang, "script": name.script}
    of_lines = [] if documents is None else decode(documents.read_bytes(), str(documents))
    resample = Resample(**bootstrap, seed=seed, documents=of_lines)
    rows = measure_text(text, decode(path.read_bytes(), str(path)), names, resample, seed)
    write_rows([about | row for row in rows], out, TEXTS)
