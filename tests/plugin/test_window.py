"""StreetSense in a window: it comes whole, and it goes without a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtWidgets import QDockWidget
from streetsense_qgis import classFactory
from streetsense_qgis.runs import plan as plans


class Loaded:
    """StreetSense as QGIS has loaded it."""

    def __init__(self, iface: Any) -> None:
        self.plugin = classFactory(iface)
        self.plugin.initGui()
        self.window = self.plugin._window
        self.dock = self.window.dock


@pytest.fixture
def loaded(qgis_iface: Any, qgis_new_project: object) -> Iterator[Loaded]:
    made = Loaded(qgis_iface)
    yield made
    made.plugin.unload()


def test_it_brings_a_dock_algorithms_and_actions(loaded: Loaded) -> None:
    provider = QgsApplication.processingRegistry().providerById("streetsense")
    assert {"sample", "fetch", "embed", "fit", "predict"} <= {one.name() for one in provider.algorithms()}
    assert isinstance(loaded.dock, QDockWidget)


def test_every_step_says_what_is_missing_at_first(loaded: Loaded) -> None:
    plan, _ = loaded.dock.plan()
    assert loaded.dock.area.show_missing(plan)
    assert loaded.dock.views.show_missing(plan)
    loaded.dock._update()
    assert not loaded.dock.run.button.isEnabled()


def test_one_button_fills_everything_in_for_the_synthetic_city(loaded: Loaded) -> None:
    loaded.dock.area.demo.click()
    plan, sources = loaded.dock.plan()
    assert [step.missing(plan) for step in loaded.dock.steps] == ["", "", "", ""]
    assert (plan.provider, plan.roads, plan.encoder_from) == ("democity", "democity", plans.LEARN)
    assert plan.labels.source == "results/democity_block_groups.gpkg"
    assert not any(vars(sources).values())
    assert "1.92 km²" in loaded.dock.run.estimate.text()
    assert 1.5 < loaded.dock.area.km2 < 2.5


def test_pressing_run_twice_begins_one_run(loaded: Loaded) -> None:
    runner = loaded.window.runner
    before = {run.id for run in runner.runs()}
    loaded.dock.area.demo.click()
    loaded.dock.begin()
    loaded.dock.begin()
    (begun,) = [run for run in runner.runs() if run.id not in before]
    assert runner.is_under_way(begun.plan)
    runner.cancel(begun)
    assert not runner.is_under_way(begun.plan)
    runner.forget(begun)


def test_a_folder_is_asked_for_when_photos_come_from_one(loaded: Loaded) -> None:
    loaded.dock.views.choose(loaded.dock.views.provider, "folder")
    plan, _ = loaded.dock.plan()
    assert "folder" in loaded.dock.views.missing(plan)


def test_the_photos_of_a_folder_are_counted(loaded: Loaded, tmp_path: Any, wait_for: Callable[..., None]) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("a.jpg", "deep/b.JPG", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    loaded.dock.views.choose(loaded.dock.views.provider, "folder")
    loaded.dock.views.photos.setFilePath(str(tmp_path))
    wait_for(lambda: loaded.dock.views.number_of_photos == 2)


def test_loading_and_unloading_ten_times_leaves_nothing(qgis_iface: Any, qgis_new_project: object) -> None:
    def left() -> tuple[int, int, int]:
        main = qgis_iface.mainWindow()
        QgsApplication.sendPostedEvents(None, 52)  # QEvent.DeferredDelete
        return (
            len(main.findChildren(QDockWidget)),
            len(qgis_iface.mapCanvas().scene().items()),
            QgsApplication.processingRegistry().providerById("streetsense") is not None,
        )

    before = left()
    for _ in range(10):
        Loaded(qgis_iface).plugin.unload()
    assert left() == before
    assert not QgsProject.instance().mapLayers()
