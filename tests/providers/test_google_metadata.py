"""What Google's metadata become: whatever they say, and as they were recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.streetview.online.google_metadata import capture_in
from tests.providers.fetchrequests import found_by
from tests.providers.google_host import statement_of
from tests.providers.google_in_paris import FIRST, photo_of, provider_at, saying
from tests.providers.loopback import LoopbackHost

MEMBERS = st.sampled_from(["pano_id", "location", "date", "copyright"])
VALUES = st.none() | st.text() | st.floats() | st.lists(st.text(max_size=3)) | st.dictionaries(MEMBERS, st.floats())


@settings(deadline=None)
@given(st.dictionaries(MEMBERS, VALUES))
def test_a_statement_that_says_nonsense_is_a_panorama_or_none(said: dict[str, Any]) -> None:
    capture = capture_in({**statement_of(FIRST), **said})
    if capture is not None:
        assert capture.source_id == capture.pano_id and capture.source_id.strip()
        assert -180 <= capture.lon <= 180 and -90 <= capture.lat <= 90
        assert capture.captured_at is None or capture.captured_at[:4].isdigit()


@pytest.mark.parametrize("missing", ["pano_id", "location"])
def test_a_statement_without_name_or_place_is_unreadable(missing: str) -> None:
    said = statement_of(FIRST)
    del said[missing]
    assert capture_in(said) is None


@pytest.mark.parametrize("date", ["2022-5", "2022-13", "May 2022", "", "2022-05-01"])
def test_a_date_that_is_no_month_is_unknown(date: str) -> None:
    capture = capture_in({**statement_of(FIRST), "date": date})
    assert capture is not None and capture.captured_at is None


def recorded(shared_data: Path) -> Path:
    folder = shared_data / "provider_answers" / "google"
    if not folder.is_dir():
        pytest.skip(f"real data: {folder} is absent")
    return folder


@pytest.mark.real
def test_recorded_statements_give_the_same_rows_on_every_run(shared_data: Path) -> None:
    paths = sorted(recorded(shared_data).glob("metadata_*.json"))
    captures = [capture_in(json.loads(path.read_bytes())) for path in paths]
    assert captures == [capture_in(json.loads(path.read_bytes())) for path in paths]
    rows = {(one.pano_id, one.captured_at, round(one.lat, 7), round(one.lon, 7)) for one in captures if one is not None}
    assert len(rows) == 18
    assert {
        ("F1dTjx_cF7_viUk4-3yruA", "2014-05", -33.8795778, 151.1654939),
        ("dy7l3LQaZqnAriJYc8pBvA", "2022-02", 51.4986336, -0.1570747),
        ("fX72Sve0gu59TP-IrI4ZYQ", "2007-11", -33.8795768, 151.1654893),
        ("kr1y00nhCszhWujQOz7Spg", "2015-10", 51.4986174, -0.157118),
    } <= rows
    assert {one.attribution for one in captures if one is not None} == {"© Google"}


@pytest.mark.real
def test_recorded_statements_are_found_by_their_names_through_sockets(shared_data: Path, tmp_path: Path) -> None:
    paths = recorded(shared_data).glob("metadata_*.json")
    bodies = {json.loads(path.read_bytes())["pano_id"]: path.read_bytes() for path in paths}
    (tmp_path / "ids.txt").write_text("\n".join(bodies))

    async def replay(request: web.Request) -> web.Response:
        return web.Response(body=bodies[request.query["pano"]], content_type="application/json")

    with LoopbackHost(replay) as host:
        found, unreadable = found_by(provider_at(host, panoramas=tmp_path / "ids.txt"))
    assert (set(found), unreadable) == (set(bodies), 0)


@pytest.mark.real
def test_a_recorded_picture_is_a_photo_and_not_the_grey_one(shared_data: Path) -> None:
    body = next(recorded(shared_data).glob("static_*.jpg")).read_bytes()
    with saying(body, "image/jpeg") as host:
        assert photo_of(provider_at(host)) == body
