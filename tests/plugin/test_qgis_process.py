"""The algorithms on the command line of QGIS, without a window."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from engines import RunningEngine

ROOT = Path(__file__).resolve().parents[2]
#: The wrapper that some systems call qgis_process passes an option that the program does not know.
PROGRAM = shutil.which("qgis_process.bin") or shutil.which("qgis_process")

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no qgis_process here")

#: Runs it and returns what it printed.
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a QGIS in which StreetSense is installed and enabled."""
    folder = tmp_path_factory.mktemp("zu hause")
    package = folder / "python" / "streetsense_qgis"
    shutil.copytree(ROOT / "plugin" / "streetsense_qgis", package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "resources", package / "resources")
    shutil.copy(ROOT / "metadata.txt", package)
    made = qgis_process(folder, {}, "plugins", "enable", "streetsense_qgis")
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


def qgis_process(home: Path, variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    dropped = ("QGIS", "PYTHON", "VIRTUAL_ENV", "STREETSENSE", "XDG")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment |= {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "QT_QPA_PLATFORM": "offscreen",
        "QGIS_PLUGINPATH": str(home / "python"),
        **variables,
    }
    return subprocess.run([PROGRAM, *words], env=environment, capture_output=True, text=True, timeout=280)


def results_of(made: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the results in the JSON that was printed."""
    assert made.returncode == 0, made.stdout + made.stderr
    assert "Traceback" not in made.stderr and "Python error" not in made.stderr, made.stderr
    found: dict[str, Any] = json.loads(made.stdout[made.stdout.index("{") :])["results"]
    return found


@pytest.fixture
def run(home: Path, engine: RunningEngine) -> Run:
    """Run an algorithm on the running engine."""
    variables = {"STREETSENSE_URL": engine.url, "STREETSENSE_TOKEN": engine.token}
    return lambda name, *words: qgis_process(home, variables, "--json", "run", f"streetsense:{name}", "--", *words)


def test_all_algorithms_are_listed(home: Path) -> None:
    made = qgis_process(home, {}, "--json", "list")
    found = json.loads(made.stdout[made.stdout.index("{") :])["providers"]["streetsense"]["algorithms"]
    assert {"streetsense:newstudy", "streetsense:sample", "streetsense:embed", "streetsense:predict"} <= set(found)


def test_the_way_from_an_area_to_a_map_needs_no_window(run: Run, engine: RunningEngine, tmp_path: Path) -> None:
    results = results_of(run("newstudy", "NAME=headless", f"AREA={ROOT / 'resources' / 'democity_area.geojson'}"))
    assert results["STUDY"] == "headless"
    results = results_of(run("sample", "STUDY=headless", "ROADS=democity", "SPACING=400", f"OUTPUT={tmp_path}"))
    assert results["SAMPLE_POINTS"] > 10
    assert (tmp_path / "sample_points.gpkg").is_file()
    results = results_of(
        run("fetch", "STUDY=headless", "PROVIDER=democity", "DATES=2023-02", "SIZE=96", "MAX_VIEWS=20")
    )
    assert results["VIEWS"]["ok"] == 20
    shutil.copytree(engine.studies / "town" / "encoders", engine.studies / "headless" / "encoders", dirs_exist_ok=True)
    results = results_of(run("embed", "STUDY=headless", "ENCODER=tiny"))
    assert results["EMBEDDED"] == 20
    results = results_of(
        run("predict", "STUDY=headless", "NAME=looks", "ENCODER=tiny", "UNITS=square:500", f"OUTPUT={tmp_path}")
    )
    assert results["FEATURES"] > 1
    assert Path(results["LAYER"]) == tmp_path / "looks.gpkg"
    assert (tmp_path / "looks.tif").is_file()


def test_a_failure_is_one_sentence_and_an_exit_status(run: Run) -> None:
    made = run("sample", "STUDY=atlantis", "ROADS=democity")
    assert made.returncode != 0
    assert "atlantis" in made.stdout + made.stderr
    assert "Traceback" not in made.stdout + made.stderr


def test_without_variables_the_engine_of_a_given_python_is_started_and_stopped(home: Path, tmp_path: Path) -> None:
    variables = {
        "STREETSENSE_PYTHON": str(ROOT / ".venv" / "bin" / "python"),
        "STREETSENSE_STUDIES": str(tmp_path / "ü"),
    }
    made = qgis_process(
        home, variables, "--json", "run", "streetsense:newstudy", "--", "NAME=own", "EXTENT=0,1000,0,1000 [EPSG:3857]"
    )
    assert results_of(made)["AREA_KM2"] == pytest.approx(1.0, rel=0.02)
    assert (tmp_path / "ü" / "own" / "study.json").is_file()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in running


def test_an_engine_that_is_started_asks_the_instance_that_the_environment_names(home: Path, tmp_path: Path) -> None:
    python, town = str(ROOT / ".venv" / "bin" / "python"), ROOT / "tests" / "e2e_qgis" / "panoramax_town.py"
    with subprocess.Popen(
        [python, town, tmp_path / "streets.geojson"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as host:
        assert host.stdout is not None and host.stdin is not None
        variables = {
            "STREETSENSE_PYTHON": python,
            "STREETSENSE_STUDIES": str(tmp_path / "studies"),
            "STREETSENSE_PANORAMAX_URL": host.stdout.readline().strip(),
        }
        run = ("--json", "run")
        extent = "EXTENT=-28.001,-27.991,45.999,46.006 [EPSG:4326]"
        results_of(qgis_process(home, variables, *run, "streetsense:newstudy", "--", "NAME=town", extent))
        words = ("STUDY=town", "PROVIDER=panoramax", "SINCE=2020", "DRY_RUN=true", f"OUTPUT={tmp_path}")
        results = results_of(qgis_process(home, variables, *run, "streetsense:fetch", "--", *words))
        host.stdin.close()
    assert results["PLAN"]["by_year"] == {"2020": 28, "2021": 29, "2023": 56, "2024": 22}
    assert Path(results["COVERAGE_LAYER"]) == tmp_path / "coverage_panoramax.gpkg"


def test_without_any_engine_the_sentence_says_how_to_get_one(home: Path) -> None:
    made = qgis_process(home, {}, "--json", "run", "streetsense:embed", "--", "STUDY=town", "ENCODER=tiny")
    assert made.returncode != 0
    assert "There is no engine on this computer; install it" in made.stdout + made.stderr
