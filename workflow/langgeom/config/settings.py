"""The complete settings, and what the rules ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from langgeom.corpora import Corpus, corpus_of
from langgeom.files import read_json
from langgeom.models import Model, model_of
from langgeom.pages.libraries import LIBRARIES
from langgeom.sources import Pin


@dataclass(frozen=True)
class Config:
    """The complete settings; relative paths in them start from `base`."""

    settings: Mapping[str, Any]
    base: Path

    def __getitem__(self, key: str) -> Any:
        return self.settings[key]

    @cached_property
    def corpora(self) -> dict[str, Corpus]:
        """The corpora by name."""
        return {name: corpus_of(name, spec, self.base, self["reference"]) for name, spec in self["corpora"].items()}

    @cached_property
    def models(self) -> dict[str, Model]:
        """The models by name."""
        return {name: model_of(name, spec, self.base, self["models"], self["seed"]) for name, spec in self["models"].items()}

    def noticed(self) -> list[str]:
        """Return what was noticed of texts and models when they were prepared, a line each, from the files on them."""
        files = {f"{text} of {corpus}": f"corpora/{corpus}/{text}.json" for corpus, text in self.corpus_texts()}
        files |= {model: f"models/{model}/manifest.json" for model in self["models"]}
        there = {name: path for name, file in files.items() if (path := self.base / "results" / file).is_file()}
        return [f"{name}: {said}" for name, path in there.items() for said in read_json(path).get("warnings", ())]

    def texts(self, corpus: str) -> list[str]:
        """Return the texts of a corpus in the config's order."""
        return list(self["corpora"][corpus]["texts"])

    def batches(self, corpus: str) -> list[list[str]]:
        """Return the texts of a corpus in batches of `texts_per_job`, one for each job."""
        texts, size = self.texts(corpus), self["texts_per_job"]
        return [texts[start : start + size] for start in range(0, len(texts), size)]

    def batch(self, corpus: str, number: int | str) -> list[str]:
        """Return the texts of a batch; batches count from 1."""
        return self.batches(corpus)[int(number) - 1]

    def batch_of(self, corpus: str, text: str) -> int:
        """Return the number of the batch that a text is in."""
        return 1 + self.texts(corpus).index(text) // self["texts_per_job"]

    def wholes(self, corpus: str, number: int | str) -> dict[str, str]:
        """Return, for each text of a batch whose lines are some of another text's, that text: it is run for both."""
        return {text: whole for text in self.batch(corpus, number) if (whole := self.corpora[corpus].whole(text))}

    def batch_files(self, corpus: str, number: int | str) -> dict[str, str]:
        """Return the corpus file of each text of a batch, of the reference, and of the texts that others are part of."""
        batch = self.batch(corpus, number)
        names = [self.reference(corpus), *self.wholes(corpus, number).values(), *batch]
        return {text: f"results/corpora/{corpus}/{text}.txt" for text in dict.fromkeys(names)}

    def documents(self, corpus: str) -> list[str]:
        """Return the file with the document of each line of a corpus; none where it does not say."""
        return [f"results/corpora/{corpus}/documents.txt"] if self.corpora[corpus].document_inputs() else []

    def corpus_texts(self) -> list[tuple[str, str]]:
        """Return every (corpus, text)."""
        return [(corpus, text) for corpus in self["corpora"] for text in self.texts(corpus)]

    def pairs(self) -> list[tuple[str, str, str]]:
        """Return every (model, corpus, text)."""
        return [(model, corpus, text) for model in self["models"] for corpus, text in self.corpus_texts()]

    def listings(self, languages: bool = False) -> list[str]:
        """Return the listings of all measured batches, or of those of the corpora of languages only."""
        corpora = self.language_corpora() if languages else self["corpora"]
        return [path for model in self["models"] for corpus in corpora for path in self.listings_of(model, corpus)]

    def listings_of(self, model: str, corpus: str) -> list[str]:
        """Return the listings of a model's batches on a corpus."""
        return [f"results/metrics/{model}/{corpus}/{number}.json" for number in range(1, 1 + len(self.batches(corpus)))]

    def all_texts(self) -> list[str]:
        """Return the names of the texts of all corpora, each once."""
        return sorted({text for _, text in self.corpus_texts()})

    def language_corpora(self) -> list[str]:
        """Return the corpora whose texts are languages, not grammatical and ungrammatical versions."""
        return [name for name, corpus in self.corpora.items() if corpus.languages]

    def language_texts(self) -> list[tuple[str, str]]:
        """Return every (corpus, text) of the corpora of languages."""
        return [(corpus, text) for corpus in self.language_corpora() for text in self.texts(corpus)]

    def reference(self, corpus: str) -> str:
        """Return the text that others of a corpus are compared with: in a corpus of pairs, the correct sentences."""
        return self.corpora[corpus].reference

    def pins(self) -> list[Pin]:
        """Return all packages of registries that are needed."""
        libraries = [Pin("npm", library.package, library.version, library.sha256) for library in LIBRARIES]
        return [pin for source in (*self.corpora.values(), *self.models.values()) for pin in source.pins()] + libraries

    def pin(self, registry: str, package: str, version: str) -> Pin:
        """Return the pin of a package of a registry ("npm" or "pypi")."""
        return next(pin for pin in self.pins() if pin[:3] == (registry, package, version))

    def url(self, sha256: str) -> str:
        """Return an address of the file with this hash."""
        return next(pin.package for pin in self.pins() if (pin.registry, pin.sha256) == ("url", sha256))

    def token_cap(self, corpus: str) -> int:
        """Return how many token vectors are kept of each text of a corpus."""
        return int(self["corpora"][corpus].get("token_cap", self["hidden"]["token_cap"]))

    def measure(self, model: str, corpus: str) -> dict[str, Any]:
        """Return what determines a model's rows on a corpus, besides model, texts and code: `measure_job.Settings`.

        `loss` None: by the model's kind. In corpora of sentence pairs `pairs` are measured, and nothing in depth.
        """
        of_pairs = not self.corpora[corpus].languages
        return {
            "hidden": {
                **self["hidden"], "token_cap": self.token_cap(corpus), "loss": self["models"][model].get("loss"),
                # A pair counts where both its sentences are whole.
                "whole_lines": None if of_pairs else self["hidden"]["whole_lines"],
                "lens_lines": 0 if of_pairs else self["hidden"]["lens_lines"],
            },
            "metrics": {over: list(names) for over, names in self["metrics"].items() if over != "pairs" or of_pairs},
            "in_depth": {} if of_pairs else dict(self["in_depth"]),
            "options": {f"skdim_{name}": dict(given) for name, given in self["skdim"].items()},
            "bootstrap": self["bootstrap"],
            "seed": self["seed"],
            "pair_layers": [] if of_pairs else list(self["pairs"]["layers"]),
            "depth": None if of_pairs else self["explorer"]["depth"],
        }  # fmt: skip

    def harness(self) -> dict[str, dict[str, str]]:
        """Return, for each model that lm-evaluation-harness runs, its tasks and the language of each."""
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
