"""A small web server that does what a test tells it to: cut connections, be slow, refuse, send something else."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "a-token-that-is-long-enough-for-all"


class Asked(BaseHTTPRequestHandler):
    """One request that came."""

    protocol_version = "HTTP/1.1"

    def say(self, status: int, body: bytes | str | dict | list = b"", **headers: str) -> None:
        """Answer."""
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **headers}
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def cut(self) -> None:
        """Close the connection without a word."""
        self.close_connection = True
        self.connection.close()

    def _any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.server.asked.append((self.command, self.path, dict(self.headers.items())))
        self.server.respond(self)

    do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = _any

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Loopback(ThreadingHTTPServer):
    """The server: ``url``, and what was asked of it."""

    daemon_threads = True
    asked: list[tuple[str, str, dict[str, str]]]
    url: str

    def handle_error(self, *_: object) -> None:
        """Say nothing: connections are cut on purpose."""


@contextmanager
def loopback(respond: Callable[[Asked], None], tls: ssl.SSLContext | None = None) -> Iterator[Loopback]:
    """Serve until the block is left."""
    server = Loopback(("127.0.0.1", 0), Asked)
    server.respond, server.asked = respond, []
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def health(**other: object) -> dict[str, object]:
    """Return what an engine says about itself."""
    devices = [{"name": "cpu", "model": "A processor", "memory_total": 2**33, "memory_free": 2**32}]
    return {
        "engine_version": "0.1.0",
        "protocol_version": 1,
        "devices": devices,
        "devices_complete": True,
        "verbs": [],
        "warm_encoders": [],
        "jobs": {"accepted": 0, "running": 0},
        **other,
    }
