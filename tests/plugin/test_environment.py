"""Where the engine's environment is, and which of several is used."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from streetsense_qgis.connection import environment
from streetsense_qgis.connection.environment import Installed
from streetsense_qgis.version import version


def make(data_folder: Path, number: str, when: str = "2026-01-01T00:00:00+00:00") -> Path:
    folder = environment.new_folder(data_folder, number)
    python = environment.python_in(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    environment.write_marker(folder, Installed(number, str(python), "cpu", "2.13.0", when))
    return folder


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    return tmp_path / "Größe & Maß"


def test_without_a_data_folder_nothing_is_installed(data_folder: Path) -> None:
    assert environment.installed_python(data_folder) is None
    assert environment.installed_version(data_folder) is None
    assert not environment.is_current(data_folder)
    assert environment.superseded_folders(data_folder) == []


def test_what_is_complete_is_found(data_folder: Path) -> None:
    folder = make(data_folder, version())
    assert environment.installed_python(data_folder) == str(environment.python_in(folder))
    assert environment.is_current(data_folder)


def test_a_data_folder_can_be_moved(data_folder: Path, tmp_path: Path) -> None:
    make(data_folder, version())
    moved = tmp_path / "elsewhere"
    data_folder.rename(moved)
    assert environment.installed_python(moved) == str(environment.python_in(moved / "engine" / version()))


def test_an_environment_without_its_python_does_not_count(data_folder: Path) -> None:
    environment.python_in(make(data_folder, version())).unlink()
    assert environment.installed_python(data_folder) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": "1"}', '{"python": 3}'])
def test_a_marker_that_cannot_be_read_does_not_count(data_folder: Path, text: str) -> None:
    (make(data_folder, version()) / environment.MARKER).write_text(text)
    assert environment.installed_engine(data_folder) is None


def test_the_version_that_belongs_here_is_used_before_a_newer_installation_of_another(data_folder: Path) -> None:
    right = make(data_folder, version())
    make(data_folder, "99.0", "2030-01-01T00:00:00+00:00")
    assert environment.installed_python(data_folder) == str(environment.python_in(right))


def test_an_older_version_is_used_until_there_is_another_but_is_not_current(data_folder: Path) -> None:
    make(data_folder, "0.0.1")
    assert environment.installed_version(data_folder) == "0.0.1"
    assert not environment.is_current(data_folder)


def test_a_repair_gets_a_folder_beside_the_one_that_works(data_folder: Path) -> None:
    first = make(data_folder, version())
    second = make(data_folder, version(), "2026-02-01T00:00:00+00:00")
    assert second != first
    assert environment.installed_python(data_folder) == str(environment.python_in(second))
    assert environment.superseded_folders(data_folder) == [first]


def test_an_unfinished_environment_is_built_in_again_and_superseded_by_a_complete_one(data_folder: Path) -> None:
    folder = environment.new_folder(data_folder, version())
    folder.mkdir(parents=True)
    assert environment.new_folder(data_folder, version()) == folder
    make(data_folder, "1.2.3")
    assert environment.superseded_folders(data_folder) == [folder]


def test_an_engine_runs_when_its_process_does(data_folder: Path) -> None:
    assert not environment.engine_runs(data_folder)
    data_folder.mkdir()
    note = {"url": "http://127.0.0.1:1", "pid": os.getpid(), "kept_by": "somebody"}
    (data_folder / "engine.json").write_text(json.dumps(note))
    assert environment.engine_runs(data_folder)
    ended = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(ended, 0)
    (data_folder / "engine.json").write_text(json.dumps({**note, "pid": ended}))
    assert not environment.engine_runs(data_folder)


def test_on_windows_the_python_is_in_scripts(tmp_path: Path) -> None:
    assert environment.python_in(tmp_path, "win32") == tmp_path / "Scripts" / "python.exe"
