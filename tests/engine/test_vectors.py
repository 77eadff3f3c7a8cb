"""Any format and coordinate system in, WGS84 out, and one sentence about what cannot be read."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from streetsense.errors import InputError
from streetsense.vectors import read_table, read_vector, require_columns, utm_crs

BORDEAUX = gpd.GeoDataFrame({"name": ["a"]}, geometry=[box(-0.6, 44.8, -0.5, 44.9)], crs="EPSG:4326")


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".parquet"])
def test_every_format_in_any_projection_gives_the_same_degrees(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"area{suffix}"
    projected = BORDEAUX if suffix == ".geojson" else BORDEAUX.to_crs("EPSG:2154")
    if suffix == ".parquet":
        projected.to_parquet(path)
    else:
        projected.to_file(path)
    read = read_vector(path, "area")
    assert read.crs == "EPSG:4326"
    assert read.total_bounds == pytest.approx(BORDEAUX.total_bounds, abs=1e-6)


def test_a_file_with_several_layers_asks_which_one_and_takes_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "both.gpkg"
    BORDEAUX.to_file(path, layer="first")
    BORDEAUX.translate(1).to_file(path, layer="second", mode="a")
    with pytest.raises(InputError, match=r"several layers \(first, second\); say .*layername=first"):
        read_vector(path, "area")
    assert read_vector(f"{path}|layername=second", "area").total_bounds[0] == pytest.approx(0.4)


def test_an_area_on_both_sides_of_the_antimeridian_is_measured_where_it_is() -> None:
    fiji = gpd.GeoDataFrame(geometry=[box(179, -18, 180, -17), box(-180, -18, -179.5, -17)], crs="EPSG:4326")
    assert utm_crs(fiji).to_epsg() in (32760, 32701)


def test_tables_of_spreadsheets_keep_their_umlauts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("straße;wert\nGrüner Weg;1,5\n".encode("cp1252"))
    assert read_table(tmp_path / "t.csv", "labels")["straße"].tolist() == ["Grüner Weg"]


def test_a_layer_without_crs_is_refused_with_advice(tmp_path: Path) -> None:
    BORDEAUX.set_crs(None, allow_override=True).to_file(tmp_path / "area.shp")
    with pytest.raises(InputError, match=r"^area: .*coordinate reference system; assign one"):
        read_vector(tmp_path / "area.shp", "area")


def test_coordinates_outside_the_world_are_refused(tmp_path: Path) -> None:
    metres = BORDEAUX.to_crs("EPSG:2154").set_crs("EPSG:4326", allow_override=True)
    metres.to_parquet(tmp_path / "area.parquet")
    with pytest.raises(InputError, match="outside the world"):
        read_vector(tmp_path / "area.parquet", "area")


@pytest.mark.parametrize("content", [b"", b"\x00\x01nonsense", b"{}"])
def test_a_file_that_is_no_layer_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "area.geojson").write_bytes(content)
    with pytest.raises(InputError, match=r"^area: ") as caught:
        read_vector(tmp_path / "area.geojson", "area")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_vector(tmp_path / "no.gpkg", "area")
    with pytest.raises(InputError, match="is a folder"):
        read_vector(tmp_path, "area")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_identifiers_keep_their_leading_zeros(separator: str, tmp_path: Path) -> None:
    rows = pd.DataFrame({"GEOID": ["06081608700", "06081601100"], "income": [1.5, 2.5]})
    rows.to_csv(tmp_path / "t.csv", index=False, sep=separator)
    read = read_table(tmp_path / "t.csv", "labels")
    assert read["GEOID"].tolist() == ["06081608700", "06081601100"]
    assert read["income"].dtype == float


def test_a_column_that_is_missing_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InputError, match=r"labels: there is no column 'income'; the columns are a, b\."):
        require_columns(pd.DataFrame(columns=["a", "b"]), ["income"], "labels")


@given(longitude=st.floats(-180, 179.99), latitude=st.floats(-80, 84))
@settings(max_examples=40, deadline=None)
def test_metres_in_the_utm_zone_are_metres_on_the_ground(longitude: float, latitude: float) -> None:
    point = gpd.GeoDataFrame(geometry=[Point(longitude, latitude)], crs="EPSG:4326")
    crs = utm_crs(point)
    assert crs.axis_info[0].unit_name == "metre"
    zone = point.to_crs(crs).geometry.iloc[0]
    # Inside its own zone a point lies at most 334 km from the central meridian, whose easting is 500 km.
    assert abs(zone.x - 500_000) < 340_000


def test_the_poles_get_a_polar_system() -> None:
    north = gpd.GeoDataFrame(geometry=[Point(10, 86)], crs="EPSG:4326")
    south = gpd.GeoDataFrame(geometry=[Point(10, -85)], crs="EPSG:4326")
    assert (utm_crs(north).to_epsg(), utm_crs(south).to_epsg()) == (32661, 32761)
