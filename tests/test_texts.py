"""Measures of texts: known values, plain definitions, and what holds of every one."""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import pytest

from langgeom.errors import UserError
from langgeom.metrics import Resample
from langgeom.table import TEXTS, read_table
from langgeom.texts import (
    MEASURES,
    WINDOW,
    characters_per_word,
    mattr,
    measure_text,
    morphemes_per_word,
    moving_average,
    segment,
    type_token_ratio,
    write_measures,
)
from langgeom.words import words
from unavailable import unavailable

NAMES = list(MEASURES)
STEMS = ["talk", "walk", "jump", "play", "cook", "turn", "look", "help", "paint", "clean", "plant", "start"]
SUFFIXES = ["", "s", "ed", "ing"]
RESAMPLE = Resample(100, seed=3)


def sentences(lines: int = 60, length: int = 20, seed: int = 0) -> list[list[str]]:
    """Return lines of words that are a stem and a suffix."""
    draw = random.Random(seed)
    return [[draw.choice(STEMS) + draw.choice(SUFFIXES) for _ in range(length)] for _ in range(lines)]


def zipf(lines: int = 60, length: int = 20, seed: int = 0) -> list[list[str]]:
    """Return lines of words of which most are rare, as in a language."""
    draw = np.random.default_rng(seed)
    return [[f"w{number}" for number in draw.zipf(1.3, length).clip(max=10**6)] for _ in range(lines)]


def test_measures_are_named_by_their_functions() -> None:
    assert list(MEASURES) == ["characters_per_word", "mattr", "morphemes_per_word", "type_token_ratio"]


def test_characters_per_word() -> None:
    assert float(characters_per_word([["abc", "de"], ["f"]])) == 2.0


def test_type_token_ratio() -> None:
    assert float(type_token_ratio([["a", "b", "a"], ["b", "c"]])) == 3 / 5
    assert math.isnan(float(type_token_ratio([[]])))


@pytest.mark.parametrize("window", [1, 2, 7, 40, 200])
def test_moving_average_is_the_mean_over_all_windows(window: int) -> None:
    types = np.random.default_rng(window).integers(0, 30, 200)
    plain = [len(set(types[start : start + window])) / window for start in range(200 - window + 1)]
    assert moving_average(types, window) == pytest.approx(np.mean(plain))


def test_moving_average_needs_a_window() -> None:
    assert math.isnan(moving_average(np.arange(9), 10)) and moving_average(np.arange(10), 10) == 1
    assert math.isnan(float(mattr([["a"] * (WINDOW - 1)]))) and float(mattr([["a"] * WINDOW])) == 1 / WINDOW


def test_mattr_does_not_fall_with_length_as_the_plain_ratio_does() -> None:
    short, long = sentences(60), sentences(240)
    assert float(type_token_ratio(long)) < 0.5 * float(type_token_ratio(short))
    assert float(mattr(long)) == pytest.approx(float(mattr(short)), rel=0.02)


def test_morfessor_finds_stems_and_suffixes() -> None:
    found = segment(word for line in sentences() for word in line)
    assert found["talking"] == ["talk", "ing"] and found["planted"] == ["plant", "ed"] and found["walk"] == ["walk"]
    assert all("".join(parts) == word for word, parts in found.items())


def test_morphemes_per_word_counts_tokens() -> None:
    text = sentences()
    found = segment(word for line in text for word in line)
    tokens = [word for line in text for word in line]
    assert float(morphemes_per_word(text)) == pytest.approx(sum(len(found[word]) for word in tokens) / len(tokens))
    # Of four equally frequent endings three are morphs of their own.
    assert float(morphemes_per_word(text)) == pytest.approx(1.75, abs=0.1)


def test_words_of_one_morph_have_one() -> None:
    """Unrelated words of random letters have no parts to share."""
    draw = random.Random(1)
    text = [["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=4)) for _ in range(20)] for _ in range(10)]
    assert float(morphemes_per_word([line * 3 for line in text])) < 1.35


def test_morfessor_leaves_the_generator_as_it_was_and_repeats_itself() -> None:
    random.seed(5)
    before = random.getstate()
    first = segment(["talking", "walked", "talks", "walking"] * 3, seed=1)
    assert random.getstate() == before
    random.seed(6)
    assert segment(["walking", "talks", "walked", "talking"], seed=1) == first


@pytest.mark.parametrize("name", MEASURES)
def test_intervals_hold_the_value_and_repeat(name: str) -> None:
    text = sentences() if name == "morphemes_per_word" else zipf()
    found, again = (MEASURES[name](text, RESAMPLE, 0) for _ in range(2))
    assert found.low is not None and found.high is not None
    assert float(found.low) < float(found.value) < float(found.high)
    assert repr(found) == repr(again)


@pytest.mark.parametrize("name", ["characters_per_word", "morphemes_per_word"])
def test_equal_sentences_leave_no_doubt(name: str) -> None:
    found = MEASURES[name]([["talking", "walks", "talk", "walking"]] * 20, RESAMPLE, 0)
    assert float(found.low) == pytest.approx(float(found.value)) == float(found.high)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["characters_per_word", "mattr", "type_token_ratio"])
def test_intervals_cover_the_value_of_the_source(name: str) -> None:
    found = [MEASURES[name](zipf(60, 20, seed), RESAMPLE, 0) for seed in range(60)]
    truth = np.mean([float(part.value) for part in found])
    covered = sum(float(part.low) <= truth <= float(part.high) for part in found)  # type: ignore[arg-type]
    assert covered >= 50  # of 60; 57 are expected


def test_a_text_in_a_script_without_spaces_has_no_values() -> None:
    rows = measure_text("cmn_Hans", ["人人生而自由"] * 50, NAMES, RESAMPLE, 0)
    assert [row["measure"] for row in rows] == list(MEASURES)
    assert all(row["value"] is row["low"] is row["high"] is None and row["n"] == 0 for row in rows)


def test_empty_lines_and_lines_without_words_do_not_count() -> None:
    lines = [" ".join(line) for line in sentences()]
    with_gaps = [*lines[:30], "", "1948 — 2024!", *lines[30:]]
    assert measure_text("eng_Latn", with_gaps, NAMES, RESAMPLE, 0) == measure_text("eng_Latn", lines, NAMES, RESAMPLE, 0)
    nothing = measure_text("eng_Latn", ["", "1948"], ["mattr"], RESAMPLE, 0)
    assert nothing == [{"measure": "mattr", "value": None, "low": None, "high": None, "n": 0}]


def test_one_sentence_has_a_value_and_no_interval() -> None:
    (row,) = measure_text("eng_Latn", ["we hold these truths"], ["characters_per_word"], RESAMPLE, 0)
    assert (row["value"], row["low"], row["high"], row["n"]) == (17 / 4, None, None, 4)


def test_the_job_writes_the_same_table_twice(tmp_path: Path) -> None:
    path = tmp_path / "tur_Latn.txt"
    path.write_text("".join(" ".join(line) + "\n" for line in sentences()), encoding="utf-8")
    for name in ("one", "two"):
        write_measures("udhr", "tur_Latn", path, tmp_path / name, ["mattr", "morphemes_per_word"], {"replicates": 40}, 0)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    table = read_table(tmp_path / "one", TEXTS)
    assert list(table["measure"]) == ["mattr", "morphemes_per_word"] and set(table["n"]) == {1200}
    assert set(table["corpus"] + table["text"] + table["lang"] + table["script"]) == {"udhrtur_LatnturLatn"}


def test_a_file_that_is_no_text_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "eng_Latn.txt"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not UTF-8"):
        write_measures("udhr", "eng_Latn", path, tmp_path / "out", ["mattr"], {"replicates": 40}, 0)


def test_languages_stand_in_their_known_order() -> None:
    """On the Universal Declaration itself, where a run has left it."""
    found = {}
    for text in ("eng_Latn", "spa_Latn", "tur_Latn", "fin_Latn"):
        path = Path(__file__).resolve().parents[1] / f"results/corpora/udhr/{text}.txt"
        if not path.exists():
            unavailable(f"results/corpora/udhr/{text}.txt is not there: run make first")
        found[text] = float(morphemes_per_word([words(line) for line in path.read_text(encoding="utf-8").splitlines()]))
    assert 1.2 < found["eng_Latn"] < 1.7
    assert max(found["eng_Latn"], found["spa_Latn"]) < found["tur_Latn"] < found["fin_Latn"] < 2.5
