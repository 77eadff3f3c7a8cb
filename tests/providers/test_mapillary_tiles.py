"""Vector tiles are read as GDAL reads them, but to the last digit; the tiles of an area are those that touch it."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.streetview.online.mapillary_tiles import ZOOM, captures_in_tile, tile_position, tiles_covering
from streetsense.streetview.online.vectortile import TilePoint, tile_points
from tests.providers.digests import digest_of
from tests.providers.mvt import EXTENT, Value, point_tile

X, Y = 3252, 6258
VALUES = st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20)
POINTS = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**31), 2**31 - 1),
        st.dictionaries(st.text(max_size=6), VALUES, max_size=4),
    ),
    max_size=8,
)


@given(POINTS)
def test_what_was_written_is_read(points: list[tuple[int, int, dict[str, Value]]]) -> None:
    tile = point_tile("image", points)
    assert tile_points(tile, "image") == [TilePoint(x / EXTENT, y / EXTENT, said) for x, y, said in points]
    assert tile_points(tile, "sequence") == []


@given(st.binary(max_size=80))
def test_bytes_that_are_no_tile_are_refused_or_hold_no_points(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(tile_points(data, "image"), list)


@given(POINTS.filter(bool), st.data())
def test_a_cut_tile_is_refused(points: list[tuple[int, int, dict[str, Value]]], data: st.DataObject) -> None:
    tile = point_tile("image", points)
    with pytest.raises(ValueError, match="tile"):
        tile_points(tile[: data.draw(st.integers(1, len(tile) - 1))], "image")


def test_only_points_are_read() -> None:
    tile = point_tile("image", [(1, 2, {"id": 1}), (3, 4, {"id": 2})], first_type=2)
    assert [point.properties["id"] for point in tile_points(tile, "image")] == [2]
    assert tile_points(b"", "image") == []


def test_long_ids_keep_their_last_digit_where_others_are_missing() -> None:
    tile = point_tile("image", [(10, 20, {"id": 24_235_112_816_526_837}), (30, 40, {"is_pano": True})])
    findings = captures_in_tile(tile, X, Y)
    assert [capture.source_id for capture in findings.captures] == ["24235112816526837"]
    assert findings.unreadable == 1


@settings(max_examples=20)
@given(st.integers(0, 2**ZOOM - 1), st.integers(0, 2**ZOOM - 1), st.floats(0, 0.999), st.floats(0, 0.999))
def test_a_place_in_a_tile_is_covered_by_it(x: int, y: int, right: float, down: float) -> None:
    lon, lat = tile_position(x + right, y + down)
    around = shapely.Point(lon, lat).buffer(2e-7)
    assert (x, y) in tiles_covering(around)


def test_an_areas_tiles_touch_it_and_leave_nothing_out() -> None:
    area = shapely.union(shapely.box(9.1, 48.7, 9.25, 48.8), shapely.Point(9.5, 48.9).buffer(0.05))
    tiles = tiles_covering(area)
    assert len(tiles) == len(set(tiles))
    boxes = []
    for x, y in tiles:
        (west, north), (east, south) = tile_position(x, y), tile_position(x + 1, y + 1)
        boxes.append(shapely.box(west, south, east, north))
        assert boxes[-1].buffer(1e-6).intersects(area)
    assert shapely.union_all([box.buffer(1e-6) for box in boxes]).covers(area)


def test_the_ends_of_the_map_are_no_obstacle() -> None:
    assert tiles_covering(shapely.box(179.99, 84.99, 180, 90))[-1][0] == 2**ZOOM - 1
    assert tiles_covering(shapely.box(-180, -90, -179.99, -85))[0][0] == 0


@pytest.mark.real
def test_a_recorded_tile_is_read_as_gdal_reads_it(shared_data: Path) -> None:
    path = shared_data / "provider_answers" / "mapillary" / "tiles" / f"{ZOOM}_{X}_{Y}.mvt"
    points = tile_points(path.read_bytes(), "image")
    meta, _, geometry, columns = pyogrio.raw.read(path, layer="image", X=X, Y=Y, Z=ZOOM)
    assert len(points) == len(geometry) == 4888
    half = math.pi * 6_378_137
    side = 2 * half / 2**ZOOM
    places = shapely.from_wkb(geometry)
    np.testing.assert_allclose([(X + point.x) * side - half for point in points], shapely.get_x(places), atol=1e-6)
    np.testing.assert_allclose([half - (Y + point.y) * side for point in points], shapely.get_y(places), atol=1e-6)
    sequences = columns[list(meta["fields"]).index("sequence_id")]
    assert [point.properties["sequence_id"] for point in points] == list(sequences)
    # Whoever recorded the tile took the ids out of it.
    assert captures_in_tile(path.read_bytes(), X, Y).unreadable == 4888


@pytest.mark.real
def test_a_recorded_tile_with_ids_becomes_the_same_captures_every_time(shared_data: Path) -> None:
    path = shared_data / "provider_answers" / "mapillary" / "tiles" / f"{ZOOM}_{X}_{Y}.mvt"
    points = [
        (round(point.x * EXTENT), round(point.y * EXTENT), {**point.properties, "id": 10**16 + number})
        for number, point in enumerate(tile_points(path.read_bytes(), "image"))
    ]
    findings = captures_in_tile(point_tile("image", points), X, Y)
    assert (len(findings.captures), findings.unreadable) == (4888, 0)
    assert digest_of(findings.captures) == "f10c5d82aa9b984a"
