"""``pair``: from views to pairs on disk."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from pair_studies import Listener, make_study, run, street, table
from PIL import Image

from streetsense.errors import InputError
from streetsense.processes import fetch
from streetsense.progress import Silent
from streetsense.streetview.democity import DemoCity
from streetsense.study import Study
from streetsense_training.pairs import load_pairs


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "study", street())


def test_temporal_pairs_are_of_one_place_and_heading_and_of_other_dates(study: Study) -> None:
    outputs = run(study, objective="temporal")
    pairs = table(study, "temporal")
    assert (outputs.name, outputs.pairs, outputs.views, len(pairs)) == ("temporal", 72, 72, 72)
    assert (pairs["metres"] < 5).all()
    assert (pairs["heading_difference_deg"] <= 2).all()
    assert (pairs["date_1"] != pairs["date_2"]).all()
    assert (pairs["months_apart"] > 20).all()


def test_spatial_pairs_lie_within_the_buffer_in_metres_on_the_ground_and_never_in_one_panorama(study: Study) -> None:
    outputs = run(study, objective="spatial", buffer=65, size=3000)
    pairs = table(study, "spatial")
    assert (pairs["pano_1"] != pairs["pano_2"]).all()
    # At 60 degrees north a degree of longitude is half as long as one of latitude.
    assert 60 < pairs["metres"].max() < 65.1
    assert np.allclose(pairs["metres"], pairs["distance_m"], rtol=1e-3, atol=1e-3)
    assert outputs.median_distance_m == pytest.approx(pairs["metres"].median(), abs=0.05)


def test_metres_are_metres_across_the_antimeridian(tmp_path: Path) -> None:
    frame = street(places=20, lon=179.9975, lat=-17.0, spacing=40.0)
    frame["lon"] = (frame["lon"] + 180) % 360 - 180
    assert frame["lon"].min() < -179 and frame["lon"].max() > 179
    study = make_study(tmp_path / "study", frame)
    run(study, objective="spatial", buffer=85, size=4000)
    pairs = table(study, "spatial")
    across = pairs["lon_1"] * pairs["lon_2"] < 0
    assert across.any()
    assert 80 < pairs.loc[across, "metres"].max() < 85.2


def test_self_pairs_need_no_position_date_or_heading(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", pd.DataFrame({"lon": [1.0, np.nan], "lat": [50.0, np.nan]}))
    assert study.views_table.read(["geometry"])["geometry"].null_count == 1
    assert run(study, objective="self").pairs == 2
    pairs = pq.read_table(study.root / "pairs/self/pairs.parquet").to_pandas()
    assert (pairs["view_id_1"] == pairs["view_id_2"]).all()
    assert (pairs[["distance_m", "heading_difference_deg", "months_apart"]] == 0).all(axis=None)


def test_views_without_a_name_for_their_panorama_share_one_by_position_and_time(tmp_path: Path) -> None:
    frame = pd.DataFrame({"lon": [1.0, 1.0, 1.0, 1.0001], "lat": [50.0] * 4, "heading_deg": [0.0, 90.0, 0.0, 0.0]})
    frame["captured_at"] = ["2019-07", "2019-07", "2020-07", "2019-07"]
    study = make_study(tmp_path / "study", frame)
    run(study, objective="spatial", size=200)
    pairs = pq.read_table(study.root / "pairs/spatial/pairs.parquet").to_pandas()
    together = {frozenset(two) for two in zip(pairs["view_id_1"], pairs["view_id_2"], strict=True)}
    assert together == {frozenset((f"v000{a}", f"v000{b}")) for a, b in [(0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]}


def test_held_out_blocks_take_all_dates_and_no_pair_has_a_view_of_them(study: Study) -> None:
    outputs = run(study, objective="spatial", hold_out=0.3, hold_out_block=100, until="2021-12", size=500)
    pairs = load_pairs(study.root / "pairs" / "spatial")
    views = study.views().set_index("view_id")
    held = views.loc[pairs.held_out.tolist()]
    assert len(held) == outputs.held_out == outputs.candidates["held_out"] > 0
    assert set(held["captured_at"].str[:4]) == {"2019", "2021", "2023"}
    assert set(views.loc[pairs.view_ids.tolist(), "captured_at"].str[:4]) == {"2019", "2021"}
    xy = views.to_crs(study.crs).geometry
    block = pd.Series(list(zip(xy.x // 100, xy.y // 100, strict=True)), index=views.index)
    assert not set(block[pairs.held_out]) & set(block[pairs.view_ids])


def test_held_out_polygons_do_the_same(study: Study, tmp_path: Path) -> None:
    west, south, east, north = study.views().total_bounds
    area = shapely.box(west - 1e-5, south - 1e-3, (west + east) / 2, north + 1e-3)
    gpd.GeoDataFrame(geometry=[area], crs="EPSG:4326").to_file(tmp_path / "held.geojson")
    outputs = run(study, objective="temporal", hold_out_area=str(tmp_path / "held.geojson"))
    assert (outputs.held_out, outputs.views) == (36, 36)
    assert study.views().set_index("view_id").loc[load_pairs(study.root / "pairs/temporal").held_out].within(area).all()


def test_units_replace_the_buffer(study: Study, tmp_path: Path) -> None:
    west, south, east, north = study.views().total_bounds
    edges = np.linspace(west - 1e-5, east + 1e-5, 4)
    boxes = [shapely.box(a, south - 1e-3, b, north + 1e-3) for a, b in pairwise(edges)]
    layer = gpd.GeoDataFrame({"GEOID": ["07", "08", "09"]}, geometry=boxes, crs="EPSG:4326")
    layer.iloc[:2].to_file(tmp_path / "units.gpkg")
    outputs = run(study, objective="spatial", units=str(tmp_path / "units.gpkg"), size=2000, buffer=1)
    pairs = table(study, "spatial")
    assert outputs.candidates["outside_units"] == 24
    number = [np.searchsorted(edges, pairs[f"lon_{side}"]) for side in "12"]
    assert (number[0] == number[1]).all()
    assert set(number[0]) == {1, 2}
    assert pairs["metres"].max() > 85


def test_cells_serve_as_units(study: Study) -> None:
    run(study, objective="spatial", units="square:50", size=2000)
    pairs = table(study, "spatial")
    points = [
        gpd.GeoSeries.from_xy(pairs[f"lon_{s}"], pairs[f"lat_{s}"], crs="EPSG:4326").to_crs(study.crs) for s in "12"
    ]
    assert (points[0].x // 50 == points[1].x // 50).all()


def test_the_largest_gap_keeps_pairs_of_one_period(study: Study) -> None:
    run(study, objective="spatial", max_month_gap=23, size=1000)
    pairs = table(study, "spatial")
    assert 20 < pairs["months_apart"].max() <= 23


def test_quotas_share_pairs_out_and_warn_where_views_are_few(study: Study, tmp_path: Path) -> None:
    west, south, east, north = study.views().total_bounds
    middle = west + (east - west) / 3.9
    layer = gpd.GeoDataFrame(
        {"city": ["West", "East", "Nowhere"]},
        geometry=[
            shapely.box(west - 1e-5, south - 1e-3, middle, north + 1e-3),
            shapely.box(middle, south - 1e-3, east + 1e-5, north + 1e-3),
            shapely.box(east + 1, south, east + 2, north + 1),
        ],
        crs="EPSG:4326",
    )
    layer.to_file(tmp_path / "cities.geojson")
    listener = Listener()
    cities = str(tmp_path / "cities.geojson")
    outputs = run(study, listener, objective="temporal", quotas=cities, quota_column="city", quota=30)
    assert outputs.quotas == {"East": 30, "Nowhere": 0, "West": 18}
    assert outputs.pairs == 48
    assert listener.warnings == [
        "quota: fewer than 30 usable views lie in Nowhere (0), West (18); they have fewer pairs."
    ]


def test_more_pairs_than_views_are_drawn_with_a_warning(study: Study) -> None:
    listener = Listener()
    assert run(study, listener, objective="self", size=100).pairs == 100
    assert listener.warnings == ["size: 100 pairs begin with 72 usable views, so that views begin several pairs."]


def test_no_pairs_says_why_and_what_to_do(study: Study) -> None:
    with pytest.raises(InputError) as error:
        run(study, objective="temporal", since="2023", until="2023-12")
    assert str(error.value) == (
        "pairs: no temporal pairs: of 72 views, 48 were taken outside the dates, 0 have no other view within 5 m, "
        "24 only views of the same panorama, 0 none with a heading within 15°, 0 none taken 1 month or more apart; "
        "widen 'since' and 'until', or fetch other dates."
    )
    assert not (study.root / "pairs").exists()


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"objective": "nearby"}, "objective: 'nearby' cannot be used"),
        ({"objective": "self", "quota": 3}, "pair: quotas and quota belong together"),
        ({"objective": "self", "hold_out": 0.1, "hold_out_area": "a.gpkg"}, "pair: hold_out and hold_out_area exclude"),
        ({"objective": "self", "quotas": "a.gpkg", "quota": 3, "size": 9}, "pair: size and quota exclude each other"),
        ({"objective": "self", "since": "yesterday"}, "since: 'yesterday' is no date"),
        ({"objective": "self", "since": "2020", "until": "2019"}, "until: it is before 'since'"),
        ({"objective": "self", "name": "../x"}, "name: '../x' cannot be used as a name"),
        ({"objective": "spatial", "units": "no.gpkg"}, "units: no.gpkg does not exist"),
    ],
)
def test_inputs_that_cannot_be_used_are_named(study: Study, inputs: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(sentence)}"):
        run(study, **inputs)


def test_polygons_that_hold_no_view_are_an_error(study: Study, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(50, 0, 51, 1)], crs="EPSG:4326").to_file(
        tmp_path / "far.gpkg"
    )
    with pytest.raises(InputError, match=r"^units: none of the 72 views lies in any of the 1 polygons; give polygons"):
        run(study, objective="spatial", units=str(tmp_path / "far.gpkg"))


def test_a_study_without_photos_says_so(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", street(1).assign(status="missing"))
    with pytest.raises(InputError, match=r"^views: the study has no photos; run 'streetsense fetch' first\.$"):
        run(study, objective="self")


@pytest.fixture(scope="module")
def city_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    city = DemoCity(0)
    made = Study.create(tmp_path_factory.mktemp("city") / "study", city.area())
    points = shapely.line_interpolate_point(
        city.roads().geometry.iloc[[0, 0, 20]].to_numpy(), [0.4, 0.5, 0.5], normalized=True
    )
    frame = gpd.GeoDataFrame(
        {"point_id": ["a", "b", "c"], "road_id": "r", "road_bearing_deg": 0.0}, geometry=points, crs=4326
    )
    made.write_sample_points(frame)
    values = {"provider": "democity", "size": 64, "dates": ["2019-07", "2023-02-11"]}
    fetch.run(made, fetch.PROCESS.parse(values), Silent())
    return made


def test_photos_of_two_dates_are_paired_and_shown(city_study: Study) -> None:
    outputs = run(city_study, objective="temporal", inspect=3)
    assert (outputs.pairs, outputs.candidates["usable"]) == (24, 24)
    with Image.open(city_study.root / str(outputs.inspection_sheet)) as sheet:
        colours = np.unique(np.asarray(sheet.convert("RGB")).reshape(-1, 3), axis=0)
    assert len(colours) > 500
    page = (city_study.root / str(outputs.inspection_page)).read_text(encoding="utf-8")
    assert "24 temporal pairs" in page
    assert "less than 5 m apart" in page
    assert page.count('alt="') == page.count("<img") == 2
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_photo_that_has_gone_is_a_grey_box(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", street(2).assign(path="photos/gone.jpg"))
    outputs = run(study, objective="temporal", inspect=1)
    with Image.open(study.root / str(outputs.inspection_sheet)) as sheet:
        grey = (np.asarray(sheet.convert("RGB")) == [0xD3, 0xD7, 0xDD]).all(axis=2)
    assert grey.sum() > 2 * 40_000
