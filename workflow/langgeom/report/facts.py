"""What was run, on the page: models, corpora, settings, software, time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langgeom.languages import label
from langgeom.pages.html import Markup, fill
from langgeom.report.costs import Cost
from langgeom.report.parts import NOTHING, Cell, bytes_words, code, count, duration, many, share, table
from langgeom.report.run import Run, kept

__all__ = ["corpora", "models", "settings", "software", "spent"]

# What was done to the lines of a text, in words; other counts are shown by their own names.
DONE = {
    "empty": "no translation",
    "merged": "merged",
    "cut": "cut short",
    "control_characters": "control characters removed",
    "direction_marks": "direction marks removed",
    "normalised": "normalised (NFC)",
}
WORDS = {"True": "yes", "False": "no", "None": "none"}
PLAIN = {"lines", "source"}


def models(run: Run) -> Markup:
    """Return the models, and for each where its weights are from and what pins them."""
    head = ("Model", "Kind", "Weights", "Architecture", "Layers", "Dimension", "Vocabulary", "Parameters", "Type")
    rows = [
        (
            Cell(markup=_named(model)),
            Cell(model["kind"]),
            Cell(model["init"]),
            Cell(model["model_type"]),
            *(Cell(f"{model[key]:,}", numeric=True) for key in ("layers", "dim", "vocabulary")),
            Cell(count(model["parameters"]), numeric=True),
            Cell(model["dtype"]),
        )
        for model in run.models
    ]
    sources = "".join(_source(model) for model in run.models)
    return Markup(f"{table('The models', head, rows)}\n{_details('Sources and hashes of the models', Markup(sources))}")


def _named(model: Mapping[str, Any]) -> Markup:
    """Return a model's name, and below it whose it is: what the config says of it, else where it is from."""
    source = model["source"]
    said = source.get("reference", "")
    if not said and "hub" in source:
        said = f"{source['hub']} at {str(source.get('revision', ''))[:12]}"
    elif "untrained" in source:
        said = f"random weights, as {source['untrained']} is built; seed {source.get('seed', 0)}"
    said = said or str(source.get("folder", ""))
    return Markup(fill("<strong>{{name}}</strong> <small>{{said}}</small>", {"name": model["name"], "said": said}, {}))


def _source(model: Mapping[str, Any]) -> str:
    pairs = [*_flat(model["source"]), ("fingerprint", model["fingerprint"])]
    pairs += [(f"sha256 of {name}", digest) for name, digest in model["files"].items()]
    return fill("<h4>{{name}}</h4>", {"name": model["name"]}, {}) + _pairs(pairs)


def _pairs(pairs: Sequence[tuple[str, object]]) -> str:
    lines = (fill("<dt>{{key}}</dt><dd>{{value}}</dd>", {"key": key}, {"value": code(value)}) for key, value in pairs)
    return '<dl class="pairs">' + "".join(lines) + "</dl>"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the settings of a nest of mappings and lists, each with its path."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
        for place, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{name} {place}" if len(value) > 1 else name)
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, WORDS.get(str(value), value) if value is None or isinstance(value, bool) else value


def corpora(run: Run) -> Markup:
    """Return the corpora, what was done to their lines, and the same for each text."""
    head = ("Corpus", "Texts", "Lines", "Sentences a text", "What was done to lines", "Source")
    rows, details = [], []
    for corpus in run.corpora:
        texts = run.texts_of(corpus)
        reports = list(texts.values())
        sentences, lines = [kept(report) for report in reports], [int(report["lines"]) for report in reports]
        done = {key: sum(int(report.get(key, 0)) for report in reports) for key in _counts(reports)}
        if corpus in run.of_pairs:
            done.pop("empty", None)  # there, a line of another type of error
        said = [f"{number:,} {DONE.get(key, key)}" for key, number in done.items() if number]
        rows.append(
            (
                Cell(markup=Markup(fill("<strong>{{name}}</strong>", {"name": corpus}, {}))),
                Cell(f"{len(texts):,}", numeric=True),
                Cell(share(min(lines), max(lines)), numeric=True),
                Cell(share(min(sentences), max(sentences)), numeric=True),
                Cell(", ".join(said) or "nothing"),
                Cell(", ".join(sorted({str(report.get("source", "")) for report in reports} - {""}))),
            )
        )
        details.append(_details(f"The {many(len(texts), 'text')} of {corpus}", _texts(corpus, texts)))
    return Markup("\n".join([table("The corpora", head, rows), *details]))


def _texts(corpus: str, texts: Mapping[str, Mapping[str, Any]]) -> Markup:
    keys = [key for key in _counts(texts.values()) if any(report.get(key) for report in texts.values())]
    head = ("Text", "Language", "Sentences", *(DONE.get(key, key) for key in keys))
    rows = [
        (
            Cell(text),
            Cell(label(text, texts)),
            Cell(f"{kept(report):,}", numeric=True),
            *(Cell(f"{int(report.get(key, 0)):,}", numeric=True) for key in keys),
        )
        for text, report in texts.items()
    ]
    return table(f"Texts of {corpus}", head, rows)


def _counts(reports: Any) -> list[str]:
    """Return the names of the counts that reports hold, those known first."""
    found = {key for report in reports for key, value in report.items() if isinstance(value, int) and key not in PLAIN}
    return [key for key in DONE if key in found] + sorted(found - set(DONE))


def settings(chosen: Mapping[str, Any]) -> Markup:
    """Return the settings of the config, each by its path."""
    return table("Settings", ("Setting", "Value"), [(Cell(markup=code(key)), Cell(str(value))) for key, value in _flat(chosen)])


def software(versions: Mapping[str, str]) -> Markup:
    """Return the software with its versions."""
    rows = [(name, version or "as pinned in envs/") for name, version in versions.items()]
    return table("Software", ("Software", "Version"), rows)


def spent(costs: Sequence[Cost]) -> Markup:
    """Return wall time and peak memory of each stage."""
    if not costs:
        return Markup("<p>No benchmarks were found.</p>")
    head = ("Stage", "Jobs", "Time, all jobs", "Longest job", "Peak memory of a job")
    rows: list[Sequence[Cell | str]] = [
        (cost.stage, *(Cell(said, numeric=True) for said in (
            f"{cost.jobs:,}", duration(cost.seconds), duration(cost.longest),
            NOTHING if cost.memory is None else bytes_words(cost.memory),
        )))
        for cost in [*costs, _all(costs)]
    ]  # fmt: skip
    return table("Time and memory by stage", head, rows, foot=True)


def _all(costs: Sequence[Cost]) -> Cost:
    memory = [cost.memory for cost in costs if cost.memory is not None]
    return Cost(
        "All", sum(cost.jobs for cost in costs), sum(cost.seconds for cost in costs), max(cost.longest for cost in costs),
        max(memory) if memory else None,
    )  # fmt: skip


def _details(summary: str, inner: Markup) -> Markup:
    return Markup(
        fill("<details><summary>{{summary}}</summary>\n{{inner}}\n</details>", {"summary": summary}, {"inner": inner})
    )
