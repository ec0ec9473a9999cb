"""Facts about languages and scripts (names, families, sample, resource classes, related pairs), and labels for plots.

They come from `workflow/data/languages.tsv` and `scripts.tsv`, which state the source of each column. A language that is not
there gets its code as its name and the family "unknown".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from langgeom.files import DATA, read_tsv
from langgeom.names import TextName

UNKNOWN = "unknown"
# Codes of ISO 639-2 and of macrolanguages that texts are often named by, and the individual language that is mostly meant.
INDIVIDUAL = {
    "alb": "als", "ara": "arb", "arm": "hye", "aze": "azj", "baq": "eus", "bur": "mya", "chi": "cmn", "cze": "ces",
    "dut": "nld", "fas": "pes", "fre": "fra", "geo": "kat", "ger": "deu", "gre": "ell", "ice": "isl", "kur": "kmr",
    "mac": "mkd", "mao": "mri", "may": "zsm", "mlg": "plt", "mon": "khk", "msa": "zsm", "nep": "npi", "ori": "ory",
    "orm": "gaz", "per": "pes", "pus": "pbt", "rum": "ron", "slo": "slk", "sqi": "als", "swa": "swh", "tib": "bod",
    "uzb": "uzn", "wel": "cym", "yid": "ydd",
}  # fmt: skip


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


@functools.cache
def scripts() -> Mapping[str, Script]:
    """Return the known scripts by ISO 15924 code."""
    return MappingProxyType({row["script"]: Script(*row.values()) for row in read_tsv(DATA / "scripts.tsv")})


@functools.cache
def languages() -> Mapping[str, Language]:
    """Return the known languages by ISO 639-3 code."""
    return MappingProxyType({row["lang"]: _language(row) for row in read_tsv(DATA / "languages.tsv")})


def _language(row: Mapping[str, str]) -> Language:
    facts = (row["name"] or row["lang"], row["family"] or UNKNOWN, row["genus"] or UNKNOWN, row["wals100"] == "yes")
    resource = int(row["resource"]) if row["resource"] else None
    return Language(row["lang"], *facts, resource, tuple(row["related"].split()), tuple(row["scripts"].split()))


def language(lang: str) -> Language:
    """Return what is known of a language; for an unknown code its code as name and the family "unknown"."""
    return languages().get(lang) or Language(lang, lang)


def script(code: str) -> Script:
    """Return what is known of a script; for an unknown code its code as name, written from left to right."""
    return scripts().get(code) or Script(code, code, "ltr")


def label(text: str, among: Iterable[str], *, with_script: bool = True) -> str:
    """Name a text as a reader would, as short as the texts shown together with it (`among`) allow.

    `fra_Latn` is "French"; `uig_Arab` is "Uyghur (Arab)" where `uig_Latn` is shown too; a variant is always named.
    With `with_script=False` the script is not named, for a place that shows it by other means.
    """
    name, others = TextName.parse(text), [TextName.parse(other) for other in among]
    # Two codes may share a name, as a macrolanguage and its standard variety do.
    shared = {other.lang for other in others if language(other.lang).name == language(name.lang).name} - {name.lang}
    scripts = {other.script for other in others if other.lang == name.lang} | {name.script}
    several = with_script and len(scripts) > 1
    details = [name.lang] * bool(shared) + [name.script] * several + [name.variant] * bool(name.variant)
    return language(name.lang).name + (f" ({', '.join(details)})" if details else "")
