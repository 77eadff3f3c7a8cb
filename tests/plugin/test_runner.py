"""A run from the choices to layers on the map, on a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from qgis.core import QgsProject, QgsSettings
from streetsense_qgis import resources
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.jobwatch import JobWatch
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings
from streetsense_qgis.layers.results import ResultLayers
from streetsense_qgis.runs import plan as plans
from streetsense_qgis.runs import record as states
from streetsense_qgis.runs.plan import INDICATOR, Labels, RunPlan
from streetsense_qgis.runs.record import RunList, RunRecord
from streetsense_qgis.runs.runner import Runner
from streetsense_qgis.runs.sources import Sources
from streetsense_qgis.runs.studies import geometry_of, is_same_area


class Connected(Session):
    """A session that is connected to the server of the tests."""

    def __init__(self, engine: Any) -> None:
        super().__init__(settings=lambda: ConnectionSettings(mode="remote", address=engine.url))
        self.client = EngineClient(engine.url, engine.token, self)
        self.is_local, self.state = False, "connected"
        self.health = {"engine_version": "0.1.0", "devices": []}

    def describe(self) -> str:
        return "the engine of the tests"


@pytest.fixture
def session(engine: Any, qgis_app: object) -> Iterator[Connected]:
    for key in ("streetsense/runs",):
        QgsSettings().remove(key)
    made = Connected(engine)
    yield made
    QgsSettings().remove("streetsense/runs")


class Desk:
    """All that carries out runs."""

    def __init__(self, session: Connected, folder: Path) -> None:
        self.watch = JobWatch(session)
        self.layers = ResultLayers(QgsProject.instance(), None)
        self.runner = Runner(session, self.watch, self.layers, lambda study: str(folder / study))
        self.session = session

    def run(self, run_id: str) -> RunRecord:
        return next(run for run in self.runner.runs() if run.id == run_id)

    def close(self) -> None:
        self.runner.close()
        self.watch.close()
        self.layers.close()


@pytest.fixture
def desk(session: Connected, qgis_new_project: object, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(session, tmp_path)
    yield made
    made.close()


def city_plan(study: str, **choices: Any) -> RunPlan:
    area = json.loads(Path(resources.path("democity_area.geojson")).read_text())["features"][0]["geometry"]
    values: dict[str, Any] = {
        "study": study, "name": "alike", "area": area, "provider": "democity", "roads": "democity", "spacing": 900.0,
        "dates": ["2023-06"], "headings": [0.0], "units": "square:500", "encoder_from": plans.RANDOM,
        "encoder": "tiny", "architecture": "vit_tiny_patch16_224",
    }  # fmt: skip
    return RunPlan(**{**values, **choices})


def test_a_run_ends_with_layers_on_the_map(desk: Desk, wait_for: Callable[..., None]) -> None:
    run = desk.runner.start(city_plan("whole"), Sources())
    wait_for(lambda: desk.run(run.id).state in (states.DONE, states.FAILED), 200)
    assert desk.run(run.id).state == states.DONE, desk.run(run.id).message
    kinds = {layer.customProperty("streetsense/kind") for layer in QgsProject.instance().mapLayers().values()}
    assert {"prediction", "views", "points", "surface"} <= kinds
    assert all(layer.isValid() for layer in QgsProject.instance().mapLayers().values())


def test_a_step_that_fails_stops_the_steps_after_it(desk: Desk, wait_for: Callable[..., None]) -> None:
    labels = Labels("results/democity_block_groups.gpkg", "no_such_column")
    run = desk.runner.start(city_plan("fails", goal=INDICATOR, units="", labels=labels), Sources())
    wait_for(lambda: desk.run(run.id).state not in states.UNFINISHED, 200)
    found = desk.run(run.id)
    assert found.state == states.FAILED
    assert "no_such_column" in found.message
    wait_for(lambda: not desk.watch.is_busy)
    assert [desk.watch.job(job_id)["status"] for job_id, _ in found.jobs][-1] in ("dismissed", "failed")


def test_a_run_that_is_stopped_stops_its_jobs(desk: Desk, wait_for: Callable[..., None]) -> None:
    run = desk.runner.start(city_plan("stopped", spacing=60.0), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5 if desk.runner.runs() else False)
    desk.runner.cancel(desk.run(run.id))
    assert desk.run(run.id).state == states.STOPPED
    wait_for(lambda: not desk.watch.is_busy)


def test_a_run_goes_on_when_qgis_was_closed_in_between(
    desk: Desk, session: Connected, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    run = desk.runner.start(city_plan("reopened"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5 if desk.runner.runs() else False)
    desk.runner.close()
    again = Desk(session, tmp_path)
    wait_for(lambda: again.run(run.id).state not in states.UNFINISHED, 200)
    assert again.run(run.id).state == states.DONE, again.run(run.id).message
    again.close()
    desk.runner = Runner(session, desk.watch, desk.layers, lambda study: str(tmp_path / study))


def test_a_name_that_belongs_to_a_study_of_another_place_is_refused(desk: Desk, wait_for: Callable[..., None]) -> None:
    elsewhere = {"type": "Polygon", "coordinates": [[[7, 50], [7.01, 50], [7.01, 50.01], [7, 50.01], [7, 50]]]}
    run = desk.runner.start(city_plan("town", area=elsewhere), Sources())
    wait_for(lambda: desk.runner.runs())
    assert desk.run(run.id).state == states.FAILED
    assert "choose another name" in desk.run(run.id).message


def test_a_folder_without_photos_is_refused(desk: Desk, tmp_path: Path, wait_for: Callable[..., None]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    plan = city_plan("nophotos", provider="folder", photos="uploads/photos")
    run = desk.runner.start(plan, Sources(photos=str(empty)))
    wait_for(lambda: desk.runner.runs())
    assert "no photo" in desk.run(run.id).message


def test_runs_are_remembered_and_the_oldest_forgotten(session: Connected) -> None:
    kept = RunList()
    for number in range(35):
        made = f"2026-01-{number % 28 + 1:02d}T00:00:{number:02d}Z"
        kept.put(RunRecord(f"run-{number}", RunPlan(), "local", made=made, state=states.DONE))
    assert len(kept.all()) == 30
    QgsSettings().setValue("streetsense/runs/broken", "no json")
    assert len(kept.all()) == 30


def test_two_areas_are_the_same_when_they_cover_the_same_place() -> None:
    area = city_plan("any").area
    collection = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": area}]}
    assert is_same_area(area, collection)
    moved = json.loads(json.dumps(area).replace("-29.5", "-29.4"))
    assert not is_same_area(area, moved)
    assert geometry_of(collection).area() > 0
