"""Runs that are stopped, refused, missed or shown twice, also by two windows; their engine carries nothing out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from desks import Connected, Desk, city_plan
from loopback import TOKEN
from qgis.core import QgsSettings
from standin import StandIn, stand_in
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.session import Session
from streetsense_qgis.connection.settings import ConnectionSettings
from streetsense_qgis.runs import record as states
from streetsense_qgis.runs.folders import results_folder
from streetsense_qgis.runs.plan import INDICATOR, Labels
from streetsense_qgis.runs.record import RunList
from streetsense_qgis.runs.sources import Sources


@pytest.fixture
def standing(qgis_app: object, qgis_new_project: object) -> Iterator[StandIn]:
    QgsSettings().remove("streetsense/runs")
    with stand_in() as engine:
        yield engine
    QgsSettings().remove("streetsense/runs")


@pytest.fixture
def window(standing: StandIn, tmp_path: Path) -> Iterator[Callable[[], Desk]]:
    made: list[Desk] = []

    def open_one() -> Desk:
        made.append(Desk(Connected(SimpleNamespace(url=standing.url, token=TOKEN)), tmp_path))
        return made[-1]

    yield open_one
    for one in made:
        one.close()


def ended(desk: Desk, run: Any) -> bool:
    return desk.run(run.id).state not in states.UNFINISHED


def test_a_job_that_is_just_being_submitted_is_stopped_too(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    desk = window()
    standing.is_answering.clear()
    run = desk.runner.start(city_plan("late"), Sources())
    wait_for(lambda: standing.jobs)
    desk.runner.cancel(run)
    standing.is_answering.set()
    wait_for(lambda: standing.of("dismissed"))
    assert desk.run(run.id).state == states.STOPPED
    assert not standing.of("accepted")


def test_a_step_that_is_refused_stops_those_that_were_taken(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    desk = window()
    standing.refused = "embed"
    run = desk.runner.start(city_plan("refused"), Sources())
    wait_for(lambda: ended(desk, run))
    wait_for(lambda: not standing.of("accepted"))
    assert desk.run(run.id).state == states.FAILED
    assert "not this" in desk.run(run.id).message
    assert standing.of("dismissed") == ["sample", "fetch", "import-encoder"]


def test_a_step_that_was_taken_off_the_list_stops_the_others(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    desk = window()
    run = desk.runner.start(city_plan("removed"), Sources())
    wait_for(lambda: len(desk.run(run.id).jobs) == 5)
    del standing.jobs[desk.run(run.id).jobs[0][0]]
    desk.watch.look()
    wait_for(lambda: ended(desk, run) and not standing.of("accepted"))
    assert desk.run(run.id).state == states.STOPPED


def test_a_run_whose_jobs_ended_before_anybody_looked_ends(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    first = window()
    run = first.runner.start(city_plan("unseen"), Sources())
    wait_for(lambda: len(first.run(run.id).jobs) == 5)
    first.close()
    standing.set_all("successful")
    kept = first.run(run.id)
    del kept.jobs[-1]  # QGIS ended before the last answer came
    RunList().put(kept)
    second = window()
    wait_for(lambda: ended(second, run))
    assert second.run(run.id).state == states.DONE
    assert len(standing.jobs) == 5


def test_what_a_map_is_worth_is_still_said_when_its_layers_are_loaded_again(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    desk = window()
    standing.outputs["fit"] = {"predictor": "alike", "scores": {"blocked": {"r2": 0.01, "r2_low": -0.2}}}
    labels = Labels("results/democity_block_groups.gpkg", "income")
    run = desk.runner.start(city_plan("worth", goal=INDICATOR, units="", labels=labels), Sources())
    wait_for(lambda: standing.of("accepted").count("predict"))
    standing.set_all("successful")
    wait_for(lambda: ended(desk, run))
    said = desk.run(run.id).message
    assert "Do not use this map" in said
    Path(desk.run(run.id).folder).mkdir(parents=True, exist_ok=True)
    kept = desk.run(run.id)
    kept.files = ["notes.json"]
    Path(kept.folder, "notes.json").write_text("{}")
    RunList().put(kept)
    desk.runner.load(kept)
    wait_for(lambda: run.id not in desk.runner._work)
    assert desk.run(run.id).message == said
    assert not desk.run(run.id).is_usable


def test_stop_comes_too_late_for_a_run_that_is_done(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    desk = window()
    run = desk.runner.start(city_plan("done"), Sources())
    wait_for(lambda: len(standing.of("accepted")) == 5)
    standing.set_all("successful")
    wait_for(lambda: ended(desk, run))
    desk.runner.cancel(run)
    assert desk.run(run.id).state == states.DONE


def test_another_window_can_stop_a_run(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    one, other = window(), window()
    standing.is_answering.clear()
    run = one.runner.start(city_plan("two"), Sources())
    wait_for(lambda: standing.jobs)
    other.runner.cancel(other.run(run.id))
    standing.is_answering.set()
    wait_for(lambda: standing.of("dismissed"))
    wait_for(lambda: run.id not in one.runner._locks._held)
    assert one.run(run.id).state == states.STOPPED
    assert not standing.of("accepted")
    other.runner.again(other.run(run.id))
    wait_for(lambda: len(standing.of("accepted")) == 5)


def test_a_run_that_another_window_has_is_not_begun_here(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    one, other = window(), window()
    run = one.runner.start(city_plan("held"), Sources())
    wait_for(lambda: len(standing.of("accepted")) == 5)
    kept = one.run(run.id)
    kept.state = states.READY
    RunList().put(kept)
    other.runner.load(kept)
    assert "Another window" in other.run(run.id).message
    assert run.id not in other.runner._work


def test_a_window_takes_over_what_a_closed_one_left(
    window: Callable[[], Desk], standing: StandIn, wait_for: Callable[..., None]
) -> None:
    one, other = window(), window()
    run = one.runner.start(city_plan("left"), Sources())
    wait_for(lambda: len(one.run(run.id).jobs) == 5)
    other.watch.look()
    wait_for(lambda: other.watch.is_busy)
    one.watch.close()  # it hears no more of them
    standing.set_all("successful")
    wait_for(lambda: not other.watch.is_busy)
    assert other.run(run.id).state == states.RUNNING
    one.runner.close()
    other.watch.look()
    wait_for(lambda: ended(other, run))
    assert other.run(run.id).state == states.DONE
    one._is_open = False


@pytest.mark.parametrize(("study", "process"), [("../../elsewhere", "fetch"), ("/etc", "fetch"), ("town", "../../x")])
def test_an_engine_does_not_choose_the_folder_of_results(window: Callable[[], Desk], study: str, process: str) -> None:
    desk = window()
    desk.runner._folder_of = results_folder
    job = {"jobID": "far", "study": study, "processID": process, "created": "2026-01-01T00:00:00Z"}
    with pytest.raises(EngineError, match="outside"):
        desk.runner.load_job(job)
    assert RunList().get("far") is None


def test_a_run_stays_with_its_engine_when_another_window_changes_the_settings(qgis_app: object, tmp_path: Path) -> None:
    found = [ConnectionSettings(data_folder=str(tmp_path / "one"))]
    session = Session(settings=lambda: found[0])
    before = session.engine
    found[0] = ConnectionSettings(data_folder=str(tmp_path / "two"))
    assert session.engine == before
    session.reconnect_engine(may_ask=False)
    assert session.engine != before
