"""The package, and a way to let QGIS play scenes with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from run_qgis import Played, missing, play  # noqa: E402


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the zip, built from this checkout."""
    zip_file = tmp_path_factory.mktemp("package") / "streetsense_qgis.zip"
    subprocess.run([sys.executable, str(ROOT / "packaging" / "build.py"), str(zip_file)], check=True)
    return zip_file


@pytest.fixture(scope="session")
def engine_python() -> Path:
    """Return the Python that has the engine."""
    return ROOT / ".venv" / "bin" / "python"


@pytest.fixture(scope="session")
def played(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Played]:
    """Return a function that lets QGIS play a scene by its name, with whatever the scene is given."""
    lacking = missing()
    if lacking:
        pytest.skip(lacking)

    def one(scene: str, **given: str) -> Played:
        return play(scene, tmp_path_factory.mktemp(scene), package, **given)

    return one
