"""Names of texts."""

from __future__ import annotations

import pytest

from langgeom.errors import UserError, nearest
from langgeom.names import TextName


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("eng_Latn", ("eng", "Latn", "")),
        ("cat_Latn_vale1252", ("cat", "Latn", "vale1252")),
        ("twi_Latn_akua1239", ("twi", "Latn", "akua1239")),
    ],
)
def test_parse_and_write_back(name: str, parts: tuple[str, str, str]) -> None:
    parsed = TextName.parse(name)
    assert tuple(parsed) == parts
    assert str(parsed) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "eng",
        "en_Latn",
        "eng_latn",
        "ENG_Latn",
        "eng-Latn",
        "eng_Latn_",
        "eng_Latn/..",
        "eng_Latn\n",
        "eng_Latn_a b",
    ],
)
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="is not a text's name"):
        TextName.parse(name)


def test_nearest() -> None:
    assert nearest("anisotropi", ["anisotropy", "bpc"]) == " Did you mean 'anisotropy'?"
    assert nearest("zzz", ["anisotropy", "bpc"]) == ""
