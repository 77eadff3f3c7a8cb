"""Where and by what names Google is asked for panoramas."""

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
from streetsense.streetview.online.google_questions import panorama_questions, place_questions
from streetsense.streetview.online.provider import Question
from streetsense.vectors import WGS84, utm_crs

AREA = gpd.GeoDataFrame(geometry=[shapely.box(2.35, 48.85, 2.36, 48.856)], crs=WGS84)
FIRST, SECOND = "F1dTjx_cF7_viUk4-3yruA", "om94Axd5iNyU08mxGkV40w"


def points(places: list[tuple[float, float]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.Point(*place) for place in places], crs=WGS84)


def test_a_place_is_asked_with_latitude_longitude_and_radius() -> None:
    assert place_questions(points([(2.355, 48.853)]), AREA, 50) == [Question("place", (48.853, 2.355, 50))]


def test_points_at_one_place_are_asked_once_and_those_outside_the_area_not_at_all() -> None:
    questions = place_questions(points([(2.355, 48.853)] * 5 + [(2.4, 48.853)]), AREA, 50)
    assert questions == [Question("place", (48.853, 2.355, 50))]


@pytest.mark.parametrize("places", [[], [(2.4, 48.853)]])
def test_without_a_point_in_the_area_the_user_is_told_to_sample(places: list[tuple[float, float]]) -> None:
    with pytest.raises(InputError, match=r"run sample first"):
        place_questions(points(places), AREA, 50)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(2.35, 2.351), st.floats(48.85, 48.851)), min_size=1, max_size=80), st.randoms())
def test_one_point_of_each_square_asks_whatever_the_order(places: list[tuple[float, float]], random: object) -> None:
    questions = place_questions(points(places), AREA, 50)
    shuffled = list(places)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert place_questions(points(shuffled), AREA, 50) == questions

    def squares(of: gpd.GeoDataFrame) -> set[tuple[float, float]]:
        metres = of.geometry.to_crs(utm_crs(AREA))
        return set(zip(np.floor(metres.x / 10), np.floor(metres.y / 10), strict=True))

    assert len(questions) == len(squares(points(places)))
    known = {(round(lat, 7), round(lon, 7)) for lon, lat in places}
    assert {question.where[:2] for question in questions} <= known


def test_every_point_has_one_that_asks_within_a_squares_diagonal() -> None:
    rng = np.random.default_rng(1)
    there = points(list(zip(rng.uniform(2.351, 2.353, 400), rng.uniform(48.851, 48.852, 400), strict=True)))
    asking = points([(float(q.where[1]), float(q.where[0])) for q in place_questions(there, AREA, 50)])
    crs = utm_crs(AREA)
    nearest = there.to_crs(crs).sjoin_nearest(asking.to_crs(crs), distance_col="metres")
    assert len(asking) < 400
    assert nearest["metres"].max() <= 10 * 2**0.5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ids.csv", f"pano_id\n{FIRST}\n{SECOND}\n{FIRST}\n"),
        ("ids.csv", f"city,Pano\nParis,{FIRST}\nParis,\nParis,{SECOND}\n"),
        ("ids.csv", f"{FIRST}\n{SECOND}\n"),
        ("ids.txt", f"\ufeff{FIRST}\r\n\r\n  {SECOND}\r\n{SECOND}"),
    ],
)
def test_names_come_from_a_column_or_one_a_line_each_once(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert panorama_questions(tmp_path / name, 50) == [Question("pano", (FIRST,)), Question("pano", (SECOND,))]


def test_a_file_with_one_name_is_enough(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(FIRST)
    assert panorama_questions(tmp_path / "one.txt", 50) == [Question("pano", (FIRST,))]


def test_places_of_a_table_are_kept_for_names_that_changed(tmp_path: Path) -> None:
    frame = pd.DataFrame({"pano_id": [FIRST, SECOND], "lat": [48.853, None], "lon": [2.355, 2.3]})
    frame.to_parquet(tmp_path / "ids.parquet")
    assert panorama_questions(tmp_path / "ids.parquet", 30) == [
        Question("pano", (FIRST, 48.853, 2.355, 30)),
        Question("pano", (SECOND,)),
    ]


def test_points_of_a_layer_are_places_too(tmp_path: Path) -> None:
    layer = points([(2.355, 48.853)]).assign(pano=[FIRST])
    layer.to_file(tmp_path / "ids.gpkg")
    assert panorama_questions(tmp_path / "ids.gpkg", 50) == [Question("pano", (FIRST, 48.853, 2.355, 50))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,lat\nx,1\n", "has no column 'pano_id'; the columns are name, lat"),
        ("pano_id,city\n,Paris\n", "names no panorama"),
        ("pano_id\nwhat is this?\n", "'what is this\\?' in .* is no panorama's name"),
        ("", "is empty"),
    ],
)
def test_tables_without_names_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "ids.csv").write_text(text)
    with pytest.raises(InputError, match=f"^panoramas: .*{words}"):
        panorama_questions(tmp_path / "ids.csv", 50)
