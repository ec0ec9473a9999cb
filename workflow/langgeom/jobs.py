"""What one job does: a batch of texts through a model, or a batch of hidden states through the metrics, each text once.

A text finished before is taken from the store; a text finished now is in the store before the next begins.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.files import sha256
from langgeom.models.manifest import read_manifest
from langgeom.names import TextName
from langgeom.store import Store, key_of

__all__ = ["hidden_job", "metrics_job"]

log = logging.getLogger(__name__)


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
        UserError: whatever the model or a text does not allow; texts finished before it are kept.
    """
    manifest = read_manifest(model)
    # A name is no part of what determines the numbers, but it stands in the file's header.
    determined = dict(
        model=[manifest["name"], manifest["fingerprint"]], settings=dict(settings), code=code,
        versions=[version("torch"), version("transformers")],
    )  # fmt: skip

    @cache
    def loaded() -> Any:
        """Load the model when the first text needs it."""
        from langgeom.hidden.extract import load

        return load(model, dtype=settings["dtype"], loss=settings["loss"])

    def write(text: Path, key: str) -> Callable[[Path], None]:
        def run(path: Path) -> None:
            from langgeom.hidden.extract import extract
            from langgeom.hidden.file import write_hidden

            lines = text.read_text(encoding="utf-8").split("\n")
            states = extract(loaded(), lines[:-1] if lines[-1] == "" else lines, settings, name=text.stem)
            write_hidden(path, states, {"fingerprint": key, "corpus": corpus, "text": text.stem})

        return run

    keys = [key_of(**determined, corpus=corpus, text=[text.stem, sha256(text)]) for text in texts]
    _run(
        Store(store),
        [text.stem for text in texts],
        keys,
        outputs,
        [write(*pair) for pair in zip(texts, keys, strict=True)],
    )


def metrics_job(
    hidden: Sequence[Path], reference: Path, outputs: Sequence[Path], store: Path,
    names: Mapping[str, Sequence[str]], bootstrap: Mapping[str, Any], seed: int, code: str,
) -> None:  # fmt: skip
    """Measure the hidden states of texts and write the tidy rows of each.

    Args:
        hidden: files of hidden states; `outputs` are their tables, in the same order.
        reference: hidden states of the reference text in the same model.
        store: folder of finished results.
        names: metrics by what they are measured on (`token`, `sentence`, `aligned`, `text`).
        bootstrap: `replicates`; `seed` seeds them.
        code: fingerprint of the code that the result depends on.

    Raises:
        UserError: a file of hidden states that cannot be read, or a metric that its numbers do not allow.
    """
    from langgeom.hidden.header import read_header

    determined = dict(
        reference=read_header(reference)["fingerprint"], names=dict(names), bootstrap=dict(bootstrap), seed=seed, code=code,
        versions=[version("torch"), version("numpy")],
    )  # fmt: skip

    def write(source: Path) -> Callable[[Path], None]:
        def run(path: Path) -> None:
            from langgeom.hidden.file import read_hidden
            from langgeom.metrics import Resample
            from langgeom.metrics.measure import measure_text
            from langgeom.table import write_rows

            states = read_hidden(source)
            other = read_hidden(reference) if names.get("aligned") else None
            about = {key: states.metadata[key] for key in ("model", "kind", "init", "corpus", "text")}
            about |= {key: getattr(TextName.parse(about["text"]), key) for key in ("lang", "script")}
            rows = measure_text(states, other, names, Resample(**bootstrap, seed=seed))
            write_rows([{**about, **row} for row in rows], path)

        return run

    headers = [read_header(path) for path in hidden]
    keys = [key_of(**determined, hidden=header["fingerprint"]) for header in headers]
    _run(Store(store), [header["text"] for header in headers], keys, outputs, [write(path) for path in hidden])


def _run(
    store: Store,
    names: Sequence[str],
    keys: Sequence[str],
    outputs: Sequence[Path],
    writers: Sequence[Callable[[Path], None]],
) -> None:
    """Make each output in turn, saying which were found; a `UserError` names the text it came from."""
    for number, (name, key, output, write) in enumerate(zip(names, keys, outputs, writers, strict=True), start=1):
        try:
            computed = store.make(key, output, write)
        except UserError as error:
            raise UserError(f"{name}: {error}") from error
        except OSError as error:
            if error.errno in (28, 122):  # ENOSPC, EDQUOT
                raise UserError(
                    f"{name}: the disk is full ({os.fspath(output)}); free space and run again, the texts done so far are kept."
                ) from error
            raise
        log.info("%d of %d: %s %s", number, len(names), name, "computed" if computed else "found finished")
