"""A server for tests: the whole application behind its guard, in this process or on a loopback port."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from fastapi.testclient import TestClient
from pydantic import SecretStr

from streetsense.jobs import JobQueue
from streetsense.server.app import create_app
from streetsense.server.settings import ServerSettings
from streetsense.server.warm import WarmProcess
from tests.server.conftest import until

TOKEN = "a token for tests, long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
BASE = "http://127.0.0.1:8765"


def settings_of(studies: Path, **chosen: object) -> ServerSettings:
    """Settings for a folder of studies."""
    return ServerSettings.model_validate({"studies": studies, "token": SecretStr(TOKEN), **chosen})


def client_of(studies: Path, queue: JobQueue, **chosen: object) -> TestClient:
    """A client of the application in this process; what it would say to a real server's 500 it says too."""
    app = create_app(settings_of(studies, **chosen), queue, WarmProcess())
    return TestClient(app, base_url=BASE, headers=BEARER, raise_server_exceptions=False)


@contextlib.contextmanager
def on_loopback(studies: Path, queue: JobQueue, **chosen: object) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 and yield the address."""
    app = create_app(settings_of(studies, **chosen), queue, WarmProcess())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = uvicorn.Config(app, lifespan="off", log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        until(lambda: server.started, "start of the server")
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        server.should_exit = True
        thread.join()
