"""A static folder of finished studies, for any web host or archive: `make site`.

Each study keeps the layout of its results, so that the links of its pages lead where they did. Made here are the index, the
verdicts of all studies side by side, one explorer of several studies, and the checksums.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from langgeom.errors import UserError
from langgeom.explorer import ASSETS as EXPLORER
from langgeom.files import atomic_folder, read_json, sha256

# What a run says of itself: its settings, and what the head of the report has.
RUN, SUMS, OWN = "run.json", "SHA256SUMS", "results"
ASSETS = (*EXPLORER, "report/report.css", "site/index.html", "site/verdicts.html")
COPIED = ("report.html", "explorer.html", "figures/[!.]*")  # and the tables, as `findings.*`
# The columns of the table of verdicts, after the study.
COLUMNS = ["finding", "claim", "model", "corpus", "effect", "value", "low", "high", "n", "p_adjusted", "verdict", "doubt"]


def studies(folders: str) -> dict[str, str]:
    """Return the results folders of finished studies, given with spaces between them, by the name that each study gets.

    It is the folder's own, or where that is called `results`, that of the folder which it lies in. Quotes are a shell's.

    Raises:
        UserError: a folder holds no finished study, two studies have one name, or a quote has no end.
    """
    found: dict[str, str] = {}
    try:
        words = shlex.split(folders)
    except ValueError:
        raise UserError(f"STUDIES is {folders}, in which a quote has no end: end it, or put a backslash before it.") from None
    for folder in map(os.path.normpath, words):
        if folder != OWN and not Path(folder, RUN).exists():
            raise UserError(
                f"STUDIES names '{folder}', which has no {RUN}: name the results folders of studies that have run, and put "
                "one whose path has spaces in single quotes."
            )
        path = Path(os.path.abspath(folder))
        name = path.parent.name if path.name == OWN else path.name
        name = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII) or "study"
        if name in found:
            raise UserError(f"STUDIES names two studies called '{name}', {found[name]} and {folder}: rename the folder of one.")
        found[name] = folder
    return found


def write(out: Path, folders: Mapping[str, str], library: Path, citation: Path) -> None:
    """Write the folder.

    Args:
        out: the folder, which is replaced.
        folders: what `studies` returns.
        library: the tarball of `libraries.ECHARTS`.
        citation: CITATION.cff.

    Raises:
        UserError: a file of a study cannot be read.
    """
    import pandas as pd
    import yaml

    from langgeom.glossary import TERMS, VERDICTS
    from langgeom.pages import write_page
    from langgeom.report.content import conclusions
    from langgeom.table import FINDINGS, TABLES, read_table

    runs = {name: read_json(Path(folder, RUN), "provenance", "settings") for name, folder in folders.items()}
    tables = {name: read_table(Path(folder, "findings.parquet"), FINDINGS) for name, folder in folders.items()}
    found = {name: {one["finding"]: one for one in conclusions(table)} for name, table in tables.items()}
    told: dict[str, Any] = {"studies": runs, "found": found, "citation": citation.read_text(encoding="utf-8")}
    told |= {
        "verdicts": VERDICTS,
        "terms": TERMS,
        "tables": TABLES,
        "counts": {name: table["verdict"].value_counts() for name, table in tables.items()},
    }
    with atomic_folder(out) as site:
        for name, folder in folders.items():
            own = site / name
            patterns = (*COPIED, *(f"{table}.*" for table in TABLES))
            for path in (path for pattern in patterns for path in sorted(Path(folder).glob(pattern))):
                (own / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, own / path.relative_to(folder))
            (own / "config.yaml").write_text(
                yaml.safe_dump(runs[name]["settings"], allow_unicode=True, sort_keys=False), "utf-8"
            )
        shutil.copyfile(citation, site / "CITATION.cff")
        told["together"] = len(runs) > 1 and _explorer(site / "explorer.html", folders, runs, library)
        for page, title in (("index", "langgeom: " + ", ".join(runs)), ("verdicts", "Verdicts of " + ", ".join(runs))):
            write_page(site / f"{page}.html", f"site/{page}.html", title, "report/report.css", **told)
        verdicts = pd.concat([table[COLUMNS].assign(study=name) for name, table in tables.items()])
        verdicts[["study", *COLUMNS]].to_csv(site / "verdicts.csv", index=False)
        for name, folder in folders.items():
            _hide_paths([*site.glob("*.html"), *(site / name).glob("*.[hmy]*")], runs[name], Path(folder).resolve().parent)
        files = sorted(path for path in site.rglob("*") if path.is_file())
        sums = "".join(f"{sha256(path)}  {path.relative_to(site).as_posix()}\n" for path in files)
        (site / SUMS).write_text(sums, encoding="utf-8")


def _explorer(out: Path, folders: Mapping[str, str], runs: Mapping[str, Any], library: Path) -> bool:
    """Write one explorer of all studies; return False where they differ in what an explorer has one of.

    A model has the name of its study before its own. So has a corpus whose texts are not the same in two studies.
    """
    import pandas as pd

    from langgeom.explorer import write as write_explorer
    from langgeom.explorer.pack import pack
    from langgeom.pages.libraries import ECHARTS, read_library
    from langgeom.table import METRICS, PAIRS, QUALITY, TEXTS, read_table

    settings = [run["settings"] for run in runs.values()]
    if len({(one["reference"], one["hidden"]["final_norm"]) for one in settings}) > 1:
        return False
    formats = (METRICS, TEXTS, QUALITY, PAIRS)
    tables = [
        pd.concat([read_table(Path(folder, f"{fmt.name}.parquet"), fmt).assign(study=name) for name, folder in folders.items()])
        for fmt in formats
    ]
    texts = tables[1].drop_duplicates(["corpus", "text", "measure", "value"])
    differing = set(texts.loc[texts.duplicated(["corpus", "text", "measure"]), "corpus"])
    for table in tables:
        named = table["study"] + ": "
        if "model" in table:
            table["model"] = named + table["model"]
        table["corpus"] = table["corpus"].mask(table["corpus"].isin(differing), named + table["corpus"])
    tables[1] = tables[1].drop_duplicates(["corpus", "text", "measure"])
    first = settings[0]
    facts, blocks = pack(
        *tables, reference=first["reference"], first=first["figures"]["id"], final_norm=first["hidden"]["final_norm"]
    )
    none: dict[str, dict[str, Any]] = {"sentences": {"chosen": {}, "lines": {}}, "tokens": {"shown": {}, "lines": {}}}
    write_explorer(out, {**facts, "report": "verdicts.html"}, blocks, none, read_library(library, ECHARTS))
    return True


def _hide_paths(files: list[Path], run: Mapping[str, Any], study: Path) -> None:
    """Write the study's folder as `.`, the home as `~`, and of other paths out of it that the user typed the last part only."""
    shown = {path: instead for path, instead in ((str(study), "."), (str(Path.home()), "~")) if path != "/"}
    known = tuple(f"{path}/" for path in shown)
    typed = _outside([run["settings"], run["provenance"]])
    shown |= {path: f"…/{Path(path).name}" for path in typed if not f"{path}/".startswith(known)}
    shown |= {escape(path, quote=False).replace("'", "&#39;"): instead for path, instead in shown.items()}  # as jinja2 does
    longest = sorted(shown, key=len, reverse=True)
    paths = re.compile(rf"(?<![\w./~-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
    for file in files:
        text = file.read_text(encoding="utf-8")
        file.write_text(paths.sub(lambda found: shown[found[0]], text), encoding="utf-8", newline="\n")


def _outside(told: Any) -> Iterator[str]:
    """Yield the paths among strings, and among the words of strings, that leave the folder they are in."""
    if isinstance(told, str):
        yield from (word for word in (told, *re.split(r"[\s='\",]+", told)) if re.match(r"\.\./|/.", word))
    elif isinstance(told, Mapping | list):
        for one in told.values() if isinstance(told, Mapping) else told:
            yield from _outside(one)
