"""A model hub on this machine, for tests: the part of the hub's HTTP interface that huggingface_hub and datasets speak.

It is a test double of the hub's server, not of its client: the client that runs is the real one, pointed here by HF_ENDPOINT.
Large files are redirected to another host name, as the hub does, which must never see the token.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_MARKERthatMustNeverBeWritten"
SIGNATURE = "SIGNATUREthatMustNeverBeWritten"
WORKFLOW = Path(__file__).resolve().parents[1] / "workflow"
HEAD = "import sys\nfrom pathlib import Path\nfrom langgeom.errors import UserError\ntry:\n"
TAIL = "\nexcept UserError as error:\n    sys.exit(str(error))\n"


@dataclass
class Repository:
    """Files at one commit, who may read them, and what goes wrong with them on the way."""

    files: Mapping[str, bytes]
    commit: str = COMMIT
    gated: bool = False
    private: bool = False
    # By file name: after how many bytes the connection breaks (once for each entry), and what is sent instead.
    cuts: dict[str, list[int]] = field(default_factory=dict)
    wrong: dict[str, bytes] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)  # these are never answered

    def large(self, name: str) -> bool:
        return name.endswith((".safetensors", ".parquet", ".bin"))

    def entry(self, name: str) -> dict[str, Any]:
        """Return what a listing says of a file."""
        content = self.files[name]
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        found: dict[str, Any] = {"type": "file", "path": name, "oid": git, "size": len(content)}
        if self.large(name):
            found["lfs"] = {"oid": sha256(content), "size": len(content), "pointerSize": 130}
        return found

    def sibling(self, name: str) -> dict[str, Any]:
        entry = self.entry(name)
        found = {"rfilename": name, "size": entry["size"], "blobId": entry["oid"]}
        if "lfs" in entry:
            found["lfs"] = {"sha256": entry["lfs"]["oid"], "size": entry["size"], "pointerSize": 130}
        return found


def rows_of(texts: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """Return the files of a data set as FLORES+ is one: a configuration a text, split devtest, columns `id`, `text`, `url`."""
    files, configs = {}, []
    for name, lines in texts.items():
        rows = [
            json.dumps({"id": number, "text": line, "url": f"https://a/{number // 3}"}) for number, line in enumerate(lines)
        ]
        files[f"devtest/{name}.jsonl"] = "\n".join(rows).encode()
        configs.append({"config_name": name, "data_files": [{"split": "devtest", "path": f"devtest/{name}.jsonl"}]})
    return {**files, "README.md": f"---\nconfigs: {json.dumps(configs)}\n---\n".encode()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Hub:
    """The server: `repositories` by `models/owner/name` or `datasets/owner/name`; `asked` are the requests so far."""

    endpoint: str = ""
    repositories: dict[str, Repository] = field(default_factory=dict)
    allowed: set[str] = field(default_factory=lambda: {TOKEN})
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    status: int = 0  # answered to everything, where it is set

    def paths(self, method: str = "GET") -> list[str]:
        return [path for verb, path, _ in self.asked if verb == method]


@contextmanager
def serving() -> Iterator[Hub]:
    """Run a hub until the block ends."""
    hub = Hub()

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def _answer(self) -> None:
        hub, address = self.hub, urlparse(self.path)
        hub.asked.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
        if hub.status:
            return self._send(hub.status, {"error": "stand-in"})
        parts = address.path.strip("/").split("/")
        if parts[0] == "cdn":
            repository, name = hub.repositories["/".join(parts[1:4])], "/".join(parts[4:])
            return self._file(repository, name, parse_qs(address.query))
        if parts[0] == "api":
            kind, rest = parts[1], parts[2:]
        else:
            kind, rest = ("datasets", parts[1:]) if parts[0] == "datasets" else ("models", parts)
        key = "/".join([kind, *rest[:2]])
        repository = hub.repositories.get(key)
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token and token not in hub.allowed and token != "no-access":
            return self._send(
                401, {"error": "Invalid credentials"}, {"X-Error-Message": "Invalid credentials in Authorization header"}
            )
        if repository is None or (repository.private and token not in hub.allowed):
            status = 404 if token else 401
            return self._send(status, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        action, revision = (rest[2], rest[3]) if len(rest) > 3 else ("revision", "main")
        if revision not in (repository.commit, "main"):
            return self._send(404, {"error": f"Invalid rev id: {revision}"}, {"X-Error-Code": "RevisionNotFound"})
        if rest[2:] == ["auth-check"]:
            if repository.gated and token not in hub.allowed:
                return self._send(403 if token else 401, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
            return self._send(200, {})
        if action == "revision":
            return self._send(200, self._info(repository, "/".join(rest[:2]), kind, "blobs" in address.query))
        if action == "tree":
            return self._tree(repository, "/".join(rest[4:]), "recursive=true" in address.query.lower())
        if action == "paths-info":
            wanted = json.loads(self.body)["paths"] if self.body.startswith(b"{") else parse_qs(self.body.decode())["paths"]
            return self._send(200, [repository.entry(name) for name in wanted if name in repository.files])
        if action != "resolve":
            return self._send(404, {"error": "unknown"})
        name = "/".join(rest[4:])
        if repository.gated and token not in hub.allowed:
            return self._send(403 if token else 401, {"error": "gated"}, {"X-Error-Code": "GatedRepo"})
        if name not in repository.files:
            return self._send(
                404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": repository.commit}
            )
        if not repository.large(name):
            return self._file(repository, name, {})
        content = repository.files[name]
        port = hub.endpoint.rsplit(":", 1)[1]
        self._send(302, None, {
            "Location": f"http://localhost:{port}/cdn/{key}/{name}?Signature={SIGNATURE}", "X-Repo-Commit": repository.commit,
            "X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{sha256(content)}"', "ETag": '"pointer"',
        })  # fmt: skip

    def _info(self, repository: Repository, name: str, kind: str, blobs: bool) -> dict[str, Any]:
        siblings = [repository.sibling(file) if blobs else {"rfilename": file} for file in repository.files]
        found = {"id": name, "sha": repository.commit, "siblings": siblings, "private": repository.private, "tags": [],
                 "downloads": 0, "likes": 0, "gated": "manual" if repository.gated else False}  # fmt: skip
        return {**found, "modelId": name} if kind == "models" else found

    def _tree(self, repository: Repository, below: str, recursive: bool) -> None:
        prefix = f"{below}/" if below else ""
        inside = [name for name in repository.files if name.startswith(prefix)]
        if not inside:
            return self._send(404, {"error": "not found"}, {"X-Error-Code": "EntryNotFound"})
        rows = [repository.entry(name) for name in inside if recursive or "/" not in name[len(prefix) :]]
        folders = {prefix + name[len(prefix) :].split("/")[0] for name in inside if "/" in name[len(prefix) :]}
        rows += [{"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in sorted(folders)]
        return self._send(200, rows)

    def _file(self, repository: Repository, name: str, query: dict[str, list[str]]) -> None:
        """Send a file or the rest of it, wrong or cut or not at all where the repository says so."""
        if name in repository.hangs and self.command == "GET":
            time.sleep(60)
            return
        true = repository.files[name]
        content = repository.wrong.get(name, true)
        start, status = 0, 200
        headers = {
            "ETag": f'"{sha256(true) if query else repository.entry(name)["oid"]}"', "X-Repo-Commit": repository.commit,
            "Accept-Ranges": "bytes", "Content-Type": "application/octet-stream",
        }  # fmt: skip
        if asked := self.headers.get("Range"):
            start, status = int(asked.removeprefix("bytes=").split("-")[0]), 206
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cuts = repository.cuts.get(name)
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        if cuts:
            self.wfile.write(content[start : start + cuts.pop(0)])
            self.close_connection = True
        else:
            self.wfile.write(content[start:])

    def _send(self, status: int, content: Any, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def client_of(hub: Hub, folder: Path, **always: str) -> Callable[..., tuple[int, str]]:
    """Return a function that runs lines of Python in `folder`, with the hub as HF_ENDPOINT and a home of its own.

    huggingface_hub reads its environment when it is imported, hence a process. It returns the exit status and all that was
    printed; a `UserError` is printed alone. Variables are given to every call (`always`), or to one.
    """
    home = folder / "home"
    home.mkdir(exist_ok=True)

    def run(code: str, **environment: str) -> tuple[int, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGGING", "TRANSFORMERS_"))}
        settings = {
            **kept, "HOME": str(home), "HF_HOME": str(home / "hf"), "HF_ENDPOINT": hub.endpoint, "NO_PROXY": "*",
            "PYTHONPATH": str(WORKFLOW), **always, **environment,
        }  # fmt: skip
        program = HEAD + "".join(f"    {line}\n" for line in code.strip().splitlines()) + TAIL
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=folder, env=settings, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout

    return run
