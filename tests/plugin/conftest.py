"""Fixtures of the tests of the QGIS side: a real engine in a process of its own, with a prepared study."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engines import ENGINE_PYTHON, ROOT, RunningEngine, scrubbed_environment

sys.path.insert(0, str(ROOT / "plugin"))
# Nobody's own settings are read or changed, and runs of the tests at the same time do not meet in them.
for _variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
    os.environ[_variable] = tempfile.mkdtemp(prefix="streetsense-tests-")


def pytest_sessionstart() -> None:
    """Keep QGIS' settings of this run to itself; pytest-qgis would share them between runs."""
    from qgis.PyQt.QtCore import QSettings

    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, tempfile.mkdtemp(prefix="streetsense-"))


@pytest.fixture(scope="session")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of studies with one in it: ``town``, some views of the synthetic city, embedded and mapped."""
    folder = tmp_path_factory.mktemp("studies")
    script = Path(__file__).with_name("make_town.py")
    made = subprocess.run(
        [ENGINE_PYTHON, script, folder / "town"], env=scrubbed_environment(), capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="session")
def engine(studies: Path) -> Iterator[RunningEngine]:
    """Return a server of these studies."""
    command = [ENGINE_PYTHON, "-m", "streetsense", "serve", "--studies", studies, "--port", "0", "--json"]
    process = subprocess.Popen(
        list(map(str, command)),
        env=scrubbed_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    about = json.loads(process.stdout.readline())
    token = Path(about["token_file"]).read_text().strip()
    try:
        yield RunningEngine(about["url"], token, studies, process)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def wait_for(qgis_app: object) -> Callable[..., None]:
    """Return a function that lets Qt work until a condition holds, and fails when it does not in time (seconds)."""
    from qgis.PyQt.QtCore import QEventLoop, QTimer

    def wait(condition: Callable[[], object], timeout: float = 30.0) -> None:
        until = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < until, f"not within {timeout:g} s: {condition}"
            # An event loop sleeps between events; `processEvents` with a time limit would keep a core busy.
            loop = QEventLoop()
            QTimer.singleShot(20, loop.quit)
            loop.exec()

    return wait
