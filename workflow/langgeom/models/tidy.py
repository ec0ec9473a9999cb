"""What transformers' `save_pretrained` leaves behind that a model's folder should not have."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["tidy"]


def tidy(folder: Path) -> None:
    """Drop settings of text generation and names of places from a saved model, and let others read its weights."""
    (folder / "generation_config.json").unlink(missing_ok=True)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for key in ("_name_or_path", "_model_name_or_path", "quantization_config"):
        config.pop(key, None)
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for weights in folder.glob("*.safetensors"):
        weights.chmod(0o644)
