"""The list of metrics, without importing torch: read from the `@metric(...)` lines of `estimators/`.

The decorators are literals, so a metric is declared once, where it is defined, and the config can still be checked in
milliseconds. `registry` holds the functions themselves.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What a metric may declare that it is measured on.
INPUTS = {
    "cloud": "the points of each layer (token vectors or sentence means)",
    "cloud_beside": "the points of each layer, and the reference's",
    "aligned_sentences": "sentence means of a text and of the reference, row by row",
    "aligned_tokens": "token vectors of sentences that are whole in a text and in the reference",
    "adjacent_layers": "the points of each layer and of the next",
    "lens": "what the head reads off one token a sentence at each layer",
    "text": "counts per sentence",
    "aligned_text": "counts per sentence of a text and of the reference, line by line",
}

# Which inputs can be asked for over what.
OVER = {
    "token": ("cloud", "cloud_beside", "adjacent_layers", "lens"),
    "sentence": ("cloud", "cloud_beside", "adjacent_layers"),
    "aligned": ("aligned_sentences", "aligned_tokens"),
    # In corpora of grammatical and ungrammatical text only.
    "pairs": ("aligned_sentences", "aligned_tokens"),
    "text": ("text", "aligned_text"),
}

# Arguments of `@metric`; all others are settings of the function.
OWN = ("input", "about", "reverse", "robust", "fields", "neighbours", "bounds", "seconds")
# Ending of the name under which a metric runs from the reference to the text.
REVERSE = "_reverse"
# Ending of the name under which it runs without the dimensions that vary most in the reference.
ROBUST = "_robust"


@dataclass(frozen=True)
class MetricInfo:
    """A metric, as it is declared.

    Attributes:
        input: a key of `INPUTS`.
        about: one line.
        fields: what it takes of the states: counts of the text, or what the head reads.
        seconds: of a core for 1e6 numbers (points x dimensions) of a layer, if it takes long (else 0).
        settings: of its function, under this name.
    """

    name: str
    input: str
    about: str
    fields: tuple[str, ...] = ()
    seconds: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False)


def _declared(path: Path) -> list[MetricInfo]:
    """Return the metrics that a file declares, in order."""
    metrics = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        for line in getattr(node, "decorator_list", ()):
            if isinstance(line, ast.Call) and isinstance(line.func, ast.Name) and line.func.id == "metric":
                options = {word.arg: ast.literal_eval(word.value) for word in line.keywords}
                about = options.get("about") or (ast.get_docstring(node) or "").partition("\n")[0]  # type: ignore[arg-type]
                name, fields = ast.literal_eval(line.args[0]), tuple(options.get("fields", ()))
                settings = {str(key): value for key, value in options.items() if key not in OWN}
                metrics.append(MetricInfo(name, options["input"], about, fields, options.get("seconds", 0.0), settings))
                if "reverse" in options:
                    metrics.append(MetricInfo(name + REVERSE, options["input"], options["reverse"], fields))
                if "robust" in options:
                    metrics.append(MetricInfo(name + ROBUST, "cloud_beside", options["robust"]))
    return metrics


METRICS: dict[str, MetricInfo] = {
    info.name: info for path in sorted((Path(__file__).parent / "estimators").glob("*.py")) for info in _declared(path)
}
