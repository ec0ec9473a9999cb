"""A user's mistake ends in one message before any job, or in a log that is shown; never in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from study import Study

pytestmark = pytest.mark.workflow


def test_config_mistake(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["corpora"]["mine"]["texts"].append("spa_Latm")
    output = study.run(check=False)
    assert "corpora.mine.texts names 'spa_Latm', which this corpus lacks" in output
    assert "Did you mean 'spa_Latn'?" in output
    assert "Traceback" not in output
    assert not (study.folder / "results").exists()


def test_too_few_lines_stops_before_any_model(fresh: Callable[[], Study]) -> None:
    study = fresh()
    study.settings["corpora"]["mine"]["min_lines"] = 1000
    output = study.run(check=False)
    assert "24" in output and "1000" in output and "min_lines" in output
    assert "Traceback" not in output
    assert not list((study.folder / "results").glob("hidden/*/*/*"))


def test_a_folder_that_is_no_model(fresh: Callable[[], Study]) -> None:
    study = fresh()
    (study.folder / "decoder" / "model.safetensors").unlink()
    output = study.run("models", check=False)
    assert "safetensors" in output
    assert "Traceback" not in output
    assert not (study.folder / "results" / "models" / "decoder").exists()


def test_a_text_in_another_script_is_told_at_the_end(fresh: Callable[[], Study]) -> None:
    study = fresh()
    path = study.folder / study.settings["corpora"]["mine"]["folder"] / "spa_Latn.txt"
    path.write_text("".join(f"предложение {number}\n" for number in range(24)), encoding="utf-8")
    output = study.run("corpora")
    assert "To check: spa_Latn of mine: most letters are Cyrl" in output
    assert output.count("To check: spa_Latn") == 1
