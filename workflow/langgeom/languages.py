"""Facts about languages and scripts (names, families, sample, resource classes, related pairs), and labels for plots.

Languages come from `workflow/data/languages.tsv`, which states the source of each column. A language that is not there
gets its code as its name and the family "unknown".
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from langgeom.errors import UserError, nearest
from langgeom.names import TextName

__all__ = ["SCRIPTS", "UNKNOWN", "Language", "Script", "label", "language", "languages", "script"]

PATH = Path(__file__).resolve().parent.parent / "data" / "languages.tsv"
UNKNOWN = "unknown"


class Language(NamedTuple):
    """One language.

    `scripts` are those of its texts in FLORES-200 and the UDHR (ISO 15924); `resource` is Joshi et al. 2020's class (0 to 5) or
    None; `related` the high-resource relatives.
    """

    lang: str
    name: str
    family: str = UNKNOWN
    genus: str = UNKNOWN
    wals100: bool = False
    resource: int | None = None
    related: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


class Script(NamedTuple):
    """One script of ISO 15924: its English name, and its direction ("ltr", "rtl", or "ttb", top to bottom)."""

    code: str
    name: str
    direction: str


# Codes and names: ISO 15924; direction: the Unicode Standard's chapters on the scripts.
SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        code: Script(code, name, direction)
        for code, name, direction in (
            ("Adlm", "Adlam", "rtl"),
            ("Arab", "Arabic", "rtl"),
            ("Armn", "Armenian", "ltr"),
            ("Beng", "Bengali", "ltr"),
            ("Cakm", "Chakma", "ltr"),
            ("Cans", "Canadian Syllabics", "ltr"),
            ("Cher", "Cherokee", "ltr"),
            ("Cyrl", "Cyrillic", "ltr"),
            ("Deva", "Devanagari", "ltr"),
            ("Ethi", "Ethiopic", "ltr"),
            ("Geor", "Georgian", "ltr"),
            ("Gran", "Grantha", "ltr"),
            ("Grek", "Greek", "ltr"),
            ("Gujr", "Gujarati", "ltr"),
            ("Guru", "Gurmukhi", "ltr"),
            ("Hang", "Hangul", "ltr"),
            ("Hani", "Han", "ltr"),
            ("Hans", "Simplified Han", "ltr"),
            ("Hant", "Traditional Han", "ltr"),
            ("Hebr", "Hebrew", "rtl"),
            ("Java", "Javanese", "ltr"),
            ("Jpan", "Japanese", "ltr"),
            ("Khmr", "Khmer", "ltr"),
            ("Knda", "Kannada", "ltr"),
            ("Kore", "Korean", "ltr"),
            ("Lana", "Tai Tham", "ltr"),
            ("Laoo", "Lao", "ltr"),
            ("Latn", "Latin", "ltr"),
            ("Mlym", "Malayalam", "ltr"),
            ("Mong", "Mongolian", "ttb"),
            ("Mtei", "Meitei Mayek", "ltr"),
            ("Mymr", "Myanmar", "ltr"),
            ("Nkoo", "N'Ko", "rtl"),
            ("Olck", "Ol Chiki", "ltr"),
            ("Orya", "Odia", "ltr"),
            ("Sinh", "Sinhala", "ltr"),
            ("Syrc", "Syriac", "rtl"),
            ("Taml", "Tamil", "ltr"),
            ("Tavt", "Tai Viet", "ltr"),
            ("Telu", "Telugu", "ltr"),
            ("Tfng", "Tifinagh", "ltr"),
            ("Thaa", "Thaana", "rtl"),
            ("Thai", "Thai", "ltr"),
            ("Tibt", "Tibetan", "ltr"),
            ("Vaii", "Vai", "ltr"),
            ("Yiii", "Yi", "ltr"),
        )
    }
)


@functools.cache
def languages() -> Mapping[str, Language]:
    """Return the known languages by ISO 639-3 code.

    Raises:
        UserError: the file of languages names a code twice, or holds a value that its column does not allow.
    """
    with PATH.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        found: dict[str, Language] = {}
        for row in rows:
            known = _read(row)
            if known.lang in found:
                raise UserError(f"{PATH.name} names '{known.lang}' twice; remove one.")
            found[known.lang] = known
    return MappingProxyType(found)


def _read(row: Mapping[str, str]) -> Language:
    lang, wals, resource = row["lang"], row["wals100"], row["resource"]
    for code in row["scripts"].split():
        if code not in SCRIPTS:
            raise UserError(f"{PATH.name}, '{lang}': there is no script '{code}'.{nearest(code, SCRIPTS)}")
    if wals not in ("yes", "no") or resource not in ("", *"012345"):
        raise UserError(f"{PATH.name}, '{lang}': wals100 is '{wals}' (yes or no), resource is '{resource}' (0 to 5, or empty).")
    return Language(
        lang,
        row["name"] or lang,
        row["family"] or UNKNOWN,
        row["genus"] or UNKNOWN,
        wals == "yes",
        int(resource) if resource else None,
        tuple(row["related"].split()),
        tuple(row["scripts"].split()),
    )


def language(lang: str) -> Language:
    """Return what is known of a language; for an unknown code its code as name and the family "unknown"."""
    return languages().get(lang) or Language(lang, lang)


def script(code: str) -> Script:
    """Return what is known of a script; for an unknown code its code as name, written from left to right."""
    return SCRIPTS.get(code) or Script(code, code, "ltr")


def label(text: str, among: Iterable[str], *, with_script: bool = True) -> str:
    """Name a text as a reader would, as short as the texts shown together with it allow.

    `fra_Latn` is "French"; `uig_Arab` is "Uyghur (Arab)" where `uig_Latn` is shown too; a variant is always named.

    Args:
        text: a text's name.
        among: the names of all texts shown together, `text` itself included or not.
        with_script: False names the language alone, for a place that shows its scripts by other means.

    Raises:
        UserError: a name that is no text's name.
    """
    name = TextName.parse(text)
    others = [TextName.parse(other) for other in among]
    # Two codes may share a name, as a macrolanguage and its standard variety do.
    shared = {other.lang for other in others if language(other.lang).name == language(name.lang).name} - {name.lang}
    scripts = {other.script for other in others if other.lang == name.lang} | {name.script}
    several = with_script and len(scripts) > 1
    details = [name.lang] * bool(shared) + [name.script] * several + [name.variant] * bool(name.variant)
    return language(name.lang).name + (f" ({', '.join(details)})" if details else "")
