"""Tables that come with photos."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.streetview.photonames import AMBIGUOUS, NOWHERE, match_names
from streetsense.streetview.phototable import PhotoTable, guess_columns
from streetsense.vectors import read_table

PHOTOS = ["a/1.jpg", "a/2.jpg", "b/3.JPG"]


def table(**columns: object) -> PhotoTable:
    return PhotoTable(pd.DataFrame({"file": ["1.jpg", "2.jpg"], **columns}), {}, PHOTOS)


def test_columns_are_guessed_without_regard_to_case_and_punctuation() -> None:
    frame = pd.DataFrame(
        columns=["FileName", "LATITUDE", "Longitude", "Compass Angle", "CapturedAt", "License", "is-pano"]
    )
    assert guess_columns(frame, {}) == {
        "file": "FileName",
        "lat": "LATITUDE",
        "lon": "Longitude",
        "heading_deg": "Compass Angle",
        "captured_at": "CapturedAt",
        "licence": "License",
        "projection": "is-pano",
    }


def test_a_computed_compass_angle_is_preferred_to_the_devices_own() -> None:
    frame = pd.DataFrame(columns=["compass_angle", "computed_compass_angle"])
    assert guess_columns(frame, {})["heading_deg"] == "computed_compass_angle"


def test_what_the_user_says_wins_over_the_guess() -> None:
    frame = pd.DataFrame(columns=["lat", "lon", "NORTH"])
    assert guess_columns(frame, {"lat": "NORTH"})["lat"] == "NORTH"
    assert guess_columns(pd.DataFrame(columns=["dir"]), {"heading": "dir"})["heading_deg"] == "dir"


def test_a_named_column_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(InputError, match=r"columns: there is no column 'Y'; the columns are lat, lon"):
        guess_columns(pd.DataFrame(columns=["lat", "lon"]), {"lat": "Y"})


def test_an_unknown_name_for_a_column_is_refused() -> None:
    with pytest.raises(InputError, match="columns: there is no 'colour'"):
        guess_columns(pd.DataFrame(columns=["lat"]), {"colour": "lat"})


def test_the_column_that_names_the_photos_is_found_by_its_content() -> None:
    found = PhotoTable(pd.DataFrame({"uuid": ["3", "1"], "lat": [1.0, 2.0], "lon": [3.0, 4.0]}), {}, PHOTOS)
    rows, unmatched = found.matched_to(PHOTOS)
    assert rows.tolist() == [1, -1, 0]
    assert unmatched == {}


def test_a_table_that_names_no_photo_is_refused_with_its_columns() -> None:
    with pytest.raises(InputError, match=r"no column names the photos.*its columns are station, lat"):
        PhotoTable(pd.DataFrame({"station": ["x"], "lat": [1.0]}), {}, PHOTOS)


def test_rows_say_what_their_photo_lacks() -> None:
    row = table(
        lat=[1.5, None], lon=["2,5", "x"], heading=[-90, 365], time=["2019-07", ""], source=["Mapillary"] * 2
    ).row(0)
    assert (row.lat, row.lon, row.heading_deg, row.captured_at, row.source_url) == (1.5, 2.5, -90.0, "2019-07", None)


def test_missing_values_say_nothing() -> None:
    row = table(lat=[1.5, None], lon=[2.5, None], license=["CC0", None], heading=[1.0, None]).row(1)
    assert (row.lat, row.lon, row.licence, row.heading_deg) == (None, None, None, None)


def test_identifiers_with_gaps_stay_whole_numbers() -> None:
    assert table(pano_id=[7.0, None]).row(0).pano_id == "7"


@pytest.mark.parametrize(
    ("column", "value"), [("is_pano", True), ("projection_type", "Spherical"), ("camera_type", "equirectangular")]
)
def test_panoramas_are_marked_in_several_ways(column: str, value: object) -> None:
    assert table(**{column: [value, value]}).row(0).is_panorama is True


def test_zero_zero_is_no_position() -> None:
    assert table(lat=[0.0, 1.0], lon=[0.0, 1.0]).row(0).lat is None


def test_point_geometry_gives_positions() -> None:
    frame = gpd.GeoDataFrame({"file": ["1.jpg"]}, geometry=[shapely.Point(13.4, 52.5)], crs="EPSG:4326")
    row = PhotoTable(frame, {}, PHOTOS).row(0)
    assert (row.lat, row.lon) == (52.5, 13.4)


def test_a_layer_of_lines_is_refused() -> None:
    frame = gpd.GeoDataFrame({"file": ["1.jpg"]}, geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:4326")
    with pytest.raises(InputError, match="table: its geometry is not points"):
        PhotoTable(frame, {}, PHOTOS)


def test_latitudes_beyond_the_pole_in_most_rows_are_called_swapped() -> None:
    with pytest.raises(InputError, match=r"table: latitude and longitude look swapped.*--columns lat=lon,lon=lat"):
        table(lat=[114.4, 114.5], lon=[30.5, 30.6])


def test_positions_in_metres_are_refused() -> None:
    with pytest.raises(InputError, match="table: 2 of 2 positions lie outside the world"):
        table(lat=[5_800_000, 5_800_100], lon=[390_000, 390_100])


def test_positions_that_fit_the_area_only_when_exchanged_are_called_swapped() -> None:
    swapped = table(lat=[13.4, 13.41], lon=[52.5, 52.51])
    with pytest.raises(InputError, match="look swapped"):
        swapped.refuse_swapped((13.3, 52.4, 13.5, 52.6))


@settings(deadline=None, max_examples=30)
@given(lon=st.floats(-179, 179), lat=st.floats(-85, 85), dx=st.floats(-0.01, 0.01), dy=st.floats(-0.01, 0.01))
def test_positions_in_the_area_are_never_called_swapped(lon: float, lat: float, dx: float, dy: float) -> None:
    found = table(lat=[lat + dy, lat], lon=[lon, lon + dx])
    found.refuse_swapped((lon - 0.02, lat - 0.02, lon + 0.02, lat + 0.02))
    assert found.has_positions == (abs(lat) > 0 or abs(lon) > 0 or abs(dx) > 0 or abs(dy) > 0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a/1.jpg", 0),
        ("1.jpg", 0),
        ("./a/1.jpg", 0),
        ("/home/me/photos/a/1.jpg", 0),
        ("C:\\photos\\a\\2.jpg", 1),
        ("2", 1),
        ("3.jpg", 2),
        ("b/1.jpg", NOWHERE),
        ("", NOWHERE),
    ],
)
def test_a_name_means_the_photo_whose_path_it_ends_with(name: str, expected: int) -> None:
    assert match_names([name], PHOTOS).tolist() == [expected]


def test_a_name_that_fits_two_photos_means_neither() -> None:
    assert match_names(["1.jpg"], ["a/1.jpg", "b/1.jpg"]).tolist() == [AMBIGUOUS]


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.text("ab/.", min_size=1, max_size=6).map(lambda t: f"x{t}y.jpg"), unique=True, min_size=1, max_size=8)
)
def test_full_paths_always_find_their_photo(paths: list[str]) -> None:
    assert match_names(paths, paths).tolist() == list(range(len(paths)))


def test_the_first_of_several_rows_for_a_photo_counts() -> None:
    found = PhotoTable(pd.DataFrame({"file": ["1.jpg", "a/1.jpg", "9.jpg", None]}), {}, PHOTOS)
    rows, unmatched = found.matched_to(PHOTOS)
    assert rows.tolist() == [0, -1, -1]
    assert unmatched == {
        1: "an earlier row names the same photo",
        2: "the photo is not in the folder",
        3: "the row names no photo",
    }


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "photo", "expected"),
    [
        ("wuhan_drive/frames.csv", "13_35_13_170.jpg", ("2019-12-29T13:35:13.170", 0.0, None)),
        (
            "panoramax_capferret/faces.csv",
            "a0b0309d-d008-4f9e-b8af-7ce7d42b7caf_front.jpg",
            ("2025-10-23T14:11:13Z", 130.0, None),
        ),
        (
            "global_streetscapes/metadata.csv",
            "d39b5e69-6291-46fc-a2f8-5947a7e024ee.jpg",
            ("2024-07-09T01:24:18.913Z", 29.879, True),
        ),
    ],
)
def test_real_tables_are_understood_without_help(
    shared_data: Path, file: str, photo: str, expected: tuple[str, float, bool | None]
) -> None:
    found = PhotoTable(read_table(shared_data / file, "table"), {}, [photo])
    rows, _ = found.matched_to([photo])
    row = found.row(int(rows[0]))
    assert row.captured_at == expected[0]
    assert row.heading_deg == pytest.approx(expected[1], abs=1e-3)
    assert row.is_panorama is expected[2]
    assert found.has_positions


def test_large_tables_are_matched_exactly() -> None:
    names = [f"{number % 97}/{number}.jpg" for number in range(20_000)]
    assert np.array_equal(match_names(names, names[::-1]), np.arange(20_000)[::-1])
