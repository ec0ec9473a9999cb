"""Texts come from data sets of the hub at one commit, keyed by configuration and aligned by id."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langgeom.corpora import corpus_of, flores_plus
from langgeom.errors import UserError
from langgeom.hub import fill, rows_path
from stand_in_hub import COMMIT, TOKEN, Hub, Repository

Client = Callable[..., tuple[int, str]]
SENTENCES = {
    "eng_Latn": ["one", "two", "three"],
    "uig_Arab": ["بىر", "ئىككى", "ئۈچ"],
    "cat_Latn_vale1252": ["u", "dos", "tres"],
}


def parquet(**columns: list[Any]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def jsonl(ids: list[int], texts: list[str | None]) -> bytes:
    """Write rows; 10 and 11 are of one document."""
    rows = [
        {"id": number, "iso_639_3": "xxx", "text": text, "url": f"https://a/{number // 12}"}
        for number, text in zip(ids, texts, strict=True)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def card(configs: list[dict[str, Any]]) -> bytes:
    return f"---\nconfigs: {json.dumps(configs)}\n---\n# Data\n".encode()


@pytest.fixture
def flores(hub: Hub) -> Repository:
    """FLORES+ as it lies on the hub: one file a configuration and split, gated, not in one order."""
    files = {}
    for name, sentences in SENTENCES.items():
        order = [2, 0, 1] if name == "uig_Arab" else [0, 1, 2]
        files[f"devtest/{name}.jsonl"] = jsonl([number + 10 for number in order], [sentences[number] for number in order])
        files[f"dev/{name}.jsonl"] = jsonl([1], ["dev " + sentences[0]])
    configs = [
        {"config_name": name, "data_files": [{"split": split, "path": f"{split}/{name}.jsonl"} for split in ("dev", "devtest")]}
        for name in SENTENCES
    ]
    hub.repositories["datasets/" + flores_plus.DATASET] = Repository({"README.md": card(configs), **files}, gated=True)
    return hub.repositories["datasets/" + flores_plus.DATASET]


def fetch(client: Client, spec: dict[str, Any], text: str, token: str = TOKEN, **more: str) -> tuple[int, str]:
    return client(
        f"from langgeom.rows import write_rows\nwrite_rows({spec!r}, {text!r}, Path({rows_path('c', text)!r}))",
        HF_TOKEN=token, HF_HUB_CACHE="cache/hub", HF_DATASETS_CACHE="cache/datasets", **more,
    )  # fmt: skip


FLORES: dict[str, Any] = {"flores_plus": {"revision": COMMIT, "split": "devtest"}, "texts": list(SENTENCES)}


def built(folder: Path, spec: dict[str, Any], text: str) -> tuple[list[str], dict[str, Any]]:
    out = folder / "built" / f"{text}.txt"
    corpus = corpus_of("c", {"min_lines": 1, **spec}, folder)
    inputs = [folder / path for path in corpus.inputs(text)]
    corpus.build(text, inputs, out_txt=out, out_json=out.with_suffix(".json"))
    return out.read_text(encoding="utf-8").splitlines(), json.loads(out.with_suffix(".json").read_text())


def test_flores_plus(client: Client, hub: Hub, flores: Repository, tmp_path: Path) -> None:
    spec = corpus_of("c", FLORES).request("eng_Latn")
    for text in SENTENCES:
        hub.asked.clear()
        status, said = fetch(client, spec, text)
        assert status == 0, said
        lines, report = built(tmp_path, FLORES, text)
        assert lines == SENTENCES[text]  # by id, in the reference's order
        assert report["source"] == f"openlanguagedata/flores_plus@{COMMIT} {text} devtest" and report["empty"] == 0
        # The commit is pinned in every address, and no file of another configuration is fetched.
        resolved = [path for path in hub.paths() + hub.paths("HEAD") if "/resolve/" in path]
        assert all(COMMIT in path for path in resolved)
        assert {Path(path).stem for path in resolved if path.endswith(".jsonl")} == {text}
    corpus, reference, out = corpus_of("c", FLORES, tmp_path), tmp_path / "built" / "eng_Latn.txt", tmp_path / "documents.txt"
    corpus.build_documents([tmp_path / path for path in corpus.document_inputs()], reference, out)
    assert out.read_text().splitlines() == ["https://a/0", "https://a/0", "https://a/1"]
    # Nothing is left in the user's home, and the token and signatures are nowhere.
    assert {path.name for path in (tmp_path / "home").rglob("*") if path.is_file()} <= {"CACHEDIR.TAG"}
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


def test_flores_plus_is_gated(client: Client, flores: Repository) -> None:
    spec = corpus_of("c", FLORES).request("eng_Latn")
    status, said = fetch(client, spec, "eng_Latn", token="")
    assert status == 1 and "data set 'openlanguagedata/flores_plus' is gated: accept its terms on" in said, said
    status, said = fetch(client, spec, "eng_Latn", token="no-access")
    assert status == 1 and "the account of your token, which has no access" in said, said


WRONG: list[tuple[dict[str, str], str, str]] = [
    ({}, "eng_Latm", "'eng_Latm' not found. Available: ['eng_Latn'"),
    ({"split": "devtests"}, "eng_Latn", 'split "devtests". Should be one of'),
    ({"text_column": "sentence"}, "eng_Latn", "has no column 'sentence' (text_column); it has id, iso_639_3, text, url"),
    ({"text_column": "id"}, "eng_Latn", "column 'id' (text_column) holds int in row 0; text is needed"),
    ({"document_column": "page"}, "eng_Latn", "has no column 'page' (document_column)"),
    ({"id_column": "iso_639_3"}, "eng_Latn", "id_column 'iso_639_3' has 'xxx' in several rows"),
    ({"revision": "f" * 40}, "eng_Latn", f"at revision {'f' * 40}"),
    ({"dataset": "owner/none"}, "eng_Latn", "no data set 'owner/none'"),
]


def nothing_fetched(folder: Path) -> bool:
    return not [path for path in (folder / "results").rglob("*") if path.is_file()]


def test_what_is_not_there_is_named_in_one_line(client: Client, flores: Repository, tmp_path: Path) -> None:
    """All in one process: loading the client takes three seconds."""
    requests = [({**corpus_of("c", FLORES).request("eng_Latn"), **change}, text) for change, text, _ in WRONG]
    lines = [
        "from langgeom.rows import write_rows",
        f"for spec, text in {requests!r}:",
        "    try:",
        f"        write_rows(spec, text, Path({rows_path('c', 'eng_Latn')!r}))",
        "    except UserError as error:",
        "        print(error)",
    ]
    status, said = client("\n".join(lines), HF_TOKEN=TOKEN, HF_HUB_CACHE="cache/hub", HF_DATASETS_CACHE="cache/datasets")
    assert status == 0 and TOKEN not in said, said
    for line, (_, _, words) in zip(said.splitlines(), WRONG, strict=True):
        assert words in line, said
    assert nothing_fetched(tmp_path)


@pytest.mark.parametrize(
    ("more", "words"),
    [({"HF_ENDPOINT": "http://127.0.0.1:9"}, "cannot be reached"), ({"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set")],
)
def test_without_the_hub(client: Client, flores: Repository, tmp_path: Path, more: dict[str, str], words: str) -> None:
    status, said = fetch(client, corpus_of("c", FLORES).request("eng_Latn"), "eng_Latn", **more)
    assert status == 1 and words in said, said
    assert "Traceback" not in said and TOKEN not in said and len(said.splitlines()) == 1
    assert nothing_fetched(tmp_path)


def test_any_data_set_with_columns_of_text(client: Client, hub: Hub, tmp_path: Path) -> None:
    rows = [{"en": "one", "de": "eins"}, {"en": "two", "de": None}]
    hub.repositories["datasets/owner/pairs"] = Repository({"data/test-00000-of-00001.parquet": parquet(translation=rows)})
    chosen = {"dataset": "owner/pairs", "revision": COMMIT, "split": "test", "text_column": "translation.{name}",
              "names": {"eng_Latn": "en", "deu_Latn": "de"}}  # fmt: skip
    spec = {"hub": chosen, "texts": ["eng_Latn", "deu_Latn"]}
    for text, expected in (("eng_Latn", ["one", "two"]), ("deu_Latn", ["eins", ""])):
        status, said = fetch(client, chosen, text)
        assert status == 0, said
        assert built(tmp_path, spec, text)[0] == expected


def test_a_script_is_not_run(client: Client, hub: Hub) -> None:
    hub.repositories["datasets/owner/script"] = Repository({"script.py": b"raise SystemExit('run')"})
    spec = {"dataset": "owner/script", "revision": COMMIT, "split": "test", "text_column": "text"}
    status, said = fetch(client, spec, "eng_Latn")
    assert status == 1 and "data set 'owner/script'" in said and "script" in said and "Traceback" not in said


def rows(folder: Path, text: str, ids: list[str] | None, cells: list[str]) -> Path:
    path = folder / f"{text}.json"
    path.write_text(json.dumps({"source": "s", "id": ids, "text": cells}))
    return path


def test_rows_are_aligned_by_id(tmp_path: Path) -> None:
    reference = rows(tmp_path, "eng_Latn", ["1", "2", "3"], ["a", "b", "c"])

    def lines(ids: list[str] | None, cells: list[str]) -> tuple[list[str], Any]:
        return corpus_of("c", {"hub": {}}).lines("deu_Latn", [rows(tmp_path, "deu_Latn", ids, cells), reference])

    assert lines(["3", "9", "1"], ["C", "X", "A"]) == (["A", "", "C"], {"unmatched": 1})
    with pytest.raises(UserError, match="no id in common"):
        lines(["8"], ["X"])
    with pytest.raises(UserError, match="'deu_Latn' has 2 rows and 'eng_Latn' has 3"):
        lines(None, ["X", "Y"])


def test_templates() -> None:
    spec = {"names": {"zho_Hans": "zh"}}
    assert fill("{lang}-{script}/{name}", spec, "cat_Latn_vale1252") == "cat-Latn/cat_Latn_vale1252"
    assert fill("{name}_{other}", spec, "zho_Hans") == "zh_{other}"


def texts_of(split: str, revision: str = flores_plus.KNOWN) -> list[str] | None:
    return corpus_of("f", {"flores_plus": {"revision": revision, "split": split}}).texts()


def test_the_texts_of_flores_plus() -> None:
    devtest, dev = texts_of("devtest"), texts_of("dev")
    assert devtest is not None and dev is not None
    assert (len(devtest), len(dev), len(set(devtest) | set(dev))) == (221, 227, 230)
    assert {"cmn_Hans", "fil_Latn", "ekk_Latn", "khk_Mong"} <= set(devtest)
    assert not set(flores_plus.RENAMED) & (set(devtest) | set(dev))
    names = " ".join(flores_plus.RENAMED.values()).replace(" or ", " ").split()
    assert set(names) <= set(devtest) & set(dev)
    assert texts_of("dev", COMMIT) is None


def test_languages_in_two_scripts_are_found_by_their_names() -> None:
    import pandas as pd

    from langgeom.analysis.pairs import two_scripts

    found = two_scripts(pd.DataFrame({"text": texts_of("devtest")}))["text"]
    languages = {text.split("_")[0] for text in found}
    assert languages == {"ace", "arb", "bjn", "cmn", "kas", "khk", "knc", "min", "taq"}
    assert len(found) == 2 * len(languages)
