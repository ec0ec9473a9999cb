"""What a word is, in many scripts."""

from __future__ import annotations

import re

import pytest

from langgeom.languages import scripts
from langgeom.words import UNSPACED, has_words, words


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("All human beings, born FREE (1948).", ["all", "human", "beings", "born", "free"]),
        ("Ozodlik o'zbek, don’t — l'homme", ["ozodlik", "o'zbek", "don’t", "l'homme"]),
        ("self-evident a_b 3rd 1,5 ''", ["self", "evident", "a", "b", "3rd"]),
        ("हिन्दी में", ["हिन्दी", "में"]),  # vowel signs and the virama are marks
        ("می‌خواهم بروم", ["می‌خواهم", "بروم"]),  # a non-joiner within a word
        ("የሰው፡ልጅ፡ሁሉ።", ["የሰው", "ልጅ", "ሁሉ"]),  # Ethiopic wordspace
        ("ẹ̀tọ́ sí", ["ẹ̀tọ́", "sí"]),  # letters with marks that have no composed form
        ("사람은 모두", ["사람은", "모두"]),
        ("", []),
    ],
)
def test_words_of_many_scripts(line: str, expected: list[str]) -> None:
    assert words(line) == expected


def test_the_plain_pattern_would_break_hindi() -> None:
    assert re.findall(r"\w+", "हिन्दी") != words("हिन्दी")


@pytest.mark.parametrize(
    "text", ["cmn_Hans", "yue_Hant", "jpn_Jpan", "tha_Thai", "khm_Khmr", "lao_Laoo", "mya_Mymr", "bod_Tibt"]
)
def test_scripts_without_spaces_have_no_words(text: str) -> None:
    assert not has_words(text)


def test_all_other_scripts_have_words() -> None:
    assert set(scripts()) >= UNSPACED
    assert all(has_words(f"qaa_{code}") for code in set(scripts()) - UNSPACED)
    assert has_words("kor_Hang") and has_words("vie_Latn")
