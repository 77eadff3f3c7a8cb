"""A small application behind the guard on a loopback port, and raw connections to it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

from streetsense.server.connection import GuardedConnection, encrypted
from streetsense.server.guard import protect
from streetsense.server.settings import ServerSettings
from tests.server.conftest import until

TOKEN = "a-token-that-is-long-enough-to-be-one"
HEAD = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
ONE = f"GET /data HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n".encode()


@contextmanager
def guarded_server(tls: ssl.SSLContext | None = None, **settings: float) -> Iterator[int]:
    """Serve a small application on a loopback port, and yield the port."""
    app = FastAPI()

    @app.get("/data")
    def data() -> PlainTextResponse:
        return PlainTextResponse("data")

    @app.post("/body")
    async def body(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    @app.patch("/studies/a/uploads/1")
    def upload() -> PlainTextResponse:
        return PlainTextResponse("not now", 409)

    protect(app, ServerSettings(studies=Path("studies"), token=TOKEN, **settings))  # type: ignore[arg-type]
    kind = GuardedConnection if tls is None else cast("type[GuardedConnection]", encrypted(tls))
    config = uvicorn.Config(app, http=kind, ws="none", lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        thread = threading.Thread(target=server.run, args=([taken],))
        thread.start()
        try:
            until(lambda: server.started, "the server starts")
            yield taken.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Open a connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
        yield peer


def all_of(peer: socket.socket) -> bytes:
    """Return what comes until the server closes the connection."""
    parts = []
    try:
        while part := peer.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def statuses(answer: bytes) -> list[int]:
    """Return the statuses of all answers on a connection."""
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def answers(port: int) -> bool:
    """Tell whether the server answers a request."""
    with connected(port) as peer:
        with contextlib.suppress(ConnectionError):
            peer.sendall(ONE)
        return statuses(all_of(peer)) == [200]
