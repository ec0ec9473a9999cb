"""What one `measure` job does: one model on a batch of texts, each measured while the model is loaded.

The states of the reference text stay in memory, those of each other text until it is measured. On disk stay the sentence means
of the layers at which pairs of texts are compared, or what `hidden.keep` asks for. States that were kept whole are read instead
of running the model again. A text is done when its table carries the key of everything that determines it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgeom.code import versions_of
from langgeom.errors import UserError, at
from langgeom.files import sha256, write_json
from langgeom.metrics.catalogue import METRICS
from langgeom.models.manifest import layers_at, read_manifest, scores_text
from langgeom.names import TextName
from langgeom.table import ALIGNED, TOKENS, key_of_table, write_rows

if TYPE_CHECKING:
    from langgeom.hidden.load import LoadedModel
    from langgeom.hidden.states import HiddenStates
    from langgeom.hidden.tokens import TextTokenizer
    from langgeom.metrics.measure import Prepared

log = logging.getLogger(__name__)
KEPT = ("none", "layers", "sentence", "all")  # what may be on disk of a text's states, from least to most


@dataclass(frozen=True)
class Settings:
    """What the numbers depend on, besides the model and the texts."""

    hidden: Mapping[str, Any]  # the config's `hidden`, and `loss` (None: by the model's kind)
    metrics: Mapping[str, Sequence[str]]  # names by what is measured: `token`, `sentence`, `aligned`, `pairs`, `text`
    in_depth: Mapping[str, Sequence[str]]  # more of them, for the texts that it names under `texts`
    options: Mapping[str, Mapping[str, Any]]  # settings of metrics by their names, in place of the defaults
    bootstrap: Mapping[str, Any]  # `replicates`
    seed: int
    pair_layers: Sequence[float]  # depths of the layers whose sentence means stay, to compare pairs of texts
    depth: float | None  # where the cosines of sentences are taken, from 0 to 1; None: the explorer shows no sentences
    code: Mapping[str, str]  # fingerprints of the code, `hidden` and `metrics`

    def deep(self, text: str) -> bool:
        """Return whether a text is measured in depth."""
        return text in self.in_depth.get("texts", ())

    def names(self, text: str, reference: str) -> dict[str, list[str]]:
        """Return the metrics of one text, none twice; the reference text has no pair to differ from."""
        more = self.in_depth if self.deep(text) else {}
        kinds = [over for over in dict.fromkeys([*self.metrics, *more]) if over != "texts"]
        return {
            over: list(dict.fromkeys([*self.metrics.get(over, ()), *more.get(over, ())]))
            for over in kinds
            if over != "pairs" or text != reference
        }


@dataclass
class Batch:
    """The texts of one job; `run` measures them, with the model loaded when the first text needs it."""

    model: Path  # the prepared model's folder
    corpus: str
    texts: Sequence[str]
    files: Mapping[str, Path]  # of each text, of the reference and of each text that another is part of
    reference: str  # the text that the others are compared with, and that gives the number of tokens
    whole: Mapping[str, str]  # for each text that is part of another, that text: it is run once for all its parts
    settings: Settings
    # {results}/metrics/{model}/{corpus}/{batch}.json. Tables lie beside it, what the explorer shows of sentences and tokens and
    # hidden states under {results}/aligned, /tokens and /hidden.
    listing: Path
    documents: Path | None = None  # the document of each line of the corpus, where any is known

    def __post_init__(self) -> None:
        settings, manifest = self.settings, read_manifest(self.model)
        self.of_lines = [] if self.documents is None else _lines(self.documents)
        self.layers = layers_at(settings.pair_layers, manifest["layers"])
        self.keep = "layers" if settings.hidden["keep"] == "none" and self.layers else settings.hidden["keep"]
        digests = {text: sha256(path) for text, path in self.files.items()}
        # A model's name does not change its numbers, but it stands in the files. The reference gives the number of tokens.
        self.hidden_keys = {
            text: _key(
                model=[manifest["name"], manifest["fingerprint"]], code=settings.code["hidden"], corpus=self.corpus,
                settings={**settings.hidden, "keep": None, "batch_tokens": None, "lens_lines": None}, seed=settings.seed,
                text=[[name, digests[name]] for name in (text, self.whole.get(text), self.reference) if name is not None],
                versions=versions_of("torch", "transformers", "tokenizers"),
            ) for text in self.files
        }  # fmt: skip
        names = {text: settings.names(text, self.reference) for text in self.texts}
        asked = {text: set().union(*of.values()) for text, of in names.items()}
        # What the head reads changes nothing else, so it stands in the keys of what holds it alone.
        self.lens_lines = settings.hidden["lens_lines"] if scores_text(manifest, settings.hidden["loss"]) else 0
        self.lenses = {text for text, of in asked.items() if any(METRICS[name].input == "lens" for name in of)}
        self.keys = {
            text: _key(
                hidden=self.hidden_keys[text], reference=self.hidden_keys[self.reference], names=names[text],
                options={name: given for name, given in settings.options.items() if name in asked[text]},
                bootstrap=dict(settings.bootstrap), seed=settings.seed, documents=self.of_lines,
                lens=self.lens_lines * (text in self.lenses),
                depth=[settings.depth, settings.deep(text)], code=settings.code["metrics"],
                versions=versions_of("torch", "numpy", *["scikit-dimension"] * any("skdim" in name for name in asked[text])),
            ) for text in self.texts
        }  # fmt: skip

    def _path(self, kind: str, text: str) -> Path:
        suffix = ".safetensors" if kind == "hidden" else ".parquet"
        return self.listing.parents[3] / kind / self.model.name / self.corpus / f"{text}{suffix}"

    def _measured(self, text: str) -> bool:
        return key_of_table(self._path("metrics", text)) == self.keys[text]

    def _kept(self, text: str) -> str:
        """Return what of a text's states is on disk, one of `KEPT`."""
        from langgeom.hidden.states import read_header

        with contextlib.suppress(UserError):
            found = read_header(self._path("hidden", text))["fingerprint"]
            return next((kept for kept in KEPT[1:] if found == self._hidden_key(text, kept)), "none")
        return "none"

    def _hidden_key(self, text: str, kept: str) -> str:
        """Return the key of a file of states: what determines them, and what of them it holds."""
        held = {"layers": f"-layers-{'-'.join(map(str, self.layers))}", "sentence": "-means", "all": f"-lens-{self.lens_lines}"}
        return self.hidden_keys[text] + held[kept]

    def _enough(self, text: str) -> bool:
        """Return whether what is to stay of a text's states is on disk, or more."""
        return self.keep == "none" or KEPT.index(self._kept(text)) >= KEPT.index(self.keep)

    @cached_property
    def loaded(self) -> LoadedModel:
        from langgeom.hidden.load import load

        hidden = self.settings.hidden
        return load(self.model, hidden["dtype"], "auto", hidden["loss"], hidden["max_tokens"])

    @cached_property
    def tokenizer(self) -> TextTokenizer:
        from langgeom.hidden.tokens import TextTokenizer

        return self.loaded.tokenizer if "loaded" in vars(self) else TextTokenizer(self.model)

    def run(self) -> None:
        """Measure every text that is not done and write its table, then the listing of the batch.

        UserError: the model or a text cannot be measured, with the text's name; texts measured before it are kept.
        """
        self._measure()
        shown = self.texts if self.settings.depth is not None else ()
        beside = {
            "metrics": self.texts,
            "aligned": shown,
            "tokens": list(filter(self.settings.deep, shown)),
            "hidden": self.texts if self.settings.pair_layers else (),
        }
        content = {
            "model": self.model.name,
            "corpus": self.corpus,
            "keys": self.keys,  # a listing of the same bytes would be no news to Snakemake
            **{
                kind: {text: os.path.relpath(self._path(kind, text), self.listing.parent) for text in texts}
                for kind, texts in beside.items()
            },
        }
        write_json(self.listing, content, indent=1)

    def _measure(self) -> None:
        todo = [text for text in self.texts if not (self._measured(text) and self._enough(text))]
        if len(todo) < len(self.texts):
            log.info("%d of %d texts are finished already", len(self.texts) - len(todo), len(self.texts))
        if not todo:
            return
        from langgeom.device import pick_device, reproducible
        from langgeom.metrics.measure import Prepared

        # Texts that are parts of one text are run with it.
        runs: dict[str, list[str]] = {}
        for text in todo:
            runs.setdefault(self.whole.get(text, text), []).append(text)
        device = pick_device()
        with reproducible(device):
            with at(self.reference):
                reference = Prepared(self._states(self.reference, [self.reference], None)[self.reference], device)
            for whole, members in runs.items():
                known = members == [self.reference]
                with at(whole):
                    states = {whole: reference.hidden} if known else self._states(whole, members, reference.hidden)
                for text in members:
                    self._finish(text, states.pop(text), reference, todo)

    def _states(self, whole: str, members: Sequence[str], reference: HiddenStates | None) -> dict[str, HiddenStates]:
        """Return the states of texts, read where all of them were kept, else computed by one run of the text `whole`."""
        from langgeom.hidden.extract import extract_parts
        from langgeom.hidden.states import read_hidden

        if all(self._kept(text) == "all" for text in members):
            return {text: read_hidden(self._path("hidden", text)) for text in members}
        start = time.monotonic()
        reads = self.keep == "all" or not self.lenses.isdisjoint(members)  # what is kept serves whatever metric comes next
        hidden = {**self.settings.hidden, "lens_lines": self.lens_lines * reads}
        lines = {text: _lines(self.files[text]) for text in (whole, *members)}
        parts = {text: of for text, of in lines.items() if text != whole}
        states = extract_parts(
            self.loaded, lines[whole], hidden, parts, name=whole, reference=reference, seed=self.settings.seed
        )
        log.info("%s: run in %.1f s", whole, time.monotonic() - start)
        about = {"corpus": self.corpus}
        return {
            text: replace(of, metadata={**of.metadata, **about, "text": text, "fingerprint": self.hidden_keys[text]})
            for text, of in states.items()
        }

    def _finish(self, text: str, states: HiddenStates, reference: Prepared, todo: Sequence[str]) -> None:
        """Measure a text, and write its table last: with it the text is done."""
        from langgeom.explorer.alignment import aligned_rows
        from langgeom.explorer.tokens import token_rows
        from langgeom.hidden.states import write_hidden

        with at(text):
            start = time.monotonic()
            if not self._enough(text):
                kept = states if self.keep == "all" else states.means(self.layers if self.keep == "layers" else None)
                write_hidden(self._path("hidden", text), kept, {"fingerprint": self._hidden_key(text, self.keep)})
            if not self._measured(text):
                rows = self._rows(text, states, reference)
                if self.settings.depth is not None:
                    cosines = aligned_rows(states, reference.hidden, self.settings.depth)
                    write_rows(cosines, self._path("aligned", text), ALIGNED, key=self.keys[text])
                    if self.settings.deep(text):
                        tokenizer, first = self.tokenizer.tokenizer, self.settings.hidden["first_position"]
                        tokens = token_rows(states, _lines(self.files[text]), tokenizer, first)
                        write_rows(tokens, self._path("tokens", text), TOKENS, key=self.keys[text])
                write_rows(rows, self._path("metrics", text), key=self.keys[text])
            log.info("%d of %d: %s measured in %.1f s", todo.index(text) + 1, len(todo), text, time.monotonic() - start)

    def _rows(self, text: str, states: HiddenStates, reference: Prepared) -> list[dict[str, Any]]:
        from langgeom.metrics import Resample
        from langgeom.metrics.measure import measure_text

        name = TextName.parse(text)
        about = {key: states.metadata[key] for key in ("model", "kind", "init", "corpus", "text")}
        about |= {"lang": name.lang, "script": name.script}
        resample = Resample(**self.settings.bootstrap, seed=self.settings.seed, documents=self.of_lines)
        names = self.settings.names(text, self.reference)
        rows = measure_text(states, reference, names, resample, states.token.device, self.settings.options)
        return [{**about, **row} for row in rows]


def _key(**parts: Any) -> str:
    """Return the sha256 of JSON-able parts, independent of the order of keys."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
