"""Four languages of NTREX-128 at full size, from a server of this machine under their true hashes, through e5-small.

The texts are not part of the project: LANGGEOM_TEST_DATA names a folder with ntrex/newstest2019-*.txt.
"""

from __future__ import annotations

import functools
import os
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from langgeom.table import read_table
from study import ROOT, Study

pytestmark = [pytest.mark.workflow, pytest.mark.pretrained]
DATA = "LANGGEOM_TEST_DATA"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


def test_four_languages(tmp_path: Path) -> None:
    data = Path(os.environ.get(DATA, "")) / "ntrex"
    if not os.environ.get(DATA) or not data.is_dir():
        pytest.skip(f"{DATA} names no folder with ntrex/")
    served = tmp_path / "served"
    shutil.copytree(data, served / "NTREX-128")
    shutil.copy(data / "DOCUMENT_IDS.tsv", served)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(served)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    default = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    few = {"token": ["id_twonn"], "sentence": [], "aligned": ["retrieval"], "pairs": [], "text": ["fertility"]}
    texts = ["eng_Latn", "cmn_Hans", "uig_Arab", "srp_Cyrl"]
    study = Study(
        tmp_path / "study",
        {
            "corpora": {"ntrex": {"ntrex": {"address": f"http://127.0.0.1:{server.server_port}"}, "texts": texts}},
            "models": {"e5-small": default["models"]["e5-small"]}, "metrics": few, "bootstrap": {"replicates": 40},
        },
    )  # fmt: skip
    (study.folder / "results").mkdir(parents=True)
    if (ROOT / "results" / "downloads").is_dir():  # what `make` fetched serves here too
        shutil.copytree(ROOT / "results" / "downloads", study.folder / "results" / "downloads", copy_function=os.link)
    try:
        study.run("table")
    finally:
        server.shutdown()
        server.server_close()
    table = read_table(study.folder / "results" / "metrics.parquet")
    found = table[table["metric"] == "retrieval"].set_index(["text", "layer"])["value"].unstack()
    assert set(table["text"]) == set(texts) and int(table["sentences"].max()) == 1997 and set(table["documents"]) == {123}
    assert (found.loc[["cmn_Hans", "srp_Cyrl"], 12] > 0.8).all() and found.loc["uig_Arab", 12] > found.loc["uig_Arab", 0] + 0.3
