"""What one job of this stage does: a batch of texts through one model, loaded once, each text computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from langgeom.code import versions_of
from langgeom.disk import BYTES, check_free, hidden_bytes
from langgeom.files import sha256
from langgeom.models.manifest import read_manifest
from langgeom.store import Store, key_of, serve

__all__ = ["hidden_job"]


def hidden_job(
    model: Path,
    corpus: str,
    texts: Sequence[Path],
    outputs: Sequence[Path],
    store: Path,
    settings: Mapping[str, Any],
    code: str,
) -> None:
    """Run texts through a model and write the hidden states of each.

    Args:
        model: the model's folder.
        corpus: the corpus's name, kept in the files.
        texts: corpus files, `{text}.txt`; `outputs` are their files of hidden states, in the same order.
        store: folder of finished results.
        settings: the config's `hidden`, and `loss` (None: by the model's kind).
        code: fingerprint of the code that the result depends on.

    Raises:
        UserError: whatever the model or a text does not allow, texts finished before it are kept; before the model is
            loaded, a disk that does not hold what is to be written.
    """
    manifest, settings = read_manifest(model), {**settings, "dtype": _dtype(settings["dtype"])}
    # A name is no part of what determines the numbers, but it stands in the file's header.
    determined = dict(
        model=[manifest["name"], manifest["fingerprint"]], settings=settings, code=code,
        versions=versions_of("torch", "transformers", "tokenizers"),
    )  # fmt: skip

    @cache
    def loaded() -> Any:
        """Load the model when the first text needs it."""
        from langgeom.hidden.extract import load

        return load(model, dtype=settings["dtype"], device="auto", loss=settings["loss"])

    def make(text: Path, key: str) -> Callable[[Path], None]:
        from langgeom.hidden.extract import extract
        from langgeom.hidden.file import write_hidden

        lines = text.read_text(encoding="utf-8").split("\n")
        states = extract(loaded(), lines[:-1] if lines[-1] == "" else lines, settings, name=text.stem)
        return lambda path: write_hidden(path, states, {"fingerprint": key, "corpus": corpus, "text": text.stem})

    keys = [key_of(**determined, corpus=corpus, text=[text.stem, sha256(text)]) for text in texts]
    new = [text for text, key in zip(texts, keys, strict=True) if not Store(store).path(key, ".safetensors").exists()]
    check_free(sum(_size(manifest, settings, text) for text in new), store)
    serve(
        Store(store),
        [text.stem for text in texts],
        keys,
        outputs,
        [partial(make, *pair) for pair in zip(texts, keys, strict=True)],
    )


def _size(manifest: Mapping[str, Any], settings: Mapping[str, Any], text: Path) -> int:
    """Return the bytes that a text's hidden states take, rather too few than too many; the plan may not have known it."""
    content = text.read_bytes()
    kept, width = min(settings["token_cap"], int(len(content) / BYTES)), {"float32": 4}.get(settings["dtype"], 2)
    loss = manifest["init"] == "trained" if settings["loss"] is None else settings["loss"]
    scores = bool(loss) and manifest["kind"] == "decoder"
    sentences = sum(1 for line in content.splitlines() if line.strip())
    return hidden_bytes(manifest["layers"], manifest["dim"], sentences, kept, width, scores)


def _dtype(name: str) -> str:
    """Return the dtype that "auto" stands for on this machine: another machine's results are not its own."""
    if name != "auto":
        return name
    from langgeom.device import pick_device
    from langgeom.hidden.dtype import pick_dtype

    return str(pick_dtype(name, pick_device())).removeprefix("torch.")
