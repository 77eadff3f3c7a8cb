"""Items of Panoramax catalogues, whatever they say."""

from __future__ import annotations

import copy
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.streetview.online.panoramax_items import captures_of
from streetsense.streetview.online.provider import FoundCapture
from tests.providers.panoramax_host import Picture, item_of

API = "https://api.panoramax.xyz/api"


def item(**more: Any) -> dict[str, Any]:
    return item_of(Picture("a1", 2.35, 48.85, more=more), "https://one.example")


def read(one: Any, asset: str = "sd") -> FoundCapture | None:
    captures, unreadable = captures_of([one], API, asset)
    assert len(captures) + unreadable == 1
    return captures[0] if captures else None


@pytest.mark.parametrize(
    ("properties", "is_pano"),
    [
        ({"pers:interior_orientation": {"field_of_view": 360}}, True),
        ({"pers:interior_orientation": {"field_of_view": "360"}}, True),
        ({"pers:interior_orientation": {"field_of_view": 94}}, False),
        ({"pers:interior_orientation": {}, "tiles:tile_matrix_sets": {"geovisio": {}}}, True),
        ({"pers:interior_orientation": None, "exif": {"Xmp.GPano.ProjectionType": "equirectangular"}}, True),
        ({"pers:interior_orientation": {"field_of_view": 94}, "tiles:tile_matrix_sets": {}}, False),
        ({"pers:interior_orientation": None, "exif": None}, False),
    ],
)
def test_panoramas_are_told_by_field_of_view_projection_or_tiles(properties: dict[str, Any], is_pano: bool) -> None:
    capture = read(item(**properties))
    assert capture is not None and capture.is_pano == is_pano
    assert capture.pano_id == ("a1" if is_pano else None)


def test_a_band_of_the_sphere_is_left_out_and_one_without_margins_is_not() -> None:
    optics = {"field_of_view": 360, "sensor_array_dimensions": [15872, 7936]}
    assert read(item(**{"pers:interior_orientation": {**optics, "visible_area": [0, 2538, 0, 2792]}})) is None
    assert read(item(**{"pers:interior_orientation": {**optics, "visible_area": [0, 0, 0, 0]}})) is not None


def test_a_missing_azimuth_is_an_unknown_heading() -> None:
    capture = read(item(**{"view:azimuth": None}))
    assert capture is not None and capture.heading_deg is None


@pytest.mark.parametrize(("azimuth", "heading"), [(360, 0.0), (-90, 270.0), ("12.5", 12.5), (725, 5.0), (-1e-20, 0.0)])
def test_headings_lie_between_0_and_360(azimuth: object, heading: float) -> None:
    capture = read(item(**{"view:azimuth": azimuth}))
    assert capture is not None and capture.heading_deg == heading


def test_the_producer_is_named_or_else_a_provider_who_produced_it() -> None:
    one = item()
    del one["properties"]["geovisio:producer"]
    one["providers"] = [{"name": "host", "roles": ["host"]}, {"name": "jane", "roles": ["producer"]}]
    assert read(one).attribution == "© jane / Panoramax"  # type: ignore[union-attr]
    one["providers"] = "nobody"
    assert read(one).attribution == "© Panoramax contributors"  # type: ignore[union-attr]


def test_a_picture_of_the_size_that_is_there_is_taken() -> None:
    one = item()
    del one["assets"]["sd"]
    assert read(one).photo_url.endswith("/hd.jpg")  # type: ignore[union-attr]
    del one["assets"]["hd"]
    assert read(one, "hd").photo_url.endswith("/thumb.jpg")  # type: ignore[union-attr]


@pytest.mark.parametrize("href", ["http://one.example/a.jpg", "file:///etc/passwd", "/a.jpg", "https://e/ a", 7])
def test_addresses_that_are_not_safe_are_no_pictures(href: object) -> None:
    one = item()
    one["assets"] = {"sd": {"href": href}}
    assert read(one) is None


def test_addresses_without_encryption_do_where_the_api_has_none() -> None:
    one = item()
    one["assets"] = {"sd": {"href": "http://127.0.0.1:1/a.jpg"}}
    assert captures_of([one], "http://127.0.0.1:1/api")[1] == 0


@pytest.mark.parametrize(
    ("written", "captured_at"),
    [
        ("2022-11-11T17:42:37+00:00", "2022-11-11T17:42:37Z"),
        ("2022-11-11T17:42:37.125000+00:00", "2022-11-11T17:42:37.125Z"),
        ("2022-11-11T19:42:37+02:00", "2022-11-11T17:42:37Z"),
        ("2022-11-11T17:42:37Z", "2022-11-11T17:42:37Z"),
        ("yesterday", None),
        (None, None),
    ],
)
def test_times_keep_their_precision(written: str | None, captured_at: str | None) -> None:
    assert read(item(datetime=written)).captured_at == captured_at  # type: ignore[union-attr]


@pytest.mark.parametrize("coordinates", [[200, 48], [2.35], ["x", 48], [None, None], [float("nan"), 1], "2,48", {}])
def test_places_that_are_none_are_unreadable(coordinates: object) -> None:
    one = item()
    one["geometry"]["coordinates"] = coordinates
    assert read(one) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for name, member in members for below in _paths(member, (*path, name)))]


@settings(deadline=None)
@given(st.data())
def test_nothing_that_an_item_says_breaks_the_others(data: st.DataObject) -> None:
    broken = item()
    path = data.draw(st.sampled_from(_paths(broken)))
    if path:
        place: Any = broken
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = data.draw(JSON)
    else:
        broken = data.draw(JSON)
    whole = copy.deepcopy(item())
    whole["id"] = "whole"
    captures, unreadable = captures_of([broken, whole], API)
    assert len(captures) + unreadable == 2 or {one.source_id for one in captures} == {"whole"}
    assert captures[-1].source_id == "whole"
    for capture in captures:
        assert -180 <= capture.lon <= 180 and -90 <= capture.lat <= 90
        assert capture.heading_deg is None or 0 <= capture.heading_deg < 360
        assert capture.fov_deg is None or 0 < capture.fov_deg < 180
        assert capture.photo_url is not None and capture.photo_url.startswith("https://")


@pytest.mark.real
def test_items_made_of_real_pictures_give_them_back(shared_data: Path) -> None:
    folder = shared_data / "panoramax_capferret"
    if not folder.is_dir():
        pytest.skip(f"real data: {folder} is absent")
    with (folder / "faces.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["face"] == "front"]
    items = [
        item_of(
            Picture(
                row["pano_id"],
                float(row["lon"]),
                float(row["lat"]),
                row["datetime"],
                azimuth=float(row["heading_deg"]),
                licence=row["license"],
                producer=row["provider"],
                collection=row["collection"],
            ),
            "https://api.panoramax.xyz",
        )
        for row in rows
    ]
    captures, unreadable = captures_of(json.loads(json.dumps(items)), API)
    assert (len(captures), unreadable) == (100, 0)
    for row, capture in zip(rows, captures, strict=True):
        assert capture.source_url == row["source"]
        assert capture.captured_at == row["datetime"].replace("+00:00", "Z")
        assert (capture.licence, capture.attribution) == (row["license"], f"© {row['provider']} / Panoramax")
        assert capture.is_pano and capture.heading_deg == float(row["heading_deg"])
