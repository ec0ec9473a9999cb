"""Lines are read and cleaned without ever splitting, joining or losing one silently."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langgeom.corpora import corpus_of
from langgeom.corpora.text import clean_line, clean_text, decode, dominant_script, text_warnings
from langgeom.errors import UserError
from langgeom.languages import INDIVIDUAL, languages
from langgeom.names import TextName


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\nb", ["a", "b"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"a\n\n", ["a", ""]),
        (b"\xef\xbb\xbfa\n", ["a"]),
        ("a\u2028b\u0085c\vd\n".encode(), ["a\u2028b\u0085c\vd"]),
        (b"a\rb\n", ["a\rb"]),
    ],
)
def test_only_line_feeds_end_lines(data: bytes, lines: list[str]) -> None:
    assert decode(data, "x") == lines


def test_bytes_that_are_not_utf8_are_named() -> None:
    with pytest.raises(UserError, match=r"x\.txt, line 2: byte 4 \(0xff\) is not UTF-8"):
        decode(b"ab\nc\xff\n", "x.txt")


@pytest.mark.parametrize("data", [b"", b"\n", b" \r\n\t\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_named(data: bytes) -> None:
    with pytest.raises(UserError, match=r"x\.txt is empty"):
        decode(data, "x.txt")


@pytest.mark.parametrize(
    ("line", "cleaned", "done"),
    [
        ("  a\t b\u00a0c ", "a b c", {}),
        ("a\u2028b\x85c\rd", "a b c d", {"control_characters": 3}),
        ("a\x00b\x1bc\x7fd", "abcd", {"control_characters": 3}),
        ("\u200fשלום\u200e \u202bא\u202c\u2066b\u2069", "שלום אb", {"direction_marks": 6}),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", {}),
        ("\ufeffa", "a", {"control_characters": 1}),
        ("e\u0301", "é", {"normalised": 1}),
        ("é", "é", {}),
        ("", "", {}),
    ],
)
def test_what_is_done_is_counted(line: str, cleaned: str, done: dict[str, int]) -> None:
    found, counts = clean_line(line)
    assert found == cleaned
    assert dict(counts) == done


def test_long_lines_are_cut_at_a_space_near_the_end() -> None:
    line, done = clean_line("word " * 3000, 1000)
    assert line == ("word " * 200).strip() and done["cut"] == 1
    line, done = clean_line("x" * 10_000, 1000)
    assert line == "x" * 1000 and done["cut"] == 1
    assert clean_line("x" * 1000, 1000) == ("x" * 1000, {})


@given(st.text())
def test_any_line_comes_out_clean_and_stays_so(line: str) -> None:
    cleaned, _ = clean_line(line)
    assert cleaned == unicodedata.normalize("NFC", cleaned)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in cleaned)
    assert cleaned == " ".join(cleaned.split())
    assert clean_line(cleaned) == (cleaned, {})


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, world", "Latn"),
        ("Привет", "Cyrl"),
        ("مرحبا abc", "Arab"),
        ("中文", "Hani"),
        ("これは日本語です", "Hani"),
        ("한국어", "Hang"),
        ("12 3!", ""),
    ],
)
def test_dominant_script(text: str, script: str) -> None:
    assert dominant_script([text]) == script


def test_a_report_counts_what_was_done() -> None:
    cleaned, report = clean_text(["a\x00 b", "", "c" * 50], "source", {"merged": 1}, 10)
    assert cleaned == ["a b", "", "cccccccccc"]
    expected = {"source": "source", "lines": 3, "empty": 1, "merged": 1, "cut": 1}
    assert report == expected | {"control_characters": 1, "direction_marks": 0, "normalised": 0}


def test_a_text_in_another_script_is_reported() -> None:
    assert text_warnings(["salam"], TextName.parse("arb_Arab")) == ["most letters are Latn, but the name says Arab"]
    assert text_warnings(["中文"], TextName.parse("cmn_Hans")) == text_warnings(["1"], TextName.parse("eng_Latn")) == []


def test_sentences_that_stand_there_again_are_counted() -> None:
    lines = [f"number {number}" for number in range(18)]
    assert text_warnings([*lines, *lines[:2], "", ""], TextName.parse("eng_Latn")) == []
    assert text_warnings([*lines[:5], *lines[:1], "", ""], TextName.parse("eng_Latn"))[0].startswith("1 of 6 sentences")


@pytest.mark.parametrize(("code", "instead"), [("ger", "deu is"), ("chi", "cmn is"), ("zzz", "known here: no test")])
def test_a_language_without_name_and_family_is_reported_with_its_individual_code(code: str, instead: str) -> None:
    (warning,) = text_warnings(["salam"], TextName.parse(f"{code}_Latn"))
    assert warning.startswith(f"{code} is no language") and instead in warning


def test_the_codes_suggested_are_known_languages() -> None:
    assert not set(INDIVIDUAL) & set(languages())
    assert set(INDIVIDUAL.values()) <= set(languages())


def test_too_few_lines_are_refused(tmp_path: Path) -> None:
    (tmp_path / "eng_Latn.txt").write_text("a\n\n \x00\n")
    corpus = corpus_of("c", {"folder": ".", "min_lines": 2}, tmp_path)
    out = tmp_path / "out"
    with pytest.raises(UserError, match=r"'eng_Latn' has 1 lines with text in eng_Latn.txt; 2 are needed.*min_lines"):
        corpus.build("eng_Latn", [tmp_path / "eng_Latn.txt"], out / "a.txt", out / "a.json")
    assert not out.exists()
