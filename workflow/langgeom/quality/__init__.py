"""How good each model is in each language: measured on the corpus, published, or by lm-evaluation-harness, in one table.

`harness` runs the harness. Accuracies are shares, 0 to 1. Scores of two origins or harnesses do not compare, so each row names
its own, and a plot shows one.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.errors import UserError, nearest
from langgeom.files import DATA, read_tsv
from langgeom.names import TextName

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]

# One written language under two codes: FLORES-200 says zho, FLORES+ and the UDHR cmn.
SAME = {"zho": "cmn"}
NORMAL = 1.959963984540054


def write_quality(
    metrics: Path,
    out_parquet: Path,
    out_csv: Path,
    *,
    reference: str,
    texts: Iterable[str],
    names: Mapping[str, str],
    runs: Mapping[str, tuple[Path, Mapping[str, str]]],
) -> None:
    """Write the quality table as Parquet and as CSV.

    Args:
        metrics: the table of metrics.
        reference: the text that retrieval looks in.
        texts: the texts of the config's corpora.
        names: model -> its name in scores.tsv.
        runs: model -> its results file of lm-evaluation-harness, and the language of each task.

    Raises:
        UserError: a file cannot be read.
    """
    from langgeom.table import QUALITY, join, read_table, write_rows

    texts = sorted(set(texts))
    rows = measured(read_table(metrics), reference)
    for model, name in names.items():
        rows += published(model, name, texts)
    for model, (path, tasks) in runs.items():
        rows += harness_rows(model, path, tasks, texts)
    write_rows(rows, out_parquet, QUALITY)
    join([out_parquet], out_parquet, out_csv, QUALITY)


def measured(metrics: pd.DataFrame, reference: str) -> list[Row]:
    """Return how well every model, trained or not, finds translations, and its bits per character, in corpora of languages.

    `retrieval` and `reciprocal_rank` are taken at the layer of `best_layers`, without the reference language's own texts, where
    both are about 1. `bpc` is the bits per character of the text (lower is better). Intervals and n are those of the metrics.
    """
    from langgeom.analysis.rows import of_languages

    metrics = of_languages(metrics)
    last = metrics.groupby(["model", "corpus"])["layer"].max()
    rows = []
    for metric in ("retrieval", "reciprocal_rank"):
        best = best_layers(metrics, reference, metric)
        for row in _found(metrics, reference, metric).to_dict("records"):
            where = row["model"], row["corpus"]
            if best.get(where) == row["layer"]:
                source = f"layer {row['layer']} of {last[where]}, the best on average over languages"
                rows.append(_measured_row(row, metric, source))
    bits = _rows(metrics, "bpc").to_dict("records")
    return rows + [_measured_row(row, "bpc", "summed loss over summed characters") for row in bits]


def best_layers(metrics: pd.DataFrame, reference: str, metric: str = "retrieval") -> dict[tuple[str, str], int]:
    """Return the layer with the highest mean of a metric over languages, for each (model, corpus).

    One layer, not the mean over layers: that would measure in how many layers a model aligns languages, and layers with
    another purpose lower it (the embeddings, the last ones before the vocabulary). One layer for all languages favours none of
    them; choosing the best lifts the level slightly, for all alike. Ties go to the first layer, and only layers with a
    value for every language count.
    """
    best: dict[tuple[str, str], int] = {}
    for (model, corpus), values in _found(metrics, reference, metric).groupby(["model", "corpus"], sort=True):
        means = values.pivot_table(index="layer", columns="text", values="value").sort_index().dropna().mean(axis=1)
        if len(means):
            best[str(model), str(corpus)] = int(means.round(12).idxmax())  # rounded: the order of a sum breaks no tie
    return best


def _found(metrics: pd.DataFrame, reference: str, metric: str) -> pd.DataFrame:
    rows, own = _rows(metrics, metric), TextName.parse(reference)
    others = (rows["lang"] != own.lang) | (rows["script"] != own.script)
    return rows[rows["layer"].notna() & others].astype({"layer": int})


def _rows(metrics: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the rows of a metric that have a finite value."""
    return metrics[(metrics["metric"] == metric) & (metrics["value"].abs() < float("inf"))]


def _measured_row(row: Mapping[str, Any], quality: str, source: str) -> Row:
    kept = {key: row[key] for key in ("model", "corpus", "text", "lang", "script", "value", "low", "high", "n")}
    return kept | {"quality": quality, "origin": "measured", "source": source}


@functools.cache
def read_scores() -> tuple[Row, ...]:
    """Return the published scores: MMLU accuracies as shares. No source says how many questions it asked."""
    rows = read_tsv(DATA / "scores.tsv")
    return tuple({**row, "value": float(row["value"]) / 100, "shots": int(row["shots"]), "n": None} for row in rows)


def published_names() -> list[str]:
    """Return the models that have published scores, in the file's order."""
    return list(dict.fromkeys(score["model"] for score in read_scores()))


def published(model: str, name: str, texts: Iterable[str]) -> list[Row]:
    """Return the published scores of a model, a row for each of the texts in a score's language and script.

    `model` is its name in the config, `name` that in scores.tsv, which the config check has held against the file.
    """
    about = {"model": model, "quality": "mmlu", "origin": "published"}
    return [
        score | about | {"text": text, "lang": TextName.parse(text).lang}
        for score in read_scores()
        if score["model"] == name
        for text in matching(texts, score["lang"], score["script"])
    ]


def matching(texts: Iterable[str], lang: str, script: str = "") -> list[str]:
    """Return the texts of a language, in a script if one is given, without varieties (names with a third part)."""
    names = {text: TextName.parse(text) for text in texts}
    wanted = SAME.get(lang, lang)
    return [
        text
        for text, name in names.items()
        if SAME.get(name.lang, name.lang) == wanted and not name.variant and script in ("", name.script)
    ]


def harness_rows(model: str, path: Path, tasks: Mapping[str, str], texts: Iterable[str]) -> list[Row]:
    """Return the rows of a results file of lm-evaluation-harness (`read_harness`), one for each text of a task's language."""
    rows = []
    for row in read_harness(path, tasks):
        lang, _, script = row.pop("lang").partition("_")
        about = {"model": model, "quality": "mmlu", "origin": "harness", "source": f"task {row.pop('task')}"}
        for text in matching(texts, lang, script):
            name = TextName.parse(text)
            rows.append(row | about | {"text": text, "lang": name.lang, "script": name.script})
    return rows


def read_harness(path: Path, tasks: Mapping[str, str]) -> list[Row]:
    """Read the accuracy of tasks from a results file of lm-evaluation-harness.

    Args:
        path: the JSON that `lm_eval --output_path` wrote (version 0.4 and later).
        tasks: task or group -> its language, as `arb` or, if the script matters, `arb_Arab`.

    Returns:
        A row a task: `task`, `lang`, `value` (a share), `low` and `high` (value +- 1.96 standard errors, within 0 and 1; None
        where the file has no error), `n` (questions), `shots`, `revision` of the model, `harness` (version, family of tasks).

    Raises:
        UserError: the file is no such JSON, or lacks a task or its accuracy.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        results = {**content["results"], **content.get("groups", {})}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = "it does not exist" if isinstance(error, FileNotFoundError) else "it is no results file of lm_eval"
        raise UserError(f"{path} cannot be read: {reason}; `lm_eval --output_path` writes one.") from None
    version = str(content.get("lm_eval_version") or content.get("git_hash") or "").strip()
    rows = []
    for task, lang in tasks.items():
        if task not in results:
            raise UserError(f"{path} has no task '{task}'; it has {', '.join(sorted(results))}.{nearest(task, results)}")
        value, deviation = _number(results[task], "acc"), _number(results[task], "acc_stderr")
        if value is None:
            raise UserError(f"{path}: task '{task}' has no accuracy (acc); it has {', '.join(sorted(results[task]))}.")
        leaves = _leaves(task, content.get("group_subtasks") or {})
        counts = [(content.get("n-samples") or {}).get(leaf, {}).get("effective") for leaf in leaves]
        shots = {(content.get("n-shot") or {}).get(leaf) for leaf in leaves}
        family = re.sub(r"_([a-z]{2}|fil)$", "", task)  # without the code of its language
        rows.append({
            "task": task, "lang": lang, "value": value,
            "low": None if deviation is None else max(0.0, value - NORMAL * deviation),
            "high": None if deviation is None else min(1.0, value + NORMAL * deviation),
            "n": sum(counts) if all(isinstance(count, int) for count in counts) else None,
            "shots": shots.pop() if len(shots) == 1 else None,
            "revision": str((content.get("config") or {}).get("model_sha") or "") or None,
            "harness": " ".join(filter(None, ("lm-evaluation-harness", version))) + f", {family}",
        })  # fmt: skip
    return rows


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    """Return a metric's value; keys are `acc,none` (name, filter), in older files `acc`."""
    for key, value in metrics.items():
        if key.split(",")[0] == name and isinstance(value, int | float) and value == value:
            return float(value)
    return None


def _leaves(task: str, groups: Mapping[str, list[str]]) -> list[str]:
    """Return the tasks of a group, at any depth; a task is its own."""
    below = groups.get(task) or []
    return [leaf for part in below for leaf in _leaves(part, groups)] if below else [task]
