"""The engine on this computer: found or started, and stopped when nobody needs it any more."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loopback import TOKEN, Asked, health, loopback
from streetsense_qgis.connection import ending
from streetsense_qgis.connection.childenvironment import child_environment, engine_environment
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.ending import Ending
from streetsense_qgis.connection.engineusers import EngineUser
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.local import LocalEngine
from streetsense_qgis.connection.processstart import started_at
from streetsense_qgis.connection.statefile import EngineNote, read_note, read_token, token_file, write_note

ENGINE_PYTHON = str(Path(__file__).resolve().parents[2] / ".venv" / "bin" / "python")
AREA = {"type": "Polygon", "coordinates": [[[10, 50], [10.1, 50], [10.1, 50.1], [10, 50.1], [10, 50]]]}


class Watched:
    """A `LocalEngine` and what it said."""

    def __init__(self, folder: Path) -> None:
        self.engine = LocalEngine(str(folder))
        self.ready: list[tuple[str, str]] = []
        self.failed: list[EngineError] = []
        self.engine.ready.connect(lambda url, token: self.ready.append((url, token)))
        self.engine.failed.connect(self.failed.append)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Büro für Städtebau"


@pytest.fixture
def watch(folder: Path, wait_for: Callable[..., None]) -> Iterator[Callable[[], Watched]]:
    made: list[Watched] = []
    pids: set[int] = set()

    def start(python: str = ENGINE_PYTHON) -> Watched:
        one = Watched(folder)
        made.append(one)
        one.engine.start(python)
        wait_for(lambda: one.ready or one.failed, 90)
        if one.engine.pid is not None:
            pids.add(one.engine.pid)
        return one

    yield start
    for one in made:
        one.engine.stop()
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not any(map(is_alive, pids)))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_starts_and_answers_to_its_token(watch: Callable[[], Watched], folder: Path) -> None:
    one = watch()
    assert not one.failed
    ((url, token),) = one.ready
    assert EngineClient(url, token).health().wait()["protocol_version"] == 1
    assert (folder / "studies").is_dir()
    assert one.engine.is_own


def test_its_token_is_new_at_every_start_and_its_owners_alone(
    watch: Callable[[], Watched], folder: Path, wait_for: Callable[..., None]
) -> None:
    one = watch()
    first, pid = one.ready[0][1], one.engine.pid
    assert stat.S_IMODE(token_file(folder).stat().st_mode) == 0o600
    assert first not in (folder / "engine.json").read_text() + (folder / "engine.log").read_text()
    one.engine.stop()
    wait_for(lambda: not is_alive(pid))
    assert watch().ready[0][1] != first


def test_another_window_finds_it_instead_of_starting_a_second_one(watch: Callable[[], Watched]) -> None:
    one = watch()
    other = watch()
    assert other.ready == one.ready
    assert other.engine.pid == one.engine.pid
    assert not other.engine.is_own


def test_two_windows_that_start_it_at_once_get_one(folder: Path, wait_for: Callable[..., None]) -> None:
    windows = [Watched(folder), Watched(folder)]
    for one in windows:
        one.engine.start(ENGINE_PYTHON)
    wait_for(lambda: all(one.ready or one.failed for one in windows), 90)
    assert windows[0].ready == windows[1].ready != []
    pid = windows[0].engine.pid
    for one in windows:
        one.engine.stop()
    wait_for(lambda: not is_alive(pid))


def test_stopping_it_ends_its_process_without_waiting(
    watch: Callable[[], Watched], folder: Path, wait_for: Callable[..., None]
) -> None:
    one = watch()
    pid = one.engine.pid
    one.engine.stop()
    assert is_alive(pid)  # nothing was waited for
    wait_for(lambda: not is_alive(pid))
    assert read_note(folder) is None
    assert not one.failed


@pytest.mark.parametrize("first", [0, 1])
def test_a_window_that_closes_leaves_it_to_the_others_whoever_came_first(
    watch: Callable[[], Watched], wait_for: Callable[..., None], first: int
) -> None:
    windows = [watch(), watch()]
    pid = windows[0].engine.pid
    windows.pop(first).engine.stop()
    wait_for(lambda: not ending._under_way)
    assert EngineClient(*windows[0].ready[0]).health().wait()
    assert is_alive(pid)
    windows[0].engine.stop()
    wait_for(lambda: not is_alive(pid))


def test_a_user_whose_qgis_was_killed_is_none_any_more(folder: Path) -> None:
    me, other = EngineUser(folder), EngineUser(folder)
    me.begin()
    assert me.is_alone()
    other.begin()
    assert not me.is_alone()
    other.end()
    assert me.is_alone()
    held = "user = EngineUser(Path(sys.argv[2])); user.begin(); print('held', flush=True); sys.stdin.read()"
    program = f"import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\nfrom {EngineUser.__module__} "
    program += f"import EngineUser\n{held}"
    command = [sys.executable, "-c", program, str(Path(ending.__file__).parents[2]), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as qgis:
        assert qgis.stdout is not None
        assert qgis.stdout.readline() == "held\n"
        assert not me.is_alone()
        qgis.kill()
    assert me.is_alone()


@pytest.mark.parametrize("what", ["a silent engine", "a number that is somebody else's now"])
def test_what_is_not_surely_an_engine_that_nobody_needs_is_never_ended(
    folder: Path, what: str, wait_for: Callable[..., None]
) -> None:
    folder.mkdir()
    process = subprocess.Popen(["sleep", "600"])
    is_silent = what == "a silent engine"
    with loopback(lambda asked: asked.say(*((503, {"detail": "busy."}) if is_silent else (200, health())))) as server:
        note = EngineNote(server.url, process.pid, started_at(process.pid) if is_silent else "another start")
        write_note(folder, note)
        Ending(folder, note, EngineUser(folder), EngineClient(server.url, TOKEN))
        wait_for(lambda: not ending._under_way)
    assert process.poll() is None
    assert read_note(folder) == (note if is_silent else None)
    process.kill()
    process.wait()


def test_after_another_engine_was_chosen_that_one_runs(
    watch: Callable[..., Watched], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    another = tmp_path / "another python"
    another.write_text(f'#!/bin/sh\nexec "{ENGINE_PYTHON}" "$@"\n')
    another.chmod(0o755)
    one = watch()
    before = one.engine.pid
    one.engine.stop()
    two = watch(str(another))  # at once: the first one has not ended yet
    assert not two.failed
    assert two.engine.pid != before
    assert not two.engine.is_another
    wait_for(lambda: not is_alive(before))
    third = watch()  # another window needs the one that runs
    assert third.engine.pid == two.engine.pid
    assert third.engine.is_another


def test_one_that_is_wanted_again_at_once_is_there(watch: Callable[[], Watched]) -> None:
    one = watch()
    for _ in range(3):
        one.engine.stop()
        one = watch()
        assert not one.failed
        assert EngineClient(*one.ready[0]).health().wait()


def test_it_goes_on_while_a_job_runs(
    watch: Callable[[], Watched], monkeypatch: pytest.MonkeyPatch, wait_for: Callable[..., None]
) -> None:
    may_end = threading.Event()

    def answer_late(asked: Asked) -> None:
        may_end.wait(60)
        asked.say(200, {"type": "FeatureCollection", "features": []})

    with loopback(answer_late) as panoramax:
        monkeypatch.setenv("STREETSENSE_PANORAMAX_URL", panoramax.url)
        one = watch()
        client = EngineClient(*one.ready[0])
        client.create_study("here", AREA).wait()
        job = client.execute("fetch", "here", {"provider": "panoramax"}).wait()["jobID"]
        wait_for(lambda: panoramax.asked, 60)  # the job is at work, and stays so until it is answered
        pid = one.engine.pid
        one.engine.stop()
        wait_for(lambda: not ending._under_way)
        assert is_alive(pid)
        again = watch()
        assert again.engine.pid == pid
        may_end.set()
        wait_for(lambda: EngineClient(*again.ready[0]).job(job).wait()["status"] == "successful", 60)


def test_a_killed_engine_is_told_and_can_be_started_again(
    watch: Callable[[], Watched], wait_for: Callable[..., None]
) -> None:
    one = watch()
    os.kill(one.engine.pid, signal.SIGKILL)
    wait_for(lambda: one.failed)
    assert one.failed[0].kind == "environment"
    assert "connect again" in str(one.failed[0])
    assert watch().ready


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("/nowhere/python", "does not start; install the engine"),
        (sys.executable, "has no engine; install it"),
        ("/bin/false", "was ended"),
    ],
)
def test_a_python_without_the_engine_is_one_sentence(watch: Callable[..., Watched], python: str, sentence: str) -> None:
    one = watch(python)
    assert not one.ready
    assert sentence in str(one.failed[0])
    assert one.failed[0].kind == "environment"


def test_a_line_that_something_else_prints_first_does_not_hide_the_engine(
    watch: Callable[..., Watched], tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    with loopback(lambda asked: asked.say(200, health())) as server:
        chatty = tmp_path / "chatty python"
        said = json.dumps({"url": server.url, "pid": 0}).replace('"pid": 0', '"pid": %d')
        chatty.write_text(f"#!/bin/sh\nprintf 'Welcome!\\n{said}\\n' $$\nexec sleep 600\n")
        chatty.chmod(0o755)
        one = watch(str(chatty))
        assert one.ready[0][0] == server.url
        one.engine.stop()
        wait_for(lambda: not ending._under_way)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Watched(tmp_path / "file" / "data")
    one.engine.start(ENGINE_PYTHON)
    assert one.failed[0].kind == "disk"


def test_a_note_of_an_engine_that_is_gone_does_not_stop_a_new_one(watch: Callable[[], Watched], folder: Path) -> None:
    folder.mkdir(parents=True)
    write_note(folder, EngineNote("http://127.0.0.1:1", 1))
    token_file(folder).write_text("x" * 40)
    one = watch()
    assert one.ready
    assert read_token(folder) == one.ready[0][1]


def test_an_engine_from_before_an_update_is_replaced_unless_jobs_need_it(
    folder: Path, wait_for: Callable[..., None]
) -> None:
    folder.mkdir()
    token_file(folder).write_text(TOKEN)
    old = subprocess.Popen(["sleep", "600"])
    jobs = {"running": 1}
    with loopback(lambda asked: asked.say(200, health(engine_version="0.0.1", jobs=jobs))) as server:
        for running, is_kept in ((1, True), (0, False)):
            jobs["running"] = running
            write_note(folder, EngineNote(server.url, old.pid, started_at(old.pid)))
            one = Watched(folder)
            one.engine.start(ENGINE_PYTHON, "0.1.0")
            wait_for(lambda: one.ready or one.failed, 90)  # noqa: B023
            assert (one.engine.pid == old.pid, one.engine.is_another) == (is_kept, is_kept)
            if is_kept:
                one.engine.stop()
                wait_for(lambda: not ending._under_way)
        assert old.wait(10) == -signal.SIGTERM
    pid = one.engine.pid
    one.engine.stop()
    wait_for(lambda: not is_alive(pid))


def test_what_belongs_to_the_other_python_does_not_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONHOME", "pythonpath", "VIRTUAL_ENV", "PIP_INDEX_URL", "QGIS_PREFIX_PATH", "PROJ_LIB",
                 "GDAL_DATA", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "STREETSENSE_TOKEN"):  # fmt: skip
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("OSGEO4W_ROOT", "/osgeo")
    monkeypatch.setenv("SSL_CERT_FILE", "/osgeo/certs/ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/company.pem")
    monkeypatch.setenv("PATH", os.pathsep.join(["/osgeo/bin", "/usr/bin"]))
    found = child_environment()
    assert {name for name, value in found.items() if value == "x"} == set()
    assert "SSL_CERT_FILE" not in found
    assert found["REQUESTS_CA_BUNDLE"] == "/etc/company.pem"
    assert found["PATH"] == "/usr/bin"


def test_what_the_user_tells_the_engine_reaches_the_engine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"STREETSENSE_PANORAMAX_URL": "https://panoramax.example.org", "STREETSENSE_MAPILLARY_TOKEN": "MLY|1|x"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    for name in ("TOKEN", "URL", "PYTHON", "STUDIES"):
        monkeypatch.setenv(f"STREETSENSE_{name}", "of another engine")
    assert told.items() <= engine_environment().items()
    assert "of another engine" not in engine_environment().values()
    assert not any(name.startswith("STREETSENSE_") for name in child_environment())
