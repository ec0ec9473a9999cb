"""`python -m langgeom.hub.pin` writes commits into a config and leaves the rest of it as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from langgeom.corpora.flores_plus import DATASET
from stand_in_hub import COMMIT, TOKEN, Hub, Repository

Client = Callable[..., tuple[int, str]]
CONFIG = """# kept
corpora:
  f: {flores_plus: {}, texts: [eng_Latn]} # kept
  g:
    flores_plus:
      split: dev
    texts: [eng_Latn]
  h: {hub: {dataset: o/d, split: test, text_column: text}, texts: [eng_Latn]}
models:
  a: {hub: o/m} # kept
  b:
    hub: o/m # kept
    begin: <s>
  c: {hub: o/m, revision: main}
  d: {untrained: o/m, revision: COMMIT, seed: 1}
  e: {untrained: a}
""".replace("COMMIT", COMMIT)


def run(client: Client, **environment: str) -> tuple[int, str]:
    return client(
        "from langgeom.hub.pin import pin\nprint('\\n'.join(pin(Path('config.yaml'))))", HF_TOKEN=TOKEN, **environment
    )


def test_pin(client: Client, hub: Hub, tmp_path: Path) -> None:
    hub.repositories |= {
        "models/o/m": Repository({"config.json": b"{}"}), "datasets/o/d": Repository({"a.csv": b""}, commit="d" * 40),
        f"datasets/{DATASET}": Repository({"README.md": b""}, commit="f" * 40, gated=True),
    }  # fmt: skip
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    status, said = run(client)
    assert status == 0, said
    assert f"models.d: o/m at {COMMIT} is commit {COMMIT}" in said and f"models.a: o/m at main is commit {COMMIT}" in said
    pinned = yaml.safe_load(path.read_text())
    assert [pinned["models"][name].get("revision") for name in "abcde"] == [COMMIT] * 4 + [None]
    assert [pinned["corpora"][name]["flores_plus"]["revision"] for name in "fg"] == ["f" * 40] * 2
    assert pinned["corpora"]["h"]["hub"]["revision"] == "d" * 40
    assert path.read_text().count("# kept") == 4
    # What was there besides is there still, and a second time nothing changes.
    for group in pinned.values():
        for spec in group.values():
            for part in (spec, spec.get("hub"), spec.get("flores_plus")):
                if isinstance(part, dict):
                    part.pop("revision", None)
    before = yaml.safe_load(CONFIG)
    for name in "cd":
        del before["models"][name]["revision"]
    assert pinned == before
    content = path.read_text()
    assert run(client)[0] == 0 and path.read_text() == content


def test_a_commit_that_is_not_there_or_a_hub_that_is_not(client: Client, hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"models:\n  a: {{hub: o/m}}\n  b: {{hub: o/m, revision: {'e' * 40}}}\n")
    hub.repositories["models/o/m"] = Repository({})
    before = path.read_text()
    status, said = run(client)
    assert status == 1 and f"no model 'o/m' at revision {'e' * 40}" in said
    status, said = run(client, HF_ENDPOINT="http://127.0.0.1:9")
    assert status == 1 and "cannot be reached" in said
    status, said = run(client, HF_HUB_OFFLINE="1")
    assert status == 1 and "HF_HUB_OFFLINE" in said
    assert path.read_text() == before
