"""GGUF to what `from_pretrained` reads, once.

Weights and config come through transformers. The tokenizer is built here (`gguf_tokenizer`): transformers 5.15 makes a
unigram model out of Gemma's merge ranks, which cuts "hello" into "hel", "lo".
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.models.gguf_tokenizer import build_tokenizer
from langgeom.models.quiet import quiet
from langgeom.models.tidy import tidy
from langgeom.models.tokenizer import save_tokenizer

__all__ = ["convert"]


def convert(name: str, file: Path, folder: Path) -> None:
    """Write a GGUF file's model and tokenizer into `folder`.

    Weights are stored as bfloat16: the models that GGUF files are made of were published in it, and its rounding
    (2^-9) is far below the error of the file's own 4 or 8 bits.

    Raises:
        UserError: the file is no GGUF, or holds an architecture or tokenizer that cannot be converted.
    """
    from gguf import GGUFReader

    try:
        fields = GGUFReader(file).fields
        tokenizer, special = build_tokenizer(name, {key: field.contents for key, field in fields.items()})
    except UserError:
        raise
    except Exception as error:  # whatever readers meet in bytes that are not what they should be
        raise UserError(f"Model '{name}': the file is not a GGUF file that can be read ({error}). Fetch it again.") from error
    _convert_weights(name, file, folder)
    save_tokenizer(tokenizer, special, folder)


def _convert_weights(name: str, file: Path, folder: Path) -> None:
    """Write config.json and model.safetensors."""
    import torch

    # Its conversion has a progress bar that no setting turns off.
    with quiet(), contextlib.redirect_stderr(io.StringIO()):
        from transformers import AutoModelForCausalLM

        try:
            model: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.bfloat16)
        except Exception as error:  # as above
            raise UserError(f"Model '{name}': transformers cannot convert this GGUF file ({error}). Name another.") from error
        # The weights are plain by now, but save_pretrained refuses what was once marked as quantised.
        model.hf_quantizer = None
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(folder)
    tidy(folder)
