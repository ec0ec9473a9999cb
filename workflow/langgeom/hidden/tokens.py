"""Lines to tokens: which of them are content, and which characters and bytes of the line they cover.

`tokenizer.json` is run as it is, whatever class transformers would wrap around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import Encoding, Tokenizer, models

from langgeom.errors import UserError
from langgeom.models.prepare import read_config
from langgeom.words import words

# What tokenizers that fall back to bytes call the bytes of characters beyond ASCII.
BYTE = re.compile("<0x[89A-F][0-9A-F]>")


@dataclass
class Sentence:
    """One line as it is run.

    `ids` are all tokens, special ones included; `content` the positions that count (docs/design.md). A position of
    `scored` is predicted from those before it; `scored_characters` and `scored_bytes` are what those tokens cover. `words` are
    those that spaces part, whether or not the script does so; `fragments`, how many content tokens are no whole character.
    """

    line: int
    ids: list[int]
    content: list[int]
    scored: list[int]
    words: int
    characters: int
    bytes: int
    unknown: int
    fragments: int
    scored_characters: int
    scored_bytes: int


@dataclass
class Tokenised:
    """The sentences of a text in line order, and what was dropped or cut on the way."""

    sentences: list[Sentence]
    report: dict[str, int] = field(default_factory=dict)


class TextTokenizer:
    """A model's tokenizer. Reading a large one takes over a second, so it is read once for many texts."""

    def __init__(self, folder: Path) -> None:
        path = Path(folder) / "tokenizer.json"
        try:
            self.tokenizer = Tokenizer.from_file(str(path))
            self.unknown = _unknown(self.tokenizer, path)
        except Exception as error:  # the library raises plain Exception
            raise UserError(
                f"{path} is not a tokenizer that can be read ({error}). Save it again with save_pretrained."
            ) from error
        self.tokenizer.no_padding()
        self.tokenizer.encode_special_tokens = True  # "</s>" in a line is three characters of text, like any others
        self.fragments: dict[int, bool] = {}
        settings = read_config(Path(folder), "tokenizer_config.json")
        self.language, self.languages = settings.get("language_token"), settings.get("languages", {})

    @property
    def plain(self) -> list[int]:
        """The tokens that texts are made of, without special ones, ascending."""
        special = {number for number, token in self.tokenizer.get_added_tokens_decoder().items() if token.special}
        return sorted(set(self.tokenizer.get_vocab().values()) - special)

    def language_of(self, text: str) -> dict[int, int]:
        """Return the id of the language that tokenizer.json puts, and the id to put instead. UserError: the text has none."""
        if self.language is None:
            return {}
        names = [text, "_".join(text.split("_")[:2])]  # a text may be made from another
        token = next((self.languages[name] for name in names if name in self.languages), names[1])
        put, own = (self.tokenizer.token_to_id(name) for name in (self.language, token))
        if own is None:
            raise UserError(
                f"the tokenizer puts {self.language} around a sentence to name its language, and has no token {token!r}. Set "
                f"`language: {{{names[1]}: ...}}` for this model to the token of that language, or leave the text out."
            )
        return {put: own}

    def __call__(self, lines: Sequence[str], limit: int, first_position: str = "exclude", text: str = "") -> Tokenised:
        """Tokenise lines.

        Args:
            lines: the corpus file's lines; empty ones have no translation.
            limit: longer sentences are cut to this many tokens, special ones included.
            first_position: "exclude" or "include" the first position of a sequence in `content`.
            text: the text's name, for tokenizers that put the language.

        Raises:
            UserError: no line has a content token; the language is not known.
        """
        language = self.language_of(text)
        self.tokenizer.enable_truncation(max_length=limit)
        filled = [number for number, line in enumerate(lines) if line.strip()]
        encodings = self.tokenizer.encode_batch([lines[number] for number in filled])
        sentences, truncated = [], 0
        for number, encoding in zip(filled, encodings, strict=True):
            sentence = self._sentence(number, lines[number], encoding, 1 if first_position == "exclude" else 0)
            sentence.ids = [
                language.get(id, id) if added else id
                for id, added in zip(sentence.ids, encoding.special_tokens_mask, strict=True)
            ]
            truncated += bool(encoding.overflowing)
            if sentence.content:
                sentences.append(sentence)
        tokens = sum(len(sentence.content) for sentence in sentences)
        if not sentences:
            raise UserError(
                f"No line has a token to measure: {len(lines)} lines, {len(lines) - len(filled)} of them empty."
                " Is this the right file for this language?"
            )
        report = {
            "lines": len(lines),
            "empty": len(lines) - len(filled),
            "no_content": len(filled) - len(sentences),
            "truncated": truncated,
            "unknown_tokens": sum(sentence.unknown for sentence in sentences),
            "tokens": tokens,
        }
        return Tokenised(sentences, report)

    def _sentence(self, line: int, text: str, encoding: Encoding, first: int) -> Sentence:
        ids, offsets = encoding.ids, encoding.offsets
        real = [
            position for position, added in enumerate(encoding.special_tokens_mask)
            if not added
        ]  # fmt: skip
        run = text[: offsets[real[-1]][1]] if encoding.overflowing and real else text
        scored = [position for position in real if position > 0]
        covered = run
        if real and real[0] == 0:
            # Offsets leave out spaces (then the first token's end is right) or cut characters (then the next one's
            # start is).
            covered = run[min(offsets[0][1], offsets[scored[0]][0]) :] if scored else ""
        content = [position for position in real if position >= first]
        return Sentence(
            line, ids, content, scored, len(words(run)), len(run), len(run.encode()),
            sum(ids[position] == self.unknown for position in content),
            sum(self.is_fragment(ids[position]) for position in content), len(covered), len(covered.encode()),
        )  # fmt: skip

    def is_fragment(self, number: int) -> bool:
        """Whether a token holds bytes that are no whole character: decoded alone, they give U+FFFD."""
        if number not in self.fragments:
            alone = self.tokenizer.decode([number], skip_special_tokens=False)
            self.fragments[number] = "\ufffd" in alone or bool(BYTE.fullmatch(alone))
        return self.fragments[number]


def _unknown(tokenizer: Tokenizer, path: Path) -> int | None:
    """Return the id of the token for what is not in the vocabulary, where there is one."""
    model = tokenizer.model
    if isinstance(model, models.Unigram):  # keeps its number to itself
        number = json.loads(path.read_text(encoding="utf-8"))["model"]["unk_id"]
        return None if number is None else int(number)
    token = getattr(model, "unk_token", None)
    return None if token is None else tokenizer.token_to_id(token)
