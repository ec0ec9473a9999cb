"""Every figure, from a synthetic table: the numbers drawn are the table's, and no table makes it crash."""

from __future__ import annotations

import hashlib
import importlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from defaults import settings as defaults
from figures.drawn import assert_same
from figures.synthetic import TEXTS, synthetic
from langgeom.analysis import Settings
from langgeom.errors import UserError
from langgeom.figures import style
from langgeom.figures.catalogue import FIGURES
from langgeom.figures.drawing import render
from langgeom.languages import languages
from langgeom.table import write_rows

# The metric that stands for the intrinsic dimension by default.
ID = defaults().id
FEW = ["eng_Latn", "fra_Latn", "uig_Latn", "uig_Arab"]
STUDY = {
    "fig01": "id_by_layer",
    "fig02": "id_two_scripts",
    "fig06": "id_encoder_decoder",
    "fig07": "kl_mean",
    "fig08": "kl_padded",
    "fig09": "anisotropy_untrained",
    "fig10": "anisotropy_trained",
    "fig11": "anisotropy_two_scripts",
    "fig13": "anisotropy_encoder",
}
# One for each function that draws them.
ONE_EACH = list({FIGURES[name].function: name for name in STUDY.values()}.values())
FOUR = ["gemma-3-270m", "gemma-3-270m-untrained", "minilm-l6", "minilm-l6-untrained"]
SVG = "{http://www.w3.org/2000/svg}"


class Drawn:
    """The three files of one figure, read back."""

    def __init__(self, folder: Path, name: str) -> None:
        self.paths = [folder / f"{name}.{suffix}" for suffix in ("svg", "png", "csv")]
        self.numbers = pd.read_csv(self.paths[2], keep_default_na=False, na_values=[""], float_precision="round_trip")
        self.texts = [element.text or "" for element in ET.parse(self.paths[0]).iter(f"{SVG}text")]

    @property
    def words(self) -> str:
        return " ".join(self.texts)

    def digests(self) -> list[str]:
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.paths]


def draw(folder: Path, name: str, table: pd.DataFrame, settings: Settings | None = None) -> Drawn:
    folder.mkdir(exist_ok=True)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    write_rows(rows, folder / "metrics.parquet")
    files = [folder / f"{name}.{suffix}" for suffix in ("svg", "png", "csv")]
    render(name, [folder / "metrics.parquet"], settings or defaults(), *files)
    return Drawn(folder, name)


@pytest.fixture(autouse=True)
def small_and_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draw coarse PNGs, which take most of the time, and leave no picture open."""
    monkeypatch.setitem(style.RC, "savefig.dpi", 40)
    yield
    assert plt.get_fignums() == []


def expected(table: pd.DataFrame, metric: str, over: str) -> pd.DataFrame:
    return table[(table["metric"] == metric) & (table["over"] == over)]


def test_the_studys_figures_are_there_by_number_and_name() -> None:
    assert {figure.alias: figure.name for figure in FIGURES.values()}.items() >= STUDY.items()
    for name, figure in FIGURES.items():
        assert name == figure.name and figure.title and figure.metrics
        assert 1 <= figure.caption.count(". ") + 1 <= 3 and figure.caption[-1] in ".?" and not figure.caption.startswith("Draw")


def test_every_figure_can_be_found() -> None:
    for figure in FIGURES.values():
        assert callable(getattr(importlib.import_module(figure.module), figure.function))


def test_the_catalogue_loads_nothing_heavy() -> None:
    code = "import sys, langgeom.figures.catalogue; print(sorted({'matplotlib', 'pandas', 'torch'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": sys.path[0] + ":workflow"}
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("name", "metric", "kind", "inits"),
    [
        ("id_by_layer", ID, ("decoder", "encoder"), ("trained", "untrained")),
        ("anisotropy_untrained", "anisotropy", ("decoder",), ("untrained",)),
        ("anisotropy_trained", "anisotropy", ("decoder",), ("trained",)),
        ("anisotropy_encoder", "anisotropy", ("encoder",), ("trained", "untrained")),
    ],
)
def test_numbers_of_lines_by_layer(
    tmp_path: Path, name: str, metric: str, kind: tuple[str, ...], inits: tuple[str, ...]
) -> None:
    table = synthetic(texts=FEW)
    drawn = draw(tmp_path, name, table)
    rows = expected(table, metric, "token")
    assert_same(drawn.numbers, rows[rows["kind"].isin(kind) & rows["init"].isin(inits)])
    # Direct labels name the language, and its script where there are two.
    assert {"English", "French", "Uyghur (Latn)", "Uyghur (Arab)"} <= set(drawn.texts)
    assert "Layer (0 = embeddings; last after the final norm)" in drawn.texts


@pytest.mark.parametrize(("name", "metric"), [("id_two_scripts", ID), ("anisotropy_two_scripts", "anisotropy")])
def test_numbers_of_two_script_languages(tmp_path: Path, name: str, metric: str) -> None:
    table = synthetic(texts=[*FEW, "cmn_Hans", "cmn_Hant"])
    drawn = draw(tmp_path, name, table)
    rows = expected(table, metric, "token")
    rows = rows[rows["lang"].isin(["uig", "cmn"])]
    assert_same(drawn.numbers, rows[rows["init"] == "trained"] if name.startswith("id") else rows)
    assert {"Latin", "Arabic", "Simplified Han", "Traditional Han"} <= set(drawn.texts)
    assert "French" not in drawn.words


def test_untrained_stands_left_of_trained(tmp_path: Path) -> None:
    drawn = draw(tmp_path, "anisotropy_two_scripts", synthetic(models=["minilm-l6", "minilm-l6-untrained"], texts=FEW))
    titles = [text for text in drawn.texts if text.startswith("minilm")]
    assert titles == ["minilm-l6-untrained", "minilm-l6"]


def test_means_of_encoders_and_decoders(tmp_path: Path) -> None:
    table = synthetic(texts=TEXTS[:5])
    # A language that one model lacks must not shift the comparison.
    table = table[~((table["model"] == "minilm-l6") & (table["text"] == TEXTS[4]))]
    numbers = draw(tmp_path, "id_encoder_decoder", table).numbers
    rows = expected(table, ID, "token")
    assert set(zip(numbers["model"], numbers["layer"], strict=True)) == set(zip(rows["model"], rows["layer"], strict=True))
    for row in numbers.iloc[:: len(numbers) // 7].itertuples():
        same = rows[(rows["model"] == row.model) & (rows["layer"] == row.layer) & rows["text"].isin(TEXTS[:4])]["value"]
        half = student.ppf(0.975, 3) * same.std() / 2
        assert row.n == 4
        assert np.allclose([row.value, row.low, row.high], [same.mean(), same.mean() - half, same.mean() + half], rtol=1e-12)
    assert numbers.groupby("model")["depth"].agg(["min", "max"]).eq([0, 1]).all(axis=None)


@pytest.mark.parametrize(("name", "over"), [("kl_mean", "sentence"), ("kl_padded", "token")])
def test_numbers_of_kl(tmp_path: Path, name: str, over: str) -> None:
    table = synthetic(texts=FEW)
    drawn = draw(tmp_path, name, table)
    rows = expected(table, name, over)
    rows = rows[(rows["init"] == "trained") & (rows["text"] != "eng_Latn")]
    by_layer = drawn.numbers[drawn.numbers["shown"] == "by layer"]
    assert_same(by_layer, rows)
    medians = drawn.numbers[drawn.numbers["shown"] == "median over layers"].set_index(["model", "text"])
    truth = rows[rows["layer"] > 0].groupby(["model", "text"])[["value", "low", "high"]].median()
    assert np.allclose(medians[["value", "low", "high"]].sort_index(), truth.sort_index(), rtol=1e-12)
    assert "KL to English" in drawn.words


def ranking(drawn: Drawn, names: set[str]) -> list[str]:
    """Return the languages of the upper panel as written, from the bottom up."""
    return [text for text in drawn.texts if text in names][: len(names)]


def test_one_layer_with_a_spike_does_not_order_languages(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m"], texts=["eng_Latn", "fra_Latn", "spa_Latn"])
    kl = table["metric"] == "kl_mean"
    for text, value, spike in (("fra_Latn", 0.2, 1.0), ("spa_Latn", 0.1, 700.0)):
        table.loc[kl & (table["text"] == text), ["value", "low", "high"]] = value
        table.loc[kl & (table["text"] == text) & (table["layer"] == 6), ["value", "low", "high"]] = spike
    assert ranking(draw(tmp_path, "kl_mean", table), {"French", "Spanish"}) == ["Spanish", "French"]


def test_where_softmax_is_one_hot_the_last_layer_is_ranked_and_in_the_csv(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m", "minilm-l6"], texts=["eng_Latn", "fra_Latn", "spa_Latn"])
    gemma = (table["metric"] == "kl_mean") & (table["model"] == "gemma-3-270m")
    table.loc[gemma & (table["layer"] < 18), ["value", "low", "high"]] = 0.0
    last = (table["metric"] == "kl_mean") & (table["layer"] == table["model"].map({"gemma-3-270m": 18, "minilm-l6": 6}))
    table.loc[last & (table["text"] == "fra_Latn"), ["value", "low", "high"]] = 2.0
    table.loc[last & (table["text"] == "spa_Latn"), ["value", "low", "high"]] = 3.0
    drawn = draw(tmp_path, "kl_mean", table)
    assert ranking(drawn, {"French", "Spanish"}) == ["French", "Spanish"]
    ranked = drawn.numbers[drawn.numbers["shown"] == "last layer"]
    assert set(ranked["layer"]) == {18, 6} and dict(zip(ranked["text"], ranked["value"], strict=True)) == {
        "fra_Latn": 2.0, "spa_Latn": 3.0
    }  # fmt: skip
    assert "36 of 52 values below 1e-6 nats" in drawn.words and "The last layer is ranked" in drawn.words


def test_what_differs_by_rounding_alone_has_no_say_in_the_ranking(tmp_path: Path) -> None:
    texts = ["eng_Latn", "fra_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl"]
    table = synthetic(models=["gemma-3-270m", "minilm-l6"], texts=texts)
    gemma, kl = table["model"] == "gemma-3-270m", table["metric"] == "kl_mean"
    for number, text in enumerate(texts):
        # One-hot: equal up to rounding, in the contrary order.
        table.loc[kl & gemma & (table["text"] == text), ["value", "low", "high"]] = 1.0608 - 1e-6 * number
        table.loc[kl & ~gemma & (table["text"] == text), ["value", "low", "high"]] = 1.0 + number
    drawn = draw(tmp_path, "kl_mean", table)
    order = ["French", "Spanish", "German", "Russian"]
    assert ranking(drawn, set(order)) == order
    assert "Not ranked: 4 of 4 texts share their" in drawn.words


def test_texts_of_unequal_n_are_not_ranked(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m"], texts=["eng_Latn", "fra_Latn", "spa_Latn"])
    table.loc[(table["metric"] == "kl_padded") & (table["text"] == "fra_Latn"), "n"] = 7
    assert "Not ranked: n is 7 to" in draw(tmp_path, "kl_padded", table).words


def test_the_settings_choose_metric_sample_and_words(tmp_path: Path) -> None:
    table = synthetic(texts=FEW)
    settings = defaults(id="id_microscope", sample=["fra_Latn"], final_norm=False)
    drawn = draw(tmp_path, "id_by_layer", table, settings)
    assert set(drawn.numbers["metric"]) == {"id_microscope"} and set(drawn.numbers["text"]) == {"fra_Latn"}
    assert "Layer (0 = embeddings; last before the final norm)" in drawn.texts
    by_alias = [tmp_path / f"alias.{suffix}" for suffix in ("svg", "png", "csv")]
    render("fig01", [tmp_path / "metrics.parquet"], settings, *by_alias)
    assert by_alias[2].read_bytes() == drawn.paths[2].read_bytes()


@pytest.mark.parametrize("name", ONE_EACH)
def test_same_table_same_bytes(tmp_path: Path, name: str) -> None:
    table = synthetic(models=FOUR, texts=FEW)
    first = draw(tmp_path / "one", name, table).digests()
    plt.rcParams["lines.linewidth"] = 9  # a user's own settings must not show
    try:
        assert draw(tmp_path / "two", name, table.iloc[::-1]).digests() == first
    finally:
        plt.rcdefaults()


def test_missing_values_break_lines_and_are_not_drawn(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m", "minilm-l6"], texts=FEW)
    gone = table["layer"].isin([3, 4])
    table.loc[gone, ["value", "low", "high"]] = np.nan
    table[["low", "high"]] = np.nan
    for name in ONE_EACH:
        numbers = draw(tmp_path, name, table).numbers
        assert not set(numbers["layer"].dropna()) & {3, 4}
        # The t interval between languages does not rest on the table's.
        assert numbers[["low", "high"]].isna().all(axis=None) or name == "id_encoder_decoder"


@pytest.mark.parametrize("name", ONE_EACH)
@pytest.mark.parametrize(
    "table",
    [
        synthetic(models=["minilm-l6"], texts=FEW),
        synthetic(models=["gemma-3-270m-untrained"], texts=["fra_Latn"]),
        synthetic(models=FOUR, texts=["eng_Latn"]),
        synthetic(models=["minilm-l6"], texts=["eng_Latn", "fra_Latn"]).query("layer == 0"),
        synthetic(texts=FEW).iloc[:0],
        pd.concat([synthetic(models=["minilm-l6"], texts=FEW), synthetic(models=["minilm-l6"], texts=FEW, corpus="flores")]),
    ],
    ids=["one model", "one language", "reference only", "one layer", "no rows", "two corpora"],
)
def test_small_tables_draw_or_say_why_not(tmp_path: Path, name: str, table: pd.DataFrame) -> None:
    drawn = draw(tmp_path, name, table)
    assert drawn.paths[1].read_bytes().startswith(b"\x89PNG")
    assert ("Nothing to draw" in drawn.words) == drawn.numbers.empty
    assert {"model", "layer", "value"} <= set(drawn.numbers.columns)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("id_two_scripts", f"no language has '{ID}' in two scripts"),
        ("anisotropy_two_scripts", "no language has 'anisotropy' in two scripts"),
        ("id_encoder_decoder", f"no encoder has the metric '{ID}'"),
        ("anisotropy_untrained", "no untrained decoder has the metric 'anisotropy'"),
        ("anisotropy_encoder", "no trained or untrained encoder has"),
    ],
)
def test_the_reason_is_in_the_picture(tmp_path: Path, name: str, reason: str) -> None:
    drawn = draw(tmp_path, name, synthetic(models=["gemma-3-270m"], texts=["eng_Latn", "fra_Latn"]))
    assert reason in drawn.words and drawn.numbers.empty


def test_a_hundred_languages(tmp_path: Path) -> None:
    texts = [f"{lang}_Latn" for lang in languages()] + ["qaa_Latn", "qab_Latn", "uig_Arab"]
    table = synthetic(models=["minilm-l6"], texts=texts)
    drawn = draw(tmp_path, "id_by_layer", table)
    assert_same(drawn.numbers, expected(table, ID, "token"))
    assert f"Named: 12 of {len(texts)} lines" in drawn.words and "English" in drawn.texts
    assert draw(tmp_path, "kl_mean", table).numbers["text"].nunique() == len(texts) - 1


def test_an_unknown_figure_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"id_by_layers.*Did you mean 'id_by_layer'"):
        render("id_by_layers", [], defaults(), tmp_path / "a", tmp_path / "b", tmp_path / "c")


def test_layer_0_of_the_dimension_is_in_the_csv_alone(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m"], texts=FEW)
    table.loc[(table["metric"] == ID) & (table["layer"] == 0), ["value", "low", "high"]] = 94_123.0
    for name in ("id_by_layer", "id_two_scripts"):
        drawn = draw(tmp_path, name, table)
        assert "Layer 0" in drawn.words and "94,123" not in drawn.words
        assert drawn.numbers["value"].max() == 94_123


def test_values_from_few_points_are_in_the_csv_alone(tmp_path: Path) -> None:
    table = synthetic(models=["gemma-3-270m", "minilm-l6"], texts=FEW)
    dimension = table["metric"] == ID
    few = dimension & (table["text"] == "fra_Latn") & (table["layer"] < 3)
    table.loc[few, ["value", "low", "high"]], table.loc[few, "n"] = 5_000.0, 99
    drawn = draw(tmp_path, "id_by_layer", table)
    assert "Not drawn: 6 values with n below 100; see the CSV." in drawn.words
    assert_same(drawn.numbers, expected(table, ID, "token"))
    means = draw(tmp_path, "id_encoder_decoder", table)
    assert "Not in the means: 6 values with n below 100." in means.words
    # A mean of fewer languages would not be the same line's: the layers that French lacks are in none.
    assert means.numbers["value"].max() < 100 and set(means.numbers["n"]) == {len(FEW)}
    assert means.numbers.groupby("model")["layer"].min().eq(3).all()
    table.loc[dimension, "n"] = 99
    for name, rows in (("id_by_layer", 4 * (19 + 7)), ("id_two_scripts", 2 * (19 + 7))):
        drawn = draw(tmp_path, name, table)
        assert f"Nothing to draw: every value of '{ID}' rests on fewer than 100 points" in drawn.words
        assert len(drawn.numbers) == rows
