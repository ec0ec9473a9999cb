"""Tokenizer files of a model's folder. `tokenizer.json` is the tokenizer: it is what every stage runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from langgeom.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["TOKENIZER_FILES", "complete_tokenizer", "save_tokenizer"]

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
            AutoTokenizer.from_pretrained(source).backend_tokenizer.save(str(folder / "tokenizer.json"))
        except Exception as error:  # whatever a converter meets in a user's file
            raise UserError(
                f"Model '{name}': the tokenizer in {source} cannot be converted to tokenizer.json ({error}).\n"
                "Save a fast tokenizer there: AutoTokenizer.from_pretrained(...).save_pretrained(folder)."
            ) from error
