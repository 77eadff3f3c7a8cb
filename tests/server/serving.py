"""A server in a child process, as an administrator starts it, and raw requests to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Served:
    """A running server.

    Attributes
    ----------
    url, token : str
        Where it is, and what it wants to see.
    process : subprocess.Popen
        Its process.
    said : list of str
        What it has written on standard error.
    """

    url: str
    token: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        port = urlsplit(self.url).port
        assert port is not None
        return port

    @property
    def head(self) -> str:
        """The headers that let a request through."""
        return f"Host: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"

    def raw(self, text: str | bytes) -> bytes:
        """Send bytes on a connection of their own; return all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as peer:
            with contextlib.suppress(ConnectionError):
                peer.sendall(text.encode() if isinstance(text, str) else text)
            return until_closed(peer)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send one request with the token, its path as it is; return status, headers (lower case) and body."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Connection: close", f"Content-Length: {len(content)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body is not None and "Content_Type" not in headers:
            lines.append("Content-Type: application/json")
        return parsed(self.raw(("\r\n".join(lines) + f"\r\n{self.head}\r\n").encode("latin-1") + content))


def parsed(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the status, the headers (names in lower case) and the body of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    headers = {name.lower(): value for name, value in headers.items()}
    if headers.get("transfer-encoding") == "chunked":
        parts, rest = [], body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            parts.append(rest[: int(size, 16)])
            rest = rest[int(size, 16) + 2 :]
        body = b"".join(parts)
    return int(first.split()[1]), headers, body


def until_closed(peer: socket.socket) -> bytes:
    """Return all that comes until the other side closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := peer.recv(65536):
            parts.append(part)
    return b"".join(parts)


@contextmanager
def serving(studies: Path, *options: object, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run ``streetsense serve`` on a free port until the block is left."""
    command = [sys.executable, "-m", "streetsense", "serve", "--studies", studies, "--port", 0, "--json", *options]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    said: list[str] = []
    assert process.stdout is not None
    listener = threading.Thread(target=_listen, args=(process, said), daemon=True)
    listener.start()
    try:
        line = process.stdout.readline()
        if not line:
            process.wait()
            listener.join()
            raise AssertionError(f"the server did not start: {''.join(said)}")
        about: dict[str, Any] = json.loads(line)
        token = Path(about["token_file"]).read_text().strip() if about["token_file"] else ""
        yield Served(about["url"], token or (environment or {})["STREETSENSE_TOKEN"], process, said)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait()
        listener.join()
        process.stdout.close()


def _listen(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stderr is not None
    with process.stderr:
        said.extend(process.stderr)
