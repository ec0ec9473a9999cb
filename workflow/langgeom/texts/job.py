"""What one job of this stage does: the measures of one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["text_job"]


def text_job(
    corpus: str, text: str, path: Path, output: Path, names: Sequence[str], bootstrap: Mapping[str, Any], seed: int
) -> None:
    """Measure a text and write its rows.

    Args:
        corpus, text: names of the corpus and of the text.
        path: the text, one sentence a line.
        output: the Parquet file to write.
        names: measures, names in `langgeom.texts.registry.MEASURES`.
        bootstrap: `replicates`; `seed` seeds them and Morfessor.

    Raises:
        UserError: a text that cannot be read.
    """
    from langgeom.corpora.text import decode
    from langgeom.metrics.resample import Resample
    from langgeom.names import TextName
    from langgeom.table import TEXTS, write_rows
    from langgeom.texts.measure import measure_text

    name = TextName.parse(text)
    about = {"corpus": corpus, "text": text, "lang": name.lang, "script": name.script}
    rows = measure_text(text, decode(path.read_bytes(), str(path)), names, Resample(**bootstrap, seed=seed), seed)
    write_rows([{**about, **row} for row in rows], output, TEXTS)
