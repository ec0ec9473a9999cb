"""The page holds what its inputs hold, and nothing that a name in them could smuggle in."""

from __future__ import annotations

import base64
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from langgeom import __version__
from langgeom.errors import UserError
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.drawing import nothing, save, styled
from langgeom.findings import CONCLUSIONS, outcome
from langgeom.findings.prose import number_words
from langgeom.glossary import TERMS, VERDICTS
from langgeom.report import provenance, render
from langgeom.table import TABLES
from report.made import HOSTILE, PROVENANCE, Page, finding, manifest, plain


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return plain().page(tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_every_element_is_closed_and_every_name_is_one(page: Page) -> None:
    assert page.wrong == [] and page.open == []
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    within = [target[1:] for target in page.all("a", "href") if target.startswith("#")]
    assert within and set(within) <= set(names)
    assert {found["aria-labelledby"] for _, found in page.elements if "aria-labelledby" in found} <= set(names)
    assert {target[1:] for target in page.all("use", "href")} <= set(names)


def test_headings_descend_step_by_step(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_nothing_is_asked_of_a_network_and_nothing_runs(source: str, page: Page) -> None:
    sources = [
        value for _, attributes in page.elements for key, value in attributes.items() if key in ("src", "srcset", "data")
    ]
    assert all(value.startswith("data:image/svg+xml;base64,") for value in sources)
    beside = [target for target in page.all("a", "href") if not target.startswith("#")]
    assert all(re.fullmatch(r"(figures/)?\w+\.(html|csv|parquet|md|svg|png)(#metric=[\w%]+)?", target) for target in beside)
    assert {f"{table}.{kind}" for table in TABLES for kind in ("csv", "parquet")} <= set(beside)
    assert not re.search(r"https?://|@import|url\(", source) and "script" not in {tag for tag, _ in page.elements}
    (policy,) = (found["content"] for tag, found in page.elements if found.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy and "script-src 'none'" in policy


def test_every_figure_is_there_with_its_words_and_its_very_bytes(page: Page) -> None:
    images = [found for tag, found in page.elements if tag == "img"]
    assert len(images) == len(FIGURES)
    for image, figure in zip(images, FIGURES.values(), strict=True):
        drawn = base64.b64decode(image["src"].removeprefix("data:image/svg+xml;base64,"))
        assert f">{figure.name}<".encode() in drawn
        assert figure.title in image["alt"] and figure.caption in image["alt"] and figure.caption in page.text
        assert {f"figures/{figure.name}.{kind}" for kind in ("svg", "png", "csv")} <= set(page.all("a", "href"))
    assert "Figure 1 " + FIGURES["id_by_layer"].title in page.text


def test_what_cannot_be_drawn_is_listed_with_the_reason(tmp_path: Path) -> None:
    given = plain().inputs(tmp_path)
    reason = "no language of <yours> is written in two scripts & more."
    with styled():
        save(nothing("Title", reason), given.figures["id_two_scripts"], tmp_path / "a.png", tmp_path / "a.csv")
    render(tmp_path / "report.html", given)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    caption = FIGURES["id_two_scripts"].caption
    assert page.text.count(f"nothing to draw: {reason}") == 1 and page.text.count(f"Nothing to draw: {reason}") == 1
    assert caption not in page.text and FIGURES["id_by_layer"].caption in page.text
    assert page.text.lower().count("nothing to draw") == 2
    (image,) = (found for tag, found in page.elements if tag == "img" and FIGURES["id_two_scripts"].title in found["alt"])
    assert reason in image["alt"] and caption not in image["alt"]


def test_a_figure_opens_the_explorer_at_its_numbers(page: Page) -> None:
    explore = [target for target in page.all("a", "href") if target.startswith("explorer.html#")]
    assert "explorer.html#metric=anisotropy%2Ftoken" in explore and "explorer.html#metric=kl_mean%2Fsentence" in explore


def test_findings_and_figures_lead_to_each_other(page: Page) -> None:
    links = page.all("a", "href")
    for figure in FIGURES.values():
        # Contents, and each finding that the figure is of.
        assert links.count(f"#figure-{figure.name}") == 1 + len(figure.findings)
    for claim in CONCLUSIONS:
        shown = sum(claim in figure.findings for figure in FIGURES.values())
        assert links.count(f"#{claim}") == 2 + shown  # at a glance, its heading, figures


def test_every_finding_is_there_with_its_numbers(page: Page) -> None:
    rows = plain().findings
    found = [row for row in page.rows if len(row) == 6 and row[0] == "big"]
    assert len(found) == len(rows) == len(CONCLUSIONS)
    for shown, row in zip(found, rows, strict=True):
        assert row["claim"] in page.text and row["question"] in page.text
        value, low, high = (number_words(row[key]).replace("-", "−") for key in ("value", "low", "high"))
        assert shown[1].startswith(row["verdict"]) and ("in this model" in shown[1]) == (not row["reason"])
        assert shown[2] == f"{value} [{low}, {high}]" and shown[3] == f"{row['n']} languages"
        assert shown[4] == ("—" if row["reason"] else f"{row['p_adjusted']:.3f}")
        assert f"Note of {row['finding']}" in shown[5] and (row["reason"] is None or f"Reason of {row['finding']}" in shown[5])
        assert ("Detectable: 0.51" in shown[5]) == (row["verdict"] == "no evidence")


def test_what_was_found_comes_first_and_in_words(page: Page) -> None:
    glance = page.text[page.text.index("What was found langgeom") : page.text.index("Not testable in this run")]
    tested = [row for row in plain().findings if row["verdict"] != "not testable"]
    assert all(f"big: {row['verdict']}, {number_words(row['value'])}" in glance for row in tested)
    order = [glance.index(row["claim"]) for row in sorted(tested, key=lambda row: list(VERDICTS).index(row["verdict"]))]
    assert order == sorted(order)
    for row in plain().findings:
        assert (row["claim"] in glance) == (row in tested)


def test_verdicts_and_terms_are_explained(page: Page) -> None:
    assert tuple(VERDICTS) == outcome.VERDICTS
    assert all(f"{word} {meaning}" in page.text for word, meaning in (VERDICTS | TERMS).items())
    assert {f"#shape-{verdict.replace(' ', '-')}" for verdict in VERDICTS} == set(page.all("use", "href"))


def test_a_verdict_in_doubt_says_why(tmp_path: Path) -> None:
    world = plain()
    world.findings[0] |= {"doubt": "few <sentences>"}
    page = Page(world.page(tmp_path))
    (cell,) = (cell for row in page.rows for cell in row if "in doubt: few <sentences>" in cell)
    assert cell.startswith(world.findings[0]["verdict"])


def test_a_long_remark_is_folded_behind_its_first_sentence(tmp_path: Path) -> None:
    world = plain()
    world.findings[1] |= {"verdict": "supported", "note": f"first. {'second ' * 40}", "reason": None}
    source = world.page(tmp_path)
    assert "<summary>First.</summary>second second" in source


def test_models_corpora_settings_and_versions_are_named(page: Page) -> None:
    architecture = ["llama", "30", "576", "49,152", "7 B", "bfloat16"]
    assert ["big owner/big at 444444444444", "decoder", "trained", *architecture] in page.rows
    twin = "big-untrained random weights, built like big; seed 0"
    assert [twin, "decoder", "untrained", *architecture] in page.rows
    for said in ("4" * 40, "f" * 64, "a" * 64, "owner/second", "token_cap: 2048", "final_norm: true", "- id_twonn"):
        assert said in page.text
    assert ["flores", "60", "1,000", "1,000", "nothing", "flores.tar.gz"] in page.rows
    assert ["langgeom", "9.8.7"] in page.rows and ["gguf", "as pinned in envs/"] in page.rows
    assert "5 models (4 trained, 1 untrained), 60 texts of flores" in page.text
    assert all(
        f"{name} {value}" in page.text.replace(name, f"{name} ", 1).replace("  ", " ") for name, value in PROVENANCE.items()
    )
    assert "langgeom report: big, second, enc, other on flores" in page.text


def test_the_provenance_names_date_config_command_and_format(tmp_path: Path) -> None:
    (tmp_path / "metrics").touch()
    os.utime(tmp_path / "metrics", (0, 0))
    found = provenance(tmp_path / "metrics", "a.yaml", "snakemake", "bfloat16")
    assert found["Date"] == "01 January 1970, 00:00 UTC" and found["langgeom"].startswith(__version__)
    assert (found["Config"], found["Command"]) == ("a.yaml", "snakemake") and "bfloat16" in found["Number format"]
    assert "Command" not in provenance(tmp_path / "metrics", "", "", "")


def test_what_was_done_to_lines_is_added_up(tmp_path: Path) -> None:
    world = plain()
    for number, report in enumerate(list(world.texts.values())[:3], start=1):
        report.update(empty=number, cut=10 * number, odd_count=1)
    page = Page(world.page(tmp_path))
    assert [
        "flores",
        "60",
        "1,000",
        "997 to 1,000",
        "6 no translation, 60 cut short, 3 odd_count",
        "flores.tar.gz",
    ] in page.rows


def test_names_are_text_whatever_they_hold(tmp_path: Path) -> None:
    world = plain()
    world.models[0] = manifest(HOSTILE, source={HOSTILE: {HOSTILE: HOSTILE}}, model_type=HOSTILE, files={HOSTILE: HOSTILE})
    world.texts = {(HOSTILE, text): report | {"source": HOSTILE} for (_, text), report in world.texts.items()}
    world.findings = [finding(1, "supported", model=HOSTILE, corpus=HOSTILE, effect=HOSTILE, note=HOSTILE, unit=HOSTILE)]
    world.settings, world.versions = {HOSTILE: HOSTILE}, {HOSTILE: HOSTILE}
    page = Page(world.page(tmp_path))
    assert page.wrong == [] and page.open == []
    assert not {"script"} & {tag for tag, _ in page.elements} and len(page.all("img", "alt")) == len(FIGURES)
    assert not [key for _, found in page.elements for key in found if key.startswith("on")]
    assert page.text.count(HOSTILE) >= 10


def test_equal_inputs_give_equal_bytes_and_the_folder_s_name_is_not_in_it(tmp_path: Path) -> None:
    first, second = plain().page(tmp_path / "one"), plain().page(tmp_path / "two")
    assert first == second and str(tmp_path) not in first


def test_a_picture_that_is_none_is_a_user_s_error(tmp_path: Path) -> None:
    given = plain().inputs(tmp_path)
    given.figures["id_by_layer"].write_text("no picture")
    with pytest.raises(UserError, match=r"id_by_layer.*SVG.*Delete"):
        render(tmp_path / "report.html", given)
    given.figures["id_by_layer"].unlink()
    with pytest.raises(UserError, match=r"id_by_layer.*cannot be read.*Run the workflow"):
        render(tmp_path / "report.html", given)
    assert not (tmp_path / "report.html").exists()


def test_a_manifest_that_cannot_be_read_is_a_user_s_error(tmp_path: Path) -> None:
    given = plain().inputs(tmp_path)
    (given.models[0] / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json is damaged.*Remove it"):
        render(tmp_path / "report.html", given)
