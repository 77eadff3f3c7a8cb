"""Installing the engine, with real environments and a real pip, and tiny packages."""

from __future__ import annotations

import http.server
import itertools
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from streetsense_qgis.connection import builds, diskroom, environment
from streetsense_qgis.connection.install import EngineInstall
from streetsense_qgis.version import version
from stub_wheels import write_engine, write_pip_config, write_torch, write_wheel

Wait = Callable[..., None]


class Watched:
    """An installation and everything that it told."""

    def __init__(self, install: EngineInstall) -> None:
        self.install = install
        self.progress: list[tuple[float, str]] = []
        self.ends: list[Any] = []
        install.progressed.connect(lambda share, message: self.progress.append((share, message)))
        install.finished.connect(self.ends.append)
        install.failed.connect(self.ends.append)
        install.start()

    @property
    def messages(self) -> str:
        return "\n".join(message for _share, message in self.progress)


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "Daten für Müller & Söhne"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    write_torch(folder)
    write_engine(folder)
    return folder


@pytest.fixture
def pip_config(tmp_path: Path, wheels: Path) -> str:
    return write_pip_config(tmp_path / "pip.conf", wheels)


def run(wait_for: Wait, data_folder: Path | str, **named: str) -> Watched:
    watched = Watched(EngineInstall(str(data_folder), **named))
    wait_for(lambda: watched.ends, 120)
    return watched


def says(python: str, code: str) -> str:
    return subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Finished:
    """One installation that went well, with what there is to say of it."""

    data_folder: Path
    watched: Watched
    gaps: list[tuple[float, float]]


@pytest.fixture(scope="module")
def finished(qgis_app: object, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Install once, in a folder with spaces and umlauts, from a QGIS whose variables lead elsewhere."""
    from qgis.PyQt.QtCore import QEventLoop, QTimer

    place = tmp_path_factory.mktemp("once")
    write_torch(place / "wheels")
    write_engine(place / "wheels")
    config = write_pip_config(place / "pip.conf", place / "wheels")
    (place / "trap" / "pip").mkdir(parents=True)
    (place / "trap" / "pip" / "__init__.py").write_text("raise SystemExit('the wrong pip')")
    data_folder = place / "Daten für Müller & Söhne"
    beats = [(time.monotonic(), time.thread_time())]
    timer = QTimer()
    timer.timeout.connect(lambda: beats.append((time.monotonic(), time.thread_time())))
    loop = QEventLoop()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(place / "trap"))
        patch.setenv("PYTHONHOME", "/nonexistent")
        patch.setenv("PIP_TARGET", str(place / "elsewhere"))
        watched = Watched(EngineInstall(str(data_folder), pip_config=config))
        watched.install.finished.connect(loop.quit)
        watched.install.failed.connect(loop.quit)
        timer.start(5)
        QTimer.singleShot(120_000, loop.quit)
        loop.exec()
        timer.stop()
    gaps = [(wall - before[0], work - before[1]) for before, (wall, work) in itertools.pairwise(beats)]
    return Finished(data_folder, watched, gaps)


def test_the_engine_is_installed_in_a_folder_with_spaces_and_umlauts(finished: Finished) -> None:
    python = str(finished.data_folder / "engine" / version() / "bin" / "python")
    assert finished.watched.ends == [python], finished.watched.ends
    assert environment.installed_python(finished.data_folder) == python
    assert environment.is_current(finished.data_folder)
    started = subprocess.run([python, "-m", "streetsense", "--version"], capture_output=True, text=True)
    assert started.stdout.strip() == f"streetsense {version()}"


def test_progress_grows_to_the_whole(finished: Finished) -> None:
    shares = [share for share, _message in finished.watched.progress]
    assert shares == sorted(shares) and shares[-1] == 1


def test_the_log_has_what_pip_said(finished: Finished) -> None:
    assert "Successfully installed streetsense" in environment.log_file(finished.data_folder).read_text("utf-8")


def test_nothing_is_left_of_what_was_unpacked(finished: Finished) -> None:
    assert not (finished.data_folder / "engine" / "unpacking").exists()


def test_the_window_is_not_held_up(finished: Finished) -> None:
    assert max(work for _wall, work in finished.gaps) < 0.5  # far beyond: a loop that held up the window
    # Waiting for any of the children would take seconds; less is the machine's other work.
    assert max(wall for wall, _work in finished.gaps) < 1


def test_an_older_engine_goes_when_the_new_one_works(wait_for: Wait, data_folder: Path, pip_config: str) -> None:
    old = data_folder / "engine" / "0.0.1"
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "python").touch()
    environment.write_marker(old, environment.Installed("0.0.1", str(old / "bin" / "python"), "cpu", "2", "2020"))
    assert environment.installed_version(data_folder) == "0.0.1"
    python = run(wait_for, data_folder, pip_config=pip_config).ends[0]
    assert environment.installed_python(data_folder) == python
    assert not old.exists()


def test_an_engine_that_runs_keeps_its_folder(wait_for: Wait, data_folder: Path, pip_config: str) -> None:
    old = environment.new_folder(data_folder, version())
    (old / "bin").mkdir(parents=True)
    (old / "bin" / "python").touch()
    environment.write_marker(old, environment.Installed(version(), str(old / "bin" / "python"), "cpu", "2", "2020"))
    note = {"url": "http://127.0.0.1:1", "pid": os.getpid(), "kept_by": "somebody"}
    (data_folder / "engine.json").write_text(json.dumps(note))
    python = run(wait_for, data_folder, pip_config=pip_config).ends[0]
    assert environment.installed_python(data_folder) == python
    assert (old / "bin" / "python").exists() and not python.startswith(f"{old}/")


def test_a_data_folder_that_cannot_be_written_is_told(wait_for: Wait) -> None:
    error = run(wait_for, "/proc/streetsense").ends[0]
    assert error.kind == "disk" and "/proc/streetsense" in str(error)


def test_a_wheel_file_that_is_given_is_installed(wait_for: Wait, data_folder: Path, tmp_path: Path) -> None:
    write_torch(tmp_path / "wheels")
    wheel = write_engine(tmp_path / "ein Ordner ä")
    config = write_pip_config(tmp_path / "pip.conf", tmp_path / "wheels")
    watched = run(wait_for, data_folder, wheel=str(wheel), pip_config=config)
    assert says(watched.ends[0], "import importlib.metadata as m; print(m.version('streetsense'))") == version()


def test_a_wheel_file_of_another_version_is_refused_before_anything_is_done(
    wait_for: Wait, data_folder: Path, tmp_path: Path
) -> None:
    wheel = write_engine(tmp_path / "wheels", "9.9.9")
    error = run(wait_for, data_folder, wheel=str(wheel)).ends[0]
    assert error.kind == "environment" and "9.9.9" in str(error) and version() in str(error)
    assert not data_folder.exists()


def test_cancelling_stops_the_child_and_a_later_installation_succeeds(
    wait_for: Wait, data_folder: Path, pip_config: str
) -> None:
    watched = Watched(EngineInstall(str(data_folder), pip_config=pip_config))
    wait_for(lambda: "Looking for PyTorch" in watched.messages, 60)
    watched.install.cancel()
    wait_for(lambda: watched.ends, 10)
    assert watched.ends[0].kind == "cancelled"
    assert environment.installed_python(data_folder) is None
    assert not _processes_of(data_folder)
    again = run(wait_for, data_folder, pip_config=pip_config)
    assert environment.installed_python(data_folder) == again.ends[0]


@pytest.mark.parametrize("moment", ["Looking for Python", "Making a place", "Starting the engine"])
def test_it_can_be_cancelled_at_any_step(wait_for: Wait, data_folder: Path, pip_config: str, moment: str) -> None:
    watched = Watched(EngineInstall(str(data_folder), pip_config=pip_config))
    wait_for(lambda: moment in watched.messages, 60)
    watched.install.cancel()
    wait_for(lambda: watched.ends, 10)
    assert [error.kind for error in watched.ends] == ["cancelled"]
    wait_for(lambda: not _processes_of(data_folder), 10)
    assert environment.installed_python(data_folder) is None


def test_closing_ends_it_at_once_and_tells_nothing(wait_for: Wait, data_folder: Path, pip_config: str) -> None:
    watched = Watched(EngineInstall(str(data_folder), pip_config=pip_config))
    wait_for(lambda: "Looking for PyTorch" in watched.messages, 60)
    before = time.monotonic()
    watched.install.close()
    assert time.monotonic() - before < 5
    wait_for(lambda: not _processes_of(data_folder), 10)
    assert watched.ends == []


@pytest.mark.slow
def test_a_second_window_is_told_that_the_first_one_installs(
    wait_for: Wait, data_folder: Path, pip_config: str
) -> None:
    first = Watched(EngineInstall(str(data_folder), pip_config=pip_config))
    wait_for(lambda: "Making a place" in first.messages, 60)
    second = run(wait_for, data_folder, pip_config=pip_config)
    assert second.ends[0].kind == "environment" and "Another QGIS window" in str(second.ends[0])
    wait_for(lambda: first.ends, 60)
    assert first.ends == [environment.installed_python(data_folder)]


def test_the_lock_of_a_process_that_was_killed_is_taken_over(
    wait_for: Wait, data_folder: Path, pip_config: str
) -> None:
    (data_folder / "engine").mkdir(parents=True)
    code = (
        "import sys, time; from qgis.PyQt.QtCore import QLockFile; lock = QLockFile(sys.argv[1]);"
        "print(lock.tryLock(0), flush=True); time.sleep(100)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, data_folder / "engine" / "install.lock"], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline().strip() == "True"
    refused = run(wait_for, data_folder, pip_config=pip_config)
    assert "Another QGIS window" in str(refused.ends[0])
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert run(wait_for, data_folder, pip_config=pip_config).ends == [environment.installed_python(data_folder)]


@pytest.mark.slow
def test_a_broken_installation_is_built_anew(wait_for: Wait, data_folder: Path, pip_config: str) -> None:
    broken = data_folder / "engine" / version()
    (broken / "bin").mkdir(parents=True)
    (broken / "bin" / "python").write_text("not a program")
    (broken / "rest").write_text("of an earlier one")
    watched = run(wait_for, data_folder, pip_config=pip_config)
    assert says(watched.ends[0], "print(1)") == "1"
    assert not (broken / "rest").exists()


def test_an_engine_that_does_not_start_is_not_declared_installed(
    wait_for: Wait, data_folder: Path, tmp_path: Path
) -> None:
    write_torch(tmp_path / "wheels")
    write_engine(tmp_path / "wheels", command_line="raise ImportError('libnothing.so is missing')")
    config = write_pip_config(tmp_path / "pip.conf", tmp_path / "wheels")
    error = run(wait_for, data_folder, pip_config=config).ends[0]
    assert error.kind == "environment" and "libnothing.so is missing" in str(error)
    assert environment.installed_python(data_folder) is None


def test_a_disk_without_room_is_told_before_anything_is_downloaded(
    wait_for: Wait, data_folder: Path, pip_config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = builds.Build("cpu", 1, 1, 10**18)
    monkeypatch.setitem(builds.BUILDS, "cpu", huge)
    watched = run(wait_for, data_folder, pip_config=pip_config)
    assert watched.ends[0].kind == "disk" and "free" in str(watched.ends[0])
    assert watched.progress == []


def test_a_version_that_the_index_does_not_have_is_told(wait_for: Wait, data_folder: Path, tmp_path: Path) -> None:
    write_torch(tmp_path / "wheels")
    write_engine(tmp_path / "wheels", "0.0.1")
    config = write_pip_config(tmp_path / "pip.conf", tmp_path / "wheels")
    error = run(wait_for, data_folder, pip_config=config).ends[0]
    assert error.kind == "environment" and "does not have the version" in str(error)


@pytest.mark.slow
def test_pytorchs_own_index_out_of_reach_does_not_matter_where_the_build_is_elsewhere(
    wait_for: Wait, data_folder: Path, tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch, index: Index
) -> None:
    monkeypatch.setattr(builds, "PYTORCH_INDEX", "http://127.0.0.1:9/whl")
    config = write_pip_config(tmp_path / "pip.conf", wheels, f"index-url = {index.url}")
    watched = run(wait_for, data_folder, pip_config=config)
    assert watched.ends == [environment.installed_python(data_folder)], watched.ends[0]


@pytest.mark.slow
def test_without_pytorchs_own_index_the_build_of_the_package_index_does(
    wait_for: Wait, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index
) -> None:
    monkeypatch.setattr(builds, "PYTORCH_INDEX", "http://127.0.0.1:9/whl")
    write_torch(tmp_path / "wheels", tag="")
    write_engine(tmp_path / "wheels")
    config = write_pip_config(tmp_path / "pip.conf", tmp_path / "wheels", f"index-url = {index.url}")
    watched = run(wait_for, data_folder, pip_config=config)
    assert watched.ends == [environment.installed_python(data_folder)], watched.ends[0]
    assert environment.installed_engine(data_folder).torch == builds.TORCH
    assert "own index cannot be used" in environment.log_file(data_folder).read_text(encoding="utf-8")


@pytest.mark.slow
def test_without_any_network_the_sentence_says_so(wait_for: Wait, data_folder: Path, tmp_path: Path) -> None:
    config = write_pip_config(tmp_path / "pip.conf", tmp_path, "index-url = http://127.0.0.1:9/simple\nretries = 0")
    error = run(wait_for, data_folder, pip_config=config).ends[0]
    assert error.kind == "network" and "cannot be reached" in str(error)


@pytest.mark.slow
def test_a_download_is_told_with_its_size_and_its_progress(
    wait_for: Wait, data_folder: Path, tmp_path: Path, index: Index
) -> None:
    write_torch(index.folder)
    (torch,) = index.folder.glob("torch-*.whl")
    torch.unlink()
    files = {"torch/__init__.py": "__version__ = '2'\nclass cuda:\n    is_available = staticmethod(lambda: False)\n"}
    write_wheel(index.folder, "torch", builds.TORCH + "+cpu", files, size=12_000_000)
    write_engine(index.folder)
    index.seconds_a_megabyte = 0.2
    config = write_pip_config(tmp_path / "pip.conf", tmp_path, f"index-url = {index.url}\nextra-index-url =")
    watched = run(wait_for, data_folder, pip_config=config)
    assert watched.ends == [environment.installed_python(data_folder)], watched.ends[0]
    shares = [share for share, message in watched.progress if message == "Downloading PyTorch (12.0 MB)…"]
    assert len(set(shares)) >= 3


def test_a_cuda_build_without_a_card_is_told_in_a_note(
    wait_for: Wait, data_folder: Path, tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diskroom, "free_bytes", lambda _folder: 10**12)
    write_torch(wheels, tag="")
    config = write_pip_config(tmp_path / "pip.conf", wheels)
    watched = run(wait_for, data_folder, build="cuda", pip_config=config)
    assert environment.installed_engine(data_folder).build == "cuda", watched.ends[0]
    assert "no NVIDIA card" in watched.install.note


@pytest.mark.parametrize(
    ("build", "system", "first", "number"),
    [
        ("cpu", "linux", f"torch=={builds.TORCH}+cpu", 2),
        ("cuda", "linux", f"torch=={builds.TORCH}", 1),
        ("cpu", "win32", f"torch=={builds.TORCH}", 1),
        ("cuda", "win32", f"torch=={builds.TORCH}+cu130", 1),
        ("cpu", "darwin", f"torch=={builds.TORCH}", 1),
    ],
)
def test_each_system_gets_the_build_that_was_chosen(build: str, system: str, first: str, number: int) -> None:
    attempts = builds.attempts(build, system)
    assert attempts[0].arguments[0] == first and len(attempts) == number
    assert ("--extra-index-url" in attempts[0].arguments) == ("+" in first)


def test_the_fallback_to_the_large_build_needs_its_room() -> None:
    small, large = builds.attempts("cpu", "linux")
    assert large.needed == builds.BUILDS["cuda"].needed > small.needed


class Index:
    """A package index on this computer, as slow as wanted."""

    def __init__(self, folder: Path, server: socketserver.BaseServer) -> None:
        self.folder = folder
        self.seconds_a_megabyte = 0.0
        self.url = f"http://127.0.0.1:{server.server_address[1]}/simple"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "index"
    folder.mkdir()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            if parts[0] == "simple":
                files = sorted(path.name for path in folder.glob(f"{parts[-1]}-*.whl"))
                links = "".join(f'<a href="/files/{name}">{name}</a>' for name in files)
                self._answer(b"<!DOCTYPE html><html><body>" + links.encode() + b"</body></html>", "text/html")
            else:
                self._answer((folder / parts[-1].replace("%2B", "+")).read_bytes(), "application/octet-stream")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for start in range(0, len(body), 1_000_000):
                self.wfile.write(body[start : start + 1_000_000])
                if len(body) > 1_000_000:
                    time.sleep(made.seconds_a_megabyte)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Index(folder, server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


def _processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that have to do with a folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found
