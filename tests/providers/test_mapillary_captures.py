"""What Mapillary says of an image becomes a capture, whatever is missing, odd, or written as text."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.streetview.capturetime import capture_times
from streetsense.streetview.online.jsonvalues import angle, instant, point, position
from streetsense.streetview.online.mapillary_captures import capture_of, field_of_view, photo_address
from streetsense.streetview.online.mapillary_graph import Graph, GraphFault, fault_in
from streetsense.web import TryAgain, WebAnswer
from tests.providers.digests import digest_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["id", "captured_at", "compass_angle", "computed_compass_angle", "geometry", "computed_geometry",
          "camera_type", "camera_parameters", "is_pano", "width", "height", "exif_orientation", "sequence",
          "creator"]  # fmt: skip
WHERE = {"type": "Point", "coordinates": [9.17, 48.77]}


def flat(**more: Any) -> dict[str, Any]:
    return {
        "id": "1",
        "geometry": WHERE,
        "camera_type": "perspective",
        "camera_parameters": [0.5, 0, 0],
        "width": 4000,
        "height": 3000,
        **more,
    }


@given(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON)
def test_no_image_breaks_the_reading(image: object) -> None:
    capture = capture_of(image)
    if capture is not None:
        assert abs(capture.lon) <= 180 and abs(capture.lat) <= 90
        assert capture.heading_deg is None or 0 <= capture.heading_deg < 360
        assert capture.fov_deg is None or 0 < capture.fov_deg < 180
        assert capture.captured_at is None or capture.captured_at[:4].isdigit()


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_directions_are_turned_into_one_circle(degrees: float) -> None:
    turned = angle(degrees)
    if not math.isfinite(degrees):
        assert turned is None
        return
    assert turned is not None and 0 <= turned < 360
    assert angle(repr(degrees)) == turned
    if abs(degrees) < 1e6:
        assert math.isclose(math.cos(math.radians(turned)), math.cos(math.radians(degrees)), abs_tol=1e-6)


@given(st.floats(-400, 400), st.floats(-200, 200))
def test_positions_are_on_the_earth_or_none(lon: float, lat: float) -> None:
    there = (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None
    assert position(lon, lat) == there
    assert position(str(lon), str(lat)) == there
    assert point({"type": "Point", "coordinates": [lon, lat, 17.0]}) == there


@given(st.floats(1.5, 178), st.integers(2, 9000), st.integers(2, 9000), st.sampled_from(range(1, 9)))
def test_the_field_of_view_is_that_of_the_photo_as_it_is_looked_at(
    fov: float, width: int, height: int, orientation: int
) -> None:
    across = width if orientation < 5 else height
    focal = 0.5 * across / max(width, height) / math.tan(math.radians(fov) / 2)
    image = flat(camera_parameters=[focal, 0, 0], width=width, height=str(height), exif_orientation=orientation)
    assert field_of_view(image) == pytest.approx(fov)


def test_cameras_that_are_not_flat_have_no_field_of_view() -> None:
    assert field_of_view(flat(camera_type="fisheye")) is None
    assert field_of_view(flat(camera_parameters=[0, 0, 0])) is None
    assert field_of_view(flat(camera_parameters=[])) is None
    assert field_of_view(flat(width=None)) is None
    round_ = capture_of(flat(camera_type="equirectangular"))
    assert round_ is not None and round_.is_pano and round_.fov_deg is None
    fisheye = capture_of(flat(camera_type="fisheye"))
    assert fisheye is not None and not fisheye.is_pano


def test_computed_values_come_first_and_the_devices_own_where_they_are_none() -> None:
    both = capture_of(flat(computed_geometry={"type": "Point", "coordinates": ["9.2", "48.8"]}, compass_angle=10,
                           computed_compass_angle="-90"))  # fmt: skip
    assert both is not None and (both.lon, both.lat, both.heading_deg) == (9.2, 48.8, 270.0)
    odd = capture_of(flat(computed_geometry={"coordinates": [999, 0]}, compass_angle="370", computed_compass_angle=""))
    assert odd is not None and (odd.lon, odd.lat, odd.heading_deg) == (9.17, 48.77, 10.0)


@pytest.mark.parametrize("name", [None, "", "a/b", "../me", "1?fields=x", True, 1.5, "x" * 65])
def test_an_id_that_could_lead_elsewhere_is_none(name: object) -> None:
    assert capture_of(flat(id=name)) is None


@given(st.integers(100_000_000_000, 99_999_999_999_999))
def test_instants_are_written_as_everywhere_else(milliseconds: int) -> None:
    (expected,) = capture_times(pd.Series([milliseconds]))
    assert instant(milliseconds) == instant(str(milliseconds)) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [("2021-05-03T10:00:00+02:00", "2021-05-03T08:00:00Z"), ("2021-05-03T10:00", None), ("", None), ("soon", None)],
)
def test_dates_as_text_are_understood_when_they_are_instants(said: str, expected: str | None) -> None:
    capture = capture_of(flat(captured_at=said))
    assert capture is not None and capture.captured_at == expected


def test_names_of_users_stay_on_one_line() -> None:
    capture = capture_of(flat(creator={"username": " a\n\tb\x00c "}))
    assert capture is not None and capture.attribution == "© a b c / Mapillary"


def test_photos_are_asked_for_at_encrypted_addresses_alone() -> None:
    image = {"thumb_2048_url": "http://cdn.example/1.jpg", "thumb_1024_url": "https://cdn.example/2.jpg"}
    fields = ("thumb_2048_url", "thumb_1024_url")
    assert photo_address(image, fields, "https://graph.example") == "https://cdn.example/2.jpg"
    assert photo_address(image, fields, "http://127.0.0.1:80") == "http://cdn.example/1.jpg"


def answers(folder: Path) -> dict[str, WebAnswer]:
    there = sorted((folder / "provider_answers" / "mapillary" / "graph").glob("*.json"))
    return {path.stem: WebAnswer(200, {}, path.read_bytes()) for path in there}


@pytest.mark.real
def test_recorded_images_become_the_same_captures_every_time(shared_data: Path) -> None:
    found = [
        capture
        for answer in answers(shared_data).values()
        if fault_in(answer) is None and (capture := capture_of(answer.json())) is not None
    ]
    assert [capture.source_id for capture in found] == [
        "135511895288847", "308609047601518", "311681117131457", "311799370533334", "338231874314914",
        "4235112816526838",
    ]  # fmt: skip
    first = found[0]
    assert (first.lon, first.lat, first.heading_deg) == (-108.57081597085, 39.068354912098, 1.2865829255371)
    assert first.fov_deg == pytest.approx(60.85, abs=0.01)
    assert (first.captured_at, first.sequence_id) == ("2019-07-21T14:57:52.184Z", "7nfcwfvjdtphz7yj6zat6a")
    assert digest_of(found) == "18c63a1fc9627826"


@pytest.mark.real
def test_recorded_errors_are_understood_whatever_their_status(shared_data: Path) -> None:
    recorded = answers(shared_data)
    graph = Graph("https://graph.mapillary.com", "secret")
    for status in (200, 400, 403, 500):
        busy = WebAnswer(status, {}, recorded["application_request_limit_reached"].body)
        with pytest.raises(TryAgain) as limit:
            graph.require_no_fault(busy)
        assert limit.value.is_busy
        with pytest.raises(InputError, match=r"^key: "):
            graph.require_no_fault(WebAnswer(status, {}, recorded["internal_server_error"].body))


@pytest.mark.parametrize(
    ("status", "error", "what"),
    [
        (400, {"code": -2, "error_subcode": 3404014, "is_transient": True}, "is_too_large"),
        (400, {"code": 1, "message": "Please reduce the amount of data you're asking for"}, "is_too_large"),
        (400, {"code": 100, "error_subcode": 33, "message": "Object with ID '1' does not exist"}, "is_gone"),
        (404, None, "is_gone"),
    ],
)
def test_errors_that_last_say_what_they_are(status: int, error: dict[str, Any] | None, what: str) -> None:
    body = b"" if error is None else json.dumps({"error": error}).encode()
    with pytest.raises(GraphFault) as fault:
        Graph("https://graph.mapillary.com", "secret").require_no_fault(WebAnswer(status, {}, body))
    assert getattr(fault.value.fault, what)
    assert fault.value.host == "graph.mapillary.com"


@given(st.binary(max_size=60) | st.builds(lambda value: json.dumps({"error": value}).encode(), JSON))
def test_no_answer_breaks_the_reading_of_errors(body: bytes) -> None:
    fault_in(WebAnswer(200, {}, body))
    assert fault_in(WebAnswer(400, {}, body)) is not None


@pytest.mark.real
def test_fields_of_many_real_images_agree_with_what_others_computed_of_them(shared_data: Path) -> None:
    folder = shared_data / "global_streetscapes"
    with (folder / "mapillary_graph_fields.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    with (folder / "metadata.csv").open(encoding="utf-8") as stream:
        known = {row["orig_id"]: row for row in csv.DictReader(stream) if row["source"] == "Mapillary"}
    found = []
    for row in rows:
        coordinates = json.loads(row["computed_geometry.coordinates"])
        capture = capture_of({**row, "computed_geometry": {"type": "Point", "coordinates": coordinates}})
        assert capture is not None
        said = known[capture.source_id]
        assert capture.is_pano == (said["projection_type"] == "spherical")
        assert capture.fov_deg == (pytest.approx(float(said["hFoV"])) if said["hFoV"] else None)
        found.append(capture)
    assert (len(found), sum(capture.is_pano for capture in found)) == (1892, 660)
    assert digest_of(found) == "e38494d21ff1e43b"
