"""Which captures are wanted: held against the plain definition, one capture after the other."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely.geometry import Point, box

from streetsense.streetview.nearest import NearestPoints
from streetsense.streetview.online.selection import Wish, by_year, in_time, select, spread

UTM = CRS.from_epsg(32630)
AREA = gpd.GeoDataFrame(geometry=[box(-1.001, 44.999, -0.999, 45.001)], crs="EPSG:4326")
DEGREE_M = 111_320.0


def near(points: list[tuple[float, float]], max_distance: float = 30.0) -> NearestPoints:
    frame = gpd.GeoDataFrame(
        {"point_id": [f"p{number}" for number in range(len(points))], "road_bearing_deg": 0.0},
        geometry=[Point(*point) for point in points],
        crs="EPSG:4326",
    )
    return NearestPoints(frame, UTM, max_distance)


def captures(rows: list[tuple[str, float, float, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["source_id", "lon", "lat", "captured_at"])


def chosen(frame: pd.DataFrame) -> list[str]:
    return sorted(frame.loc[frame["is_chosen"], "source_id"])


def test_without_sample_points_all_captures_inside_the_area_are_wanted() -> None:
    found = captures([("in", -1.0, 45.0, None), ("out", -1.1, 45.0, None)])
    selected = select(found, AREA, near([]), Wish())
    assert chosen(selected) == ["in"]
    assert selected["point_id"].isna().all()


def test_each_point_gets_its_nearest_capture_and_no_capture_two_points() -> None:
    metre = 1 / DEGREE_M
    found = captures(
        [("a", -1.0, 45.0 + 4 * metre, None), ("b", -1.0, 45.0 + 6 * metre, None), ("far", -1.0, 45.0009, None)]
    )
    selected = select(found, AREA, near([(-1.0, 45.0), (-1.0, 45.0 + 15 * metre)]), Wish())
    assert chosen(selected) == ["a"]
    assert selected.set_index("source_id")["point_id"].to_dict() == {"a": "p0", "b": "p0"}


def test_of_two_that_are_equally_near_the_newer_one_is_taken() -> None:
    found = captures([("old", -1.0, 45.0, "2016-05"), ("new", -1.0, 45.0, "2021-05-02T10:00:00Z")])
    assert chosen(select(found, AREA, near([(-1.0, 45.0)]), Wish())) == ["new"]


def test_the_history_of_a_point_is_everything_near_it() -> None:
    found = captures([("old", -1.0, 45.0, "2016-05"), ("new", -1.0, 45.0, "2021"), ("far", -1.0005, 45.0, "2020")])
    assert chosen(select(found, AREA, near([(-1.0, 45.0)]), Wish(history=True))) == ["new", "old"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-80, 80), st.integers(-80, 80)), min_size=1, max_size=25),
    st.lists(st.tuples(st.integers(-60, 60), st.integers(-60, 60)), min_size=1, max_size=6, unique=True),
    st.integers(1, 3),
)
def test_the_choice_is_the_plain_definition(
    places: list[tuple[int, int]], points: list[tuple[int, int]], per_point: int
) -> None:
    def degrees(place: tuple[int, int]) -> tuple[float, float]:
        return -1.0 + place[0] / 78_800, 45.0 + place[1] / 111_100

    found = captures([(f"c{number:02d}", *degrees(place), None) for number, place in enumerate(places)])
    nearest = near([degrees(point) for point in points])
    selected = select(found, AREA, nearest, Wish(per_point=per_point))
    rows, metres = nearest.rows_and_metres(found["lon"].to_numpy(), found["lat"].to_numpy())
    expected = []
    for row in range(len(points)):
        mine = sorted((round(metres[number], 2), f"c{number:02d}") for number in np.flatnonzero(rows == row))
        expected += [name for _, name in mine[:per_point]]
    assert chosen(selected) == sorted(expected)
    assert set(selected["source_id"]) == {f"c{number:02d}" for number in np.flatnonzero(rows >= 0)}


@pytest.mark.parametrize(
    ("taken", "since", "until", "wanted"),
    [
        ("2019-07-15T10:00:00Z", "2019-07-15", None, True),
        ("2019-07-14T23:59:59Z", "2019-07-15", None, False),
        ("2019-07-15T23:59:59Z", None, "2019-07-15", True),
        ("2019-07", "2019-07-15", None, True),
        ("2019-07", "2019-07-15", "2019-07-16", True),
        ("2019-06", "2019-07-15", None, False),
        ("2019", "2019-07", None, True),
        ("2018", "2019-07", None, False),
        ("2019-12-31T08:00:00Z", None, "2019", True),
        ("2020-01-01T08:00:00Z", None, "2019", False),
        (None, "2019", None, False),
        (None, None, None, True),
    ],
)
def test_times_are_compared_as_far_as_both_are_known(
    taken: str | None, since: str | None, until: str | None, wanted: bool
) -> None:
    assert in_time(pd.Series([taken]), since, until).tolist() == [wanted]


def test_every_beginning_of_a_spread_is_from_everywhere_and_the_same_in_every_run() -> None:
    east = np.arange(2_000)
    frame = pd.DataFrame({"source_id": [f"c{number}" for number in east], "point_id": None, "east": east})
    order = spread(frame)
    assert order["source_id"].tolist() == spread(frame.iloc[::-1])["source_id"].tolist()
    quarter = np.histogram(order["east"].to_numpy()[:200], bins=4, range=(0, 2_000))[0]
    assert quarter.min() > 30  # of 50 that are expected


def test_captures_of_one_point_stay_together_in_a_spread() -> None:
    frame = pd.DataFrame({"source_id": list("abcdef"), "point_id": ["p", "q", "p", "r", "q", "p"]})
    points = spread(frame)["point_id"].tolist()
    assert sorted(points) == ["p", "p", "p", "q", "q", "r"]
    assert sum(one != other for one, other in itertools.pairwise(points)) == 2


def test_captures_are_counted_by_year() -> None:
    assert by_year(pd.Series(["2019-07", "2019", "2021-01-01T00:00:00Z", None])) == {
        "2019": 2,
        "2021": 1,
        "unknown": 1,
    }
