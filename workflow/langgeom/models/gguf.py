"""GGUF to what `from_pretrained` reads, once.

Weights and config come through transformers. The tokenizer is built here, from SentencePiece BPE (`llama`) and byte-level BPE
(`gpt2`): transformers 5.15 makes a unigram model out of Gemma's merge ranks, which cuts "hello" into "hel", "lo".
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.errors import UserError
from langgeom.models.prepare import put_around, quiet, tidy

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Token types of GGUF's specification.
NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
# `tokenizer.ggml.pre`, what cuts text before byte-level BPE: whether each digit is a piece of its own.
SPLITS_DIGITS = {"gpt-2": False, "smollm": True}


def convert(file: Path, folder: Path) -> None:
    """Write a GGUF file's model and tokenizer into `folder`.

    Weights are stored as bfloat16: the models that GGUF files are made of were published in it, and its rounding
    (2^-9) is far below the error of the file's own 4 or 8 bits.

    Raises:
        UserError: the file is no GGUF, or holds an architecture or tokenizer that cannot be converted.
    """
    import torch
    from gguf import GGUFReader

    try:
        fields = GGUFReader(file).fields
        tokenizer, special = build_tokenizer({key: field.contents for key, field in fields.items()})
    except UserError:
        raise
    except Exception as error:  # whatever readers meet in bytes that are not what they should be
        raise UserError(f"the file is not a GGUF file that can be read ({error}). Fetch it again.") from error
    # Its conversion has a progress bar that no setting turns off.
    with quiet(), contextlib.redirect_stderr(io.StringIO()):
        from transformers import AutoModelForCausalLM

        try:
            model: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.bfloat16)
        except Exception as error:  # as above
            raise UserError(f"transformers cannot convert this GGUF file ({error}). Name another.") from error
        # The weights are plain by now, but save_pretrained refuses what was once marked as quantised.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(folder)
    tidy(folder)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    # The class by name keeps transformers from rebuilding it after the model's own type.
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")


def build_tokenizer(fields: Mapping[str, Callable[[], Any]]) -> tuple[Tokenizer, dict[str, str]]:
    """Return the tokenizer and its special tokens by role (`bos_token`, `eos_token`, `unk_token`, `pad_token`).

    `fields` reads the GGUF file's metadata by key. UserError: a kind of tokenizer that is not known here.
    """
    from tokenizers import AddedToken

    def read(key: str, default: Any = None) -> Any:
        return fields[f"tokenizer.ggml.{key}"]() if f"tokenizer.ggml.{key}" in fields else default

    kind, tokens = read("model"), read("tokens")
    types = read("token_type", [NORMAL] * len(tokens or []))
    if kind == "llama":
        space = bool(read("add_space_prefix", True))
        tokenizer = _sentencepiece(tokens, types, read("scores"), read("unknown_token_id"), space)
    elif kind == "gpt2" and read("pre", "gpt-2") in SPLITS_DIGITS:
        tokenizer = _byte_level(tokens, read("merges"), SPLITS_DIGITS[read("pre", "gpt-2")])
    else:
        raise UserError(
            f"its GGUF file has a tokenizer of kind '{kind}', '{read('pre')}', which is not "
            f"known here; known: llama, and gpt2 with {', '.join(SPLITS_DIGITS)}.\nUse the model's safetensors folder instead."
        )
    of_type = {number: [token for token, its in zip(tokens, types, strict=True) if its == number] for number in set(types)}
    tokenizer.add_special_tokens([AddedToken(token, normalized=False, special=True) for token in of_type.get(CONTROL, ())])
    tokenizer.add_tokens([AddedToken(token, normalized=True) for token in of_type.get(USER_DEFINED, ())])
    if len(tokenizer.get_vocab()) != len(tokens):
        raise UserError("its GGUF file names a token twice, so its tokenizer cannot be rebuilt.")
    special = {
        f"{role}_token": tokens[read(f"{key}_token_id")]
        for role, key in {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}.items()
        if read(f"{key}_token_id") is not None
    }
    put_around(
        tokenizer,
        special.get("bos_token") if read("add_bos_token", kind == "llama") else None,
        special.get("eos_token") if read("add_eos_token", False) else None,
    )
    return tokenizer, special


def merges_of_scores(pieces: Mapping[str, float], vocabulary: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return BPE merges, best first, for SentencePiece's scores of whole pieces.

    SentencePiece's BPE joins whichever neighbours make the piece of the highest score; so every way to cut a piece in
    two known ones is a merge with that piece's rank (Kudo & Richardson 2018, section 3.2).

    Args:
        pieces: score of each piece that a merge may make; SentencePiece's BPE scores are minus the rank.
        vocabulary: id of each token that may be part of one.
    """
    merges = []
    for piece, score in pieces.items():
        cuts = [(piece[:at], piece[at:]) for at in range(1, len(piece))]
        known = [pair for pair in cuts if pair[0] in vocabulary and pair[1] in vocabulary]
        known.sort(key=lambda pair: (vocabulary[pair[0]], vocabulary[pair[1]]))
        merges += [(-score, order, pair) for order, pair in enumerate(known)]
    merges.sort(key=lambda merge: merge[:2])
    return [pair for _, _, pair in merges]


def _sentencepiece(tokens: list[str], types: list[int], scores: list[float], unknown: int | None, prefix: bool) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, normalizers

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


def _byte_level(tokens: list[str], merges: list[str], digits: bool) -> Tokenizer:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    cuts = [pre_tokenizers.Digits(individual_digits=True)] if digits else []
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([*cuts, pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
