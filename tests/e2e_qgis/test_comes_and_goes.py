"""The package in the real QGIS: installed by its installer, reloaded, and gone without a trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from run_qgis import Played


@pytest.fixture(scope="module")
def scene(played: Callable[..., Played]) -> Played:
    return played("comes_and_goes")


def test_nothing_goes_wrong(scene: Played) -> None:
    assert scene.problems == []


def test_a_toolbar_a_dock_and_the_algorithms_are_there(scene: Played) -> None:
    assert scene.facts["toolbars"] == ["StreetSense"]
    assert scene.facts["docks"]
    assert scene.facts["provider"]
    assert scene.facts["algorithms"]


def test_ten_reloads_add_nothing(scene: Played) -> None:
    rounds = scene.facts["rounds"]
    assert isinstance(rounds, list) and len(rounds) == 10
    assert rounds[-1] == rounds[0], scene.facts["grown"]


def test_unloading_leaves_what_was_there_before(scene: Played) -> None:
    before, after = scene.facts["before"], scene.facts["after"]
    assert after == before, scene.facts["left"]


def test_no_process_outlives_qgis(scene: Played) -> None:
    assert scene.left_behind == []
