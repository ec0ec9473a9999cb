"""What one job of this stage does: a batch of hidden states through the metrics, each text measured once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from langgeom.code import versions_of
from langgeom.names import TextName
from langgeom.store import Store, key_of, serve

__all__ = ["metrics_job"]


def metrics_job(
    hidden: Sequence[Path], reference: Path, outputs: Sequence[Path], store: Path,
    names: Mapping[str, Sequence[str]], bootstrap: Mapping[str, Any], seed: int, code: str,
) -> None:  # fmt: skip
    """Measure the hidden states of texts and write the tidy rows of each.

    Args:
        hidden: files of hidden states; `outputs` are their tables, in the same order.
        reference: hidden states of the reference text in the same model.
        store: folder of finished results.
        names: metrics by what they are measured on (`token`, `sentence`, `aligned`, `pairs`, `text`).
        bootstrap: `replicates`; `seed` seeds them.
        code: fingerprint of the code that the result depends on.

    Raises:
        UserError: a file of hidden states that cannot be read, or a metric that its numbers do not allow.
    """
    from langgeom.hidden.header import read_header

    determined = dict(
        reference=read_header(reference)["fingerprint"], names=dict(names), bootstrap=dict(bootstrap), seed=seed, code=code,
        versions=versions_of("torch", "numpy"),
    )  # fmt: skip

    def make(source: Path) -> Callable[[Path], None]:
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
    keys = [key_of(**determined, hidden=header["fingerprint"]) for header in headers]
    serve(Store(store), [header["text"] for header in headers], keys, outputs, [partial(make, path) for path in hidden])
