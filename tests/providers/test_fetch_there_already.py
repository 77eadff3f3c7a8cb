"""What a study has of a provider already, whatever an earlier run was asked and however it ended."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import aiohttp.web
import geopandas as gpd
import pytest
import shapely

from streetsense.errors import Cancelled
from streetsense.processes import fetch
from streetsense.processes.fetchledger import FetchLedger
from streetsense.processes.fetchplan import Plan
from streetsense.study import Study

from . import toy
from .loopback import LoopbackHost
from .toyfetch import SOUTH, STEP, WEST, Listener, photos_asked, run

pytestmark = pytest.mark.usefixtures("installed_toys")


@pytest.fixture
def panoramas() -> toy.ToyServer:
    return toy.ToyServer(toy.grid(WEST, SOUTH, 3, 2, is_pano=True), size=(256, 128))


def test_a_cap_that_was_reached_in_the_middle_of_a_panorama_asks_for_nothing_again(
    study: Study, panoramas: toy.ToyServer
) -> None:
    with LoopbackHost(panoramas.handler) as host:
        run(study, host, size=64, max_views=6)
        host.requests.clear()
        again = run(study, host, size=64, max_views=6)
        assert not host.requests
        assert (again.new_views, again.views) == (0, {"ok": 6})


def test_the_rest_of_a_panorama_is_what_is_new(study: Study, panoramas: toy.ToyServer) -> None:
    with LoopbackHost(panoramas.handler) as host:
        run(study, host, size=64, max_views=6)
        more = run(study, host, size=64, max_views=9)
        assert (more.new_views, more.views) == (3, {"ok": 9})
        assert run(study, host, size=64).new_views == 15


def test_a_panorama_that_failed_at_first_can_be_cut_in_other_directions_later(
    study: Study, panoramas: toy.ToyServer
) -> None:
    panoramas.broken = {"t000000"}
    with LoopbackHost(panoramas.handler) as host:
        assert run(study, host, size=64).views == {"ok": 20, "failed": 1}
        panoramas.broken = set()
        assert run(study, host, size=64).views["ok"] == 24
        assert run(study, host, size=64, headings=[45]).new_views == 6


def test_views_of_another_time_count_for_the_cap_on_views(study: Study, host: LoopbackHost) -> None:
    assert run(study, host, until="2019").views == {"ok": 40}
    assert run(study, host, since="2020", max_views=50).views == {"ok": 50}


def test_what_a_killed_run_had_taken_counts_once_for_the_cap_on_views(
    study: Study, host: LoopbackHost, server: toy.ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Ends a run as a kill does: nothing is written any more."""

    def killed(*_: object) -> None:
        if server.photos:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FetchLedger, "write", killed)
        with pytest.raises(Killed):
            run(study, host, max_views=30)
    assert len(study.views()) == 0
    outputs = run(study, host, max_views=50)
    assert outputs.views == {"ok": 50}
    assert max(server.photos.values()) == 1


def test_a_dry_run_counts_what_is_there_for_the_cap_on_views(study: Study, host: LoopbackHost) -> None:
    run(study, host, max_views=30)
    plan = run(study, host, max_views=40, dry_run=True).plan
    assert plan is not None
    assert (plan.photos, plan.there_already, plan.chosen) == (10, 30, 120)


def test_a_dry_run_counts_the_photos_of_panoramas_and_not_their_views(study: Study, panoramas: toy.ToyServer) -> None:
    with LoopbackHost(panoramas.handler) as host:
        plan = run(study, host, size=64, max_views=10, dry_run=True).plan
        assert plan is not None
        assert plan.photos == 3
        run(study, host, size=64, max_views=10)
        assert len(photos_asked(host)) == 3


def test_photos_that_are_missing_are_not_there(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    server.gone = {"t000000", "t000001"}
    run(study, host)
    plan = run(study, host, dry_run=True).plan
    assert plan is not None
    assert (plan.there_already, plan.photos) == (118, 0)


def test_a_view_is_not_lost_when_its_photo_fails_the_second_time(
    study: Study, host: LoopbackHost, server: toy.ToyServer
) -> None:
    run(study, host)
    server.broken = {"t000003"}
    job = Listener()
    assert run(study, host, job, again=True).views == {"ok": 120}
    assert job.warnings == ["a photo could not be fetched again; its view stays as it was (views: 1)."]


def test_progress_is_measured_by_the_views_that_are_wanted(study: Study, host: LoopbackHost) -> None:
    job = Listener()
    run(study, host, job, max_views=10)
    assert not any("of 120 photos" in message for message in job.messages)


def test_progress_tells_how_far_how_fast_and_how_long(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    async def take_time(request: aiohttp.web.Request) -> None:
        await asyncio.sleep(0.05)

    server.before = take_time
    job = Listener()
    run(study, host, job)
    assert any(re.search(r"; \d+ of 120 photos, \d+ a second, \d+ s left", message) for message in job.messages)


def test_again_asks_for_photos_that_were_missing_or_no_use_too(study: Study) -> None:
    server = toy.ToyServer(toy.grid(WEST, SOUTH, 3, 2, is_pano=True), size=(96, 64))
    server.gone = {"t000000"}
    with LoopbackHost(server.handler) as host:
        assert run(study, host, size=64).views == {"missing": 1, "quarantined": 5}
        host.requests.clear()
        assert run(study, host, size=64).new_views == 0
        assert not photos_asked(host)
        run(study, host, size=64, again=True)
        assert len(photos_asked(host)) == 6


@pytest.mark.parametrize("where", ["/find", "/photo/"])
def test_a_run_ends_at_once_when_it_is_stopped_while_nobody_answers(
    study: Study, host: LoopbackHost, server: toy.ToyServer, where: str
) -> None:
    is_asked = threading.Event()

    async def never(request: aiohttp.web.Request) -> None:
        if request.path.startswith(where):
            is_asked.set()
            await asyncio.Event().wait()

    server.before = never
    with pytest.raises(Cancelled):
        run(study, host, Listener(stop=is_asked.is_set))
    server.before = None
    assert run(study, host).views == {"ok": 120}


def test_a_dry_run_on_this_computer_counts_up_to_the_cap_too(tmp_path: Path) -> None:
    places = [(-29.5 + number * STEP, 45.0) for number in range(5)]
    area = gpd.GeoDataFrame(geometry=[shapely.LineString(places).buffer(STEP)], crs="EPSG:4326")
    study = Study.create(tmp_path / "democity", area)
    points = {"point_id": [f"p{number}" for number in range(5)], "road_id": "r", "road_bearing_deg": 0.0}
    study.write_sample_points(gpd.GeoDataFrame(points, geometry=shapely.points(places), crs="EPSG:4326"))

    def plan(**inputs: object) -> Plan:
        values = {"provider": "democity", "dates": ["2019-07"], "dry_run": True, **inputs}
        plan = fetch.run(study, fetch.PROCESS.parse(values), Listener()).plan
        assert plan is not None
        return plan

    assert plan().photos == 5
    assert plan(max_views=9).photos == 3
