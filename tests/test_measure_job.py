"""A measure job computes what is not done and nothing else, and gives the same rows whatever is kept on disk."""

from __future__ import annotations

import errno
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tiny
from langgeom.config import defaults
from langgeom.errors import UserError
from langgeom.hidden.extract import extract
from langgeom.hidden.load import load
from langgeom.hidden.states import read_header, read_hidden
from langgeom.measure_job import Batch, Settings
from langgeom.models import build_model
from langgeom.table import ALIGNED, key_of_table, read_table, tables_of

LINES = {"eng_Latn": "the people work", "spa_Latn": "el pueblo trabaja", "uig_Latn": "xelq ishleydu"}
HIDDEN: dict[str, Any] = {**defaults("hidden"), "dtype": "float32", "token_cap": 60, "loss": None}
SETTINGS = Settings(
    hidden=HIDDEN,
    metrics={
        "token": ["anisotropy", "id_twonn", "lens_own", "lens_reference"], "sentence": ["anisotropy"], "aligned": ["kl_mean"],
        "text": ["bpc"],
    },
    in_depth={}, options={}, bootstrap={"replicates": 20}, seed=0, pair_layers=[], depth=0.5,
    code={"hidden": "1", "metrics": "1"},
)  # fmt: skip
PARTS = {"eng_Latn_wrong": None, "eng_Latn_wrongEven": 0, "eng_Latn_wrongOdd": 1}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a prepared model and texts of twelve lines; the last ones are a text and its two halves."""
    folder = tmp_path_factory.mktemp("source")
    texts = {name: [f"{line} {number} {line[: number + 2]}" for number in range(12)] for name, line in LINES.items()}
    wrong = [f"people the work {number} work" for number in range(12)]
    for name, half in PARTS.items():
        texts[name] = [line if half is None or number % 2 == half else "" for number, line in enumerate(wrong)]
    tiny.decoder(folder / "made", [line for lines in texts.values() for line in lines])
    build_model("m", {"folder": "made"}, base=folder, out=folder / "m")
    for name, lines in texts.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


class Study:
    """A results folder, and one batch of its texts."""

    def __init__(self, source: Path, results: Path) -> None:
        self.source, self.results = source, results
        self.files = {path.stem: path for path in source.glob("*.txt")}
        self.model, self.settings = source / "m", SETTINGS

    def run(
        self,
        texts: list[str],
        whole: Mapping[str, str] | None = None,
        reference: str = "eng_Latn",
        documents: Path | None = None,
        **changes: Any,
    ) -> Path:
        """Measure texts with changed settings of `hidden`; return the listing."""
        listing = self.results / "metrics" / "m" / "c" / "1.json"
        settings = replace(self.settings, hidden={**self.settings.hidden, **changes})
        names = dict.fromkeys([reference, *texts, *(whole or {}).values()])
        files = {name: self.files[name] for name in names}
        Batch(self.model, "c", texts, files, reference, whole or {}, settings, listing, documents).run()
        return listing

    def tables(self) -> dict[str, bytes]:
        """Return the bytes of all tables."""
        return {str(path.relative_to(self.results)): path.read_bytes() for path in sorted(self.results.rglob("*.parquet"))}


@pytest.fixture
def study(source: Path, tmp_path: Path) -> Study:
    return Study(source, tmp_path / "results")


def measured(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the texts that were measured since the last call."""
    found = [record.getMessage() for record in caplog.records if " measured in " in record.getMessage()]
    caplog.clear()
    return [message.split(": ")[1].split()[0] for message in found]


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_rows_name_their_text_and_the_listing_names_the_tables(study: Study) -> None:
    listing = study.run(["eng_Latn", "spa_Latn"])
    before = listing.read_bytes()
    assert study.run(["eng_Latn", "spa_Latn"]).read_bytes() == before
    study.run(["eng_Latn", "spa_Latn"], dtype="bfloat16")
    assert listing.read_bytes() != before  # or what is made of the tables would stay as it was
    study.run(["eng_Latn", "spa_Latn"])
    tables = tables_of([listing])
    assert [path.stem for path in tables] == ["eng_Latn", "spa_Latn"]
    table = read_table(tables[1])
    about = {"text": "spa_Latn", "lang": "spa", "script": "Latn", "model": "m", "kind": "decoder", "init": "trained"}
    assert {name: set(table[name]) for name in about} == {name: {value} for name, value in about.items()}
    assert set(table["metric"]) == {"anisotropy", "id_twonn", "kl_mean", "bpc", "lens_own", "lens_reference"}
    assert set(read_table(tables[0])["metric"]) == {*table["metric"]} - {"lens_reference"}  # the reference has its own alone
    cosines = [read_table(path, ALIGNED) for path in tables_of([listing], "aligned")]
    assert cosines[0]["cosine"].to_list() == pytest.approx([1.0] * 12) and len(cosines[1]) == 12
    assert not (study.results / "hidden").exists()
    assert tables_of([listing], "tokens") == []  # no text is measured in depth


def test_documents_of_lines_are_new_numbers(study: Study, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "documents.txt").write_text("".join(f"d{line // 3}\n" for line in range(12)))
    for documents, numbers in ((None, []), (tmp_path / "documents.txt", [4])):
        (path,) = tables_of([study.run(["spa_Latn"], documents=documents)])
        assert measured(caplog) == ["spa_Latn"]
        table = read_table(path)
        assert table.loc[table["over"] != "token", "documents"].dropna().unique().tolist() == numbers


def test_only_what_is_new_is_measured(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    study.run(["eng_Latn", "spa_Latn"])
    before = study.tables()
    assert measured(caplog) == ["eng_Latn", "spa_Latn"]
    study.run(["uig_Latn", "eng_Latn", "spa_Latn"])
    assert measured(caplog) == ["uig_Latn"]
    assert {name: study.tables()[name] for name in before} == before


def test_the_size_of_batches_makes_nothing_anew(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    study.run(["spa_Latn"])
    measured(caplog)
    study.run(["spa_Latn"], batch_tokens=64)
    assert measured(caplog) == []


def test_the_model_is_loaded_once_and_only_when_it_is_needed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    from langgeom.hidden import load as module

    loads, whole = [], module.load
    monkeypatch.setattr(module, "load", lambda *args, **options: (loads.append(args[0]), whole(*args, **options))[1])
    study.run(["eng_Latn", "spa_Latn"])
    assert len(loads) == 1
    study.run(["spa_Latn", "eng_Latn"])
    assert len(loads) == 1
    study.run(["uig_Latn", "eng_Latn", "spa_Latn"])
    assert len(loads) == 2


@pytest.mark.parametrize(
    "changes", [{"first_position": "include"}, {"token_cap": 100}, {"max_tokens": 4}, {"final_norm": False}, {"loss": False}]
)
def test_a_changed_setting_is_another_result(study: Study, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]) -> None:
    study.run(["spa_Latn"])
    measured(caplog)
    study.run(["spa_Latn"], **changes)
    assert measured(caplog) == ["spa_Latn"]


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1}, {"bootstrap": {"replicates": 30}}, {"depth": 1.0}, {"code": {"hidden": "1", "metrics": "2"}},
        {"code": {"hidden": "2", "metrics": "1"}}, {"metrics": {"token": ["anisotropy"]}},
        {"options": {"id_twonn": {"method": "mle"}}},
    ],
)  # fmt: skip
def test_what_else_determines_rows(study: Study, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]) -> None:
    study.run(["spa_Latn"])
    measured(caplog)
    study.settings = replace(SETTINGS, **changes)
    study.run(["spa_Latn"])
    assert measured(caplog) == ["spa_Latn"]


def test_a_changed_text_reference_or_model_is_another_result(
    study: Study, source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    study.run(["eng_Latn", "spa_Latn", "uig_Latn"])
    measured(caplog)
    longer = tmp_path / "spa_Latn.txt"
    longer.write_text(study.files["spa_Latn"].read_text() + "el pueblo\n")
    study.files["spa_Latn"] = longer
    study.run(["eng_Latn", "spa_Latn", "uig_Latn"])
    assert measured(caplog) == ["spa_Latn"]
    study.run(["eng_Latn", "uig_Latn"], reference="spa_Latn")
    assert measured(caplog) == ["eng_Latn", "uig_Latn"]
    tiny.decoder(tmp_path / "other", longer.read_text().splitlines(), seed=7)
    build_model("m", {"folder": "other"}, base=tmp_path, out=tmp_path / "m")
    study.model = tmp_path / "m"
    study.run(["eng_Latn", "uig_Latn"], reference="spa_Latn")
    assert measured(caplog) == ["eng_Latn", "uig_Latn"]


def test_metrics_in_depth_are_of_the_texts_named_and_compute_those_alone(
    study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    listing = study.run(["eng_Latn", "spa_Latn"])
    plain = set(read_table(tables_of([listing])[0])["metric"])
    measured(caplog)
    study.settings = replace(SETTINGS, in_depth={"texts": ["spa_Latn"], "token": ["id_pca", "anisotropy"]})
    tables = tables_of([study.run(["eng_Latn", "spa_Latn"])])
    assert measured(caplog) == ["spa_Latn"]
    assert [set(read_table(path)["metric"]) for path in tables] == [plain, plain | {"id_pca", "lens_reference"}]


def test_settings_of_a_metric_change_its_rows_and_concern_the_texts_that_have_it(
    study: Study, caplog: pytest.LogCaptureFixture
) -> None:
    skdim = replace(SETTINGS, in_depth={"texts": ["spa_Latn"], "token": ["skdim_mada"]})
    found = []
    for options in ({}, {"skdim_mada": {"n_neighbors": 5}, "skdim_mom": {"n_neighbors": 5}}):
        study.settings = replace(skdim, options=options)
        table = read_table(tables_of([study.run(["eng_Latn", "spa_Latn"])])[1])
        found.append(table[table["metric"] == "skdim_mada"]["value"].iloc[-1])
    assert measured(caplog) == ["eng_Latn", "spa_Latn", "spa_Latn"] and found[0] != found[1] > 0


def test_rows_are_the_same_whatever_is_kept(study: Study, source: Path, tmp_path: Path) -> None:
    """Byte for byte, metric by metric; and what is kept is what `extract` gives."""
    texts = ["eng_Latn", "spa_Latn", *PARTS]
    whole = dict.fromkeys(["eng_Latn_wrongEven", "eng_Latn_wrongOdd"], "eng_Latn_wrong")
    study.run(texts, whole)
    for keep in ("sentence", "all"):
        other = Study(source, tmp_path / keep)
        other.run(texts, whole, keep=keep)
        assert other.tables() == study.tables()
        files = {path.stem: path for path in (other.results / "hidden" / "m" / "c").iterdir()}
        assert set(files) == set(texts)
        own = extract(load(study.model, "float32"), study.files["spa_Latn"].read_text().splitlines(), HIDDEN, name="spa_Latn")
        kept = read_hidden(files["spa_Latn"])
        assert kept.sentence.equal(own.sentence)
        assert kept.token.equal(own.token if keep == "all" else own.token[:, :0])
        assert {kept.metadata[key] for key in ("corpus", "text")} == {"c", "spa_Latn"}


def test_means_for_pairs_of_texts_stay_and_a_new_text_adds_its_own(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    texts = ["eng_Latn", "spa_Latn"]
    study.run(texts)
    measured(caplog)
    tables = study.tables()
    own = extract(load(study.model, "float32"), study.files["spa_Latn"].read_text().splitlines(), HIDDEN, name="spa_Latn")
    for depths, layers in (([0.5], [1]), ([0, 0.5, 1], [0, 1, 2])):
        study.settings = replace(SETTINGS, pair_layers=depths)
        listing = study.run(texts)
        assert measured(caplog) == texts
        kept = read_hidden(tables_of([listing], "hidden")[1])
        assert kept.sentence.equal(own.sentence[layers]) and kept.token.shape[1] == 0 and kept.lens_loss is None
        study.run(texts)
        assert measured(caplog) == []
    assert study.tables() == tables  # the model ran again, and every table stayed
    study.run(["uig_Latn", *texts])
    assert measured(caplog) == ["uig_Latn"]
    study.run(texts, keep="sentence")
    measured(caplog)
    study.run(texts)  # the means of all layers are more than those of some
    assert measured(caplog) == []


def test_kept_states_are_measured_again_without_the_model(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from langgeom.hidden import load as module

    study.run(["eng_Latn", "spa_Latn"])
    once = study.tables()
    study.run(["eng_Latn", "spa_Latn"], keep="all")  # done, but not kept
    assert study.tables() == once
    measured(caplog)
    monkeypatch.setattr(module, "load", lambda *_, **__: pytest.fail("the model is loaded"))
    study.run(["eng_Latn", "spa_Latn"], keep="all")
    study.run(["eng_Latn", "spa_Latn"], keep="sentence")  # all is more than that
    study.run(["eng_Latn", "spa_Latn"])
    assert measured(caplog) == []
    study.settings = replace(SETTINGS, bootstrap={"replicates": 30})
    study.run(["eng_Latn", "spa_Latn"], keep="all")
    assert measured(caplog) == ["eng_Latn", "spa_Latn"] and study.tables() != once
    study.settings = SETTINGS
    study.run(["eng_Latn", "spa_Latn"])
    assert study.tables() == once


def test_what_the_head_reads_concerns_its_own_metrics_alone(
    study: Study, source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = ["eng_Latn", "spa_Latn"]
    study.settings = replace(SETTINGS, metrics={**SETTINGS.metrics, "token": ["id_twonn"]})
    study.run(texts, keep="all")
    measured(caplog)
    study.settings = SETTINGS
    study.run(texts)  # metrics of the lens are new, and what the head reads was kept
    assert not [record for record in caplog.records if "run in" in record.getMessage()] and measured(caplog) == texts
    study.run(texts, lens_lines=2)  # these were not
    assert [record for record in caplog.records if "run in" in record.getMessage()] and measured(caplog) == texts
    study.settings = replace(SETTINGS, metrics={**SETTINGS.metrics, "token": ["id_twonn"]})
    study.run(texts)
    assert measured(caplog) == texts
    study.run(texts, lens_lines=3)  # nobody asks for it
    assert measured(caplog) == []
    tiny.encoder(tmp_path / "made", ["the people work"])
    build_model("m", {"folder": "made"}, base=tmp_path, out=tmp_path / "m")
    other = Study(source, tmp_path / "other")
    other.model = tmp_path / "m"
    other.run(texts)
    measured(caplog)
    other.run(texts, lens_lines=3)  # nor has an encoder one
    assert measured(caplog) == []


def test_parts_of_a_text_are_run_with_it(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    parts = ["eng_Latn_wrongEven", "eng_Latn_wrongOdd"]
    tables = tables_of([study.run(parts, dict.fromkeys(parts, "eng_Latn_wrong"))])
    assert [message for record in caplog.records if "run in" in (message := record.getMessage())][1:] != []
    assert sum("run in" in record.getMessage() for record in caplog.records) == 2  # the reference, and the whole text
    own = tables_of([Study(study.source, study.results / "alone").run(parts)])
    for shared, alone in zip(map(read_table, tables), map(read_table, own), strict=True):
        assert shared["n"].equals(alone["n"]) and shared["dropped"].equals(alone["dropped"])
        assert shared["value"].to_list() == pytest.approx(alone["value"].to_list(), rel=1e-4, nan_ok=True)


def test_a_part_must_be_one(source: Path) -> None:
    from langgeom.hidden.extract import extract_parts

    with pytest.raises(ValueError, match="'half' is no part of 'eng_Latn'"):
        extract_parts(load(source / "m", "float32"), ["a b", "c d"], HIDDEN, {"half": ["a b", "c"]}, name="eng_Latn")


def test_parts_keep_tokens_up_to_the_cap_by_themselves(source: Path) -> None:
    from langgeom.hidden.extract import extract_parts

    loaded = load(source / "m", "float32")
    lines = [f"the people work {number}" for number in range(12)]
    odd = [line if number % 2 else "" for number, line in enumerate(lines)]
    settings = {**HIDDEN, "token_cap": 15, "whole_lines": None}
    both = extract_parts(loaded, lines, settings, {"eng_Latn_wrongOdd": odd}, name="eng_Latn")
    alone = extract(loaded, odd, settings, name="eng_Latn_wrongOdd")
    part = both["eng_Latn_wrongOdd"]
    assert both["eng_Latn"].token.shape[1] == part.token.shape[1] == 15
    assert part.metadata == alone.metadata and part.token_sentence.equal(alone.token_sentence)
    for name, tensor in part.tensors():
        assert tensor.float().allclose(getattr(alone, name).float(), atol=1e-5)


def test_texts_before_a_mistake_are_kept_and_the_text_is_named(study: Study, tmp_path: Path) -> None:
    study.files["spa_Latn"] = tmp_path / "spa_Latn.txt"
    study.files["spa_Latn"].write_text("\n\n")
    with pytest.raises(UserError, match=r"^spa_Latn: No line"):
        study.run(["eng_Latn", "spa_Latn", "uig_Latn"])
    assert [Path(name).stem for name in study.tables() if name.startswith("metrics")] == ["eng_Latn"]


def test_a_table_is_the_last_thing_written(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails in between leaves a text that is not done."""

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("langgeom.hidden.states.write_hidden", full)
    with pytest.raises(OSError, match="No space left"):
        study.run(["eng_Latn"], keep="all")
    monkeypatch.undo()
    assert study.tables() == {}
    study.run(["eng_Latn"], keep="all")
    assert read_header(study.results / "hidden/m/c/eng_Latn.safetensors")["text"] == "eng_Latn"


def test_a_damaged_table_is_not_done(study: Study, caplog: pytest.LogCaptureFixture) -> None:
    path = tables_of([study.run(["spa_Latn"])])[0]
    whole = path.read_bytes()
    for damage in (whole[:100], b"", whole[:-1]):
        path.write_bytes(damage)
        assert key_of_table(path) is None
        measured(caplog)
        study.run(["spa_Latn"])
        assert measured(caplog) == ["spa_Latn"] and path.read_bytes() == whole


def test_listings_that_cannot_be_used(study: Study, tmp_path: Path) -> None:
    listing = study.run(["eng_Latn", "spa_Latn"])
    (listing.parent / "spa_Latn.parquet").unlink()
    with pytest.raises(UserError, match=r"spa_Latn\.parquet is missing.*Remove .*1\.json and run again"):
        tables_of([listing])
    listing.write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        tables_of([listing])
