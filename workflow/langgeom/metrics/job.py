"""What one job of this stage does: a batch of hidden states through the metrics, each text measured once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from langgeom.code import versions_of
from langgeom.errors import UserError
from langgeom.names import TextName
from langgeom.store import Store, key_of, serve

__all__ = ["metrics_job", "names_for"]


def metrics_job(
    hidden: Sequence[Path], reference: Path, outputs: Sequence[Path], store: Path,
    names: Mapping[str, Sequence[str]], bootstrap: Mapping[str, Any], seed: int, code: str,
    in_depth: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Measure the hidden states of texts and write the tidy rows of each.

    Args:
        hidden: files of hidden states; `outputs` are their tables, in the same order.
        reference: hidden states of the reference text in the same model.
        store: folder of finished results.
        names: metrics by what they are measured on (`token`, `sentence`, `aligned`, `pairs`, `text`).
        bootstrap: `replicates`; `seed` seeds them.
        code: fingerprint of the code that the result depends on.
        in_depth: metrics besides, likewise, of the texts that it names under `texts`.

    Raises:
        UserError: a file of hidden states that cannot be read, or a metric that its numbers do not allow.
    """
    from langgeom.hidden.header import read_header

    determined = dict(
        reference=read_header(reference)["fingerprint"], bootstrap=dict(bootstrap), seed=seed, code=code,
        versions=versions_of("torch", "numpy"),
    )  # fmt: skip

    def make(source: Path, names: Mapping[str, Sequence[str]]) -> Callable[[Path], None]:
        from langgeom.device import pick_device, reproducible
        from langgeom.hidden.file import read_hidden
        from langgeom.metrics import Resample
        from langgeom.metrics.measure import measure_text
        from langgeom.table import write_rows

        # The correct text has no correct version to differ from.
        wanted = {over: listed for over, listed in names.items() if over != "pairs" or not source.samefile(reference)}
        states = read_hidden(source)
        other = read_hidden(reference) if wanted.get("aligned") or wanted.get("pairs") else None
        about = {key: states.metadata[key] for key in ("model", "kind", "init", "corpus", "text")}
        about |= {key: getattr(TextName.parse(about["text"]), key) for key in ("lang", "script")}
        device = pick_device()
        with reproducible(device):
            rows = measure_text(states, other, wanted, Resample(**bootstrap, seed=seed), device)
        return lambda path: write_rows([{**about, **row} for row in rows], path)

    headers = [read_header(path) for path in hidden]
    _one_dtype([*headers, read_header(reference)])
    texts = [header["text"] for header in headers]
    asked = [names_for(text, names, in_depth) for text in texts]
    keys = [key_of(**determined, names=names, hidden=of["fingerprint"]) for of, names in zip(headers, asked, strict=True)]
    serve(Store(store), texts, keys, outputs, [partial(make, *one) for one in zip(hidden, asked, strict=True)])


def names_for(text: str, names: Mapping[str, Sequence[str]], in_depth: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the metrics of one text: `names`, and those of `in_depth` where it names the text; none twice."""
    more = {over: listed for over, listed in in_depth.items() if over != "texts" and text in in_depth.get("texts", ())}
    return {over: list(dict.fromkeys([*names.get(over, ()), *more.get(over, ())])) for over in dict.fromkeys([*names, *more])}


def _one_dtype(headers: Sequence[Mapping[str, str]]) -> None:
    """Refuse texts of one model that unlike machines ran in unlike formats: their difference would look like one of languages.

    Raises:
        UserError: which text has which.
    """
    first = {of["dtype"]: of["text"] for of in reversed(headers)}
    if len(first) > 1:
        found = " and ".join(f"{dtype} (as {text})" for dtype, text in sorted(first.items()))
        raise UserError(
            f"Model '{headers[0]['model']}' has hidden states in {found}: `hidden.dtype: auto` was another on another machine. "
            f"Set hidden.dtype to one of {', '.join(sorted(first))} and run again; texts that have it are not computed again."
        )
