"""The synthetic city in the real QGIS: from the mouse to the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from run_qgis import Played


@pytest.fixture(scope="module")
def scene(played: Callable[..., Played], engine_python: Path) -> Played:
    return played("demo_city", python=str(engine_python), encoder="random", views="160")


def test_nothing_goes_wrong(scene: Played) -> None:
    assert scene.problems == []


def test_the_engine_is_found_and_said(scene: Played) -> None:
    assert "engine" in str(scene.facts["connection"])


def test_the_area_is_the_one_that_was_drawn(scene: Played) -> None:
    assert 0.5 < float(str(scene.facts["drawn_km2"])) < float(str(scene.facts["city_km2"]))


def test_the_map_can_be_seen_while_somebody_draws_on_it(scene: Played) -> None:
    assert scene.facts["is_map_seen"]


def test_how_much_it_will_be_is_said_before(scene: Played) -> None:
    assert "km²" in str(scene.facts["estimate"])


def test_the_run_ends_in_valid_layers_of_one_group(scene: Played) -> None:
    assert scene.facts["state"] == "done"
    layers, groups = scene.facts["layers"], scene.facts["groups"]
    assert isinstance(layers, dict) and isinstance(groups, list)
    assert len(layers) >= 3
    assert all(is_valid for _, is_valid in layers.values())
    assert groups


def test_a_click_shows_the_photo(scene: Played) -> None:
    assert scene.facts["view"]


def test_the_report_is_a_layout_and_a_pdf(scene: Played) -> None:
    assert scene.facts["layouts"]
    assert int(str(scene.facts["pdf_bytes"])) > 10_000


def test_the_atlas_is_a_pdf_with_photos(scene: Played) -> None:
    assert int(str(scene.facts["atlas_bytes"])) > 100_000


def test_the_engine_ends_with_qgis(scene: Played) -> None:
    assert scene.left_behind == []
