"""The reader of what EleutherAI's lm-evaluation-harness writes: one JSON file of results a model."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from langgeom.errors import UserError, nearest
from langgeom.names import TextName
from langgeom.quality.published import NORMAL, matching

__all__ = ["CODES", "harness_rows", "language_of", "read_harness"]

# The codes that end the names of tasks (`global_mmlu_full_sw`, `m_mmlu_zh`) and the text that each is in: the language
# (ISO 639-3, the standard variety of a macrolanguage) and script of the translations.
CODES = {
    "am": "amh_Ethi", "ar": "arb_Arab", "bn": "ben_Beng", "ca": "cat_Latn", "cs": "ces_Latn", "da": "dan_Latn",
    "de": "deu_Latn", "el": "ell_Grek", "en": "eng_Latn", "es": "spa_Latn", "eu": "eus_Latn", "fa": "pes_Arab",
    "fil": "fil_Latn", "fr": "fra_Latn", "gu": "guj_Gujr", "ha": "hau_Latn", "he": "heb_Hebr", "hi": "hin_Deva",
    "hr": "hrv_Latn", "hu": "hun_Latn", "hy": "hye_Armn", "id": "ind_Latn", "ig": "ibo_Latn", "is": "isl_Latn",
    "it": "ita_Latn", "ja": "jpn_Jpan", "kn": "kan_Knda", "ko": "kor_Hang", "ky": "kir_Cyrl", "lt": "lit_Latn",
    "mg": "plt_Latn", "ml": "mal_Mlym", "mr": "mar_Deva", "ms": "zsm_Latn", "nb": "nob_Latn", "ne": "npi_Deva",
    "nl": "nld_Latn", "ny": "nya_Latn", "pl": "pol_Latn", "pt": "por_Latn", "ro": "ron_Latn", "ru": "rus_Cyrl",
    "si": "sin_Sinh", "sk": "slk_Latn", "sn": "sna_Latn", "so": "som_Latn", "sr": "srp_Cyrl", "sv": "swe_Latn",
    "sw": "swh_Latn", "ta": "tam_Taml", "te": "tel_Telu", "th": "tha_Thai", "tr": "tur_Latn", "uk": "ukr_Cyrl",
    "vi": "vie_Latn", "yo": "yor_Latn", "zh": "cmn_Hans",
}  # fmt: skip


def language_of(task: str) -> str | None:
    """Return the text (language and script) that a task of the harness is in, by the code its name ends in, if it has one."""
    return CODES.get(task.rsplit("_", 1)[-1])


def read_harness(path: str | os.PathLike[str], tasks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Read the accuracy of some tasks from a results file of lm-evaluation-harness.

    Args:
        path: the JSON that `lm_eval --output_path` wrote (version 0.4 and later).
        tasks: the name of a task or group -> the language it is in, as `arb` or, where the script is to count, `arb_Arab`.

    Returns:
        A row a task, in the order of `tasks`: `task`, `lang` (as given), `value` the accuracy as a share, `low` and `high`
        its normal 95 % interval (value +- 1.96 standard errors, within 0 and 1; missing where the file has none), `n`
        the questions asked, `shots`, `revision` of the model, `harness` (the program's version and the family of tasks).

    Raises:
        UserError: the file is no such JSON, or lacks a task or its accuracy.
    """
    path = Path(path)
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
        value = _number(results[task], "acc")
        if value is None:
            raise UserError(f"{path}: task '{task}' has no accuracy (acc); it has {', '.join(sorted(results[task]))}.")
        deviation = _number(results[task], "acc_stderr")
        spread = None if deviation is None else NORMAL * deviation
        leaves = _leaves(task, content.get("group_subtasks") or {})
        rows.append({
            "task": task, "lang": lang, "value": value,
            "low": None if spread is None else max(0.0, value - spread),
            "high": None if spread is None else min(1.0, value + spread),
            "n": _asked(leaves, content.get("n-samples") or {}), "shots": _shots(leaves, content.get("n-shot") or {}),
            "revision": str((content.get("config") or {}).get("model_sha") or "") or None,
            "harness": " ".join(filter(None, ("lm-evaluation-harness", version))) + f", {_family(task)}",
        })  # fmt: skip
    return rows


def harness_rows(
    model: str, path: str | os.PathLike[str], tasks: Mapping[str, str], texts: Iterable[str]
) -> list[dict[str, Any]]:
    """Return the rows of quality of a results file: those of `read_harness` for each text of the task's language.

    Args:
        model: the model's name in the config.
        path, tasks: as for `read_harness`.
        texts: the texts of the config's corpora; tasks in no language of theirs give no row.
    """
    texts = sorted(set(texts))
    rows = []
    for row in read_harness(path, tasks):
        lang, _, script = row.pop("lang").partition("_")
        task = row.pop("task")
        for text in matching(texts, lang, script):
            name = TextName.parse(text)
            rows.append(
                row | {"model": model, "text": text, "lang": name.lang, "script": name.script, "quality": "mmlu"}
                | {"origin": "harness", "source": f"task {task}"}
            )  # fmt: skip
    return rows


def _number(metrics: Mapping[str, Any], name: str) -> float | None:
    """Return a metric's value; keys are `acc,none` (name, filter), in older files `acc`."""
    for key, value in metrics.items():
        if key.split(",")[0] == name and isinstance(value, int | float) and value == value:
            return float(value)
    return None


def _leaves(task: str, groups: Mapping[str, list[str]]) -> list[str]:
    """Return the tasks that a group is made of, at any depth; a task is made of itself."""
    below = groups.get(task) or []
    return [leaf for part in below for leaf in _leaves(part, groups)] if below else [task]


def _asked(leaves: Iterable[str], samples: Mapping[str, Any]) -> int | None:
    counts = [samples.get(leaf, {}).get("effective") for leaf in leaves]
    return sum(counts) if all(isinstance(count, int) for count in counts) else None


def _shots(leaves: Iterable[str], shots: Mapping[str, Any]) -> int | None:
    found = {shots.get(leaf) for leaf in leaves}
    return found.pop() if len(found) == 1 else None


def _family(task: str) -> str:
    """Return a task's name without the code of its language: tasks of one family are one benchmark."""
    return task.rsplit("_", 1)[0] if language_of(task) else task
