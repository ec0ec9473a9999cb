"""A whole run whose models and texts come from a hub on this machine: pinned, gated, and without a trace of the token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from langgeom.corpora.flores_plus import DATASET
from stand_in_hub import COMMIT, SIGNATURE, TOKEN, Hub, Repository, rows_of
from study import SENTENCES, Study

pytestmark = pytest.mark.workflow


def from_hub(study: Study, hub: Hub) -> None:
    """Put the parts of a study onto the hub, and let its config name them there."""
    decoder = {path.name: path.read_bytes() for path in (study.folder / "decoder").iterdir()}
    hub.repositories["models/owner/decoder"] = Repository(decoder, gated=True)
    texts = {name: (study.folder / "texts" / f"{name}.txt").read_text(encoding="utf-8").splitlines() for name in SENTENCES}
    hub.repositories["datasets/" + DATASET] = Repository(rows_of(texts), gated=True)
    study.settings["models"] = {
        "decoder": {"hub": "owner/decoder", "revision": COMMIT},
        "twin": {"untrained": "decoder"},
        "apart": {"untrained": "owner/decoder", "revision": COMMIT, "seed": 7},
    }
    study.settings["corpora"] = {
        "f": {"flores_plus": {"revision": COMMIT}, "min_lines": 10, "texts": ["eng_Latn", "uig_Latn", "uig_Arab"]}
    }


def test_a_run_from_the_hub(fresh: Callable[[], Study], hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = fresh()
    local = study.folder / "texts" / "uig_Arab.txt"
    from_hub(study, hub)
    output = study.run("table")
    table = pd.read_parquet(study.folder / "results" / "metrics.parquet")
    assert set(table["model"]) == {"decoder", "twin", "apart"} and set(table["text"]) == {"eng_Latn", "uig_Latn", "uig_Arab"}
    assert (study.folder / "results/corpora/f/uig_Arab.txt").read_bytes() == local.read_bytes()
    # Three lines a document, as its column url says. What the head reads is of some lines only.
    lines = len(local.read_text(encoding="utf-8").splitlines())
    assert set(table[~table["metric"].str.startswith("lens_")]["documents"]) == {-(-lines // 3)}
    # Neither the token nor a signature is in what was said, written or logged, nor is anything in the user's home.
    for secret in (TOKEN, SIGNATURE):
        assert secret not in output
        for place in (study.folder, tmp_path):
            assert not [path for path in place.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert not [path for path in (tmp_path / "home").rglob("*") if path.is_file() and path.name != "CACHEDIR.TAG"]
    assert all("authorization" not in headers for _, path, headers in hub.asked if path.startswith("/cdn/"))
    # What is here is not asked for again, and the rest of the run needs no hub.
    hub.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    study.run("models", "table", "--forcerun", "model", "corpus")
    assert hub.asked == []


def test_a_gated_model_stops_with_what_to_do(fresh: Callable[[], Study], hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    study = fresh()
    from_hub(study, hub)
    monkeypatch.delenv("HF_TOKEN")
    output = study.run("models", check=False)
    assert "'owner/decoder'" in output and f"is gated: accept its terms on {hub.endpoint}/owner/decoder" in output
    assert "hf auth login" in output and "Traceback" not in output
    output = study.run("corpora", check=False)
    assert f"'{DATASET}'" in output and "is gated" in output and "Traceback" not in output
