"""The list of metrics, without importing torch: read from the `@metric(...)` lines of `estimators/`.

The decorators are literals, so a metric is declared once, where it is defined, and the config can still be checked in
milliseconds. `registry` holds the functions themselves.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

# What a metric may declare that it is measured on.
INPUTS = {
    "cloud": "the points of each layer (token vectors or sentence means)",
    "aligned_sentences": "sentence means of a text and of the reference, row by row",
    "aligned_tokens": "token vectors of sentences that are whole in a text and in the reference",
    "adjacent_layers": "the points of each layer and of the next",
    "text": "counts per sentence",
    "aligned_text": "counts per sentence of a text and of the reference, line by line",
}

# Which inputs can be asked for over what.
OVER = {
    "token": ("cloud", "adjacent_layers"),
    "sentence": ("cloud", "adjacent_layers"),
    "aligned": ("aligned_sentences", "aligned_tokens"),
    # In corpora of grammatical and ungrammatical text only.
    "pairs": ("aligned_sentences", "aligned_tokens"),
    "text": ("text", "aligned_text"),
}

# Ending of the name under which a metric runs from the reference to the text.
REVERSE = "_reverse"


@dataclass(frozen=True)
class MetricInfo:
    """A metric's name, its input (a key of `INPUTS`), one line about it, and the counts it takes (of the text)."""

    name: str
    input: str
    about: str
    fields: tuple[str, ...] = ()


def _declared(path: Path) -> list[MetricInfo]:
    """Return the metrics that a file declares, in order."""
    metrics = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for line in getattr(node, "decorator_list", ()):
            if isinstance(line, ast.Call) and isinstance(line.func, ast.Name) and line.func.id == "metric":
                options = {word.arg: ast.literal_eval(word.value) for word in line.keywords}
                about = options.get("about") or (ast.get_docstring(node) or "").partition("\n")[0]  # type: ignore[arg-type]
                name, fields = ast.literal_eval(line.args[0]), tuple(options.get("fields", ()))
                metrics.append(MetricInfo(name, options["input"], about, fields))
                if "reverse" in options:
                    metrics.append(MetricInfo(name + REVERSE, options["input"], options["reverse"], fields))
    return metrics


METRICS: dict[str, MetricInfo] = {
    info.name: info for path in sorted((Path(__file__).parent / "estimators").glob("*.py")) for info in _declared(path)
}
