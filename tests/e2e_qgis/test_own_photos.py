"""A folder of real photos in the real QGIS: from the table to the report."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from run_qgis import Played


@pytest.fixture(scope="module")
def scene(played: Callable[..., Played], engine_python: Path) -> Played:
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = Path(os.environ.get("STREETSENSE_SHARED_DATA", default)) / "panoramax_capferret"
    if not folder.is_dir():
        pytest.skip(f"real data: {folder} is absent")
    given = {"photos": str(folder), "table": str(folder / "faces.csv"), "roads": str(folder / "full_lines.geojson")}
    return played("own_photos", python=str(engine_python), **given)


pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_nothing_goes_wrong(scene: Played) -> None:
    assert scene.problems == []


def test_all_photos_are_found(scene: Played) -> None:
    assert scene.facts["photos"] == 400


def test_the_map_of_likeness_is_there_with_its_views(scene: Played) -> None:
    layers = scene.facts["layers"]
    assert isinstance(layers, dict)
    assert all(is_valid for _, is_valid in layers.values())
    assert any("Views" in name for name in layers)


def test_a_click_shows_the_photo_and_the_report_is_written(scene: Played) -> None:
    assert scene.facts["view"]
    assert int(str(scene.facts["pdf_bytes"])) > 10_000


def test_the_engine_ends_with_qgis(scene: Played) -> None:
    assert scene.left_behind == []
