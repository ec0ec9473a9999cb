"""What figures, findings, the report and the explorer share: each notion is defined here, once.

`rows` selects and orders rows of the table, `layers` reduces a text's layers to one value, `pairs` pairs models with their
untrained twins and texts with their relatives or other scripts, `quality` chooses the quality of a model, `statistics`
holds fits, tests and intervals, and `definitions` names and defines each metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """The settings that figures and findings share. The config schema documents each and holds its default.

    Attributes:
        id, anisotropy: the metrics shown as intrinsic dimension and as anisotropy.
        sample: texts of the typological sample; all if empty.
        quality: "auto", or the quality to show.
        compare: the two models to compare; a default choice if empty.
        reference: the text that others are compared with.
        final_norm: whether the last layer is taken after the final norm.
        dtype: the number format that models run in.
    """

    id: str
    anisotropy: str
    sample: Sequence[str]
    quality: str
    compare: Sequence[str]
    reference: str
    final_norm: bool
    dtype: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Settings:
        """Take the settings from a complete config."""
        hidden = {name: config["hidden"][name] for name in ("final_norm", "dtype")}
        return cls(**config["figures"], **hidden, reference=config["reference"])
