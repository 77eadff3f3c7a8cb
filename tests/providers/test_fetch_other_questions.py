"""A fetch goes by the answers to its own questions, whatever the study knows from others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import aiohttp.web
import geopandas as gpd
import pytest
import shapely

from streetsense.streetview.online import ledger
from streetsense.streetview.online.provider import Findings, Photo, Question, Shot
from streetsense.study import Study
from streetsense.web import Web

from . import toy
from .google_host import Panorama, google_host
from .loopback import LoopbackHost
from .panoramax_host import Picture, panoramax_host
from .toyfetch import SOUTH, STEP, WEST, Listener, photos_asked, run

pytestmark = pytest.mark.usefixtures("installed_toys")


def at(host: LoopbackHost) -> dict[str, object]:
    return {"provider": "panoramax", "api_url": host.url, "size": 64}


def picture(name: str, column: int) -> Picture:
    return Picture(name, WEST + (column + 0.5) * STEP, SOUTH + 0.5 * STEP)


def test_pictures_of_another_instance_are_not_downloaded(study: Study) -> None:
    with panoramax_host([picture("a", 1)]) as one, panoramax_host([picture("b", 2)]) as other:
        assert run(study, one, **at(one), dry_run=True).plan.chosen == 1  # type: ignore[union-attr]
        run(study, other, **at(other))
        assert set(study.views()["source_id"]) == {"b"}
        assert not photos_asked(one)


def test_only_the_panoramas_that_are_named_are_downloaded(study: Study, tmp_path: Path) -> None:
    key = "AIza-nobody-sees-this"
    places = [(f"panorama-{number}", WEST + (number + 0.5) * STEP, SOUTH + 5 * STEP) for number in range(6)]
    write_points(study, [place[1:] for place in places])
    (tmp_path / "named.txt").write_text("panorama-2\n")
    with google_host([Panorama(*place) for place in places], key=key) as host:
        inputs = {"provider": "google", "api_url": f"{host.url}/maps/api", "key": key, "accept_terms": True}
        assert run(study, host, **inputs, dry_run=True).plan.photos == 24  # type: ignore[union-attr]
        named = run(study, host, **inputs, dry_run=True, panoramas=tmp_path / "named.txt").plan
        assert named is not None
        assert (named.chosen, named.photos) == (1, 4)


def write_points(study: Study, places: Sequence[tuple[float, float]]) -> None:
    points = {"point_id": [f"p{number}" for number in range(len(places))], "road_id": "r", "road_bearing_deg": 0.0}
    study.write_sample_points(gpd.GeoDataFrame(points, geometry=shapely.points(places), crs="EPSG:4326"))


def test_where_there_is_no_new_answer_the_old_one_counts(
    study: Study, host: LoopbackHost, server: toy.ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_one(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
        is_one = request.path == "/find" and request.query["box"] == "7.0,50.0,7.0025,50.0025"
        return aiohttp.web.Response(status=500) if is_one else None

    run(study, host, dry_run=True)
    server.before = fail_one
    monkeypatch.setattr(ledger, "_FRESH_S", -60)
    job = Listener()
    assert run(study, host, job).views == {"ok": 120}
    assert any("stayed without an answer: HTTP 500 (1)" in warning for warning in job.warnings)


def test_what_a_provider_does_not_have_any_more_is_not_asked_for(
    study: Study, host: LoopbackHost, server: toy.ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(study, host, dry_run=True)
    server.captures = server.captures[1:]
    monkeypatch.setattr(ledger, "_FRESH_S", -60)
    assert run(study, host).views == {"ok": 119}
    assert "t000000" not in photos_asked(host)


def test_an_error_that_nobody_expected_costs_one_photo_or_question_and_keeps_its_text_to_itself(
    study: Study, host: LoopbackHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, photo = toy.Toy.ask, toy.Toy.photo

    async def ask_badly(self: toy.Toy, web: Web, question: Question) -> Findings:
        if question.where[2:] == (7.00125, 50.00125):
            raise ValueError(toy.KEY)
        return await ask(self, web, question)

    async def photo_badly(self: toy.Toy, web: Web, shot: Shot) -> Photo:
        if shot.capture.source_id == "t009011":
            raise KeyError(toy.KEY)
        return await photo(self, web, shot)

    monkeypatch.setattr(toy.Toy, "ask", ask_badly)
    monkeypatch.setattr(toy.Toy, "photo", photo_badly)
    job = Listener()
    outputs = run(study, host, job)
    assert outputs.views == {"ok": 120 - 36 - 1, "failed": 1}
    assert outputs.not_used == {"an unexpected error (KeyError)": 1}
    assert any("an unexpected error (ValueError) (1)" in warning for warning in job.warnings)
    assert toy.KEY not in " ".join(job.warnings)
