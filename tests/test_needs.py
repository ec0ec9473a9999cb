"""What a job asks for grows with what it reads, and is left open while that is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import tiny
from langgeom.models import build_model
from langgeom.needs import (
    harness_memory,
    measure_memory,
    measure_minutes,
    measure_threads,
    model_memory,
    model_pairs_memory,
    model_pairs_minutes,
    pairs_memory,
    pairs_minutes,
    table_memory,
)

MIB = 1 << 20


def of_size(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    tiny.decoder(tmp_path / "source")
    build_model("m", {"folder": "source"}, base=tmp_path, out=tmp_path / "m")
    return tmp_path / "m"


def change(model: Path, **values: int) -> None:
    manifest = model / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text(encoding="utf-8")), **values}), encoding="utf-8")


def test_measuring(model: Path, tmp_path: Path) -> None:
    text = of_size(tmp_path / "text.txt", 10_000)
    assert (measure_memory(model, [text], 100), measure_minutes(model, [text], 100)) == (2000, 31)
    assert harness_memory(model) == 10_000
    change(model, parameters=3_821_079_552, layers=32, dim=3072)  # Phi-3.5-mini
    # Weights in float32 and a batch; two texts' vectors and samples in 4 bytes; eight copies of a layer in float64.
    states, layer = 4 * 4 * 33 * 3072 * 4096, 64 * 3072 * 4096
    assert measure_memory(model, [text], 4096) == 2000 + (8 * 3_821_079_552 + states + layer) // MIB
    lines = tmp_path / "lines.txt"
    lines.write_text("a line\n" * 1012)
    more = measure_memory(model, [text, lines], 4096) - measure_memory(model, [text], 4096)
    assert more == pytest.approx(1012 * (4 * 4 * 33 + 64) * 3072 / MIB, abs=1)
    flores = [of_size(tmp_path / f"{number}.txt", 200_000) for number in range(24)]
    # 123 minutes on a small GPU, and 24 texts of 0.8 GiB at 100 MiB a minute.
    assert measure_minutes(model, flores, 4096) == 30 + 123 + 190
    assert harness_memory(model) == 10_000 + 29_152


def test_comparing_pairs_of_texts(model: Path, tmp_path: Path) -> None:
    change(model, dim=640)
    text = tmp_path / "text.txt"
    text.write_text("a line\n" * 1997)
    # Forty texts of NTREX: means of a layer, and ten numbers of each sentence for each pair.
    assert pairs_memory(model, [text] * 40) == 2000 + (32 * 640 * 1997 * 40 + 80 * 1997 * 1600) // MIB
    assert pairs_memory(model, []) == 2000
    # Five layers of three models: means twice, and twenty numbers for each two sentences.
    assert model_pairs_memory([model] * 3, text, 5) == 2000 + (8 * 15 * 640 * 1997 + 160 * 1997**2) // MIB
    assert model_pairs_memory([], text, 0) == 2000 + 160 * 1997**2 // MIB
    # 4.1e12 operations a layer at 1e10 a second.
    assert pairs_minutes(model, [text] * 40, 3) == 30 + 21
    assert pairs_minutes(model, [], 3) == 30
    # 112 pairs of layers, of 8 s each.
    assert model_pairs_minutes([model] * 3, text, 5) == 30 + 15


def test_jobs_share_cores_by_their_number_or_their_memory(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = of_size(tmp_path / "text.txt", 10_000)
    monkeypatch.setattr("os.sysconf", {"SC_PHYS_PAGES": 1 << 22, "SC_PAGE_SIZE": 1 << 12}.__getitem__)  # 16 GiB

    def threads(jobs: int, cores: int | None) -> int:
        return measure_threads(model, [text], 100, jobs, cores)

    assert [threads(*case) for case in [(11, 2), (1, 2), (3, 8), (11, 16), (1, 64), (11, None)]] == [1, 2, 2, 2, 8, 8]
    change(model, parameters=1_000_000_000)  # 9629 MiB of 16384: only one at a time
    assert [threads(11, 2), threads(11, 8), threads(1, 8)] == [2, 5, 8]
    change(model, parameters=4_000_000_000)
    assert threads(11, 8) == 8
    assert measure_threads(tmp_path / "not yet", [text], 100, 11, 8) == 1


def test_preparing_a_model(model: Path, tmp_path: Path) -> None:
    wheels = [of_size(tmp_path / f"{number}.whl", 50 * MIB) for number in range(2)]
    assert model_memory(wheels) == 2600
    of_size(model / "model.safetensors", 100 * MIB)
    assert 2600 <= model_memory([model]) < 2610  # a twin's folder counts with all its files
    assert model_memory([]) == 2000


def test_weights_drawn_from_a_config_alone(model: Path, tmp_path: Path) -> None:
    """No file says how large an untrained twin will be: its architecture does."""
    sizes = {"hidden_size": 3072, "intermediate_size": 8192, "num_attention_heads": 32, "num_hidden_layers": 32,
             "vocab_size": 32064, "hidden_act": "silu", "rope_theta": 1e4, "tie_word_embeddings": False}  # fmt: skip
    fetched = tmp_path / "commit" / "architecture"
    fetched.mkdir(parents=True)
    (fetched / "config.json").write_text(json.dumps(sizes), encoding="utf-8")
    listing = of_size(tmp_path / "commit" / "architecture.json", 300)
    assert model_memory([listing]) == pytest.approx(2000 + 8 * 3_821_079_552 / MIB, rel=0.01)
    assert model_memory([fetched / "config.json"]) == model_memory([listing])
    # With its weights beside it, in float32, they count for more.
    weights = of_size(tmp_path / "model.safetensors", 20_000 * MIB)
    assert model_memory([fetched / "config.json", weights]) == 2000 + 6 * 20_000
    for damaged in ("[]", "{", '{"hidden_size": "wide"}', '{"hidden_size": 8, "num_hidden_layers": 2, "n_head": 0}'):
        (fetched / "config.json").write_text(damaged, encoding="utf-8")
        assert model_memory([listing]) == 2000
    (fetched / "config.json").unlink()
    assert model_memory([listing]) == 2000


def test_drawing_and_testing(tmp_path: Path) -> None:
    tables = [of_size(tmp_path / "metrics.parquet", 100 * MIB), of_size(tmp_path / "texts.parquet", 5000)]
    assert table_memory(tables) == 2000 + 6400


def test_what_is_not_there_is_named_as_the_rule_names_it(model: Path) -> None:
    for ask in (
        lambda: harness_memory("results/m"), lambda: model_memory(["results/m"]), lambda: table_memory(["results/m"]),
        lambda: measure_memory("results/m", [], 9), lambda: measure_memory(model, ["results/m"], 9),
        lambda: measure_minutes(model, ["results/m"], 9), lambda: pairs_memory(model, ["results/m"]),
        lambda: model_pairs_memory(["results/m"], model / "manifest.json", 1),
        lambda: model_pairs_minutes([model], "results/m", 1),
    ):  # fmt: skip
        with pytest.raises(FileNotFoundError) as caught:
            ask()
        assert caught.value.filename == "results/m"
