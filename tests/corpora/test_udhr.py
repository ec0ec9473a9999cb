"""Declarations are aligned by article and clause, and by length where there is no number."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

import udhr_table
from langgeom.corpora import corpus_of, udhr
from langgeom.errors import UserError
from langgeom.files import sha256

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "results" / "downloads" / "npm" / "udhr-6.0.0.tgz"
LONG, MIDDLE, SHORT = ("word " * 60).strip(), ("word " * 30).strip(), ("word " * 12).strip()


def page(preamble: list[str], articles: dict[int, list[str] | str]) -> str:
    """Write a declaration's page; an article is paragraphs, or text with numbered clauses split by '|'."""
    parts = ["<header><h2>Preamble</h2>", *(f"<p>{text}</p>" for text in preamble), "</header>"]
    for number, content in articles.items():
        parts.append(f'<article data-number="{number}"><h2>Article {number}</h2>')
        if isinstance(content, str):
            parts += ["<ol>", *(f"<li><p>{clause}</p></li>" for clause in content.split("|")), "</ol>"]
        else:
            parts += [f"<p>{text}</p>" for text in content]
        parts.append("</article>")
    return f'<html data-iso6393="xyz" dir="ltr"><head><title>T</title></head><body>{"".join(parts)}</body></html>'


def package(path: Path, pages: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in pages.items():
            data = content.encode()
            info = tarfile.TarInfo(f"package/declaration/{name}.html")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


REFERENCE = page(
    [LONG, MIDDLE, SHORT, "Now, therefore,", "The Assembly", LONG + " end"],
    {1: [MIDDLE], 2: [LONG, SHORT], 3: "one clause here|two clause here|three clause here", 4: [SHORT], 5: [MIDDLE]},
)


def aligned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, translation: str) -> tuple[list[str], dict[str, int]]:
    rows = {"eng_Latn": {"file": "eng"}, "xyz_Latn": {"file": "xyz"}}
    monkeypatch.setattr(udhr, "udhr_texts", lambda: rows)
    source = package(tmp_path / "p.tgz", {"eng": REFERENCE, "xyz": translation})
    lines, done = udhr.declaration_lines(source, "xyz_Latn", "eng_Latn")
    return lines, dict(done)


def test_the_reference_is_aligned_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines, done = aligned(tmp_path, monkeypatch, REFERENCE)
    closing = f"Now, therefore, The Assembly {LONG} end"
    clauses = ["one clause here", "two clause here", "three clause here"]
    assert lines == [LONG, MIDDLE, SHORT, closing, MIDDLE, LONG, SHORT, *clauses, SHORT, MIDDLE]
    assert done == {"merged": 0}


def test_split_paragraphs_are_joined_and_merged_ones_left_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translation = page(
        [LONG, f"{MIDDLE} {SHORT}", LONG + " end"],  # 2 and 3 merged; no closing formula
        {1: [MIDDLE], 2: [MIDDLE, MIDDLE, SHORT], 3: "a clause, one|a clause, two|a clause, three", 4: [SHORT], 5: [MIDDLE]},
    )
    lines, done = aligned(tmp_path, monkeypatch, translation)
    assert lines[:4] == [LONG, "", "", LONG + " end"]
    assert lines[5:7] == [f"{MIDDLE} {MIDDLE}", SHORT]
    assert done == {"merged": 2}


def test_as_many_paragraphs_align_one_to_one_however_free() -> None:
    reference, free = [MIDDLE, MIDDLE + " end"], [MIDDLE, ("word " * 10).strip()]
    assert udhr._align_by_length(free, reference, 1.0) == (free, 0)


def test_as_many_paragraphs_by_accident_do_not_align_one_to_one() -> None:
    """A heading among the paragraphs, or one split where two others are merged: the numbers agree, the lengths do not."""
    assert udhr._align_by_length([LONG, "&1"], [LONG, LONG], 1.0)[0] != [LONG, "&1"]
    split_and_merged = [MIDDLE, MIDDLE, SHORT, f"{LONG} {MIDDLE}"]
    assert udhr._align_by_length(split_and_merged, [LONG, SHORT, LONG, MIDDLE], 1.0) == (
        [f"{MIDDLE} {MIDDLE}", SHORT, "", ""],
        2,
    )


def test_the_closing_formula_is_one_unit_however_it_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two short lines would fit the third paragraph's length better than the last one's."""
    short = ("word " * 9).strip()
    translation = page([LONG, MIDDLE, short, "Now,", "we of the Assembly", LONG], {1: [MIDDLE], 4: [SHORT], 5: [MIDDLE]})
    lines, _ = aligned(tmp_path, monkeypatch, translation)
    assert lines[:4] == [LONG, MIDDLE, short, f"Now, we of the Assembly {LONG}"]


def test_cleaning_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translation = page([LONG, MIDDLE, SHORT, LONG], {1: ["e\u0301 \u200fa\x92\x93"], 2: [LONG, SHORT], 4: [SHORT], 5: [MIDDLE]})
    aligned(tmp_path, monkeypatch, translation)  # makes the package
    out = tmp_path / "xyz_Latn.txt"
    spec = {"udhr": {"version": "6.0.0", "sha256": sha256(tmp_path / "p.tgz")}, "max_characters": 200}
    report = out.with_suffix(".json")
    corpus_of("u", spec).build("xyz_Latn", [tmp_path / "p.tgz"], out_txt=out, out_json=report)
    assert out.read_text(encoding="utf-8").split("\n")[4] == "é a"
    found = json.loads(report.read_text())
    expected = {"source": "p.tgz", "lines": 12, "empty": 3, "merged": 0, "cut": 3}
    assert len(found.pop("warnings")) == 2  # repeated lines, an unknown language
    assert found == expected | {"control_characters": 2, "direction_marks": 1, "normalised": 1}


def test_a_text_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"no text 'spa_Latm'.*Did you mean 'spa_Latn'"):
        udhr.declaration_lines(Path("p.tgz"), "spa_Latm", "eng_Latn")


def test_names_of_several_declarations_and_what_is_left_out(tmp_path: Path) -> None:
    def declaration(lang: str, paragraphs: int) -> str:
        text = page([], {number: [f"this is paragraph {number}"] for number in range(1, paragraphs + 1)})
        return text.replace('"xyz"', f'"{lang}"')

    pages = {"eng": ("eng", 30), "por_PT": ("por", 30), "por_BR": ("por", 30), "nya_x_1": ("nya", 31), "abc": ("abc", 29)}
    pages |= {"xyz_a": ("xyz", 30), "001": ("und", 30)}
    rows, left_out = udhr_table.index(package(tmp_path / "p.tgz", {file: declaration(*what) for file, what in pages.items()}))
    assert [(row.text, row.file, row.lines) for row in rows] == [
        ("eng_Latn", "eng", 30),
        ("nya_Latn", "nya_x_1", 30),  # what English lacks is no line
        ("por_Latn", "por_BR", 30),
        ("por_Latn_PT", "por_PT", 30),
        ("xyz_Latn", "xyz_a", 30),
    ]
    assert left_out == {"stubs": 1, "without a language code": 1}


def test_clauses_align_by_number_and_a_missing_article_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clauses = f"{LONG}|x|{LONG}"  # lengths that would mislead
    translation = page([LONG, MIDDLE, SHORT, LONG], {1: [MIDDLE], 2: [LONG, SHORT], 3: clauses, 5: [MIDDLE]})
    lines, _ = aligned(tmp_path, monkeypatch, translation)
    assert lines[7:] == [LONG, "x", LONG, "", MIDDLE]


def test_markup_inside_paragraphs_is_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translation = page([LONG, MIDDLE, SHORT, LONG], {1: ["a &amp; <b>b</b>\n c"], 2: [LONG, SHORT]})
    lines, _ = aligned(tmp_path, monkeypatch, translation)
    assert lines[4] == "a & b c"


def test_a_package_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.tgz").write_bytes(b"<html>not found</html>")
    with pytest.raises(UserError, match=r"p\.tgz cannot be read as a package"):
        udhr.declaration_lines(tmp_path / "p.tgz", "eng_Latn", "eng_Latn")


def test_a_package_without_the_declaration_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no declaration 'fra'"):
        udhr.declaration_lines(package(tmp_path / "p.tgz", {"eng": REFERENCE}), "fra_Latn", "eng_Latn")


def test_the_table_of_declarations() -> None:
    rows = udhr.udhr_texts()
    assert len(rows) > 500
    files = {text: row["file"] for text, row in rows.items()}
    assert files["eng_Latn"] == "eng" and files["deu_Latn"] == "deu_1996" and files["zlm_Arab"] == "mly_arab"
    assert files["jpn_Jpan"] == "jpn" and files["kor_Hang"] == "kor" and files["cmn_Hant"] == "cmn_hant"
    assert len(set(files.values())) == len(rows)
    assert min(int(row["lines"]) for row in rows.values()) >= udhr_table.FEWEST


@pytest.mark.skipif(not PACKAGE.exists(), reason="the package udhr is not fetched; `make` fetches it")
def test_real_declarations_align() -> None:
    found = [{key: str(value) for key, value in row._asdict().items()} for row in udhr_table.index(PACKAGE)[0]]
    assert found == list(udhr.udhr_texts().values())
    english, _ = udhr.declaration_lines(PACKAGE, "eng_Latn", "eng_Latn")
    arabic, done = udhr.declaration_lines(PACKAGE, "arb_Arab", "eng_Latn")
    assert len(english) == len(arabic) == 58
    # The Arabic preamble says in one paragraph what the English fourth and fifth say.
    assert [number for number, line in enumerate(arabic) if not line] == [3, 4] and done["merged"] == 2
    japanese, done = udhr.declaration_lines(PACKAGE, "jpn_Jpan", "eng_Latn")
    # So does the Japanese one, whose opening formula makes up for it in number.
    assert [number for number, line in enumerate(japanese) if not line] == [3, 4] and japanese[7].startswith("よって")
    assert english[8].startswith("All human beings are born free") and arabic[8].startswith("يولد جميع الناس")
