"""The handshake tells what a client needs before it asks for anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from streetsense import __version__
from streetsense.jobs import JobQueue
from streetsense.server import PROTOCOL_VERSION, health
from streetsense.server.settings import ServerSettings
from streetsense.server.warm import WarmProcess
from tests.server.conftest import until


@pytest.fixture
def app(studies: Path, new_queue: Callable[..., JobQueue]) -> FastAPI:
    made = FastAPI()
    made.include_router(health.router)
    made.state.settings = ServerSettings(studies=studies, token=SecretStr("not needed: no guard is in front here"))
    made.state.queue, made.state.warm = new_queue(), WarmProcess("cpu")
    return made


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made
        assert made.portal is not None
        made.portal.call(app.state.warm.stop)


def test_versions_verbs_devices_and_jobs_are_told(client: TestClient) -> None:
    answer = client.get("/health").json()
    assert (answer["engine_version"], answer["protocol_version"]) == (__version__, PROTOCOL_VERSION)
    assert "embed" in [verb["id"] for verb in answer["verbs"]]
    assert answer["devices"][0]["name"] == "cpu"
    assert set(answer["jobs"]) == {"accepted", "running", "successful", "failed", "dismissed"}
    assert answer["warm_encoders"] == []
    assert answer["cluster"] is None
    assert answer["disk_free"] > 0


def test_devices_are_complete_once_the_warm_process_has_looked(client: TestClient) -> None:
    until(lambda: client.get("/health").json()["devices_complete"], "the warm process tells its devices")


def test_the_uptime_grows(client: TestClient) -> None:
    first = client.get("/health").json()["uptime"]
    until(lambda: client.get("/health").json()["uptime"] > first, "time passes")


class _Dead(JobQueue):
    """A queue whose thread has ended."""

    def _work(self) -> None:
        return


def test_a_queue_that_looks_after_nothing_any_longer_is_told(client: TestClient, app: FastAPI, tmp_path: Path) -> None:
    assert client.get("/health").json()["queue_works"] is True
    app.state.queue = dead = _Dead(tmp_path / "others")
    dead.start()
    until(lambda: not dead.is_working, "end of the thread")
    assert client.get("/health").json()["queue_works"] is False
    dead.stop()


def test_a_sign_of_life_starts_nothing(client: TestClient, app: FastAPI) -> None:
    answer = client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert app.state.warm.pid is None
    assert not app.state.warm.knows_devices
