"""Twins and controls: letters undone, shuffles that keep their pieces, names refused with the cure."""

from __future__ import annotations

import difflib
import json
import os
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from langgeom.config import check
from langgeom.corpora import corpus_of
from langgeom.corpora.made import LETTERS, letters_of, make, transliterate
from langgeom.corpora.text import clean_line, decode
from langgeom.errors import UserError
from langgeom.files import read_tsv
from langgeom.names import made_from

# Its texts are not part of the project: LANGGEOM_TEST_DATA names a folder with ntrex/newstest2019-*.txt.
NTREX = Path(os.environ.get("LANGGEOM_TEST_DATA", "")) / "ntrex"
# Text in its own script, and as its readers write it in Latin script.
WRITTEN = {
    "srp_Cyrl": ("Сва људска бића рађају се слободна и једнака; ЊУЈОРК, Џон, Љ. и ћуд.",
                 "Sva ljudska bića rađaju se slobodna i jednaka; NJUJORK, Džon, Lj. i ćud."),
    "azj_Cyrl": ("Бүтүн инсанлар ҝөзәл; Инсан ИШЫГ, Ыбрам, чаҹуғ",
                 "Bütün insanlar gözəl; İnsan İŞIQ, Ibram, çacuğ"),
    "kaz_Cyrl": ("Барлық адамдар тумысынан азат; Істер, ҚЫРҒЫЗ, щётка, юля, объект",
                 "Barlıq adamdar twmısınan azat; İster, QIRĞIZ, şçyotka, yulya, obʺekt"),
    "uig_Arab": ("ھەممە ئادەم تۇغۇلۇشىدىنلا ئەركىن، مۇئەللىم، ئۇنىڭغا سانگۋىن چىقتى. دائىر؟ ئىسھاق",
                 "hemme adem tughulushidinla erkin, mu'ellim, uninggha san'gwin chiqti. da'ir? is'haq"),
    "rus_Cyrl": ("Все люди рождаются свободными; ещё объём, Юлия, Щука, мышь.",
                 "Vse lûdi roždaûtsâ svobodnymi; eŝë obʺëm, Ûliâ, Ŝuka, myšʹ."),
    "arb_Arab": ("يولد جميع الناس أحرارا، في 1,000 سؤال؟", "ywld ǧmyʿ ālnās áḥrārā, fy 1,000 sẃāl?"),
    "koi_Cyrl": ("Быд морт чужӧ вольнӧйӧн", "Byd mort čužö volʹnöjön"),
    "kat_Geor": ("ყველა ადამიანი იბადება თავისუფალი და თანასწორი; ტყე, ქართული ჰაერი ფეხი",
                 "qvela adamiani ibadeba t’avisup’ali da t’anascori; tqe, k’art’uli haeri p’exi"),
    "urd_Arab": ("تمام انسان آزاد پیدا ہوئے ہیں۔ 7.5 گھر، لڑکی", "tmām ānsān âzād pydā hwýē hyṉ. 7.5 gẖr, lṛky"),
}  # fmt: skip


def undone(text: str) -> dict[str, str]:
    """The table the other way; that of any Cyrillic is only led back here."""
    lang, script = text.split("_")
    if back := letters_of(lang, "Latn", script):
        return dict(back)
    return {latin: letter for letter, latin in reversed(letters_of(lang, script, "Latn").items())}


@pytest.mark.parametrize("text", list(WRITTEN))
def test_letters_are_written_and_undone(text: str) -> None:
    own, latin = (unicodedata.normalize("NFC", line) for line in WRITTEN[text])
    lang, script = text.split("_")
    assert transliterate(own, letters_of(lang, script, "Latn")) == latin
    assert transliterate(latin, undone(text)) == own


def test_no_two_letters_are_written_alike() -> None:
    rows = read_tsv(LETTERS)
    for lang in {lang for row in rows for lang in row["langs"].split() or [""]}:
        own = [row for row in rows if lang in (row["langs"].split() or [""])]
        written = [(row["letter"][:1] == "^", row["latin"]) for row in own]
        assert len(set(written)) == len(written) and all(latin for _, latin in written)
        assert len({row["letter"] for row in own}) == len(own)


def ntrex(name: str) -> list[str]:
    path = NTREX / f"newstest2019-ref.{name}.txt"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return [clean_line(line)[0] for line in decode(path.read_bytes(), name)]


def is_latin(char: str) -> bool:
    return char.isalpha() and unicodedata.name(char).startswith("LATIN")


# Lines that are not given back: those with Latin letters in them (names; in Serbian, letters that look Cyrillic), and others.
# srp: Холјоку, where л + ј look like љ. uig: vowels without their hamza at the beginning of a word, most of them suffixes, and
# joiners within a word. kaz: й + о (Нью-Йорк), which looks like ё.
@pytest.mark.parametrize(("name", "text", "latin", "others"), [
    ("srp-Cyrl", "srp_Cyrl", 712, 1), ("uig", "uig_Arab", 181, 83), ("kaz", "kaz_Cyrl", 233, 34), ("rus", "rus_Cyrl", 277, 1),
    ("arb", "arb_Arab", 81, 2), ("urd", "urd_Arab", 174, 3),
])  # fmt: skip
def test_ntrex_is_given_back(name: str, text: str, latin: int, others: int) -> None:
    (lang, script), lines = text.split("_"), ntrex(name)
    there, back = letters_of(lang, script, "Latn"), undone(text)
    lost = [line for line in lines if transliterate(transliterate(line, there), back) != line]
    mixed = sum(any(map(is_latin, line)) for line in lost)
    assert (mixed, len(lost) - mixed) == (latin, others)


def test_ntrex_has_serbian_in_both_scripts() -> None:
    made, written = (ntrex(f"srp-{script}")[:1400] for script in ("Cyrl", "Latn"))
    letters = letters_of("srp", "Cyrl", "Latn")
    pairs = [(transliterate(line, letters), other) for line, other in zip(made, written, strict=True)]
    # The others were edited in one of the two: a comma, a case ending, another word.
    assert sum(one == other for one, other in pairs) == 1332
    alike = [difflib.SequenceMatcher(None, one, other, autojunk=False).ratio() for one, other in pairs if one != other]
    assert sum(alike) / len(alike) > 0.85 and 1 - sum(1 - one for one in alike) / 1400 > 0.99


LINES = ["Všichni lidé rodí se svobodní.", "", "a", "Ko\u0301 ma\u0301 ki\u0301, ha\u0301 go\u0301 pe\u0301 lo\u0301"]


def clusters(line: str) -> Counter[str]:
    found: list[str] = []
    for char in line:
        if unicodedata.combining(char):
            found[-1] += char
        else:
            found.append(char)
    return Counter(found)


def test_controls_keep_the_pieces_of_each_line() -> None:
    made = {kind: make(f"ces_Latn_{kind}", LINES, 0)[0] for kind in ("wordsShuffled", "wordsReversed", "charactersShuffled")}
    for line, words, back, characters in zip(LINES, *made.values(), strict=True):
        assert Counter(words.split(" ")) == Counter(line.split(" ")) and back.split(" ") == line.split(" ")[::-1]
        assert clusters(characters) == clusters(line)
        assert [char == " " for char in clean(characters)] == [char == " " for char in clean(line)]
    assert made["wordsShuffled"][0] != LINES[0] != made["charactersShuffled"][0]
    assert make("ces_Latn_wordsReversed", made["wordsReversed"], 0)[0] == LINES


def clean(line: str) -> str:
    return "".join(char for char in line if not unicodedata.combining(char))


@pytest.mark.parametrize("kind", ["wordsShuffled", "charactersShuffled"])
def test_shuffles_follow_the_seed(kind: str) -> None:
    lines = [LINES[0]] * 5
    once, again, other = (make(f"ces_Latn_{kind}", lines, seed)[0] for seed in (1, 1, 2))
    assert once == again != other and len(set(once)) > 1


def test_names_say_what_a_text_is_made_from() -> None:
    assert made_from("srp_Latn_fromCyrl") == "srp_Cyrl" and made_from("eng_Latn_wordsShuffled") == "eng_Latn"
    for other in ("srp_Latn", "cat_Latn_vale1252", "eng_Latn_wrongTense", "srp_Latn_fromLatn", "srp_Latn_fromcyrl"):
        assert made_from(other) is None


def config(texts: list[str], base: Path) -> None:
    (base / "texts").mkdir(exist_ok=True)
    for text in ("eng_Latn", "srp_Cyrl", "rus_Cyrl", "jpn_Jpan", "hin_Deva", "hin_Latn_fromDeva"):
        (base / "texts" / f"{text}.txt").write_text("а\n", encoding="utf-8")
    corpora = {"mine": {"folder": "texts", "min_lines": 1, "texts": ["eng_Latn", *texts]}}
    check(
        {"corpora": corpora, "models": {"a": {"pypi": [{"package": "p", "version": "1", "sha256": "0" * 64}], "folder": "x"}}},
        base,
    )


def test_texts_that_can_be_made(tmp_path: Path) -> None:
    config(["srp_Cyrl", "srp_Latn_fromCyrl", "rus_Cyrl", "rus_Latn_fromCyrl", "eng_Latn_wordsReversed"], tmp_path)
    # The user's own file needs no table, and no source.
    config(["hin_Latn_fromDeva"], tmp_path)


@pytest.mark.parametrize(("texts", "said"), [
    (["srp_Latn_fromCyrl"], r"mine\.texts.*made from 'srp_Cyrl'.*add it"),
    (["srp_Cyrl", "srp_Arab_fromCyrl"], r"from Cyrl in Arab.*kind folder"),
    (["hin_Deva", "hin_Grek_fromDeva"], r"from Deva in Grek.*srp.*\(Cyrl\).*kind folder"),
    (["eng_Latn", "eng_Cyrl_fromLatn"][1:], r"from Latn in Cyrl.*kind folder"),
    (["jpn_Jpan", "jpn_Jpan_wordsShuffled"], "jpn_Jpan_charactersShuffled"),
    (["srp_Cyrl", "srp_Latn_fromCyril"], r"which this corpus lacks.*srp_"),
])  # fmt: skip
def test_a_text_that_cannot_be_made_names_the_cure(texts: list[str], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        config(texts, tmp_path)


def test_a_twin_is_built_from_the_text_of_its_corpus(tmp_path: Path) -> None:
    corpus = corpus_of("c", {"folder": "texts", "min_lines": 1, "max_characters": 5000}, tmp_path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "srp_Cyrl.txt").write_text("Људи\n")
    assert corpus.needed("srp_Latn_fromCyrl") == ["results/corpora/c/srp_Cyrl.txt", str(LETTERS)]
    assert corpus.identity("srp_Latn_fromCyrl") == []
    source, out = tmp_path / "srp_Cyrl.txt", tmp_path / "out.txt"
    source.write_text("Људи су ѣ\n\nСлободни\n", encoding="utf-8")
    corpus.build("srp_Latn_fromCyrl", [source, LETTERS], out, tmp_path / "out.json")
    assert out.read_text(encoding="utf-8") == "Ljudi su ѣ\n\nSlobodni\n"
    report = json.loads((tmp_path / "out.json").read_text())
    assert (report["source"], report["letters_kept"], report["empty"]) == ("made from srp_Cyrl", 1, 1)
    assert "warnings" not in report
    # A file of that name is the user's own twin.
    (tmp_path / "texts" / "srp_Latn_fromCyrl.txt").write_text("Ljudi\n")
    assert corpus.made_from("srp_Latn_fromCyrl") is None
