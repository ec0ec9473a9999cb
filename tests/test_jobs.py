"""A job keeps each text it finishes, finds it again, and says which text a mistake came from."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Any

import pytest

import tiny
from langgeom.errors import UserError
from langgeom.hidden.header import read_header
from langgeom.hidden.job import hidden_job
from langgeom.metrics.job import metrics_job
from langgeom.models import build_model
from langgeom.table import read_table

LINES = {"eng_Latn": "the people work", "spa_Latn": "el pueblo trabaja", "uig_Latn": "xelq ishleydu"}
SETTINGS: dict[str, Any] = {
    "dtype": "float32", "batch_tokens": 64, "max_tokens": 32, "token_cap": 200, "first_position": "exclude", "final_norm": True,
    "loss": None,
}  # fmt: skip
NAMES = {"token": ["anisotropy"], "sentence": [], "aligned": ["kl_mean"], "text": ["bpc"]}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A folder with a prepared model and three texts."""
    texts = {name: [f"{line} {number}" for number in range(12)] for name, line in LINES.items()}
    tiny.decoder(tmp_path / "source", [line for lines in texts.values() for line in lines])
    build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    for name, lines in texts.items():
        (tmp_path / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def run(study: Path, texts: list[str], **changes: Any) -> list[Path]:
    outputs = [study / "hidden" / f"{text}.safetensors" for text in texts]
    sources = [study / f"{text}.txt" for text in texts]
    hidden_job(study / "m", "c", sources, outputs, study / "store", {**SETTINGS, **changes}, code="1")
    return outputs


def computed(caplog: pytest.LogCaptureFixture) -> list[str]:
    found = [record.getMessage() for record in caplog.records if record.getMessage().endswith(" computed")]
    caplog.clear()
    return [message.split()[3] for message in found]


def test_only_what_is_new_is_computed(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first = run(study, ["eng_Latn", "spa_Latn"])
    before = [path.read_bytes() for path in first]
    assert computed(caplog) == ["eng_Latn", "spa_Latn"]
    for path in first:
        path.unlink()
    outputs = run(study, ["uig_Latn", "eng_Latn", "spa_Latn"])
    assert computed(caplog) == ["uig_Latn"]
    assert [path.read_bytes() for path in outputs[1:]] == before


def test_a_model_is_loaded_once_a_batch(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from langgeom.hidden import extract

    loads, load = [], extract.load
    monkeypatch.setattr(extract, "load", lambda *args, **options: (loads.append(args[0]), load(*args, **options))[1])
    run(study, ["eng_Latn", "spa_Latn"])
    assert len(loads) == 1
    run(study, ["spa_Latn", "eng_Latn"])  # all finished: none is needed
    assert len(loads) == 1
    run(study, ["uig_Latn", "eng_Latn", "spa_Latn"])
    assert len(loads) == 2


@pytest.mark.parametrize(
    "changes", [{"first_position": "include"}, {"token_cap": 100}, {"max_tokens": 4}, {"final_norm": False}, {"loss": False}]
)
def test_a_changed_setting_is_another_result(study: Path, caplog: pytest.LogCaptureFixture, changes: dict[str, Any]) -> None:
    run(study, ["eng_Latn"])
    caplog.set_level(logging.INFO)
    run(study, ["eng_Latn"], **changes)
    assert computed(caplog) == ["eng_Latn"]


def test_a_changed_text_or_model_is_another_result(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    run(study, ["eng_Latn", "spa_Latn"])
    caplog.set_level(logging.INFO)
    text = study / "eng_Latn.txt"
    text.write_text(text.read_text() + "the people\n")
    run(study, ["eng_Latn", "spa_Latn"])
    assert computed(caplog) == ["eng_Latn"]
    tiny.decoder(study / "other", text.read_text().splitlines(), seed=7)
    build_model("m", {"folder": "other"}, base=study, out=study / "m")
    run(study, ["spa_Latn"])
    assert computed(caplog) == ["spa_Latn"]


def test_texts_before_a_mistake_are_kept_and_the_text_is_named(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    (study / "spa_Latn.txt").write_text("\n\n")
    with pytest.raises(UserError, match=r"^spa_Latn: "):
        run(study, ["eng_Latn", "spa_Latn"])
    caplog.set_level(logging.INFO)
    run(study, ["eng_Latn"])
    assert computed(caplog) == []


def test_a_full_disk_is_named(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("langgeom.hidden.file.write_hidden", full)
    with pytest.raises(UserError, match=r"eng_Latn: the disk is full .* the texts done so far are kept"):
        run(study, ["eng_Latn"])
    assert not list((study / "store").rglob("*.safetensors"))


def test_metrics_name_their_text_and_depend_on_the_reference(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    hidden = run(study, ["eng_Latn", "spa_Latn"])
    caplog.set_level(logging.INFO)
    caplog.clear()
    outputs = [study / "metrics" / f"{path.stem}.parquet" for path in hidden]

    def measure(reference: Path) -> None:
        metrics_job(hidden, reference, outputs, study / "mstore", NAMES, {"replicates": 20}, seed=0, code="1")

    measure(hidden[0])
    assert computed(caplog) == ["eng_Latn", "spa_Latn"]
    table = read_table(outputs[1])
    assert set(table["text"]) == {"spa_Latn"} and set(table["model"]) == {"m"} and set(table["kind"]) == {"decoder"}
    assert set(table["metric"]) == {"anisotropy", "kl_mean", "bpc"}
    measure(hidden[0])
    assert computed(caplog) == []
    measure(hidden[1])
    assert computed(caplog) == ["eng_Latn", "spa_Latn"]
    assert read_header(hidden[0])["fingerprint"] != read_header(hidden[1])["fingerprint"]


def test_metrics_in_depth_are_of_the_texts_named_and_compute_those_alone(study: Path, caplog: pytest.LogCaptureFixture) -> None:
    hidden = run(study, ["eng_Latn", "spa_Latn"])
    caplog.set_level(logging.INFO)
    caplog.clear()
    outputs = [study / "metrics" / f"{path.stem}.parquet" for path in hidden]

    def measure(**in_depth: list[str]) -> None:
        metrics_job(
            hidden, hidden[0], outputs, study / "mstore", NAMES, {"replicates": 20}, seed=0, code="1", in_depth=in_depth
        )

    measure()
    plain = set(read_table(outputs[0])["metric"])
    caplog.clear()
    measure(texts=["spa_Latn"], token=["id_pca", *NAMES["token"]])
    assert computed(caplog) == ["spa_Latn"]
    assert set(read_table(outputs[0])["metric"]) == plain and set(read_table(outputs[1])["metric"]) == plain | {"id_pca"}


def test_a_disk_too_small_is_seen_before_the_model_is_loaded(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan knows nothing of a model that was not fetched when the run began."""
    from langgeom import disk
    from langgeom.hidden import extract

    (size,) = [path.stat().st_size for path in run(study, ["eng_Latn"])]
    monkeypatch.setattr(extract, "load", lambda *_, **__: pytest.fail("the model is loaded"))
    monkeypatch.setattr(disk, "free_bytes", lambda place: int(1.2 * size))
    # A result that is in the store takes nothing more.
    run(study, ["eng_Latn"])
    with pytest.raises(UserError, match=r"^The results take about 0\.0 GiB more.*LANGGEOM_DISK_UNCHECKED=1"):
        run(study, ["eng_Latn", "spa_Latn", "uig_Latn"])
    monkeypatch.undo()
    monkeypatch.setattr(disk, "free_bytes", lambda place: 0)
    monkeypatch.setenv("LANGGEOM_DISK_UNCHECKED", "1")
    run(study, ["spa_Latn"])
