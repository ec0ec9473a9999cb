"""The tokenizer in a GGUF file: SentencePiece BPE (`llama`) and byte-level BPE (`gpt2`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from langgeom.errors import UserError

__all__ = ["build_tokenizer", "merges_of_scores"]

# token types of GGUF's specification
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4

# `tokenizer.ggml.pre`: what cuts text before byte-level BPE
PRE_TOKENIZERS: dict[str, Callable[[], list[Any]]] = {
    "gpt-2": lambda: [],
    "smollm": lambda: [pre_tokenizers.Digits(individual_digits=True)],
}


def build_tokenizer(name: str, fields: Mapping[str, Callable[[], Any]]) -> tuple[Tokenizer, dict[str, str]]:
    """Return the tokenizer and its special tokens by role (`bos_token`, `eos_token`, `unk_token`, `pad_token`).

    Args:
        fields: readers of the GGUF file's metadata by key.

    Raises:
        UserError: a kind of tokenizer that is not known here.
    """

    def read(key: str, default: Any = None) -> Any:
        return fields[f"tokenizer.ggml.{key}"]() if f"tokenizer.ggml.{key}" in fields else default

    kind, tokens = read("model"), read("tokens")
    types = read("token_type", [NORMAL] * len(tokens or []))
    if kind == "llama":
        tokenizer = _sentencepiece(
            tokens, types, read("scores"), read("unknown_token_id"), bool(read("add_space_prefix", True))
        )
    elif kind == "gpt2" and read("pre", "gpt-2") in PRE_TOKENIZERS:
        tokenizer = _byte_level(tokens, read("merges"), PRE_TOKENIZERS[read("pre", "gpt-2")]())
    else:
        raise UserError(
            f"Model '{name}': its GGUF file has a tokenizer of kind '{kind}', '{read('pre')}', which is not "
            "known here; known: "
            f"llama, and gpt2 with {', '.join(PRE_TOKENIZERS)}.\nUse the model's safetensors folder instead."
        )
    tokenizer.add_special_tokens(
        [
            AddedToken(token, normalized=False, special=True)
            for token, kind in zip(tokens, types, strict=True)
            if kind == CONTROL
        ]
    )
    tokenizer.add_tokens(
        [AddedToken(token, normalized=True) for token, kind in zip(tokens, types, strict=True) if kind == USER_DEFINED]
    )
    if len(tokenizer.get_vocab()) != len(tokens):
        raise UserError(f"Model '{name}': its GGUF file names a token twice, so its tokenizer cannot be rebuilt.")
    special = {
        f"{role}_token": tokens[read(f"{key}_token_id")]
        for role, key in {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}.items()
        if read(f"{key}_token_id") is not None
    }
    _add_ends(tokenizer, special, read("add_bos_token", kind == "llama"), read("add_eos_token", False))
    return tokenizer, special


def merges_of_scores(pieces: Mapping[str, float], vocabulary: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return BPE merges, best first, for SentencePiece's scores of whole pieces.

    SentencePiece's BPE joins whichever neighbours make the piece of the highest score; so every way to cut a piece in
    two known
    ones is a merge with that piece's rank (Kudo & Richardson 2018, section 3.2).

    Args:
        pieces: score of each piece that a merge may make; SentencePiece's BPE scores are minus the rank.
        vocabulary: id of each token that may be part of one.
    """
    merges = []
    for piece, score in pieces.items():
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        known = [
            (vocabulary[left], vocabulary[right], left, right)
            for left, right in cuts
            if left in vocabulary and right in vocabulary
        ]
        merges += [(-score, order, left, right) for order, (_, _, left, right) in enumerate(sorted(known))]
    merges.sort(key=lambda merge: merge[:2])
    return [(left, right) for _, _, left, right in merges]


def _sentencepiece(tokens: list[str], types: list[int], scores: list[float], unknown: int | None, prefix: bool) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate(tokens)}
    normal = {token: number for token, number in vocabulary.items() if types[number] == NORMAL}
    merges = merges_of_scores({token: scores[number] for token, number in normal.items()}, normal)
    unknown_token = None if unknown is None else tokens[unknown]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token=unknown_token, fuse_unk=True, byte_fallback=True))
    steps = [normalizers.Prepend("▁")] if prefix else []
    tokenizer.normalizer = normalizers.Sequence([*steps, normalizers.Replace(" ", "▁")])
    strip = [decoders.Strip(content=" ", left=1)] if prefix else []
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    return tokenizer


def _byte_level(tokens: list[str], merges: list[str], cuts: list[Any]) -> Tokenizer:
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _add_ends(tokenizer: Tokenizer, special: Mapping[str, str], bos: bool, eos: bool) -> None:
    """Put the tokens of beginning and end around every sequence, where the file says so."""
    first = special.get("bos_token") if bos else None
    last = special.get("eos_token") if eos else None
    if first or last:
        ends = [token for token in (first, last) if token]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=" ".join(part for part in (first, "$A", last) if part),
            special_tokens=[(token, tokenizer.token_to_id(token)) for token in dict.fromkeys(ends)],
        )
