"""What happens to runs when the world around them does what it likes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from desks import Connected, Desk, city_plan
from engines import ENGINE_PYTHON
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings
from streetsense_qgis.runs import record as states
from streetsense_qgis.runs.plan import INDICATOR, Labels
from streetsense_qgis.runs.sources import Sources, export_layer


@pytest.fixture(autouse=True)
def no_runs(qgis_app: object) -> Iterator[None]:
    QgsSettings().remove("streetsense/runs")
    yield
    QgsSettings().remove("streetsense/runs")


@pytest.fixture
def desk(engine: Any, qgis_new_project: object, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(Connected(engine), tmp_path / "Größe & Ärger")
    yield made
    made.close()


def label_layer() -> QgsVectorLayer:
    """Return squares over the synthetic city: a third without a value, a third with a text that is no number."""
    layer = QgsVectorLayer(
        "Polygon?crs=EPSG:4326&field=name:string&field=value:double&field=words:string", "l", "memory"
    )
    features = []
    for number in range(36):
        column, row = number % 6, number // 6
        west, south = -29.5095 + column * 0.0033, 44.9950 + row * 0.0017
        feature = QgsFeature(layer.fields())
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(west, south, west + 0.0033, south + 0.0017)))
        value = None if number % 3 == 0 else 10.0 * column + row
        feature.setAttributes([f"square {number}", value, "unknown" if number % 3 == 1 else str(number)])
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    QgsProject.instance().addMapLayer(layer)
    return layer


def label_plan(study: str, field: str) -> Any:
    labels = Labels("uploads/labels.gpkg", field, "points")
    return city_plan(study, goal=INDICATOR, labels=labels, units="", name="value", spacing=250.0)


def ended(desk: Desk, run: Any) -> bool:
    return desk.run(run.id).state not in states.UNFINISHED


@pytest.mark.slow
def test_labels_without_a_value_are_left_out(desk: Desk, wait_for: Callable[..., None]) -> None:
    layer = label_layer()
    run = desk.runner.start(label_plan("nulls", "value"), Sources(labels=layer.id()))
    wait_for(lambda: ended(desk, run), 200)
    assert desk.run(run.id).state == states.DONE, desk.run(run.id).message
    assert Path(desk.run(run.id).folder, "value.gpkg").is_file()


@pytest.mark.slow
def test_labels_that_are_text_are_refused_in_a_sentence(desk: Desk, wait_for: Callable[..., None]) -> None:
    layer = label_layer()
    run = desk.runner.start(label_plan("words", "words"), Sources(labels=layer.id()))
    wait_for(lambda: ended(desk, run), 200)
    assert desk.run(run.id).state == states.FAILED
    assert "words" in desk.run(run.id).message


def test_labels_that_were_removed_are_asked_for_again(desk: Desk, wait_for: Callable[..., None]) -> None:
    layer = label_layer()
    layer_id = layer.id()
    QgsProject.instance().removeMapLayer(layer_id)
    run = desk.runner.start(label_plan("gone", "value"), Sources(labels=layer_id))
    wait_for(lambda: ended(desk, run))
    assert "choose it again" in desk.run(run.id).message


def test_a_layer_without_a_place_is_refused(
    qgis_new_project: object, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    layer = QgsVectorLayer("Polygon?field=value:double", "nowhere", "memory")
    layer.setCrs(QgsCoordinateReferenceSystem())
    QgsProject.instance().addMapLayer(layer)
    failures: list[Any] = []
    export_layer(layer.id(), str(tmp_path / "unused.gpkg")).then(lambda _: None, failures.append)
    wait_for(lambda: failures)
    assert "coordinate reference system" in str(failures[0])


@pytest.mark.slow
def test_a_project_that_is_closed_meanwhile_does_not_get_the_layers(
    desk: Desk, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    project = QgsProject.instance()
    project.write(str(tmp_path / "one.qgz"))
    run = desk.runner.start(city_plan("closed"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    project.clear()
    wait_for(lambda: ended(desk, run), 200)
    assert desk.run(run.id).state == states.READY
    assert not project.mapLayers()
    desk.runner.load(desk.run(run.id))
    wait_for(lambda: desk.run(run.id).state == states.DONE)
    assert project.mapLayers()


@pytest.mark.slow
def test_a_run_goes_on_after_its_engine_was_killed(tmp_path: Path, qgis_new_project: object, wait_for: Any) -> None:
    settings = ConnectionSettings(python=str(ENGINE_PYTHON), data_folder=str(tmp_path / "data"))
    session = Session(settings=lambda: settings)
    session.connect_engine()
    wait_for(lambda: session.state == "connected", 90)
    desk = Desk(session, tmp_path / "results")
    run = desk.runner.start(city_plan("killed", spacing=200.0), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    os.kill(_server_of(tmp_path / "data"), signal.SIGKILL)
    wait_for(lambda: session.state == "failed", 60)
    session.connect_engine()
    wait_for(lambda: session.state == "connected", 90)
    wait_for(lambda: ended(desk, run), 200)
    assert desk.run(run.id).state == states.DONE, desk.run(run.id).message
    desk.close()
    session.close()


def _server_of(data: Path) -> int:
    """Return the process of the server of a data folder."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "serve" in command and str(data) in command:
                return int(entry.name)
    raise AssertionError("no server runs")
