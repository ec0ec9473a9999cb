"""The hidden states of one text, as the metrics take them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class HiddenText:
    """Hidden states and counts of one text under one model; fields are the tensors of a hidden-state file.

    Attributes:
        token: [layers, tokens, d] vectors of the content tokens of the first sentences; the last may be cut.
        token_sentence: [tokens] row of `sentence` each belongs to, ascending.
        sentence: [layers, sentences, d] means over content tokens.
        sentence_line: [sentences] line number in the corpus, which aligns two texts.
        tokens, words, characters, bytes: [sentences] counts.
        unknown: [sentences] how many of the tokens are the tokenizer's unknown one.
        nll: [sentences] summed negative log-likelihood in nats, if a loss was taken; with it
        scored_characters, scored_bytes: [sentences] what it covers.
    """

    token: Tensor
    token_sentence: Tensor
    sentence: Tensor
    sentence_line: Tensor
    tokens: Tensor
    words: Tensor
    characters: Tensor
    bytes: Tensor
    unknown: Tensor | None = None
    nll: Tensor | None = None
    scored_characters: Tensor | None = None
    scored_bytes: Tensor | None = None
