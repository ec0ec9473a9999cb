"""What a user can set about figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Settings"]


class Settings(NamedTuple):
    """What figures show: the metrics drawn as intrinsic dimension and anisotropy, and facts that axes and notes state.

    `sample` names the texts of the typological sample (all when empty); `reference` the text that KL divergence is
    measured to. `quality` is the quality drawn ("auto": MMLU where a model has it in enough languages, else retrieval), and
    `compare` names the two models that are compared (the first two trained decoders when empty).
    """

    id: str = "id_microscope"
    anisotropy: str = "anisotropy"
    sample: Sequence[str] = ()
    final_norm: bool = True
    reference: str = "eng_Latn"
    quality: str = "auto"
    compare: Sequence[str] = ()
