"""The check at loading: made-up sentences, run as `extract` runs texts, against transformers' own run of each alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from langgeom.errors import UserError
from langgeom.hidden.placing import is_out_of_memory

if TYPE_CHECKING:
    from langgeom.hidden.load import LoadedModel

log = logging.getLogger(__name__)
# Tokens of the short sentence, and most of the long one: some kinds of attention look at blocks only in longer ones.
SHORT, LONG = 7, 1024
# Largest mean relative difference that is rounding: in half precision, batches of other shapes round differently in each block.
ROUNDING = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.1}
# Largest median relative change of earlier tokens that is rounding: the shapes are the same, so it is 0 but for experts.
MOVED = {torch.float32: 1e-4, torch.bfloat16: 1e-2, torch.float16: 1e-2}


def check(loaded: LoadedModel, model: nn.Module, longest: int) -> bool:
    """Hold layers, batches, direction and logits of a loaded model against what transformers itself gives.

    Args:
        loaded: what will run; its `causal` is not read.
        model: what it was loaded as, with its head where it has one.
        longest: most tokens of a sentence that it will be given.

    Returns:
        Whether it is causal: no state moves when a later token is changed.

    Raises:
        UserError: what differs, and what to do.
    """
    name, dtype = loaded.manifest["name"], str(loaded.dtype).removeprefix("torch.")
    try:
        with torch.inference_mode():
            ids = _ids(loaded, model)
            short, long = ids[:SHORT], ids.repeat(1 + longest // len(ids))[: min(longest, loaded.positions, LONG)]
            beside, alone = _own(loaded, long), _own(loaded, short)  # some change for good once a sentence was short
            _finite(loaded, [*alone, *beside])
            loaded.causal = not _moves(loaded, short, ids, alone)
            _layers(loaded, [short], [alone])
            _layers(loaded, [long, short], [beside, alone])
            if loaded.head is not None and loaded.causal:
                _logits(loaded, model, short)
    except UserError as error:
        raise UserError(f"Model '{name}': {error}") from error
    except Exception as error:  # whatever an architecture's own code meets
        if is_out_of_memory(error):
            raise
        said = " ".join(str(error).split())[:300]
        raise UserError(
            f"Model '{name}': {type(model).__name__} cannot run on the ids of a text alone in {dtype} ({type(error).__name__}: "
            f"{said}). Mend what its config.json lacks, try another hidden.dtype, or name another model."
        ) from error
    return loaded.causal


def _ids(loaded: LoadedModel, model: Any) -> Tensor:
    """Return tokens that texts can have, spread over the vocabulary, the highest among them. UserError: it has no such row."""
    tokens, rows = loaded.tokenizer.plain, model.get_input_embeddings().weight.shape[0]
    if tokens[-1] >= rows:
        raise UserError(
            f"its tokenizer has tokens up to {tokens[-1]}, but its embeddings have {rows} rows, so "
            "the tokenizer is another model's. Save or fetch both again."
        )
    chosen = [number for number in tokens if number != loaded.pad] or tokens
    step = max(1, len(chosen) // 997)
    spread = torch.tensor(chosen[::-step][:LONG], device=loaded.device)
    return spread.repeat(1 + SHORT // len(spread))


def _own(loaded: LoadedModel, ids: Tensor) -> list[Tensor]:
    """Return transformers' own [length, dim] of each layer. UserError: it gives none, or not one a block."""
    output = loaded.trunk(input_ids=ids[None], output_hidden_states=True)
    states, found = getattr(output, "hidden_states", None), type(loaded.trunk).__name__
    if states is None or not isinstance(getattr(output, "last_hidden_state", None), Tensor):
        raise UserError(f"{found} gives {type(output).__name__} without hidden states. Name another model.")
    if len(states) != len(loaded.blocks) + 1 or any(layer.shape[1] != len(ids) for layer in states):
        shapes = ", ".join(sorted({str(list(layer.shape[1:])) for layer in states}))
        raise UserError(
            f"{found} has {len(loaded.blocks)} blocks but {len(states)} hidden states of {shapes} for {len(ids)} tokens: not "
            "an embedding and one a block. This architecture cannot be used yet; name another model."
        )
    return [layer[0].to(loaded.device) for layer in states]


def _finite(loaded: LoadedModel, layers: list[Tensor]) -> None:
    """Raise UserError: NaN or infinite values in a layer, from the weights or from the number format."""
    for number, layer in enumerate(layers):
        if not layer.isfinite().all():
            broken = next((name for name, weight in loaded.trunk.named_parameters() if not weight.isfinite().all()), None)
            what = f"layer {number % (len(loaded.blocks) + 1)} has NaN or infinite values"
            dtype = str(loaded.dtype).removeprefix("torch.")
            if broken:
                raise UserError(f"{what}, and so has its weight {broken} in {dtype}. Save or fetch the model again.")
            wider = "bfloat16 or float32" if loaded.dtype == torch.float16 else "float32"
            raise UserError(f"{what} in {dtype}, though its weights have none: it overflows. Set hidden.dtype to {wider}.")


def _moves(loaded: LoadedModel, short: Tensor, ids: Tensor, states: list[Tensor]) -> bool:
    """Whether the states before the last token move when it is changed."""
    changed, limit = _own(loaded, torch.cat([short[:-1], ids[ids != short[-1]][:1]])), MOVED[loaded.dtype]
    return any(bool(_apart(new[:-1], old[:-1]).median() > limit) for new, old in zip(changed, states, strict=True))


def _layers(loaded: LoadedModel, sentences: list[Tensor], own: list[list[Tensor]]) -> None:
    """Raise UserError: a layer of a batch, as `extract` takes it, is not what transformers gives for each sentence alone."""
    lengths = torch.tensor([len(ids) for ids in sentences], device=loaded.device)
    batch = nn.utils.rnn.pad_sequence(sentences, batch_first=True, padding_value=loaded.pad)
    mask = (torch.arange(batch.shape[1], device=loaded.device) < lengths[:, None]).long()
    found: dict[int, float] = {}

    def compare(layer: int, states: Tensor) -> None:
        if states.shape != (*batch.shape, loaded.manifest["dim"]):
            raise UserError(
                f"block {layer + 1} of {type(loaded.trunk).__name__} gets {list(states.shape)} for {list(batch.shape)} tokens "
                f"of {loaded.manifest['dim']} dimensions. This architecture cannot be used yet; name another model."
            )
        each = [_apart(states[row, : len(of[layer])], of[layer]).mean() for row, of in enumerate(own)]
        found[layer] = float(torch.stack(each).max())

    loaded.run(batch, None if loaded.causal or len(sentences) == 1 else mask, compare)
    if missing := sorted(set(range(len(loaded.blocks) + 1)) - set(found)):
        raise UserError(
            f"{type(loaded.trunk).__name__} does not call block {missing[0] + 1} as a module, so its states cannot be taken. "
            "This architecture cannot be used yet; name another model."
        )
    wrong = {layer: apart for layer, apart in found.items() if not apart <= ROUNDING[loaded.dtype]}
    if not wrong:
        return
    layer, apart = next(iter(wrong.items()))
    what = f"layer {layer} of {type(loaded.trunk).__name__}"
    if len(sentences) > 1:
        raise UserError(
            f"{what} differs by {apart:.0%} between a sentence alone and the same beside a longer one, so numbers would depend "
            "on batches. This architecture cannot be used yet; name another model."
        )
    raise UserError(
        f"{what} is not what block {layer + 1} gets, or what comes after the last one: they differ by {apart:.0%}. "
        "It would be measured wrongly. This architecture cannot be used yet; name another model."
    )


def _logits(loaded: LoadedModel, model: nn.Module, ids: Tensor) -> None:
    """Find the norm before the head. UserError: the logits are not the output embedding's, scaled and capped as is known."""
    assert loaded.head is not None
    loaded.head.norm, output = _norm(loaded, ids[None])
    if loaded.head.norm is None:
        log.info("no one module makes the output of what the last block gives, so the head reads no layer (lens_...)")
    own = _own_logits(model, ids[None])
    mine = loaded.head.logits(output[0], 0, own.shape[1])
    if not _apart(mine, own.to(mine.device)).mean() <= ROUNDING[loaded.dtype]:
        raise UserError(
            f"the head of {type(model).__name__} is more than its output embedding, so text would be scored wrongly. Set "
            "`loss: false` for this model: its layers can be measured."
        )


def _norm(loaded: LoadedModel, ids: Tensor) -> tuple[Callable[[Tensor], Tensor] | None, Tensor]:
    """Return the module that makes the trunk's output of what its last block returns, and that output.

    Where they are equal it is the identity; where no single module does it, None.
    """
    states, called = dict[int, Tensor](), list[tuple[nn.Module, Tensor, Tensor]]()

    def seen(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if args and isinstance(args[0], Tensor) and isinstance(output, Tensor):
            called.append((module, args[0].to(loaded.device), output.to(loaded.device)))

    inside = {module for block in loaded.blocks for module in block.modules()}
    with ExitStack() as hooks:
        for module in loaded.trunk.modules():
            if module not in inside:
                hooks.enter_context(module.register_forward_hook(seen))
        output = loaded.run(ids, None, states.__setitem__, final_norm=False)
    last = states[len(loaded.blocks)]
    if torch.equal(last, output):
        return nn.Identity(), output
    norms = (module for module, before, after in called if torch.equal(before, last) and torch.equal(after, output))
    return next(norms, None), output


def _own_logits(model: Any, ids: Tensor) -> Tensor:
    """Return the model's own [token, few] float32 logits of the first tokens of its vocabulary.

    The whole vocabulary would cost a copy of the output embedding, a third of a GiB for Gemma.
    """
    output = model.get_output_embeddings()
    few = min(256, len(output.weight))
    part = nn.Linear(output.in_features, few, bias=output.bias is not None, device="meta")
    part.weight = nn.Parameter(output.weight[:few], requires_grad=False)
    if output.bias is not None:
        part.bias = nn.Parameter(output.bias[:few], requires_grad=False)
    model.set_output_embeddings(part)
    try:
        return model(input_ids=ids).logits[0].float()
    finally:
        model.set_output_embeddings(output)


def _apart(mine: Tensor, own: Tensor) -> Tensor:
    """Return the [token] relative difference of rows; by the token, since the norm of an attention sink hides all others."""
    mine, own = mine.float(), own.float()
    return (mine - own).norm(dim=-1) / own.norm(dim=-1).clamp(min=1e-30)
