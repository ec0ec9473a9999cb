"""Morphemes per word, as Morfessor finds them in the text itself."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

__all__ = ["morphemes_per_word", "segment"]


def morphemes_per_word(sentences: Sequence[Sequence[str]], resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Mean number of Morfessor's morphs in a word token.

    The model is trained once, on the word types of the text, and kept between bootstrap replicates: the interval says how
    the value varies with the sentences, not with what Morfessor would learn from other sentences. It learns from what it
    sees, so only texts of one content and size compare: from the 60 paragraphs of the UDHR it finds fewer morphs than from a
    large corpus, and what it finds is not what a linguist would.

    Args:
        sentences: the words of each.
        resample: bootstrap over sentences.
        seed: of the order in which Morfessor sees the words.

    Returns:
        Morphs per word, NaN without words; n the sentences.

    Source: Creutz & Lagus 2005, Technical Report A81, Helsinki University of Technology; Virpioja et al. 2013, Morfessor 2.0,
    Aalto University publication series Science + Technology 25/2013.
    """
    import torch

    from langgeom.metrics.resample import ratio

    morphs = {word: len(parts) for word, parts in segment((word for line in sentences for word in line), seed).items()}
    counts = [sum(morphs[word] for word in sentence) for sentence in sentences]
    return ratio(torch.tensor(counts), torch.tensor([len(sentence) for sentence in sentences]), resample)


def segment(words: Iterable[str], seed: int = 0) -> dict[str, list[str]]:
    """Split words into morphs by Morfessor Baseline, trained on their types (each word once, which splits more than tokens do).

    Args:
        words: in any order, repeated or not; equal sets give equal morphs.
        seed: of the order in which the training sees them.
    """
    types = sorted(set(words))
    if not types:
        return {}
    import morfessor

    with _seeded(seed), _quiet():
        model = morfessor.BaselineModel()
        model.load_data([(1, word) for word in types])
        model.train_batch()
        return {word: list(model.viterbi_segment(word)[0]) for word in types}


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed Python's own generator, which Morfessor shuffles by, and leave it as it was."""
    state = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(state)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Morfessor's epochs and progress dots out of the log."""
    log = logging.getLogger("morfessor")
    level, shown = log.level, logging.WARNING
    import morfessor.utils

    before, morfessor.utils.show_progress_bar = morfessor.utils.show_progress_bar, False
    log.setLevel(shown)
    try:
        yield
    finally:
        log.setLevel(level)
        morfessor.utils.show_progress_bar = before
