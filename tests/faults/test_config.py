"""Configs changed at random: each is rejected before any job, in one message that names the key, or it can be planned."""

from __future__ import annotations

import copy
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from langgeom.config import Config, check, check_files
from langgeom.errors import UserError
from study import ROOT

FILES = sorted(path.relative_to(ROOT) for path in [ROOT / "config.yaml", *(ROOT / "configs").glob("*.yaml")])
EACH = 300
# What people and programs put where something else belongs.
ODD: list[Any] = [
    None, True, False, 0, 1, -1, 1.5, 10**30, -(10**30), 1e308, math.inf, math.nan, "", " ", "x", "eng_Latn", "ENG_LATN",
    "eng-Latn", "zzz_Latn", "eng_Arab", ["eng_Latn", "zzz_Latn"], ["eng_Arab"],
    "../../outside", "/", "~", "a; touch pwned", "$(touch pwned)", "`touch pwned`", "a b", "a\nb", "a\0b", "ü",
    "\u202e", "x" * 5000,
    [], {}, [[]], [None], [{}], {"a": 1}, {"": ""}, {1: 2}, {None: 1}, ["eng_Latn", "eng_Latn"], [1, "1"], "0" * 64, "0" * 40,
    "yes", "null", "1e3", "2024-01-01",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in nested settings, the top level's first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from places(child, (*path, key))


def parent(settings: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        settings = settings[key]
    return settings


class Change(NamedTuple):
    """Changed settings, the places that were changed, and the new name of a key."""

    settings: dict[str, Any]
    paths: tuple[tuple[Any, ...], ...]
    key: Any = None


def mutate(settings: dict[str, Any], chance: random.Random) -> Change:
    """Make one change to a copy of settings: of a value, a key, or what is there at all; in each section equally often."""
    changed = copy.deepcopy(settings)
    section = chance.choice(list(changed))
    path = chance.choice([path for path in places(changed) if path[:1] == (section,)])
    holder, key = parent(changed, path), path[-1]
    kind = chance.choice(["odd", "odd", "remove", "rename", "twice", "add", "swap", "wrap"])
    if kind == "odd":
        holder[key] = copy.deepcopy(chance.choice(ODD))
    elif kind == "remove":
        del holder[key]
    elif kind == "rename" and isinstance(holder, dict):
        letters = list(str(key))
        letters[chance.randrange(len(letters))] = chance.choice("abcxyz_- .")
        holder["".join(letters)] = holder.pop(key)
        return Change(changed, (path,), "".join(letters))
    elif kind == "twice" and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif kind == "add" and isinstance(holder, dict):
        new = chance.choice(["extra", "Seed", "model", "texts ", "", "__class__", "folder", "untrained", "hub", "loss"])
        holder[new] = copy.deepcopy(chance.choice(ODD))
        return Change(changed, ((*path[:-1], new),), new)
    elif kind == "swap":
        # One that lies inside the other would have no place to go to.
        apart = [other for other in list(places(settings))[1:] if other[: len(path)] != path and path[: len(other)] != other]
        other = chance.choice(apart)
        holder[key], parent(changed, other)[other[-1]] = (
            copy.deepcopy(parent(settings, other)[other[-1]]),
            copy.deepcopy(parent(settings, path)[key]),
        )
        return Change(changed, (path, other))
    else:
        holder[key] = [holder[key]]
    return Change(changed, (path,))


def written(path: tuple[Any, ...]) -> str:
    """Write a place as messages do: `models.gemma.pypi[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def names(message: str, settings: dict[str, Any], change: Change) -> bool:
    """Whether a message names what was changed: the key, or the section right around it.

    Or, where another setting now misses it: the key's name, or the value or values that were there.
    """
    wanted = {written(path[:length]) for path in change.paths for length in (len(path), len(path) - 1) if length}
    missed = {str(path[-1]) for path in change.paths} | {str(change.key)}
    for path in change.paths:
        if path[-1] != change.key:
            old = parent(settings, path)[path[-1]]
            missed |= {str(word) for word in (old if isinstance(old, dict | list) else [old])}
    return any(re.search(rf"(?<![\w.]){re.escape(place)}(?!\w)", message) for place in wanted) or any(
        f"'{word}'" in message for word in missed
    )


def plan(config: Config) -> None:
    """Ask of a config all that the rules ask of it when the DAG is built."""
    for corpus in config["corpora"]:
        for number, _ in enumerate(config.batches(corpus), start=1):
            config.batch_files(corpus, number)
        config.corpora[corpus].settings()
        for text in config.texts(corpus):
            config.corpora[corpus].inputs(text)
            config.corpora[corpus].identity(text)
    for model in config["models"]:
        config.models[model].inputs()
        config.models[model].identity()
        for corpus in config["corpora"]:
            config.measure(model, corpus)
    list(config.pairs())
    config.listings(languages=True)
    list(config.language_texts())
    config.harness_files()


@pytest.mark.parametrize("file", FILES, ids=str)
def test_mutated_settings(file: Path, tmp_path: Path) -> None:
    settings = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    chance = random.Random(f"7 {file}")
    planned = refused = 0
    for number in range(EACH):
        change = mutate(settings, chance)
        try:
            plan(check(change.settings, tmp_path))
            planned += 1
        except UserError as error:
            message = str(error)
            refused += 1
            about = f"{number}, {' and '.join(map(written, change.paths))} changed: {message}"
            assert re.match(r"config: \S+", message) and names(message, settings, change), about
            assert len(message.splitlines()) <= 3 and len(message) < 1500, about
            assert "Traceback" not in message and message.rstrip().endswith((".", "?", ")")), about
    assert planned and refused


@pytest.mark.parametrize("file", FILES, ids=str)
def test_wrong_languages(file: Path) -> None:
    """A text's name that is well formed, but of no language, or of one not written so, is refused wherever it stands."""
    settings = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    found = list(places(settings))
    named = [path for path in found if path[-2:-1] == ("texts",) and isinstance(path[-1], int)]
    # One section after another, since one corpus has most of the texts.
    chosen = [path for path in (("reference",), ("figures", "sample", 0)) if path in found]
    for section in {path[0]: 0 for path in named}:
        inside = [path for path in named if path[0] == section]
        chosen += random.Random(7).sample(inside, min(10, len(inside)))
    for path in chosen:
        for wrong in ("zzz_Latn", "eng_Arab"):
            changed = copy.deepcopy(settings)
            parent(changed, path)[path[-1]] = wrong
            with pytest.raises(UserError, match=f"^config: .*'{wrong}'"):
                check(changed, ROOT)
    assert len(chosen) > 10


TRICKS: dict[str, tuple[bytes, str]] = {
    "a tab": (b"corpora:\n\tmine: 1\n", "cannot be read as YAML"),
    "an open bracket": (b"corpora: {a: [1, 2\n", "cannot be read as YAML"),
    "a repeated key": (b"seed: 1\nseed: 2\n", "stands on line 1 and again on line 2"),
    "a repeated nested key": (b"hidden:\n  keep: all\n  keep: all\n", "stands on line 2 and again on line 3"),
    "code": (b"seed: !!python/object/apply:os.getcwd []\n", "cannot be read as YAML"),
    "a tag of its own": (b"seed: !mine 3\n", "cannot be read as YAML"),
    "bytes that are not UTF-8": (b"seed: \xff\xfe\n", "cannot be read as YAML"),
    "a NUL": (b"seed: \x00\n", "cannot be read as YAML"),
    "two documents": (b"seed: 1\n---\nseed: 2\n", "cannot be read as YAML"),
    "a list as key": (b"? [a, b]\n: 1\n", "keys are text"),
    "an unknown anchor": (b"seed: *a\n", "cannot be read as YAML"),
    "deep nesting": (b"[" * 5000 + b"]" * 5000, "cannot be read as YAML"),
    "no file": (b"", "there is no config file"),
    "a folder": (b"", "there is no config file"),
    "an empty file": (b"", "holds nothing; settings are needed"),
    "a list": (b"- a\n", "holds a list; settings are needed"),
    "words": (b"corpora\n", "holds a str; settings are needed"),
    "a template of code": (b"__use_yte__: true\nseed: ?open('pwned', 'w')\n", "with which Snakemake runs code in it"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_of_yaml(tmp_path: Path, trick: str) -> None:
    content, expected = TRICKS[trick]
    path = tmp_path / "config.yaml"
    if trick == "a folder":
        path.mkdir()
    elif trick != "no file":
        path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(expected)) as caught:
        check_files([path])
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["a: &a {b: *a}\n", "a: &a [*a]\n", "x: &x [y, y]\nz: &z [*x, *x]\ncorpora: [*z, *z]\n"],
    ids=["self", "list", "many"],
)
def test_aliases(text: str) -> None:
    with pytest.raises(UserError):
        check(yaml.safe_load(text))
