"""A model ready to run: its trunk, its blocks, its head where it is a decoder that scores text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from langgeom.device import pick_device
from langgeom.errors import UserError
from langgeom.hidden.check import LONG, check
from langgeom.hidden.head import Head
from langgeom.hidden.placing import blocks_of, device_map, is_out_of_memory, too_large
from langgeom.hidden.tokens import TextTokenizer
from langgeom.models.manifest import read_manifest, scores_text
from langgeom.models.part import auto_of
from langgeom.models.prepare import auto_config, quiet

# The name of a weight that belongs to a numbered block.
BLOCK = re.compile(r"\.\d+\.")
# Constants that older files hold beside the weights; models make their own.
CONSTANTS = re.compile(r"\.(masked_bias|attn\.bias|attention\.bias|inv_freq|position_ids)$")
# What configs call the number of tokens that a model can take.
POSITIONS = ("max_position_embeddings", "max_seq_len", "max_target_positions")


@dataclass
class LoadedModel:
    """A model on a device, or on several: then `device` is that of batches, and blocks take what they are given to their own.

    `causal`: a token sees only those before it, so padding on the right needs no mask. `head` is None where no text
    is scored. `budget`: most tokens of a batch, once memory has set a limit (`langgeom.hidden.batches`).
    """

    manifest: dict[str, Any]
    tokenizer: TextTokenizer
    trunk: nn.Module
    blocks: list[nn.Module]
    head: Head | None
    causal: bool
    positions: int
    pad: int
    dtype: torch.dtype
    device: torch.device
    budget: int | None = None

    def run(self, ids: Tensor, mask: Tensor | None, on_layer: Callable[[int, Tensor], None], final_norm: bool = True) -> Tensor:
        """Run the trunk on [batch, length] tokens; hand over each layer's [batch, length, dim] as it is produced.

        Layers are numbered and defined as in docs/design.md; the last is taken before the final norm unless
        `final_norm`. What a model pads by itself, behind the tokens, is cut off.

        Returns:
            [batch, length, dim], the trunk's output.
        """
        last = len(self.blocks)

        def take(layer: int, states: Tensor) -> None:
            on_layer(layer, states[:, : ids.shape[1]].to(self.device))

        def before(layer: int, _: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            take(layer, args[0] if args else kwargs["hidden_states"])

        def after(_: nn.Module, __: tuple[Any, ...], output: Any) -> None:
            take(last, output if isinstance(output, Tensor) else output[0])

        with ExitStack() as hooks:
            for layer, block in enumerate(self.blocks):
                hooks.enter_context(block.register_forward_pre_hook(partial(before, layer), with_kwargs=True))
            if not final_norm:
                hooks.enter_context(self.blocks[-1].register_forward_hook(after))
            cache = {"use_cache": False} if self.manifest["kind"] == "decoder" else {}
            output = self.trunk(input_ids=ids, attention_mask=mask, **cache).last_hidden_state.to(self.device)
        if final_norm:
            on_layer(last, output)
        return output


def load(folder: Path, dtype: str, device: str = "cpu", loss: bool | None = None, longest: int = LONG) -> LoadedModel:
    """Load a prepared model and make sure that its layers and its loss are taken as transformers itself gives them.

    A decoder whose states see later tokens is loaded without its head: its logits predict nothing.

    Args:
        folder: a model's folder with its manifest.
        dtype: float32, bfloat16 or float16.
        device: as torch names it, or "auto" (`langgeom.device`); weights go there as they are read. On "auto" and "cuda" a
            model too large for one GPU is spread over those there are (`langgeom.hidden.placing`).
        loss: whether text will be scored; None: for a trained decoder.
        longest: most tokens of a sentence that it will be given (`langgeom.hidden.check`).

    Raises:
        UserError: not a prepared model, weights that do not fit its config or the memory, or an architecture that cannot be
            measured.
    """
    folder, place = Path(folder), pick_device(device)
    manifest, number_format = read_manifest(folder), getattr(torch, dtype)
    scores = scores_text(manifest, loss)
    auto = auto_of(auto_config(folder), scores)
    with quiet():
        try:
            placed = device_map(folder, auto, manifest, number_format, place)
            model, info = auto.from_pretrained(
                folder, dtype=number_format, trust_remote_code=False, use_safetensors=True, output_loading_info=True,
                device_map=None if place.type == "cpu" else placed,
            )  # fmt: skip
        except UserError:
            raise
        except Exception as error:  # whatever a loader meets in a user's files
            if is_out_of_memory(error):
                raise UserError(too_large(manifest, number_format, place)) from error
            said = " ".join(str(error).split())[:500]
            raise UserError(
                f"{folder} cannot be loaded by transformers: {said}. Save or fetch the model anew, or name another."
            ) from error
        _check_weights(manifest["name"], model, info)
        model = model.eval().requires_grad_(False)
        model.config.return_dict = True  # a config.json may ask for tuples
    trunk = model.base_model if scores else model
    config = model.config.get_text_config()
    loaded = LoadedModel(
        manifest, TextTokenizer(folder), trunk, blocks_of(trunk, manifest),
        Head(model) if scores else None, False, _positions(trunk, config),
        pad if isinstance(pad := getattr(config, "pad_token_id", None), int) else 0, number_format,
        torch.device(next(iter(placed.values()))),
    )  # fmt: skip
    try:
        causal = check(loaded, model, longest)
    except UserError:
        raise
    except Exception as error:
        raise UserError(too_large(manifest, number_format, place)) from error
    if scores and not causal:
        if loss:
            raise UserError(
                f"Model '{manifest['name']}': each position sees the tokens after it, so it predicts none and cannot score "
                "text. Remove `loss: true`."
            )
        loaded.head = None
    return loaded


def _check_weights(name: str, model: nn.Module, info: Mapping[str, Any]) -> None:
    """Refuse a model of which a part would have stayed random, or whose files hold more blocks than it has.

    Raises:
        UserError: weights are missing, of another shape, or left over; poolers and heads that are not run do not count, nor do
            sinusoids, which a model makes itself.
    """
    made = {f"{name}.weight" for name, module in model.named_modules() if "Sinusoidal" in type(module).__name__}
    missing = sorted(key for key in set(info["missing_keys"]) - made if "pooler" not in key)
    shaped = sorted(str(key[0]) if isinstance(key, tuple) else str(key) for key in info["mismatched_keys"])
    left = sorted(key for key in info["unexpected_keys"] if BLOCK.search(key) and not CONSTANTS.search(key))
    found = {
        "its config needs weights that the model lacks": missing,
        "weights have another shape in the model": shaped,
        "weights are left over in the model": left,
    }
    for said, keys in found.items():
        if keys:
            listing = ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            raise UserError(
                f"Model '{name}': {said}: {listing}. Its config.json and its "
                "safetensors do not belong together; save or fetch both again."
            )


def _positions(trunk: nn.Module, config: Any) -> int:
    """Return how many tokens the model can take, alone and in batches alike."""
    limit = min(size for key in POSITIONS if (size := getattr(config, key, None) or 1 << 30))
    rope = getattr(config, "rope_parameters", None) or {}
    for each in (rope, *(part for part in rope.values() if isinstance(part, dict))):
        # LongRoPE turns all sentences of a batch by other angles where one is longer than this.
        if each.get("rope_type") == "longrope":
            limit = min(limit, each["original_max_position_embeddings"])
    for name, module in trunk.named_modules():
        # RoBERTa's kin count positions from behind the padding index.
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            limit = min(limit, len(module.weight) - module.padding_idx - 1)
    return int(limit)
