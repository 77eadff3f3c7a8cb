"""`fetch` over the internet, from the first question to the study's rows, through real sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp.web
import geopandas as gpd
import numpy as np
import pytest

from streetsense.errors import Cancelled, InputError
from streetsense.study import Study

from . import toy
from .loopback import LoopbackHost
from .toyfetch import SOUTH, STEP, WEST, Listener, photos_asked, run

pytestmark = pytest.mark.usefixtures("installed_toys")


def test_every_capture_in_the_area_becomes_a_view(study: Study, host: LoopbackHost) -> None:
    job = Listener()
    outputs = run(study, host, job)
    views = study.views()
    assert outputs.views == {"ok": 120}
    assert outputs.new_views == 120
    assert sorted(views["source_id"]) == sorted(one["source_id"] for one in toy.grid(WEST, SOUTH, 12, 10))
    assert set(views["attribution"]) == {"© Toy"}
    assert set(views["heading_deg"]) == {90.0}
    assert views["width"].eq(96).all()
    assert all(study.photo_path(path).is_file() for path in views["path"])
    assert study.photo_path(views["path"].iloc[0]).read_bytes() == toy.picture(views["source_id"].iloc[0])
    assert any("120 captures found" in message for message in job.messages)


def test_full_answers_are_split_and_no_box_is_asked_twice(study: Study, host: LoopbackHost) -> None:
    run(study, host)
    boxes = [seen.query["box"] for seen in host.requests if seen.path == "/find"]
    assert len(boxes) == len(set(boxes)) > 4


def test_a_second_run_asks_for_nothing(study: Study, host: LoopbackHost) -> None:
    run(study, host)
    before = len(host.requests)
    rows = study.views().set_index("view_id").sort_index()
    again = run(study, host)
    assert len(host.requests) == before
    assert again.new_views == 0
    assert again.views == {"ok": 120}
    assert rows.equals(study.views().set_index("view_id").sort_index())


def test_rows_are_the_same_in_another_study(study: Study, host: LoopbackHost, tmp_path: Path) -> None:
    run(study, host)
    other = Study.create(tmp_path / "other", study.area)
    run(other, host)
    one, two = (
        each.views().drop(columns="geometry").sort_values("view_id", ignore_index=True) for each in (study, other)
    )
    assert one.equals(two)


def test_missing_photos_are_final_and_failed_ones_are_asked_for_again(
    study: Study, host: LoopbackHost, server: toy.ToyServer
) -> None:
    server.gone, server.broken = {"t000000", "t000001"}, {"t001001"}
    first = run(study, host)
    assert first.views == {"ok": 117, "missing": 2, "failed": 1}
    errors = study.views(status=None).set_index("source_id")["error"].dropna()
    assert errors["t000000"] == "it was taken away"
    assert "t001001" in errors
    host.requests.clear()
    server.broken = set()
    second = run(study, host)
    assert photos_asked(host) == ["t001001"]
    assert second.views == {"ok": 118, "missing": 2}


def test_the_cap_on_views_holds_and_what_is_taken_is_from_everywhere(study: Study, host: LoopbackHost) -> None:
    outputs = run(study, host, max_views=40)
    assert outputs.views == {"ok": 40}
    assert len(photos_asked(host)) == 40
    east = np.histogram(study.views().geometry.x, bins=4, range=(WEST, WEST + 12 * STEP))[0]
    assert east.min() >= 4
    more = run(study, host, max_views=60)
    assert more.views == {"ok": 60}
    assert len(photos_asked(host)) == 60


def test_photos_that_fail_do_not_count_for_the_cap(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    server.gone = {one["source_id"] for one in server.captures[::2]}
    assert run(study, host, max_views=50).views["ok"] == 50


def test_views_belong_to_their_sample_points_and_each_point_gets_its_nearest(study: Study, host: LoopbackHost) -> None:
    points = gpd.GeoDataFrame(
        {"point_id": ["a", "b"], "road_id": "r", "road_bearing_deg": [0.0, 0.0]},
        geometry=gpd.points_from_xy([WEST + 0.5 * STEP, WEST + 5.4 * STEP], [SOUTH + 0.5 * STEP, SOUTH + 5.5 * STEP]),
        crs="EPSG:4326",
    )
    study.write_sample_points(points)
    outputs = run(study, host)
    assert outputs.views == {"ok": 2}
    assert dict(zip(study.views()["source_id"], study.views()["point_id"], strict=True)) == {
        "t000000": "a",
        "t005005": "b",
    }
    assert run(study, host, history=True, max_distance=20).views["ok"] > 2


def test_since_and_until_choose_by_time(study: Study, host: LoopbackHost) -> None:
    outputs = run(study, host, until="2019")
    assert outputs.views == {"ok": 40}
    assert set(study.views()["captured_at"]) == {"2016-05"}


def test_panoramas_are_cut_and_downloaded_once(study: Study, tmp_path: Path) -> None:
    server = toy.ToyServer(toy.grid(WEST, SOUTH, 3, 2, is_pano=True), size=(512, 256))
    with LoopbackHost(server.handler) as host:
        outputs = run(study, host, size=64, headings=[0, 120, 240])
        assert outputs.views == {"ok": 18}
        assert max(server.photos.values()) == 1
        views = study.views()
        assert sorted(set(views["heading_deg"])) == [0.0, 120.0, 240.0]
        assert set(views["width"]) == {64}
        assert set(views["fov_deg"]) == {90.0}
        assert views["pano_id"].nunique() == 6
        host.requests.clear()
        run(study, host, size=64, headings=[0, 120, 240])
        assert not photos_asked(host)


def test_a_cap_in_the_middle_of_a_panorama_holds_too(study: Study) -> None:
    server = toy.ToyServer(toy.grid(WEST, SOUTH, 3, 2, is_pano=True), size=(512, 256))
    with LoopbackHost(server.handler) as host:
        assert run(study, host, size=64, max_views=6).views == {"ok": 6}
        assert run(study, host, size=64, max_views=9).views == {"ok": 9}
        last = run(study, host, size=64)
        assert (last.views, last.new_views) == ({"ok": 24}, 15)


def test_a_panorama_of_the_wrong_shape_is_quarantined(study: Study) -> None:
    with LoopbackHost(toy.ToyServer(toy.grid(WEST, SOUTH, 1, 1, is_pano=True)).handler) as host:
        job = Listener()
        outputs = run(study, host, job)
    assert outputs.views == {"quarantined": 1}
    assert "wrong shape" in job.warnings[0]


def test_a_dry_run_counts_and_downloads_nothing(study: Study, host: LoopbackHost) -> None:
    outputs = run(study, host, dry_run=True)
    assert not photos_asked(host)
    plan = outputs.plan
    assert plan is not None
    assert (plan.found, plan.chosen, plan.there_already, plan.photos) == (120, 120, 0, 120)
    assert plan.by_year == {"2016": 40, "2021": 80}
    assert (plan.billed, plan.cost_usd) == (0, 0)
    assert plan.megabytes > 0
    layer = gpd.read_file(study.root / str(outputs.coverage_layer))
    assert len(layer) == 120
    assert set(layer["year"]) == {2016, 2021}
    assert layer["chosen"].all()
    assert outputs.views == {}
    asked = len(host.requests)
    run(study, host, max_views=5)
    assert len(host.requests) == asked + 5  # what the dry run found is not asked for again


def test_a_stopped_run_goes_on_where_it_was(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    async def take_time(request: aiohttp.web.Request) -> None:
        await asyncio.sleep(0.05)

    server.before = take_time
    job = Listener(stop=lambda: sum(server.photos.values()) >= 30)
    with pytest.raises(Cancelled):
        run(study, host, job)
    there = len(study.views())
    assert 0 < there < 120
    server.before = None
    assert run(study, host).views == {"ok": 120}
    assert set(server.photos.values()) <= {1, 2}
    assert sum(server.photos.values()) <= 120 + 16  # what was under way may come twice


def test_rows_that_were_lost_are_fetched_again(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    server.gone = {"t000000"}
    run(study, host)
    for part in study.views_table.parts():
        part.unlink()
    host.requests.clear()
    assert run(study, host).views == {"ok": 119}
    assert len(photos_asked(host)) == 119


def test_a_refused_key_ends_the_run_with_a_sentence_and_nothing_is_lost(
    study: Study, host: LoopbackHost, server: toy.ToyServer
) -> None:
    async def refuse_later(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        late = request.path.startswith("/photo/") and sum(server.photos.values()) >= 20
        return aiohttp.web.Response(status=403) if late else None

    server.before = refuse_later
    with pytest.raises(InputError, match="key: Toy refuses it"):
        run(study, host)
    assert len(study.views()) >= 20
    server.before = None
    assert run(study, host).views == {"ok": 120}


def test_the_time_budget_ends_a_run_without_an_error(study: Study, host: LoopbackHost, server: toy.ToyServer) -> None:
    async def hold(request: aiohttp.web.Request) -> None:
        if request.path.startswith("/photo/") and sum(server.photos.values()) >= 10:
            await asyncio.sleep(1)

    server.before = hold
    job = Listener()
    outputs = run(study, host, job, time_budget=2.5 / 60)
    assert 0 < outputs.open_photos < 120
    assert any("still open" in warning for warning in job.warnings)
    server.before = None
    assert run(study, host).views == {"ok": 120}


def test_a_user_may_ask_for_less_at_once_but_never_for_more(study: Study, host: LoopbackHost) -> None:
    run(study, host, connections=3)
    assert host.most_at_once <= 3
    host.most_at_once = 0
    run(study, host, connections=1_000, again=True)
    assert host.most_at_once <= 8


def test_questions_that_stay_without_an_answer_are_told_and_asked_again(
    study: Study, host: LoopbackHost, server: toy.ToyServer
) -> None:
    failing = {"on": True}

    async def fail_one_box(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        is_one = failing["on"] and request.path == "/find" and request.query["box"].startswith("7.0,50.0,7.00125")
        return aiohttp.web.Response(status=500) if is_one else None

    server.before = fail_one_box
    job = Listener()
    first = run(study, host, job)
    assert 0 < first.views["ok"] < 120
    assert any("stayed without an answer: HTTP 500" in warning for warning in job.warnings)
    failing["on"] = False
    assert run(study, host).views == {"ok": 120}


def test_no_key_is_in_anything_that_a_run_leaves(
    study: Study, host: LoopbackHost, server: toy.ToyServer, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    monkeypatch.delenv("STREETSENSE_TOY_KEY")
    caplog.set_level(0)
    server.broken = {"t000003"}
    job = Listener()
    outputs = run(study, host, job, key=toy.KEY)
    left = b"".join(path.read_bytes() for path in study.root.rglob("*") if path.is_file())
    told = " ".join([*job.messages, *job.warnings, caplog.text, repr(outputs)])
    assert toy.KEY not in told
    assert toy.KEY.encode() not in left
    assert outputs.views["ok"] == 119
    with pytest.raises(InputError) as refused:
        run(study, host, key="another", again=True)
    assert "another" not in str(refused.value).replace("give another one", "")
