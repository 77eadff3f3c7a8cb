"""Panoramax in the real QGIS: an instance of this computer that answers as theirs do, from its terms to the map."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from run_qgis import Played

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def town(engine_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the address of an instance that has a made-up town, and the file with its streets."""
    streets = tmp_path_factory.mktemp("town") / "streets.geojson"
    script = Path(__file__).with_name("panoramax_town.py")
    process = subprocess.Popen(
        [engine_python, script, streets], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process.stdout.readline().strip(), streets
    process.communicate()


@pytest.fixture(scope="module")
def scene(played: Callable[..., Played], engine_python: Path, town: tuple[str, Path]) -> Played:
    url, streets = town
    with pytest.MonkeyPatch.context() as patch:
        # The engine that QGIS starts is told as a user would tell it.
        patch.setenv("STREETSENSE_PANORAMAX_URL", url)
        return played("panoramax", python=str(engine_python), streets=str(streets))


def test_nothing_goes_wrong(scene: Played) -> None:
    assert scene.problems == []


def test_neither_key_nor_consent_is_asked_for(scene: Played) -> None:
    assert (scene.facts["asks_key"], scene.facts["asks_consent"]) == (False, False)
    assert scene.facts["can_preview"]


def test_the_terms_can_be_read(scene: Played) -> None:
    assert scene.facts["terms"] == "Terms of Panoramax"


def test_the_coverage_is_counted_by_year_and_on_the_map(scene: Played) -> None:
    said, bars = scene.facts["found"]  # type: ignore[misc]
    assert said.startswith("161 captures found.")
    assert bars == "2024: 22, 2023: 56, 2021: 29, 2020: 28, 2017: 26"
    assert scene.facts["on_map"] == 161


def test_other_dates_are_another_question(scene: Played) -> None:
    assert str(scene.facts["outdated"]).endswith("preview again.")
    said, bars = scene.facts["found_since_2020"]  # type: ignore[misc]
    assert said.startswith("135 captures found.")
    assert "2017" not in bars
    assert scene.facts["on_map_since_2020"] == 135


def test_the_run_takes_only_what_was_captured_since_then(scene: Played) -> None:
    assert scene.facts["state"] == "done"
    views = scene.facts["views"]
    assert isinstance(views, dict)
    assert views["provider"] == ["panoramax"]
    assert views["years"] == ["2020", "2021", "2023", "2024"]


def test_every_view_and_the_map_name_the_producers(scene: Played) -> None:
    views, label = scene.facts["views"], str(scene.facts["label"])
    assert isinstance(views, dict)
    assert views["licence"] == ["CC-BY-SA-4.0", "etalab-2.0"]
    for producer in ("mapper_ada", "Town of Exampleton"):
        assert any(producer in name for name in views["attribution"])
        assert producer in label


def test_a_click_shows_the_photo_and_the_report_is_written(scene: Played) -> None:
    assert scene.facts["view"]
    assert int(str(scene.facts["pdf_bytes"])) > 10_000


def test_the_engine_ends_with_qgis(scene: Played) -> None:
    assert scene.left_behind == []
