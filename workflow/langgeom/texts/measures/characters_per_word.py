"""Characters per word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langgeom.metrics.estimate import Estimate
    from langgeom.metrics.resample import Resample

__all__ = ["characters_per_word"]


def characters_per_word(sentences: Sequence[Sequence[str]], resample: Resample | None = None, seed: int = 0) -> Estimate:
    """Mean length of a word token in code points.

    Scripts differ in what a code point holds (a letter, a consonant with its vowel), so compare languages of one script.

    Args:
        sentences: the words of each.
        resample: bootstrap over sentences.
        seed: not used.

    Returns:
        Characters per word, NaN without words; n the sentences.
    """
    import torch

    from langgeom.metrics.resample import ratio

    lengths = [sum(map(len, sentence)) for sentence in sentences]
    return ratio(torch.tensor(lengths), torch.tensor([len(sentence) for sentence in sentences]), resample)
