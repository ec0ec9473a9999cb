"""Corpora of pairs: the study's CSV, BLiMP, plain tables and generated pairs become the same kind of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from langgeom.grammar.files import of_records
from langgeom.grammar.pairs import in_turn, type_name

from langgeom import corpora
from langgeom.errors import UserError
from langgeom.names import corpora_of_pairs, type_of, type_words

KAGGLE = """Serial Number,Error Type,Ungrammatical Statement,Standard English
1,Subject-Verb Agreement,"The students, alas, studies.","The students, alas, study."
2,Subject-Verb Agreement,He write.,He writes.
3,Articles Usage,She has a apple.,She has an apple.
4,Subject-Verb Agreement,He write.,He writes.
"""
SENTENCES = {
    "eng_Latn": ["She has an apple.", "The students, alas, study.", "He writes."],
    "eng_Latn_wrong": ["She has a apple.", "The students, alas, studies.", "He write."],
    "eng_Latn_wrongArticlesUsage": ["She has a apple.", "", ""],
    "eng_Latn_wrongSubjectVerbAgreement": ["", "The students, alas, studies.", "He write."],
}
PAIRS = [
    ("She has an apple.", "She has a apple.", "Articles usage"),
    ("The students, alas, study.", "The students, alas, studies.", "Subject-verb agreement"),
    ("He writes.", "He write.", "Subject-verb agreement"),
]


def spec(**grammar: Any) -> dict[str, Any]:
    return {"grammar": grammar, "min_lines": 1, "max_characters": 5000}


def build(chosen: Mapping[str, Any], text: str, base: Path) -> tuple[list[str], dict[str, Any]]:
    out = base / "out" / f"{text}.txt"
    source = corpora.sources(chosen, text, "eng_Latn", base)[0]
    corpora.build(chosen, text, "eng_Latn", source=source, out_txt=out, out_json=out.with_suffix(".json"))
    return out.read_text(encoding="utf-8").splitlines(), json.loads(out.with_suffix(".json").read_text())


def write_blimp(folder: Path) -> None:
    folder.mkdir(parents=True)
    for number, (good, bad, kind) in enumerate(PAIRS):
        record = {"sentence_good": good, "sentence_bad": bad, "UID": "u", "linguistics_term": kind.title()}
        (folder / f"{number}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "study.csv").write_text(KAGGLE, encoding="utf-8-sig")
    write_blimp(tmp_path / "blimp" / "data")
    rows = [f"{wrong}\t{kind.title()}\t{correct}" for correct, wrong, kind in PAIRS]
    (tmp_path / "pairs.tsv").write_text("\n".join(["wrong\tType\tcorrect", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "bare.tsv").write_text("\n".join("\t".join((a, b, kind.title())) for a, b, kind in PAIRS), encoding="utf-8")
    return tmp_path


SOURCES = [{"csv": "study.csv"}, {"blimp": "blimp"}, {"blimp": "blimp/data"}, {"pairs": "pairs.tsv"}, {"pairs": "bare.tsv"}]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: "-".join(source.values()))
def test_all_give_the_same_texts(base: Path, source: dict[str, str]) -> None:
    assert corpora.available(spec(**source), base) == list(SENTENCES)
    for text, lines in SENTENCES.items():
        found, report = build(spec(**source), text, base)
        # Types take turns: the article comes before the second agreement.
        assert found == lines
        assert report["lines"] == 3 and report["empty"] == lines.count("")
        assert report.get("duplicates", 0) == ("csv" in source)


def test_types_with_few_pairs_have_no_text_of_their_own(base: Path) -> None:
    chosen = {**spec(csv="study.csv"), "min_lines": 2}
    assert corpora.available(chosen, base) == ["eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongSubjectVerbAgreement"]
    with pytest.raises(UserError, match=r"there are 3 pairs; min_lines is 4"):
        corpora.available({**spec(csv="study.csv"), "min_lines": 4}, base)


def test_most_takes_of_each_type(base: Path) -> None:
    found, _ = build(spec(csv="study.csv", most=2), "eng_Latn", base)
    assert found == SENTENCES["eng_Latn"][:2]


def test_blimp_paradigms_take_turns_within_a_type(tmp_path: Path) -> None:
    for name in "ab":
        records = [{"sentence_good": f"{name} {n}", "sentence_bad": f"{n} {name}", "UID": name} for n in range(3)]
        lines = [json.dumps(record | {"linguistics_term": "one"}) for record in records]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert build(spec(blimp=".", most=3), "eng_Latn", tmp_path)[0] == ["a 0", "b 0", "a 1"]
    assert len(corpora.sources(spec(blimp="."), "eng_Latn", "eng_Latn", tmp_path)) == 2
    assert build(spec(blimp="b.jsonl"), "eng_Latn", tmp_path)[0] == ["b 0", "b 1", "b 2"]


def test_records_from_elsewhere() -> None:
    records = [("row 0", {"sentence_good": "a b", "sentence_bad": "b a", "UID": "word_order"})]
    pairs, done = of_records(records, "blimp")
    assert pairs == [("a b", "b a", "WordOrder")] and not done


def test_generated(tmp_path: Path) -> None:
    chosen = spec(generate={"pairs": 24, "seed": 0})
    texts = corpora.available(chosen, tmp_path)
    assert len(texts) == 14 and texts[:2] == ["eng_Latn", "eng_Latn_wrong"]
    correct, _ = build(chosen, "eng_Latn", tmp_path)
    wrong, _ = build(chosen, "eng_Latn_wrong", tmp_path)
    typed = [build(chosen, text, tmp_path)[0] for text in texts[2:]]
    assert len(set(correct)) == len(set(wrong)) == 24 and all(a != b for a, b in zip(correct, wrong, strict=True))
    assert ["".join(lines) for lines in zip(*typed, strict=True)] == wrong
    assert {sum(map(bool, lines)) for lines in typed} == {2}


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "name", "content", "said"),
    [
        ({"csv": "x.csv"}, "y", "", r"there is no file 'x.csv'"),
        ({"csv": "x.csv"}, "x.csv", "Error Type,Ungramatical Statement,Standard English\n",
         r"lacks the column 'Ungrammatical Statement'.*Did you mean 'Ungramatical Statement'"),
        ({"csv": "x.csv"}, "x.csv", "Error Type,Ungrammatical Statement,Standard English\n", r"has no pairs"),
        ({"csv": "x.csv"}, "x.csv", "", r"is empty"),
        ({"csv": "x.csv"}, "x.csv", KAGGLE.encode() + b"5,T,caf\xe9,cafe\n", r"line 6: byte .* is not UTF-8"),
        ({"csv": "x.csv"}, "x.csv", KAGGLE + "5,T,only three\n", r"line 6: 3 of 4 columns"),
        ({"csv": "x.csv"}, "x.csv", KAGGLE + "5,T,Same  one.,Same one.\n", r"line 6: both sentences are 'Same one\.'"),
        ({"csv": "x.csv"}, "x.csv", KAGGLE + "5,T,,One.\n", r"line 6: the ungrammatical sentence is empty"),
        ({"pairs": "x.tsv"}, "x.tsv", "correct\twrongg\na\tb\n", r"names no wrong sentence.*Did you mean 'wrongg'"),
        ({"pairs": "x.tsv"}, "x.tsv", "one column\n", r"line 1: one column"),
        ({"pairs": "x.csv"}, "x.csv", "a,b\nc\n", r"line 2: 1 of 2 columns"),
        ({"blimp": "nowhere"}, "x", "", r"'.*nowhere' is no JSONL file and no folder"),
        ({"blimp": "x.jsonl"}, "x.jsonl", "{\n", r"line 1: it is no JSON"),
        ({"blimp": "x.jsonl"}, "x.jsonl", "[1]\n", r"line 1: a JSON object is needed"),
        ({"blimp": "x.jsonl"}, "x.jsonl", '{"sentence_god": "a", "sentence_bad": "b"}',
         r"there is no 'sentence_good'.*Did you mean 'sentence_god'"),
    ],
)  # fmt: skip
def test_mistakes_are_one_message(tmp_path: Path, source: dict[str, str], name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        corpora.available(spec(**source), written(tmp_path, name, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "name"),
    [("Subject-Verb Agreement", "SubjectVerbAgreement"), ("verb tense errors", "VerbTenseErrors"),
     ("s-selection", "SSelection"), ("Él's", "Els"), ("!", "Other"), ("WordOrder", "WordOrder")],
)  # fmt: skip
def test_types_become_names(words: str, name: str) -> None:
    assert type_name(words) == name
    assert type_of(f"eng_Latn_wrong{name}") == name


def test_names_of_texts() -> None:
    assert [type_of(text) for text in ("eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongTense", "cat_Latn_vale1252")] == [
        None, "", "Tense", None,
    ]  # fmt: skip
    assert [type_words(name) for name in ("WordOrder", "Tense", "NPILicensing", "Type2")] == [
        "Word order", "Tense", "NPI licensing", "Type 2",
    ]  # fmt: skip
    assert corpora_of_pairs(["a", "a", "b"], ["eng_Latn", "eng_Latn_wrong", "eng_Latn"]) == {"a"}


def test_in_turn() -> None:
    assert in_turn([[1, 2, 3], [4], [5, 6]]) == [1, 4, 5, 2, 6, 3]
    assert in_turn([[1, 2], [3]], most=2) == [1, 3]
