"""Texts of any bytes: a clear error, or clean lines with every drop counted; and what is left runs through a model."""

from __future__ import annotations

import json
import random
import unicodedata
from pathlib import Path

import pytest

import tiny
from langgeom.corpora import corpus_of
from langgeom.corpora.text import BIDI
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import load
from langgeom.models import build_model

TRIES = 120
PIECES = [
    "word", " ", "  ", "\t", "\r", "\x00", "\x07", "\x1b[31m", "\x85", "\u2028", "\u2029", "\ufeff", "\u200b", "\u200d",
    "\u200f", "\u202e", "\u2066", "e\u0301", "\u0301" * 40, "ﬁ", "Å", "İ", "ß", "שלום", "مرحبا", "नमस्ते", "你好", "한국어",
    "\U0001f3f3", "\U000e0001", "\U0010ffff", "\ue000", "𝔘𝔫𝔦", "x" * 3000, "<|endoftext|>", "[MASK]", "</s>",
    "%s{}$(touch pwned)",
]  # fmt: skip
ENDS = ["\n", "\r\n", "\n", "\r", ""]


def line(chance: random.Random) -> str:
    kind = chance.randrange(6)
    if kind == 0:
        return ""
    if kind == 1:  # any planes
        return "".join(chr(chance.choice([*range(0x20, 0xD7FF, 977), *range(0x10000, 0x110000, 9973)])) for _ in range(30))
    if kind == 2:
        return "one"
    return "".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 12)))


def build(folder: Path, content: bytes, reference: bytes, **spec: int) -> tuple[list[str], dict[str, object]]:
    (folder / "texts").mkdir(exist_ok=True)
    (folder / "texts" / "tst_Latn.txt").write_bytes(content)
    (folder / "texts" / "eng_Latn.txt").write_bytes(reference)
    out, report = folder / "out.txt", folder / "out.json"
    corpus = corpus_of("c", {"folder": "texts", "min_lines": 1, "max_characters": 5000, **spec}, folder)
    corpus.build("tst_Latn", [Path(path) for path in corpus.inputs("tst_Latn")], out_txt=out, out_json=report)
    return out.read_bytes().decode().split("\n")[:-1], json.loads(report.read_text(encoding="utf-8"))


def test_fuzzed_texts(tmp_path: Path) -> None:
    chance, kept = random.Random(11), list[str]()
    survived = 0
    for number in range(TRIES):
        end = chance.choice(ENDS)
        lines = [line(chance) for _ in range(chance.randrange(1, 30))]
        content = (end or "\n").join(lines).encode("utf-8", "surrogatepass")
        broken = chance.random() < 0.2
        if broken:
            at = chance.randrange(len(content) + 1)
            content = content[:at] + chance.choice([b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"]) + content[at:]
        count = len(content.removesuffix(b"\n").split(b"\n"))
        reference = b"\n".join([b"a sentence"] * (count + (number % 7 == 0))) + b"\n"
        try:
            clean, report = build(tmp_path, content, reference)
        except UserError as error:
            message = str(error)
            assert any(word in message for word in ("UTF-8", "is empty", "lines", "parallel")), message
            continue
        assert not broken and number % 7
        assert len(clean) == count == report["lines"]
        assert report["empty"] == sum(not text for text in clean)
        for text in clean:
            assert text == unicodedata.normalize("NFC", text) and text == text.strip() and len(text) <= 5000
            assert not BIDI.search(text)
            assert not any(unicodedata.category(char) in ("Cc", "Cs") or char in "\u2028\u2029\ufeff" for char in text)
        kept += clean[:3]
        survived += 1
    assert survived > TRIES / 3
    tiny.decoder(tmp_path / "decoder")
    build_model("m", {"folder": "decoder"}, base=tmp_path, out=tmp_path / "model")
    states = extract(load(tmp_path / "model", dtype="float32"), kept, {"max_tokens": 64})
    assert states.sentence.isfinite().all() and states.token.isfinite().all()
    report = json.loads(states.metadata["report"])
    assert report["lines"] == len(kept) and report["lines"] - report["empty"] - report["no_content"] == states.sentence.shape[1]
    assert report["truncated"] > 0


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n\n \n", "is empty"),
        ("\u200f\u202e\n".encode(), "0 lines with text"),
        (b"\x00\x01\n", "0 lines with text"),
        (b"one\ntwo\n", "cannot be parallel"),
        ("één".encode("latin-1"), "not UTF-8"),
        ("one".encode("utf-16"), "not UTF-8"),
    ],
)
def test_useless_texts(tmp_path: Path, content: bytes, expected: str) -> None:
    reference = b"a\n" * max(1, content.count(b"\n") if expected != "cannot be parallel" else 1)
    with pytest.raises(UserError, match=expected):
        build(tmp_path, content, reference)


def test_a_line_of_a_hundred_thousand_characters(tmp_path: Path) -> None:
    clean, report = build(tmp_path, b"word " * 20_000, b"a\n")
    assert len(clean[0]) <= 5000 and clean[0].endswith("word") and report["cut"] == 1
    clean, report = build(tmp_path, b"x" * 100_000, b"a\n")
    assert len(clean[0]) == 5000 and report["cut"] == 1
