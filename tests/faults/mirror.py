"""A registry of npm on this machine that has one package, so that runs that are attacked may fetch it again and again."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

__all__ = ["mirror"]


@contextlib.contextmanager
def mirror(tarball: Path, package: str, version: str) -> Iterator[str]:
    """Serve one version of a package from its tarball until the block ends; yield the registry's address."""
    content = tarball.read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent, kind = content, "application/octet-stream"
            if self.path.strip("/") == package:
                dist = {"tarball": f"{address}/{package}.tgz"}
                about = {"name": package, "version": version, "dist": dist}
                listing = {"name": package, "dist-tags": {"latest": version}, "versions": {version: about}}
                sent, kind = json.dumps(listing).encode(), "application/json"
            elif self.path != f"/{package}.tgz":
                return self.send_error(404)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client may be killed
                self.send_response(200)
                self.send_header("Content-Length", str(len(sent)))
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
