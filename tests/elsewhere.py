"""A stand-in for a GPU: tensors that say they are on another device and refuse to meet those of the CPU.

Inside `elsewhere()`, `tensor.to(DEVICE)` gives such a tensor. Its numbers are computed on the CPU, so they are the CPU's;
but an operation on it and on a CPU tensor fails as on a GPU (numbers without dimensions may meet, as there), and what is made
with `device=tensor.device` is there too. It finds code that forgets where its tensors are; kernels and rounding it does not
test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map

__all__ = ["DEVICE", "elsewhere"]

# A device type that torch knows and that needs nothing to be initialised.
DEVICE = torch.device("lazy")
ATEN = torch.ops.aten
MOVES = (ATEN.copy_.default, ATEN._to_copy.default)


class _There(torch.Tensor):
    inner: torch.Tensor

    @staticmethod
    def __new__(cls, inner: torch.Tensor) -> _There:
        made = torch.Tensor._make_wrapper_subclass(
            cls, inner.size(), strides=inner.stride(), storage_offset=inner.storage_offset(), dtype=inner.dtype, device=DEVICE
        )
        made.inner = inner
        return made

    def tolist(self) -> Any:
        return self.cpu().tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise RuntimeError(f"{func} outside of elsewhere()")


class _Mode(TorchDispatchMode):
    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        flat, _ = tree_flatten((args, kwargs))
        stays = any(isinstance(part, _There) for part in flat)
        asked = kwargs.get("device")
        if stays and asked is None and func not in MOVES:
            strangers = [part for part in flat if isinstance(part, torch.Tensor) and not isinstance(part, _There)]
            if any(part.dim() for part in strangers):
                raise RuntimeError(f"{func}: expected all tensors to be on the same device, found {DEVICE} and cpu")
        if asked is not None:
            stays = torch.device(asked).type == DEVICE.type
            kwargs["device"] = torch.device("cpu")
        if func is ATEN._local_scalar_dense.default:
            stays = False
        mine = {id(part.inner): part for part in flat if isinstance(part, _There)}
        args, kwargs = tree_map(lambda part: part.inner if isinstance(part, _There) else part, (args, kwargs))
        output = func(*args, **kwargs)
        if not stays:
            return output
        # What works in place returns what it was given.

        def back(part: Any) -> Any:
            if not isinstance(part, torch.Tensor):
                return part
            return mine[id(part)] if id(part) in mine else _There(part)

        return tree_map(back, output)


@contextmanager
def elsewhere() -> Iterator[torch.device]:
    """Yield the device; it exists in the block alone."""
    with _Mode():
        yield DEVICE
