"""Corpora of pairs: the study's CSV, BLiMP, plain tables and generated pairs become the same kind of texts."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from langgeom.corpora import corpus_of
from langgeom.corpora.grammar import TABLE, in_turn, type_name
from langgeom.errors import UserError
from langgeom.files import read_tsv
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
    out, corpus = base / "out" / f"{text}.txt", corpus_of("c", chosen, base)
    corpus.build(text, [Path(path) for path in corpus.inputs(text)], out_txt=out, out_json=out.with_suffix(".json"))
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
    with zipfile.ZipFile(tmp_path / "blimp.zip", "w") as archive:
        for path in (tmp_path / "blimp" / "data").iterdir():
            archive.write(path, f"data/{path.name}")
            archive.writestr(f"__MACOSX/data/._{path.name}", b"\xb0")
    rows = [f"{wrong}\t{kind.title()}\t{correct}" for correct, wrong, kind in PAIRS]
    (tmp_path / "pairs.tsv").write_text("\n".join(["wrong\tType\tcorrect", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "bare.tsv").write_text("\n".join("\t".join((a, b, kind.title())) for a, b, kind in PAIRS), encoding="utf-8")
    return tmp_path


SOURCES = [
    {"pairs": "study.csv"},
    {"blimp": "blimp"},
    {"blimp": "blimp/data"},
    {"blimp": "blimp.zip"},
    {"pairs": "pairs.tsv"},
    {"pairs": "bare.tsv"},
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: "-".join(source.values()))
def test_all_give_the_same_texts(base: Path, source: dict[str, str]) -> None:
    assert corpus_of("c", spec(**source), base).texts() == list(SENTENCES)
    for text, lines in SENTENCES.items():
        found, report = build(spec(**source), text, base)
        # Types take turns: the article comes before the second agreement.
        assert found == lines
        assert report["lines"] == 3 and report["empty"] == lines.count("")
        assert report.get("duplicates", 0) == (source == SOURCES[0])


def test_types_with_few_pairs_have_no_text_of_their_own(base: Path) -> None:
    chosen = {**spec(pairs="study.csv"), "min_lines": 2}
    assert corpus_of("c", chosen, base).texts() == ["eng_Latn", "eng_Latn_wrong", "eng_Latn_wrongSubjectVerbAgreement"]
    with pytest.raises(UserError, match=r"there are 3 pairs; min_lines is 4"):
        corpus_of("c", {**spec(pairs="study.csv"), "min_lines": 4}, base).texts()


def test_most_takes_of_each_type(base: Path) -> None:
    found, _ = build(spec(pairs="study.csv", most=2), "eng_Latn", base)
    assert found == SENTENCES["eng_Latn"][:2]


def test_blimp_paradigms_take_turns_within_a_type(tmp_path: Path) -> None:
    for name in "ab":
        records = [{"sentence_good": f"{name} {n}", "sentence_bad": f"{n} {name}", "UID": name} for n in range(3)]
        lines = [json.dumps(record | {"linguistics_term": "one"}) for record in records]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert build(spec(blimp=".", most=3), "eng_Latn", tmp_path)[0] == ["a 0", "b 0", "a 1"]
    assert len(corpus_of("c", spec(blimp="."), tmp_path).inputs("eng_Latn")) == 2
    assert build(spec(blimp="b.jsonl"), "eng_Latn", tmp_path)[0] == ["b 0", "b 1", "b 2"]


def test_blimp_by_address(base: Path) -> None:
    pinned = {"url": "https://example.org/BLiMP.zip", "sha256": "1" * 64}
    corpus = corpus_of("c", spec(blimp=pinned), base)
    (pin,) = corpus.pins()
    assert corpus.inputs("eng_Latn") == [pin.path] == [f"results/downloads/url/{'1' * 64}/BLiMP.zip"]
    assert corpus.texts() is None and corpus.paths() == {} and corpus.peek("eng_Latn") is None
    unnamed = Path(shutil.copyfile(base / "blimp.zip", base / "master"))  # as the last part of an address may be
    for text, lines in SENTENCES.items():
        assert corpus.lines(text, [base / "blimp.zip"])[0] == lines == corpus.lines(text, [unnamed])[0]


def test_published_blimp(base: Path) -> None:
    """Its types, which are known before it is fetched, are those that it has."""
    if "LANGGEOM_TEST_DATA" not in os.environ:
        pytest.skip("LANGGEOM_TEST_DATA names no folder with blimp/BLiMP.zip")
    archive = Path(os.environ["LANGGEOM_TEST_DATA"]) / "blimp" / "BLiMP.zip"
    pinned = {"url": archive.as_uri(), "sha256": hashlib.sha256(archive.read_bytes()).hexdigest()}
    chosen = {**spec(blimp=pinned, most=1300), "min_lines": 100}
    here = corpus_of("c", {**spec(blimp=str(archive), most=1300), "min_lines": 100}, base)
    assert corpus_of("c", chosen, base).texts() == here.texts() and len(here.texts() or ()) == 15
    assert corpus_of("c", {**chosen, "min_lines": 101}, base).texts() == ["eng_Latn", "eng_Latn_wrong"]
    lines, done = here.lines("eng_Latn_wrongSSelection", [archive])
    assert len(lines) == 1300 and sum(map(bool, lines)) == 100 and done == {"identical": 7, "duplicates": 1}


def test_generated(tmp_path: Path) -> None:
    chosen = spec(generate={"pairs": 24})
    texts = corpus_of("c", chosen, tmp_path).texts()
    assert len(texts) == 14 and texts[:2] == ["eng_Latn", "eng_Latn_wrong"]
    correct, _ = build(chosen, "eng_Latn", tmp_path)
    wrong, _ = build(chosen, "eng_Latn_wrong", tmp_path)
    typed = [build(chosen, text, tmp_path)[0] for text in texts[2:]]
    assert len(set(correct)) == len(set(wrong)) == 24 and all(a != b for a, b in zip(correct, wrong, strict=True))
    assert ["".join(lines) for lines in zip(*typed, strict=True)] == wrong
    assert {sum(map(bool, lines)) for lines in typed} == {2}


MADE = read_tsv(TABLE)


def folded(sentence: str) -> list[str]:
    """Return the words without the capital letter that the first has for its place alone."""
    return re.findall(r"\w+|[.,]", sentence.casefold())


def common(one: list[str], other: list[str]) -> int:
    """Return how many words two lists have in common at their beginning."""
    return len(list(itertools.takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))))


def test_made_up_pairs_are_balanced_and_none_comes_twice() -> None:
    kinds = [row["type"] for row in MADE]
    assert len(MADE) == len({row["correct"] for row in MADE}) == 1200
    assert not {row["correct"] for row in MADE} & {row["wrong"] for row in MADE}
    assert all(sorted(kinds[start : start + 12]) == sorted(set(kinds)) for start in range(0, 1200, 12))


def test_a_made_up_pair_differs_in_one_place() -> None:
    for row in MADE:
        for sentence in (row["correct"], row["wrong"]):
            assert re.fullmatch(r"[A-Z][A-Za-z]*(,? [A-Za-z]+)+\.", sentence), sentence
        ours, theirs = folded(row["correct"]), folded(row["wrong"])
        assert 5 <= len(ours) - ours.count(",") - 1 <= 18
        same = common(ours, theirs)
        end = common(ours[same:][::-1], theirs[same:][::-1])
        before, after = ours[same : len(ours) - end], theirs[same : len(theirs) - end]
        if row["type"] == "WordOrder":
            assert len(before) == 2 and after == before[::-1], row
        else:
            # At most two words become one ("will write", "wrote"), and nothing else moves.
            assert max(len(before), len(after)) <= (2 if row["type"] == "Tense" else 1), row


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / name).write_bytes(data)
    return tmp_path


@pytest.mark.parametrize(
    ("source", "name", "content", "said"),
    [
        ({"pairs": "x.csv"}, "y", "", r"there is no file 'x.csv'"),
        ({"pairs": "x.csv"}, "x.csv", "Error Type,Ungramatical Statement,Standard English\n",
         r"names no wrong sentence.*ungrammatical statement.*Did you mean 'ungramatical statement'"),
        ({"pairs": "x.csv"}, "x.csv", "Error Type,Ungrammatical Statement,Standard English\n", r"has no pairs"),
        ({"pairs": "x.csv"}, "x.csv", "", r"is empty"),
        ({"pairs": "x.csv"}, "x.csv", KAGGLE.encode() + b"5,T,caf\xe9,cafe\n", r"line 6: byte .* is not UTF-8"),
        ({"pairs": "x.csv"}, "x.csv", KAGGLE + "5,T,only three\n", r"line 6: 3 of 4 columns"),
        ({"pairs": "x.csv"}, "x.csv", KAGGLE + "5,T,Same  one.,Same one.\n", r"line 6: both sentences are 'Same one\.'"),
        ({"pairs": "x.csv"}, "x.csv", KAGGLE + "5,T,,One.\n", r"line 6: the ungrammatical sentence is empty"),
        ({"pairs": "x.tsv"}, "x.tsv", "correct\twrongg\na\tb\n", r"names no wrong sentence.*Did you mean 'wrongg'"),
        ({"pairs": "x.tsv"}, "x.tsv", "one column\n", r"line 1: one column"),
        ({"pairs": "x.csv"}, "x.csv", "a,b\nc\n", r"line 2: 1 of 2 columns"),
        ({"blimp": "nowhere"}, "x", "", r"'.*nowhere' is no JSONL file, no \.zip and no folder"),
        ({"blimp": "x.jsonl"}, "x.jsonl", "{\n", r"line 1: it is no JSON"),
        ({"blimp": "x.zip"}, "x.zip", "no archive", r"x.zip is damaged inside.*Fetch it again"),
        ({"blimp": "x.jsonl"}, "x.jsonl", "[1]\n", r"line 1: a JSON object is needed"),
        ({"blimp": "x.jsonl"}, "x.jsonl", '{"sentence_god": "a", "sentence_bad": "b"}',
         r"there is no 'sentence_good'.*Did you mean 'sentence_god'"),
    ],
)  # fmt: skip
def test_mistakes_are_one_message(tmp_path: Path, source: dict[str, str], name: str, content: str | bytes, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        corpus_of("c", spec(**source), written(tmp_path, name, content)).texts()
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
