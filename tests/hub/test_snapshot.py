"""Models come from the hub at one commit, whole and unchanged, or not at all, with one message that says what to do."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import tiny
from langgeom.errors import UserError
from langgeom.hub import listing_path, read_listing
from langgeom.models import build_model
from langgeom.models.manifest import read_manifest
from stand_in_hub import COMMIT, SIGNATURE, TOKEN, Hub, Repository

Client = Callable[..., tuple[int, str]]
REPO = "owner/tiny"
LISTING = listing_path(REPO, COMMIT, weights=True)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A tiny decoder as a repository, with code beside it that its config names, and weights in pickle too."""
    folder = tiny.decoder(tmp_path_factory.mktemp("repository"))
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    config = json.loads(found["config.json"])
    config["auto_map"] = {"AutoModelForCausalLM": "modeling_tiny.Model"}
    found["config.json"] = json.dumps(config).encode()
    found |= {"modeling_tiny.py": b"raise SystemExit('never fetched')", "pytorch_model.bin": b"never fetched"}
    return found | {"onnx/model.safetensors": b"never fetched", "README.md": b"never fetched"}


@pytest.fixture
def repository(hub: Hub, files: dict[str, bytes]) -> Repository:
    hub.repositories["models/" + REPO] = Repository(dict(files))
    return hub.repositories["models/" + REPO]


def fetch(client: Client, commit: str = COMMIT, weights: bool = True, repo: str = REPO, **environment: str) -> tuple[int, str]:
    out = listing_path(repo, commit, weights)
    return client(
        f"import logging\nlogging.basicConfig(level=logging.DEBUG if {'HF_DEBUG' in environment} else logging.WARNING)\n"
        f"from langgeom.hub.fetch import fetch_model\n"
        f"fetch_model({repo!r}, {commit!r}, Path({out!r}), weights={weights})",
        **environment,
    )


def built(tmp_path: Path, listing: str = LISTING, **spec: object) -> dict[str, object]:
    out = tmp_path / "models" / "m"
    spec = spec or {"hub": REPO, "revision": COMMIT}
    build_model("m", spec, [tmp_path / listing], base=tmp_path, out=out)
    return read_manifest(out)


def test_what_is_needed_and_nothing_else(client: Client, hub: Hub, repository: Repository, tmp_path: Path) -> None:
    status, said = fetch(client)
    assert (status, said) == (0, "")
    wanted = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert {path.name for path in read_listing(tmp_path / LISTING)} == wanted
    fetched = {path.split("/")[-1].split("?")[0] for path in hub.paths() if "/resolve/" in path or "/cdn/" in path}
    assert fetched == wanted
    assert all(COMMIT in path or "/cdn/" in path for path in hub.paths() + hub.paths("HEAD")), hub.paths()
    # Nothing is written but what was asked for, and nothing in the user's home.
    assert {path.name for path in (tmp_path / "home").rglob("*") if path.is_file()} <= {"CACHEDIR.TAG"}
    manifest = built(tmp_path)
    assert (manifest["kind"], manifest["init"], manifest["layers"]) == ("decoder", "trained", 2)
    assert manifest["source"] == {"hub": REPO, "revision": COMMIT}
    assert "auto_map" not in json.loads((tmp_path / "models/m/config.json").read_text())
    assert (tmp_path / "models/m/model.safetensors").read_bytes() == repository.files["model.safetensors"]
    # A second time nothing is asked but the listing of files.
    (tmp_path / LISTING).unlink()
    hub.asked.clear()
    assert fetch(client) == (0, "")
    assert [path.split("?")[0] for path in hub.paths() + hub.paths("HEAD")] == [f"/api/models/{REPO}/tree/{COMMIT}"]


def test_shards(client: Client, hub: Hub, repository: Repository, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    tiny.decoder(tmp_path / "source")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "source")
    (tmp_path / "source" / "model.safetensors").unlink()
    model.save_pretrained(tmp_path / "source", max_shard_size="40KB")
    repository.files = {path.name: path.read_bytes() for path in (tmp_path / "source").iterdir()}
    shards = [name for name in repository.files if re.fullmatch(r"model-\d+-of-\d+\.safetensors", name)]
    assert len(shards) > 2
    repository.files["model-other.safetensors"] = b"never fetched"
    assert fetch(client) == (0, "")
    manifest = built(tmp_path)
    assert manifest["parameters"] == model.num_parameters()
    assert set(shards) < set(manifest["files"]) and "model-other.safetensors" not in manifest["files"]


def test_a_missing_shard_is_named(client: Client, repository: Repository, tmp_path: Path) -> None:
    content = repository.files["model.safetensors"]
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    repository.files = {name: found for name, found in repository.files.items() if name != "model.safetensors"}
    repository.files |= {"model.safetensors.index.json": json.dumps(index).encode()}
    repository.files |= {"model-00001-of-00002.safetensors": content}
    assert fetch(client) == (0, "")
    with pytest.raises(UserError, match=r"model-00002-of-00002\.safetensors"):
        built(tmp_path)


def test_an_untrained_twin_needs_no_weights(client: Client, hub: Hub, repository: Repository, tmp_path: Path) -> None:
    assert fetch(client, weights=False) == (0, "")
    assert not [path for path in hub.paths() if "safetensors" in path]
    listing = listing_path(REPO, COMMIT, weights=False)
    manifest = built(tmp_path, listing, untrained=REPO, revision=COMMIT, seed=3)
    assert (manifest["init"], manifest["kind"], manifest["layers"]) == ("untrained", "decoder", 2)


def test_a_broken_connection_is_resumed_where_it_broke(
    client: Client, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    repository.files["model.safetensors"] = bytes(range(256)) * 100_000
    repository.cuts["model.safetensors"] = [11 << 20, 12 << 20]
    assert fetch(client) == (0, "")
    ranges = [headers["range"] for _, path, headers in hub.asked if "/cdn/" in path and "range" in headers]
    assert ranges == [f"bytes={10 << 20}-", f"bytes={20 << 20}-"]  # the client writes pieces of 10 MiB
    assert (tmp_path / LISTING).with_suffix("").joinpath("model.safetensors").read_bytes() == bytes(range(256)) * 100_000


def test_what_a_killed_run_left_is_cleared_and_files_that_are_whole_stay(
    client: Client, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    assert fetch(client) == (0, "")
    folder = (tmp_path / LISTING).with_suffix("")
    (tmp_path / LISTING).unlink()
    left = folder / ".cache/huggingface/download/abc.0123.incomplete"
    left.write_bytes(b"half")
    (folder / "model.safetensors").write_bytes(repository.files["model.safetensors"][:500])  # half-downloaded
    hub.asked.clear()
    assert fetch(client) == (0, "")
    assert not left.exists()
    assert {path.split("?")[0].split("/")[-1] for path in hub.paths() if "/cdn/" in path or "/resolve/" in path} == {
        "model.safetensors"
    }
    assert (folder / "model.safetensors").read_bytes() == repository.files["model.safetensors"]


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_tampered_file_is_not_kept(client: Client, repository: Repository, tmp_path: Path, name: str) -> None:
    true = repository.files[name]
    repository.wrong[name] = true[:-3] + b"bad"
    status, said = fetch(client)
    assert status == 1 and "Traceback" not in said
    assert f"{name} is not the file of commit {COMMIT}" in said and "It was not kept" in said
    if name == "model.safetensors":
        assert hashlib.sha256(true).hexdigest() in said and hashlib.sha256(repository.wrong[name]).hexdigest() in said
    assert not (tmp_path / LISTING).exists() and not ((tmp_path / LISTING).with_suffix("") / name).exists()


def test_a_file_changed_after_it_was_fetched(client: Client, repository: Repository, tmp_path: Path) -> None:
    assert fetch(client) == (0, "")
    path = (tmp_path / LISTING).with_suffix("") / "config.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(UserError, match=r"config\.json is missing or has changed since it was fetched"):
        built(tmp_path)


def test_gated(client: Client, hub: Hub, repository: Repository) -> None:
    repository.gated = True
    status, said = fetch(client)
    assert status == 1 and "Traceback" not in said
    assert f"model '{REPO}' is gated: accept its terms on {hub.endpoint}/{REPO}, then make your token known" in said
    status, said = fetch(client, HF_TOKEN="no-access")
    assert status == 1 and "the account of your token, which has no access" in said
    assert fetch(client, HF_TOKEN=TOKEN) == (0, "")


def test_the_token_is_sent_to_the_hub_and_goes_nowhere_else(
    client: Client, hub: Hub, repository: Repository, tmp_path: Path
) -> None:
    repository.private = True
    repository.cuts["model.safetensors"] = [100]
    status, said = fetch(client, HF_TOKEN=TOKEN, HF_DEBUG="1", HF_HUB_VERBOSITY="debug")
    assert status == 0
    for _, path, headers in hub.asked:
        assert ("authorization" in headers) == ("/cdn/" not in path)
    built(tmp_path)
    repository.wrong["model.safetensors"] = b"x"
    (tmp_path / LISTING).unlink()
    (tmp_path / LISTING).with_suffix("").joinpath("model.safetensors").unlink()
    status, failed = fetch(client, HF_TOKEN=TOKEN)
    assert status == 1
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN, SIGNATURE):
        assert secret not in said + failed
        assert not [content for content in written if secret.encode() in content]


def test_a_password_in_the_hubs_address_is_not_printed(client: Client) -> None:
    status, said = fetch(client, HF_ENDPOINT="http://me:PASSWORD@127.0.0.1:9")
    assert status == 1 and "The hub (http://***@127.0.0.1:9) cannot be reached" in said and "PASSWORD" not in said


@pytest.mark.parametrize(
    ("change", "environment", "words"),
    [
        ({"repo": "owner/tony"}, {}, "no model 'owner/tony' at revision"),
        ({"repo": "owner/tony"}, {"HF_TOKEN": TOKEN}, "your token has no access to it"),
        ({"commit": "f" * 40}, {}, f"no model '{REPO}' at revision {'f' * 40}"),
        ({}, {"HF_TOKEN": "hf_old"}, "does not accept your token"),
        ({}, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "The hub (http://127.0.0.1:9) cannot be reached (ConnectError"),
        ({}, {"HF_HUB_OFFLINE": "1"}, "HF_HUB_OFFLINE is set"),
    ],
)
def test_what_cannot_be_had(
    client: Client, repository: Repository, tmp_path: Path, change: dict[str, str], environment: dict[str, str], words: str
) -> None:
    status, said = fetch(client, **change, **environment)
    assert status == 1 and words in said, said
    assert "Traceback" not in said and "hf_old" not in said and len(said.splitlines()) <= 3
    assert not list((tmp_path / "results").rglob("*.json"))


@pytest.mark.parametrize(("code", "words"), [(429, "too many requests"), (503, "The hub answers 503")])
def test_a_hub_that_cannot_serve(client: Client, hub: Hub, code: int, words: str) -> None:
    hub.status = code
    status, said = fetch(client)
    assert status == 1 and words in said, said


def test_pickle_alone_is_refused(client: Client, hub: Hub, repository: Repository) -> None:
    del repository.files["model.safetensors"]
    status, said = fetch(client)
    assert status == 1
    assert "has no model.safetensors; found README.md, config.json" in said
    assert "pytorch_model.bin cannot be used: weights are read from safetensors only" in said
    assert not [path for path in hub.paths() if "/resolve/" in path]


def test_code_of_its_own_is_refused(client: Client, repository: Repository, tmp_path: Path) -> None:
    config = json.loads(repository.files["config.json"])
    repository.files["config.json"] = json.dumps({**config, "model_type": "tiny-of-its-own"}).encode()
    assert fetch(client) == (0, "")
    with pytest.raises(UserError, match="code in model folders is never run"):
        built(tmp_path)


def test_a_full_disk(client: Client, repository: Repository) -> None:
    call = f"fetch.fetch_model({REPO!r}, {COMMIT!r}, Path({LISTING!r}))"
    status, said = client(
        f"from langgeom import files\nfrom langgeom.hub import fetch\nfiles.free_bytes = lambda _: 1000\n{call}"
    )
    assert status == 1 and "LANGGEOM_DISK_UNCHECKED" in said, said
    status, said = client(
        "import errno\nfrom langgeom.hub import fetch\n"
        f"def full(*_):\n    raise OSError(errno.ENOSPC, 'No space left on device')\nfetch.sha256 = full\n{call}"
    )
    assert status == 1 and "The disk is full" in said, said


def test_offline_the_cache_of_the_user_serves(client: Client, hub: Hub, repository: Repository, tmp_path: Path) -> None:
    status, said = client(f"from huggingface_hub import snapshot_download\nsnapshot_download({REPO!r}, revision={COMMIT!r})")
    assert status == 0, said
    hub.asked.clear()
    before = sorted(path for path in (tmp_path / "home").rglob("*"))
    assert fetch(client, HF_HUB_OFFLINE="1") == (0, "")
    assert hub.asked == [] and sorted(path for path in (tmp_path / "home").rglob("*")) == before
    assert built(tmp_path)["layers"] == 2
    # Damaged there, it is refused by the hash in the name of the blob; online it is fetched anew.
    blob = next(path for path in (tmp_path / "home").rglob("model.safetensors")).resolve()
    blob.write_bytes(blob.read_bytes()[:-1] + b"x")
    for path in read_listing(tmp_path / LISTING):
        path.unlink()
    status, said = fetch(client, HF_HUB_OFFLINE="1")
    assert status == 1 and "model.safetensors is not the file of commit" in said and "a cache is damaged" in said
    assert fetch(client) == (0, "")
    assert [path.split("/")[1] for path in hub.paths() if "safetensors" in path] == ["cdn"]
    assert read_listing(tmp_path / LISTING)
