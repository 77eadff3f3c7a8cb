"""A run from the choices to layers on the map, on a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from desks import Connected, Desk, city_plan
from loopback import TOKEN
from qgis.core import QgsProject, QgsSettings, QgsVectorLayer
from standin import stand_in
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.inside import inside
from streetsense_qgis.connection.localfiles import files_of, folder_name
from streetsense_qgis.runs import record as states
from streetsense_qgis.runs.plan import INDICATOR, Labels, RunPlan
from streetsense_qgis.runs.preparing import with_tag
from streetsense_qgis.runs.record import RunList, RunLocks, RunRecord
from streetsense_qgis.runs.runner import Runner
from streetsense_qgis.runs.sources import Sources, export_layer
from streetsense_qgis.runs.studies import geometry_of, is_same_area
from town_results import FILES


@pytest.fixture
def session(engine: Any, qgis_app: object) -> Iterator[Connected]:
    for key in ("streetsense/runs",):
        QgsSettings().remove(key)
    made = Connected(engine)
    yield made
    QgsSettings().remove("streetsense/runs")


@pytest.fixture
def desk(session: Connected, qgis_new_project: object, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(session, tmp_path)
    yield made
    made.close()


def test_the_results_of_a_run_are_layers_on_the_map(
    studies: Path, qgis_app: object, qgis_new_project: object, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    town = studies / "town"
    with stand_in() as engine:
        record = "predictors/median_income/predictor.json"
        engine.files = {f"results/{name}": town / "results" / name for name in FILES} | {record: town / record}
        engine.outputs["fit"] = {"predictor": "median_income", "scores": {"blocked": {"r2": 0.5, "r2_low": 0.4}}}
        desk = Desk(Connected(SimpleNamespace(url=engine.url, token=TOKEN)), tmp_path)
        labels = Labels("results/democity_block_groups.gpkg", "median_income")
        run = desk.runner.start(city_plan("town", goal=INDICATOR, units="", labels=labels), Sources())
        wait_for(lambda: "predict" in engine.of("accepted"))
        engine.set_all("successful")
        wait_for(lambda: desk.run(run.id).state not in states.UNFINISHED)
        found = desk.run(run.id)
        assert found.state == states.DONE, found.message
        assert "explains 50 %" in found.message
        layers = QgsProject.instance().mapLayers().values()
        kinds = {layer.customProperty("streetsense/kind") for layer in layers}
        assert {"prediction", "views", "points", "surface"} <= kinds
        assert all(layer.isValid() for layer in layers)
        assert Path(found.folder, record).read_bytes() == (town / record).read_bytes()
        desk.close()
    QgsSettings().remove("streetsense/runs")


@pytest.mark.slow
def test_a_run_ends_with_layers_on_the_map(desk: Desk, wait_for: Callable[..., None]) -> None:
    run = desk.runner.start(city_plan("whole"), Sources())
    wait_for(lambda: desk.run(run.id).state in (states.DONE, states.FAILED), 200)
    assert desk.run(run.id).state == states.DONE, desk.run(run.id).message
    kinds = {layer.customProperty("streetsense/kind") for layer in QgsProject.instance().mapLayers().values()}
    assert {"prediction", "views", "points", "surface"} <= kinds
    assert all(layer.isValid() for layer in QgsProject.instance().mapLayers().values())


@pytest.mark.slow
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
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    desk.runner.cancel(desk.run(run.id))
    assert desk.run(run.id).state == states.STOPPED
    wait_for(lambda: not desk.watch.is_busy)


@pytest.mark.slow
def test_a_run_goes_on_when_qgis_was_closed_in_between(
    desk: Desk, session: Connected, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    run = desk.runner.start(city_plan("reopened"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    desk.runner.close()
    again = Desk(session, tmp_path)
    wait_for(lambda: again.run(run.id).state not in states.UNFINISHED, 200)
    assert again.run(run.id).state == states.DONE, again.run(run.id).message
    again.close()
    desk.runner = Runner(session, desk.watch, desk.layers, lambda study: str(tmp_path / study))


def test_a_name_that_belongs_to_a_study_of_another_place_is_refused(desk: Desk, wait_for: Callable[..., None]) -> None:
    elsewhere = {"type": "Polygon", "coordinates": [[[7, 50], [7.01, 50], [7.01, 50.01], [7, 50.01], [7, 50]]]}
    run = desk.runner.start(city_plan("town", area=elsewhere), Sources())
    wait_for(lambda: desk.run(run.id).state not in states.UNFINISHED)
    assert desk.run(run.id).state == states.FAILED
    assert "choose another name" in desk.run(run.id).message


def test_a_folder_without_photos_is_refused(desk: Desk, tmp_path: Path, wait_for: Callable[..., None]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    plan = city_plan("nophotos", provider="folder", photos="uploads/photos")
    run = desk.runner.start(plan, Sources(photos=str(empty)))
    wait_for(lambda: desk.run(run.id).state not in states.UNFINISHED)
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
    crossing = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    assert is_same_area(crossing, crossing)


@pytest.mark.slow
def test_a_list_of_jobs_that_lacks_one_of_a_run_does_not_end_it(desk: Desk, wait_for: Callable[..., None]) -> None:
    run = desk.runner.start(city_plan("shortlist"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    desk.watch.looked.emit([])
    wait_for(lambda: desk.run(run.id).state not in states.UNFINISHED, 200)
    assert desk.run(run.id).state == states.DONE, desk.run(run.id).message


def test_a_run_of_another_engine_is_left_alone(desk: Desk, wait_for: Callable[..., None]) -> None:
    elsewhere = RunRecord("far", city_plan("far"), "https://gpu.example.org", made="2026-01-01", state=states.RUNNING)
    RunList().put(elsewhere)
    desk.watch.looked.emit([])
    desk.session.changed.emit()
    assert desk.run("far").state == states.RUNNING
    desk.runner.again(desk.run("far"))
    assert "another engine" in desk.run("far").message
    assert not desk.run("far").jobs


def test_two_windows_do_not_look_after_the_same_run(desk: Desk, session: Connected, tmp_path: Path) -> None:
    desk.runner._locks.take("shared")
    record = RunRecord("shared", city_plan("shared"), session.client.address, state=states.PREPARING)
    RunList().put(record)
    taken = RunLocks(desk.runner._locks._folder)
    assert not taken.take("shared")
    desk.runner._locks.leave("shared")
    assert taken.take("shared")
    taken.close()


def test_stopping_stops_jobs_that_were_just_submitted(desk: Desk, wait_for: Callable[..., None]) -> None:
    run = desk.runner.start(city_plan("quick", spacing=60.0), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    desk.watch.jobs = []  # nobody has looked since
    desk.runner.cancel(run)
    wait_for(lambda: not desk.run(run.id).is_dismissing)
    desk.watch.look()
    mine = {job_id for job_id, _ in desk.run(run.id).jobs}
    wait_for(lambda: mine <= {job["jobID"] for job in desk.watch.jobs})
    wait_for(lambda: not desk.watch.is_busy)
    assert {desk.watch.job(job_id)["status"] for job_id in mine} <= {"dismissed", "successful"}


def test_files_of_two_runs_in_one_study_do_not_meet() -> None:
    plan = city_plan("one", labels=Labels("uploads/labels.gpkg", "v"), table="uploads/t.csv", photos="uploads/photos")
    first, second = with_tag(plan, "run-1"), with_tag(plan, "run-2")
    assert first.labels.source != second.labels.source
    assert first.table == "uploads/run-1/t.csv"
    assert first.photos == "uploads/photos"
    assert with_tag(city_plan("one", roads="osm"), "run-1").roads == "osm"


@pytest.mark.parametrize("name", ["../up.gpkg", "/etc/passwd", "a/../../b", "C:/x", "a\\b", ""])
def test_an_engine_does_not_decide_where_files_are_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="outside"):
        inside(tmp_path, name)
    assert inside(tmp_path, "photos/ab/c.jpg") == tmp_path / "photos" / "ab" / "c.jpg"


def test_photos_of_two_folders_do_not_meet_in_a_study(tmp_path: Path) -> None:
    for place in ("one", "two"):
        (tmp_path / place / "photos").mkdir(parents=True)
        (tmp_path / place / "photos" / "a.jpg").write_bytes(place.encode())
    names = [files_of(tmp_path / place / "photos")[1][0].name for place in ("one", "two")]
    assert names[0] != names[1]
    assert names[0].startswith(folder_name(tmp_path / "one" / "photos"))


def test_a_layer_that_was_written_half_is_written_again(
    qgis_new_project: object, tmp_path: Path, wait_for: Callable[..., None]
) -> None:
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326&field=value:double", "labels", "memory")
    QgsProject.instance().addMapLayer(layer)
    target = tmp_path / "labels.gpkg"
    Path(f"{target}.part.gpkg").write_bytes(b"half a file")
    written: list[str] = []
    export_layer(layer.id(), str(target)).then(written.append)
    assert not target.exists()
    wait_for(lambda: written)
    assert QgsVectorLayer(str(target), "read", "ogr").isValid()
    assert [path.name for path in tmp_path.iterdir()] == ["labels.gpkg"]
