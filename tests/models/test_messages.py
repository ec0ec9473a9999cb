"""What is refused in a model's folder is told with what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from transformers import BartConfig, BertConfig, PretrainedConfig, ViTConfig, WhisperConfig

from langgeom.errors import UserError
from langgeom.hidden.tokens import TextTokenizer
from langgeom.models.gguf import convert
from langgeom.models.part import part_of
from langgeom.models.prepare import read_config


@pytest.mark.parametrize(
    ("kind", "architectures", "cure"),
    [
        (BertConfig, None, "Add it there."),
        (BartConfig, ["BartForCausalLM"], "Name the whole model: its encoder can be measured."),
        (WhisperConfig, ["WhisperForConditionalGeneration"], "Name another model."),
        (ViTConfig, ["ViTModel"], "Name a model of one of these kinds."),
    ],
)
def test_an_architecture(kind: type[PretrainedConfig], architectures: list[str] | None, cure: str) -> None:
    with pytest.raises(UserError) as caught:
        part_of(kind(architectures=architectures))
    assert str(caught.value).endswith(cure)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for content in ("{", "[]"):
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(UserError, match=r"Save or fetch (the model|it) again\.$"):
            read_config(tmp_path)
    with pytest.raises(UserError, match=r"Save it again with save_pretrained\.$"):
        TextTokenizer(tmp_path)
    (tmp_path / "model.gguf").write_bytes(b"no GGUF")
    with pytest.raises(UserError, match=r"Fetch it again\.$"):
        convert(tmp_path / "model.gguf", tmp_path / "out")
