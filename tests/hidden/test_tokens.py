"""What counts as content, and what the counts of characters, bytes and words cover."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer

import tiny
from langgeom.errors import UserError
from langgeom.hidden.batches import batches_of
from langgeom.hidden.tokens import TextTokenizer


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextTokenizer]:
    makers = {"bytes": tiny.byte_level, "bos": tiny.pieces, "bert": tiny.word_pieces}
    found = {}
    for name, make in makers.items():
        folder = tmp_path_factory.mktemp(name)
        tokenizer: Tokenizer = make()
        # Settings that a tokenizer.json can bring along and that must not matter.
        tokenizer.enable_padding(length=99)
        tokenizer.enable_truncation(max_length=3)
        tokenizer.save(str(folder / "tokenizer.json"))
        found[name] = TextTokenizer(folder)
    return found


def test_special_tokens_and_first_position(tokenizers: dict[str, TextTokenizer]) -> None:
    line = "free and equal"
    for name, (specials, bos) in {"bytes": (0, 0), "bos": (1, 1), "bert": (2, 1)}.items():
        include = tokenizers[name]([line], 99, "include").sentences[0]
        exclude = tokenizers[name]([line], 99, "exclude").sentences[0]
        assert len(include.ids) - len(include.content) == specials
        assert include.content[0] == bos and exclude.content[0] == 1
        assert include.scored == exclude.scored == [at for at in include.content if at > 0]


def test_what_the_loss_covers(tokenizers: dict[str, TextTokenizer]) -> None:
    # "人" is three bytes in the vocabulary of bytes; unseen "漢" three tokens, so two of them are predicted and it
    # counts.
    assert [tokenizers["bos"]([line], 99).sentences[0].scored_characters for line in ("free all", "漢字")] == [8, 2]
    first = tokenizers["bytes"]([" x"], 99, "include").sentences[0]
    assert (first.characters, first.scored_characters) == (2, 2 - len(" x") + (1 if len(first.ids) > 1 else 0))
    split = tokenizers["bytes"](["漢字"], 99).sentences[0]
    assert (len(split.ids) > 2, split.scored_characters, split.scored_bytes) == (True, 2, 6)
    single = tokenizers["bytes"](["free"], 99, "include").sentences[0]
    head = tokenizers["bytes"].tokenizer.encode("free").offsets[0][1]
    assert single.scored_characters == 4 - head


def test_cut_lines_count_what_was_run(tokenizers: dict[str, TextTokenizer]) -> None:
    line = "Все люди рождаются свободными"
    for name in tokenizers:
        sentence = tokenizers[name]([line], 4).sentences[0]
        report = tokenizers[name]([line], 4).report
        assert len(sentence.ids) == 4 and report["truncated"] == 1
        assert 0 < sentence.characters < len(line)
        assert sentence.bytes == len(line[: sentence.characters].encode())
        assert sentence.words <= 4


def test_words_are_those_of_the_measures_of_texts(tokenizers: dict[str, TextTokenizer]) -> None:
    # Vowel signs do not part words, apostrophes join them, a number is none.
    lines = ["हिन्दी में", "don't be 1948", "1948"]
    assert [sentence.words for sentence in tokenizers["bytes"](lines, 99).sentences] == [2, 2, 0]


def test_unknown_tokens_are_content_and_counted(tokenizers: dict[str, TextTokenizer]) -> None:
    text = tokenizers["bert"](["free 漢 equal"], 99)
    assert (text.report["unknown_tokens"], len(text.sentences[0].content)) == (1, text.report["tokens"])
    assert tokenizers["bytes"](["漢"], 99).report["unknown_tokens"] == 0
    assert tokenizers["bos"](["漢"], 99).report["unknown_tokens"] == 0


def test_fragments_are_tokens_of_no_whole_character(tokenizers: dict[str, TextTokenizer]) -> None:
    # Bytes of an unseen character, in a vocabulary of bytes and by fall-back; a byte of ASCII is a character.
    counts = {name: tokenizers[name](["free 漢 Q"], 99).sentences[0] for name in tokenizers}
    assert {name: sentence.fragments for name, sentence in counts.items()} == {"bytes": 3, "bos": 3, "bert": 0}
    assert all(tokenizers[name](["free and equal"], 99).sentences[0].fragments == 0 for name in tokenizers)
    # A whole character in one token is none: "人" is among the lines that the tokenizer was trained on.
    number = tokenizers["bos"].tokenizer.token_to_id("人")
    assert number is not None and not tokenizers["bos"].is_fragment(number)


def test_lines_without_content_are_dropped_and_counted(tokenizers: dict[str, TextTokenizer]) -> None:
    text = tokenizers["bytes"](["", "free and", " \t", "a", "equal all"], 99)
    assert [sentence.line for sentence in text.sentences] == [1, 4]
    assert {key: text.report[key] for key in ("lines", "empty", "no_content")} == {
        "lines": 5,
        "empty": 2,
        "no_content": 1,
    }
    with pytest.raises(UserError, match="2 lines, 2 of them empty"):
        tokenizers["bytes"](["", " "], 99)


def test_special_tokens_written_in_the_text_are_text(tokenizers: dict[str, TextTokenizer]) -> None:
    sentence = tokenizers["bos"](["free <eos> all"], 99).sentences[0]
    assert sentence.ids[0] == 2 and 1 not in sentence.ids
    assert len(sentence.content) == len(sentence.ids) - 1
    assert sentence.scored_characters == sentence.characters == len("free <eos> all")


def test_not_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(UserError, match="not a tokenizer"):
        TextTokenizer(tmp_path)


def test_batches_keep_to_the_budget() -> None:
    lengths = [3, 9, 1, 40, 9, 2]
    batches = batches_of(lengths, 20)
    assert batches == [[3], [1, 4], [0, 5, 2]]
    assert sorted(index for batch in batches for index in batch) == list(range(6))
    assert batches_of([], 5) == []
