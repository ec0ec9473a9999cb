"""The settings: checked before anything runs, with one message for one mistake, and completed with the schema's defaults.

`schema` reads config files and holds settings against the schema; here they are held against each other and against the
corpora and models that there are; `settings` is what the rules ask.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from langgeom.config.schema import SCHEMA, check_files, completed, defaults
from langgeom.config.settings import Config
from langgeom.corpora import Corpus
from langgeom.corpora.flores_plus import RENAMED
from langgeom.corpora.made import check_made
from langgeom.errors import UserError, at, nearest
from langgeom.languages import languages
from langgeom.metrics.catalogue import METRICS, OVER
from langgeom.names import TextName
from langgeom.quality import SAME, matching
from langgeom.quality.harness import check_tasks
from langgeom.sources import check_own
from langgeom.texts import MEASURES

__all__ = ["SCHEMA", "Config", "check", "check_files", "defaults"]


def check(settings: Mapping[str, Any], base: str | os.PathLike[str] = ".") -> Config:
    """Check settings and complete them with defaults.

    Args:
        settings: what the YAML held.
        base: the folder that relative paths in it start from, in which `results` lies.

    Raises:
        UserError: one mistake, with the key, what was found, what is allowed, and the nearest match.
    """
    with at("config"):
        config = Config(completed(settings), Path(base))
        for corpus in config.corpora.values():
            _check_corpus(corpus)
        for model in config.models.values():
            model.expand_user()
            model.check_paths()
            with at(model.where):
                model.check()
            model.check_paths(model.files())
        _check_metrics(config)
        _check_figures(config)
        _refuse_unknown("texts.measures", config["texts"]["measures"], MEASURES)
        _check_harness(config)
        _check_packages(config)
    return config


def _check_corpus(corpus: Corpus) -> None:
    spec, where = corpus.spec, corpus.where
    corpus.expand_user()
    corpus.check_paths()
    with at(where):
        if "texts" not in spec and (texts := corpus.default_texts()) is not None:
            spec["texts"] = texts
    if "texts" not in spec:
        raise UserError(f"{where} lacks 'texts' (names of texts, as eng_Latn).")
    with at(f"{where}.texts"):
        for text in spec["texts"]:
            TextName.parse(text)
    with at(where):
        corpus.check()
        known = corpus.texts()
    made = [text for text in spec["texts"] if corpus.made_from(text) is not None]
    own = [text for text in spec["texts"] if text not in made]
    for text in own:
        if known is not None and text not in known:
            raise UserError(
                f"{where}.texts names '{text}', which this corpus lacks; it has {len(known)} texts: "
                f"{_some(known)}.{_nearest_text(text, known)}"
            )
        count = corpus.line_count(text)
        if count is not None and count < spec["min_lines"]:
            raise UserError(
                f"{where}.texts names '{text}', which has {count} lines; min_lines is {spec['min_lines']}. "
                "Leave the text out, or lower min_lines."
            )
    with at(f"{where}.texts"):
        for text in made:
            check_made(text, spec["texts"])
    if corpus.reference not in spec["texts"]:
        instead = f", or set `reference` to one of: {_some(spec['texts'])}" if corpus.languages else ""
        raise UserError(f"{where}.texts lacks the reference text '{corpus.reference}'; add it{instead}.")
    corpus.check_paths([file for text in own for file in corpus.files(text)])


def _nearest_text(text: str, known: Iterable[str]) -> str:
    """Suggest a text of the same language, under either of its codes; if there is no such language, the nearest spelling.

    A known language that the corpus lacks has no neighbour by spelling: Frisian (fry) is no typo of French (fra).
    """
    known, lang = sorted(known), text.partition("_")[0]
    codes = {lang}.union(*(pair for pair in ({old[:3], new[:3]} for old, new in RENAMED.items()) if lang in pair))
    same = [name for name in known if name.partition("_")[0] in codes]
    return nearest(text, same or ([] if lang in languages() else known))


def _some(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _check_packages(config: Config) -> None:
    """Refuse one package pinned to two hashes: only one of them could be checked."""
    seen: dict[tuple[str, ...], str] = {}
    for pin in config.pins():
        first = seen.setdefault(pin[:3], pin.sha256)
        if first != pin.sha256:
            raise UserError(f"{pin.package} {pin.version} is pinned to two hashes, {first} and {pin.sha256}; keep one.")


def _check_harness(config: Config) -> None:
    """Refuse models, folders and tasks of the harness that would run for hours and give no row of quality, or a wrong one."""
    chosen = config["quality"].get("harness")
    if chosen is None:
        return
    if "include" in chosen:
        where, include = "quality.harness.include", os.path.expanduser(chosen["include"])
        chosen["include"] = include
        if not (config.base / include).is_dir():
            raise UserError(f"{where}: there is no folder '{include}' (looked in {config.base.resolve()}).")
        check_own(where, include, map(Path, config.harness_files()), config.base)
        # The job checks them again before it runs them; here they are refused before anything has run for hours.
        check_tasks(config.base / include)
    trained = [model for model, source in config.models.items() if source.init == "trained"]
    _refuse_unknown("quality.harness.models", chosen["models"], trained)
    texts = config.all_texts()
    for task, name in chosen["tasks"].items():
        where, (lang, _, script) = f"quality.harness.tasks names '{task}'", name.partition("_")
        if "mmlu" not in task.casefold():
            raise UserError(
                f"{where}; its accuracy would be called MMLU, so only tasks whose name holds 'mmlu' are allowed, such as "
                "global_mmlu_full_de."
            )
        if lang not in (known := {*languages(), *SAME, *(TextName.parse(text).lang for text in texts)}):
            raise UserError(f"{where} in '{name}', an unknown language (ISO 639-3 is wanted, as deu).{nearest(lang, known)}")
        if not matching(texts, lang, script):
            raise UserError(
                f"{where} in '{name}', which no corpus of this config has; it would give no row. Add such a text, or remove "
                f"the task.{nearest(name, matching(texts, lang))}"
            )


def _refuse_unknown(
    where: str, names: Iterable[str], allowed: Collection[str], hint: Callable[[str, Collection[str]], str] = nearest
) -> None:
    """Refuse names that are not among the allowed ones; `hint` suggests another."""
    for name in names:
        if name not in allowed:
            raise UserError(f"{where} names '{name}'; allowed: {_some(allowed, 40) or 'none'}.{hint(name, allowed)}")


def _place_of(name: str, allowed: Collection[str]) -> str:
    """Return where a metric in the wrong place belongs, or the nearest name."""
    if name not in METRICS:
        return nearest(name, allowed)
    places = [over for over, inputs in OVER.items() if METRICS[name].input in inputs]
    return f" '{name}' belongs under {' or '.join(f'metrics.{over}' for over in places)}."


def _check_metrics(config: Config) -> None:
    for key in ("metrics", "in_depth"):
        for over in OVER:
            allowed = [name for name, metric in METRICS.items() if metric.input in OVER[over]]
            _refuse_unknown(f"{key}.{over}", config[key].get(over, ()), allowed, _place_of)
    estimators = {name.removeprefix("skdim_"): metric for name, metric in METRICS.items() if name.startswith("skdim_")}
    _refuse_unknown("skdim", config["skdim"], estimators)
    for name, given in config["skdim"].items():
        _refuse_unknown(f"skdim.{name}", given, sorted(estimators[name].settings.keys() - {"estimator"}))
    # Only texts of corpora of languages are measured in depth.
    known = sorted({text for _, text in config.language_texts()})
    _refuse_unknown("in_depth.texts", config["in_depth"]["texts"], known, _nearest_text)


def _check_figures(config: Config) -> None:
    for key, beginnings in (("id", ("id_", "skdim_")), ("anisotropy", ("anisotropy",))):
        name = config["figures"][key]
        measured = [metric for metric in config["metrics"]["token"] if metric.startswith(beginnings)]
        # Where none is measured the figures say so themselves.
        if measured and name not in measured:
            raise UserError(
                f"figures.{key} is '{name}', which is no {key} that metrics.token measures "
                f"({', '.join(measured)}); add it there or draw another.{nearest(name, measured)}"
            )
    compared = config["figures"]["compare"]
    if len(compared) == 1:
        raise UserError(f"figures.compare names '{compared[0]}' alone; it needs two models, or none.")
    _refuse_unknown("figures.compare", compared, config["models"])
    _refuse_unknown("figures.sample", config["figures"]["sample"], config.all_texts(), _nearest_text)
