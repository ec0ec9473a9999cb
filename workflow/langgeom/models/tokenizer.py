"""Tokenizer files of a model's folder. `tokenizer.json` is the tokenizer: it is what every stage runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from langgeom.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["TOKENIZER_FILES", "begin_with", "complete_tokenizer", "save_tokenizer"]

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)


def save_tokenizer(tokenizer: Tokenizer, special: Mapping[str, str], folder: Path) -> None:
    """Write tokenizer.json and the tokenizer_config.json with which transformers reads it unchanged."""
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    # The class by name keeps transformers from rebuilding it after the model's own type.
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False), encoding="utf-8")


def complete_tokenizer(name: str, source: Path, folder: Path) -> None:
    """Write tokenizer.json into `folder` when `source` has a tokenizer of another format only.

    Raises:
        UserError: transformers cannot make a fast tokenizer of it.
    """
    if (folder / "tokenizer.json").exists():
        return
    from langgeom.models.quiet import quiet

    with quiet():
        from transformers import AutoTokenizer

        try:
            AutoTokenizer.from_pretrained(source, trust_remote_code=False).backend_tokenizer.save(
                str(folder / "tokenizer.json")
            )
        except Exception as error:  # whatever a converter meets in a user's file
            raise UserError(
                f"Model '{name}': the tokenizer in {source} cannot be converted to tokenizer.json ({error}).\n"
                "Save a fast tokenizer there: AutoTokenizer.from_pretrained(...).save_pretrained(folder)."
            ) from error


def begin_with(name: str, token: str, folder: Path) -> None:
    """Make the tokenizer of a folder put a special token before every sequence.

    Decoders trained on documents that a special token separates, and whose tokenizer adds none, turn some of the first tokens
    of a bare sentence into attention sinks, with norms a hundred times those of the others; the token takes that upon itself.

    Raises:
        UserError: the vocabulary lacks the token, or the tokenizer puts tokens around sequences already.
    """
    from tokenizers import Tokenizer, processors

    path = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    number = tokenizer.token_to_id(token)
    special = sorted(entry.content for entry in tokenizer.get_added_tokens_decoder().values() if entry.special)
    if number is None or token not in special:
        raise UserError(
            f"Model '{name}': begin is '{token}', which is no special token of its tokenizer; those are: {', '.join(special)}."
        )
    if tokenizer.num_special_tokens_to_add(False):
        raise UserError(f"Model '{name}': its tokenizer puts special tokens around every sentence already; remove `begin`.")
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{token} $A", special_tokens=[(token, number)])
    tokenizer.save(str(path), pretty=False)
