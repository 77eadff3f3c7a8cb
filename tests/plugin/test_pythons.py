"""Finding a Python that the engine can be installed with."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streetsense_qgis.connection.childenvironment import child_environment
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.pythons import FoundPython, PythonSearch, candidates

Wait = Callable[..., None]
GOOD = FoundPython("/usr/bin/python3.12", (3, 12, 4), libc=("glibc", "2.36"))


def program(path: Path, text: str = "#!/bin/sh\nexit 1\n") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def search(wait_for: Wait, commands: list[list[str]]) -> Any:
    ends: list[Any] = []
    searching = PythonSearch(commands, child_environment())
    searching.found.connect(ends.append)
    searching.failed.connect(ends.append)
    searching.start()
    wait_for(lambda: ends, 60)
    return ends[0]


def answering(path: Path, **changes: object) -> list[str]:
    """Write a program that answers like a Python of its own kind."""
    import json

    answer = {
        "program": str(path), "version": [3, 12, 1], "missing": [], "bits": 64, "system": "linux", "machine": "x86_64",
        "libc": ["glibc", "2.36"], "free_threaded": False, **changes,
    }  # fmt: skip
    return [program(path, f"#!/bin/sh\necho 'a warning'\necho '{json.dumps(answer)}'\n")]


def test_this_computer_has_one(wait_for: Wait) -> None:
    found = search(wait_for, candidates())
    assert isinstance(found, FoundPython) and (3, 11) <= found.version[:2] <= (3, 14)
    assert Path(found.program).is_file() and not found.obstacle()


def test_qgis_own_python_comes_first_and_never_what_is_running() -> None:
    first = candidates()[0][0]
    assert first.startswith(sys.base_prefix) and first != sys.executable


def test_a_python_that_hangs_or_fails_is_passed_over(
    wait_for: Wait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streetsense_qgis.connection.pythons._LIMIT", 0.5)
    hangs = program(tmp_path / "hangs", "#!/bin/sh\nexec sleep 60\n")
    fails = program(tmp_path / "fails")
    talks = program(tmp_path / "talks", "#!/bin/sh\necho 'Python was not found; run without arguments'\n")
    gone = str(tmp_path / "gone")
    good = answering(tmp_path / "good")
    found = search(wait_for, [[hangs], [fails], [talks], [gone], good])
    assert found.program == good[0]


def test_an_old_python_is_passed_over(wait_for: Wait, tmp_path: Path) -> None:
    found = search(wait_for, [answering(tmp_path / "old", version=[3, 9, 2]), answering(tmp_path / "new")])
    assert found.program == str(tmp_path / "new")


def test_the_launcher_of_windows_is_given_its_version(wait_for: Wait, tmp_path: Path) -> None:
    (launcher,) = answering(tmp_path / "py")
    Path(launcher).write_text('#!/bin/sh\n[ "$1" = "-3.12" ] || exit 103\n' + Path(launcher).read_text()[10:])
    assert search(wait_for, [[launcher, "-3.13"], [launcher, "-3.12"]]).version == (3, 12, 1)


def test_without_any_the_sentence_says_what_to_install(wait_for: Wait, tmp_path: Path) -> None:
    for commands in ([], [[program(tmp_path / "fails")]], [answering(tmp_path / "old", version=[3, 9, 2])]):
        error = search(wait_for, commands)
        assert isinstance(error, EngineError) and error.kind == "environment"
        assert "install Python 3.12" in str(error)


def test_debians_split_package_is_named(wait_for: Wait, tmp_path: Path) -> None:
    error = search(wait_for, [answering(tmp_path / "debian", version=[3, 11, 2], missing=["ensurepip"])])
    assert "python3.11-venv" in str(error)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"version": (3, 10, 1)}, "3.10"),
        ({"version": (3, 15, 0)}, "3.15"),
        ({"bits": 32}, "32-bit"),
        ({"system": "darwin"}, "Intel"),
        ({"free_threaded": True}, "free-threaded"),
        ({"libc": ("glibc", "2.17")}, "2.17"),
        ({"missing": ("ssl",)}, "ssl"),
    ],
)
def test_each_obstacle_is_named(changes: dict[str, Any], word: str) -> None:
    assert GOOD.obstacle() == ""
    found = FoundPython(**{**GOOD.__dict__, **changes})
    assert word in found.obstacle()


def test_on_windows_all_usual_places_are_looked_at(tmp_path: Path) -> None:
    own = program(tmp_path / "QGIS 3.40/apps/Python312/python.exe")
    user = program(tmp_path / "Lokal/Programs/Python/Python313/python.exe")
    system = program(tmp_path / "Programme/Python311/python.exe")
    other = program(tmp_path / "Programme/QGIS 3.44/apps/Python314/python.exe")
    launcher = program(tmp_path / "Windows/py")
    found = candidates(
        "win32",
        str(tmp_path / "QGIS 3.40/apps/Python312"),
        {
            "LOCALAPPDATA": str(tmp_path / "Lokal"),
            "ProgramFiles": str(tmp_path / "Programme"),
            "PATH": str(tmp_path / "Windows"),
        },
    )
    assert found[0] == [own]
    assert [launcher, "-3.12"] in found
    assert {user, system, other} <= {command[0] for command in found}


def test_on_a_mac_the_stub_of_apple_is_never_asked() -> None:
    found = candidates("darwin", "/usr", {"PATH": "/usr/bin"})
    assert not [command for command in found if command[0].startswith("/usr/bin/")]


def test_a_search_that_is_dropped_tells_nothing_and_leaves_no_process(wait_for: Wait, tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    hangs = program(tmp_path / "hangs", f"#!/bin/sh\necho $$ > '{marker}'\nexec sleep 60\n")
    ends: list[Any] = []
    searching = PythonSearch([[hangs]], child_environment())
    searching.found.connect(ends.append)
    searching.failed.connect(ends.append)
    searching.start()
    wait_for(lambda: marker.exists() and marker.read_text(), 10)
    searching.drop()

    def is_gone() -> bool:
        try:
            os.kill(int(marker.read_text()), 0)
        except ProcessLookupError:
            return True
        return False

    wait_for(is_gone, 10)
    assert ends == []
