"""The one connection of this QGIS: begun, watched, lost and found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engines import ROOT, RunningEngine
from loopback import TOKEN, Asked, health, loopback
from qgis.core import QgsApplication
from streetsense_qgis.connection import ending
from streetsense_qgis.connection import session as module
from streetsense_qgis.connection.environment import Installed, write_marker
from streetsense_qgis.connection.processstart import started_at
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings, store_token
from streetsense_qgis.connection.statefile import EngineNote, token_file, write_note

pytestmark = pytest.mark.usefixtures("qgis_app")
ENGINE_PYTHON = str(ROOT / ".venv" / "bin" / "python")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HEARTBEAT", 200)
    monkeypatch.setattr(module, "_SOON", 100)
    QgsApplication.authManager().setMasterPassword("a master password", True)


@pytest.fixture
def connect(wait_for: Callable[..., None]) -> Iterator[Callable[..., Session]]:
    made: list[Session] = []

    def begin(settings: ConnectionSettings) -> Session:
        session = Session(settings=lambda: settings)
        made.append(session)
        session.connect_engine()
        wait_for(lambda: session.state != "starting", 90)
        return session

    yield begin
    for session in made:
        session.close()


def remote(address: str, token: str = TOKEN) -> ConnectionSettings:
    return ConnectionSettings("remote", address, store_token(token, "", address))


def local(folder: Path) -> ConnectionSettings:
    return ConnectionSettings("local", python=ENGINE_PYTHON, data_folder=str(folder))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_remote_engine_is_connected_and_described(connect: Callable[..., Session], engine: RunningEngine) -> None:
    session = connect(remote(engine.url, engine.token))
    assert session.state == "connected"
    assert session.client is not None
    assert session.health is not None
    assert not session.is_local
    assert session.describe().startswith(f"Connected: {engine.url}, engine 0.1.0, processor (")
    session.disconnect_engine()
    assert (session.state, session.client, session.health) == ("off", None, None)


def test_a_wrong_token_fails_once_and_is_not_tried_again(
    connect: Callable[..., Session], wait_for: Callable[..., None]
) -> None:
    with loopback(lambda asked: asked.say(401, {"detail": "no"})) as server:
        session = connect(remote(server.url))
        assert (session.state, session.error.kind) == ("failed", "token")
        assert "refuses the token" in session.describe()
        until = time.monotonic() + 0.6
        wait_for(lambda: time.monotonic() > until)
        assert len(server.asked) == 1


@pytest.mark.parametrize(("theirs", "words"), [(2, "is newer"), (0, "is older")])
def test_another_protocol_is_refused_with_the_next_step(
    connect: Callable[..., Session], theirs: int, words: str
) -> None:
    with loopback(lambda asked: asked.say(200, health(protocol_version=theirs, engine_version="9.9"))) as server:
        session = connect(remote(server.url))
    assert (session.state, session.error.kind, session.client) == ("failed", "version", None)
    assert words in str(session.error)
    assert "update" in str(session.error)


@pytest.mark.parametrize(
    ("theirs", "words"), [("0.9.9", "update StreetSense in QGIS"), ("0.0.9", "ask the engine's administrator")]
)
def test_another_engine_version_is_a_warning_with_the_next_step(
    connect: Callable[..., Session], theirs: str, words: str
) -> None:
    with loopback(lambda asked: asked.say(200, health(engine_version=theirs))) as server:
        session = connect(remote(server.url))
        assert session.state == "connected"
        assert theirs in session.warning
        assert words in session.warning
        assert session.warning not in session.describe()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("installed", "press 'Install or update the engine…'"),
        ("given", "install streetsense 0.1.0 there"),
        ("busy", "This is still the engine from before"),
    ],
)
def test_an_engine_of_another_version_on_this_computer_is_a_warning_with_the_next_step(
    connect: Callable[..., Session], tmp_path: Path, kind: str, words: str, wait_for: Callable[..., None]
) -> None:
    python = tmp_path / "engine" / "0.0.9" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    there = "0.1.0" if kind == "busy" else "0.0.9"
    write_marker(python.parents[1], Installed(there, str(python), "cpu", "2", "2026-01-01"))
    token_file(tmp_path).write_text(TOKEN)
    running = subprocess.Popen(["sleep", "600"])
    jobs = {"running": 1}
    with loopback(lambda asked: asked.say(200, health(engine_version="0.0.9", jobs=jobs))) as server:
        write_note(tmp_path, EngineNote(server.url, running.pid, started_at(running.pid), str(python)))
        given = str(python) if kind == "given" else ""
        session = connect(ConnectionSettings("local", python=given, data_folder=str(tmp_path)))
        assert session.state == "connected"
        assert words in session.warning
        session.close()
        wait_for(lambda: not ending._under_way)
    assert running.poll() is None
    running.kill()
    running.wait()


def test_an_engine_that_is_connected_anew_is_there_again(
    connect: Callable[..., Session], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    session = connect(local(tmp_path))
    for _ in range(3):
        session.reconnect_engine()
        wait_for(lambda: session.state != "starting", 90)
        assert session.state == "connected", session.describe()
        assert session.client.health().wait()


def test_graphics_cards_are_named(connect: Callable[..., Session]) -> None:
    card = {"name": "cuda:0", "model": "NVIDIA H200", "memory_total": 140 * 2**30, "memory_free": 0}
    processor = {"name": "cpu", "model": "x", "memory_total": 1, "memory_free": 1}
    with loopback(lambda asked: asked.say(200, health(devices=[processor, card, card]))) as server:
        assert connect(remote(server.url)).describe().endswith("2 × NVIDIA H200 (140 GB)")


def test_a_host_that_is_lost_is_noticed_and_found_again(
    connect: Callable[..., Session], wait_for: Callable[..., None]
) -> None:
    state = {"status": 200}

    def respond(asked: Asked) -> None:
        asked.say(state["status"], health() if state["status"] == 200 else {"detail": "busy."})

    with loopback(respond) as server:
        session = connect(remote(server.url))
        told: list[str] = []
        session.changed.connect(lambda: told.append(session.state))
        state["status"] = 503
        wait_for(lambda: session.state == "failed")
        assert (session.client, session.health, session.error.kind) == (None, None, "network")
        state["status"] = 200
        wait_for(lambda: session.state == "connected")
        assert session.client is not None
        assert told == ["failed", "connected"]


def test_one_missed_answer_is_nothing(connect: Callable[..., Session], wait_for: Callable[..., None]) -> None:
    count: list[int] = []

    def respond(asked: Asked) -> None:
        count.append(1)
        asked.say(503, {"detail": "busy."}) if len(count) == 2 else asked.say(200, health())

    with loopback(respond) as server:
        session = connect(remote(server.url))
        told: list[str] = []
        session.changed.connect(lambda: told.append(session.state))
        wait_for(lambda: len(count) > 4)
    assert told == []


def test_news_of_the_engine_are_told_and_nothing_else(
    connect: Callable[..., Session], wait_for: Callable[..., None]
) -> None:
    count, jobs = [], {"running": 0}

    def respond(asked: Asked) -> None:
        count.append(1)
        asked.say(200, health(uptime=len(count), disk_free=len(count), jobs=jobs))

    with loopback(respond) as server:
        session = connect(remote(server.url))
        told: list[object] = []
        session.changed.connect(lambda: told.append(session.health["jobs"]))
        wait_for(lambda: len(count) > 3)
        assert told == []
        jobs["running"] = 1
        wait_for(lambda: told)
        assert told == [{"running": 1}]


def test_without_an_engine_on_this_computer_nothing_starts(connect: Callable[..., Session], tmp_path: Path) -> None:
    session = connect(ConnectionSettings("local", data_folder=str(tmp_path)))
    assert session.state == "missing-engine"
    assert "not installed" in session.describe()


def test_without_a_token_or_an_address_it_says_what_is_missing(connect: Callable[..., Session]) -> None:
    assert "no token yet" in connect(ConnectionSettings("remote", "https://host")).describe()
    assert "is no address" in connect(remote("host")).describe()


def test_the_engine_of_this_computer_starts_and_stops_with_the_session(
    connect: Callable[..., Session], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    session = connect(local(tmp_path))
    assert session.state == "connected"
    assert session.describe() == f"Connected: this computer, engine 0.1.0, processor ({os.cpu_count()} cores)"
    pid = session._engine.pid
    session.close()
    wait_for(lambda: not is_alive(pid))


def test_a_killed_engine_fails_with_a_sentence_and_connects_again(
    connect: Callable[..., Session], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    session = connect(local(tmp_path))
    os.kill(session._engine.pid, signal.SIGKILL)
    wait_for(lambda: session.state == "failed")
    assert "connect again" in session.describe()
    session.connect_engine()
    wait_for(lambda: session.state == "connected", 90)


def test_a_window_whose_engine_another_one_had_started_starts_its_own_when_that_is_gone(
    connect: Callable[..., Session], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    first, second = connect(local(tmp_path)), connect(local(tmp_path))
    before = second._engine.pid
    assert before == first._engine.pid
    first.blockSignals(True)
    first._engine.blockSignals(True)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: second.client is not None and second._engine.pid != before, 90)


def test_changed_settings_connect_to_another_engine(engine: RunningEngine, wait_for: Callable[..., None]) -> None:
    with loopback(lambda asked: asked.say(200, health())) as server:
        settings = remote(engine.url, engine.token)
        session = Session(settings=lambda: settings)
        session.connect_engine()
        wait_for(lambda: session.state == "connected")
        settings = replace(settings, address=server.url)
        session.reconnect_engine()
        wait_for(lambda: session.state == "connected")
        assert session.client.address == server.url
        session.close()


_QGIS_THAT_ENDS = """
import sys
sys.path.insert(0, sys.argv[1])
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings
app = QgsApplication([], False)
app.initQgis()
settings = ConnectionSettings("local", python=sys.argv[2], data_folder=sys.argv[3])
session = Session(settings=lambda: settings)
session.connect_engine()
while session.state == "starting":
    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 50)
print(session.state, session._engine.pid, flush=True)
if sys.argv[4] == "job":
    client = session.client
    ring = [[10, 50], [10.1, 50], [10.1, 50.1], [10, 50.1], [10, 50]]
    client.create_study("here", {"type": "Polygon", "coordinates": [ring]}).wait()
    client.upload("here", sys.argv[5], "roads.geojson").wait()
    job = client.execute("sample", "here", {"roads": "uploads/roads.geojson", "spacing": 15}).wait()
    print(job["jobID"], flush=True)
session.close()
app.exitQgis()
"""


@pytest.mark.parametrize("what", ["nothing", "job"])
def test_the_engine_outlives_qgis_only_while_a_job_needs_it(
    tmp_path: Path, what: str, wait_for: Callable[..., None]
) -> None:
    lines = [[[10.0 + x / 10_000, 50.0], [10.0 + x / 10_000, 50.1]] for x in range(60)]
    (tmp_path / "roads.geojson").write_text(
        '{"type": "FeatureCollection", "features": ['
        + ",".join(
            f'{{"type": "Feature", "properties": {{}}, "geometry": {{"type": "LineString", "coordinates": {line}}}}}'
            for line in lines
        )
        + "]}"
    )
    folder = tmp_path / "data"
    command = [sys.executable, "-c", _QGIS_THAT_ENDS, str(ROOT / "plugin"), ENGINE_PYTHON, str(folder), what]
    ended = subprocess.run([*command, str(tmp_path / "roads.geojson")], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    state, pid, *job = ended.stdout.split()
    assert state == "connected"
    if what == "job":
        assert is_alive(int(pid))
    wait_for(lambda: not is_alive(int(pid)), 90)
    if what == "job":
        status = (folder / "studies" / "here" / "jobs" / job[0] / "status.json").read_text()
        assert "successful" in status
