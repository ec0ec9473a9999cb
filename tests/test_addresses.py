"""Files by their address: whole and as pinned, or one message and nothing kept; and the corpora and models made of them."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import tiny
from langgeom.corpora import corpus_of, ntrex
from langgeom.download import fetch_url
from langgeom.errors import UserError
from langgeom.models import model_of

CONTENT = bytes(range(256)) * 2000
SHA = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Server:
    """Serves CONTENT; `sends` replaces it, `cut` ends the answer after so many bytes, `ranges` were asked for."""

    address: str = ""
    sends: bytes = CONTENT
    cut: int | None = None
    status: int = 200
    ranges: list[str | None] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            state.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            content = state.sends[start:]
            self.send_response(206 if start and content else 416 if start else state.status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if state.cut is None else content[: state.cut])

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{made.server_port}/data/file.bin"
    threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield state
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize("before", [0, 1000, len(CONTENT)])
def test_a_file_that_was_cut_off_goes_on(server: Server, tmp_path: Path, before: int) -> None:
    out = tmp_path / "new" / "file.bin"
    if before == len(CONTENT):  # killed before it was given its name
        out.parent.mkdir()
        (out.parent / "file.bin.part").write_bytes(CONTENT)
    elif before:
        server.cut = before
        with pytest.raises(UserError, match=r"Fetching http://127.*failed.*run again"):
            fetch_url(server.address, SHA, out)
        assert not out.exists()
        server.cut = None
    fetch_url(server.address, SHA, out)
    assert out.read_bytes() == CONTENT and [path.name for path in out.parent.iterdir()] == ["file.bin"]
    assert server.ranges[-1] == (f"bytes={before}-" if before else None)
    asked = len(server.ranges)
    fetch_url(server.address, SHA, out)
    assert len(server.ranges) == asked


@pytest.mark.parametrize(
    ("sends", "words"),
    [
        (CONTENT[:-1] + b"x", "not the file that the config pins"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a page of HTML"),
        (CONTENT[:-1], "not the file that the config pins"),
        (b"", "not the file that the config pins"),
    ],
)
def test_other_bytes_are_not_kept(server: Server, tmp_path: Path, sends: bytes, words: str) -> None:
    server.sends, out = sends, tmp_path / "file.bin"
    with pytest.raises(UserError, match=words) as caught:
        fetch_url(server.address, SHA, out)
    assert f"expected {SHA}" in str(caught.value) and "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    server.sends = CONTENT
    fetch_url(server.address, SHA, out)


def test_what_cannot_be_reached_is_one_message(server: Server, tmp_path: Path) -> None:
    server.status = 404
    for url, word in (
        (server.address, "404"),
        (f"file://{tmp_path}/none.bin", "none.bin"),
        ("http://127.0.0.1:9/f", "refused"),
    ):
        with pytest.raises(UserError, match=word) as caught:
            fetch_url(url, SHA, tmp_path / "file.bin")
        assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())
    with pytest.raises(UserError) as caught:
        fetch_url("http://me:secret@127.0.0.1:9/f", SHA, tmp_path / "file.bin")
    assert "secret" not in str(caught.value)


def test_a_file_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(CONTENT)
    fetch_url(f"file://{tmp_path}/file.bin", SHA, tmp_path / "out" / "file.bin")
    assert (tmp_path / "out" / "file.bin").read_bytes() == CONTENT


def archive(path: Path, texts: dict[str, bytes], prefix: str) -> str:
    with tarfile.open(path, "w:gz") as made:
        for text, content in texts.items():
            info = tarfile.TarInfo(f"{prefix}devtest/{text}.devtest")
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("prefix", ["./flores200_dataset/", "./", "flores200_dataset/"])
def test_an_archive_by_its_address(tmp_path: Path, prefix: str) -> None:
    # A byte order mark, CRLF and a last line without its end are read; a line too few is refused.
    texts = {"eng_Latn": b"\xef\xbb\xbfone\r\ntwo\r\nthree", "yue_Hant": "一\n二\n三\n".encode(), "fra_Latn": b"un\ndeux\n"}
    sha = archive(tmp_path / "set.tar.gz", texts, prefix)
    address = f"file://{tmp_path}/set.tar.gz"
    spec = {"flores": {"url": address, "sha256": sha}, "split": "devtest", "texts": list(texts)}
    corpus = corpus_of("c", spec, tmp_path)
    (pin,) = corpus.pins()
    assert (pin.package, pin.sha256, corpus.inputs("eng_Latn")) == (address, sha, [pin.path])
    assert corpus.paths() == {} and corpus.texts() is None and corpus.files("eng_Latn") == []
    fetched = tmp_path / pin.path
    fetch_url(pin.package, pin.sha256, fetched)
    assert corpus.lines("eng_Latn", [fetched])[0] == ["one", "two", "three"]
    with pytest.raises(UserError, match=r"fra_Latn.devtest has 2 lines and eng_Latn.devtest has 3"):
        corpus.lines("fra_Latn", [fetched])
    with pytest.raises(UserError, match=r"no eng_Latm.*Did you mean 'eng_Latn'"):
        corpus.lines("eng_Latm", [fetched])
    corpus.build("yue_Hant", [fetched], out_txt=tmp_path / "t.txt", out_json=tmp_path / "t.json")
    assert "Mandarin (issue 61)" in (tmp_path / "t.json").read_text()


def test_the_names_of_ntrex(tmp_path: Path) -> None:
    texts = ["eng_Latn", "azj_Latn", "cmn_Hans", "pes_Arab", "zsm_Latn", "swh_Latn", "srp_Cyrl"]
    corpus = corpus_of("c", {"ntrex": {"address": "https://host/at"}, "texts": texts}, tmp_path)
    files = [pin.package.removeprefix("https://host/at/NTREX-128/newstest2019-") for pin in corpus.pins()[:-1]]
    codes = ["src.eng", "ref.aze-Latn", "ref.zho-CN", "ref.fas", "ref.msa", "ref.swa", "ref.srp-Cyrl"]
    assert files == [f"{code}.txt" for code in codes]
    assert len(corpus.texts() or ()) == 131 == len({sha for _, sha in ntrex._files().values()})
    own, reference = corpus.inputs("azj_Latn")
    assert own.endswith("newstest2019-ref.aze-Latn.txt") and reference == corpus.pins()[0].path
    assert corpus.line_count("azj_Latn") == 1997 and corpus.line_count("aze_Latn") is None


def test_a_model_by_its_addresses(tmp_path: Path) -> None:
    tiny.encoder(tmp_path / "encoder")
    files = sorted((tmp_path / "encoder").iterdir())
    spec = [{"url": f"file://{path}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in files]
    model = model_of("m", {"url": spec}, tmp_path)
    fetched = [tmp_path / path for path in model.inputs()]
    for pin, path in zip(model.pins(), fetched, strict=True):
        fetch_url(pin.package, pin.sha256, path)
    model.build(fetched, tmp_path / "m")
    assert (tmp_path / "m" / "model.safetensors").read_bytes() == (tmp_path / "encoder" / "model.safetensors").read_bytes()
