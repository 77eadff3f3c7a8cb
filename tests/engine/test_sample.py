"""The process ``sample``: from a study's area and a file of roads to sample points."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from streetsense.errors import Cancelled, InputError
from streetsense.processes.sample import PROCESS, Inputs, run
from streetsense.progress import Silent
from streetsense.streetview.democity import DemoCity
from streetsense.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    area = gpd.GeoDataFrame(geometry=[shapely.box(24.94, 60.165, 24.95, 60.17)], crs=4326)
    return Study.create(tmp_path / "study", area)


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    lines = [
        shapely.LineString([(24.93, 60.167), (24.96, 60.167)]),
        shapely.LineString([(24.945, 60.16), (24.945, 60.167)]),
    ]
    path = tmp_path / "roads.gpkg"
    gpd.GeoDataFrame({"road_id": ["east", "north"]}, geometry=lines, crs=4326).to_file(path)
    return path


def test_points_lie_inside_the_area_and_are_kept_in_the_study(study: Study, roads: Path) -> None:
    outputs = run(study, Inputs(roads=str(roads)), Silent())
    points = study.sample_points()
    assert outputs.sample_points == len(points) > 0
    assert outputs.roads == 2
    assert outputs.length_km == pytest.approx(0.779, abs=0.01)
    assert outputs.sample_points * outputs.spacing / 1000 == pytest.approx(outputs.length_km, rel=0.02)
    assert points.within(study.area.union_all().buffer(1e-9)).all()
    assert list(points.columns) == ["point_id", "road_id", "road_bearing_deg", "geometry"]


def test_the_roads_inside_the_area_are_kept_as_a_layer(study: Study, roads: Path) -> None:
    outputs = run(study, Inputs(roads=str(roads)), Silent())
    layer = gpd.read_file(study.root / outputs.roads_layer, layer="roads")
    assert set(layer["road_id"]) == {"east", "north"}
    assert set(study.sample_points()["road_id"]) == {"east", "north"}
    np.testing.assert_allclose(layer.total_bounds, [24.94, 60.165, 24.95, 60.167], atol=1e-9)


def test_the_points_are_there_as_a_layer_too(study: Study, roads: Path) -> None:
    outputs = run(study, Inputs(roads=str(roads)), Silent())
    layer = gpd.read_file(study.root / outputs.points_layer, layer="sample_points")
    assert list(layer["point_id"]) == list(study.sample_points()["point_id"])


def test_the_synthetic_city_brings_its_own_roads(tmp_path: Path) -> None:
    city = DemoCity(0)
    study = Study.create(tmp_path / "city", city.area())
    outputs = run(study, Inputs(roads="democity", spacing=500), Silent())
    assert outputs.roads == len(city.roads())
    assert study.sample_points()["road_id"].str.startswith("synthetic-0-").all()


def test_sampling_again_gives_the_same_points(study: Study, roads: Path) -> None:
    run(study, Inputs(roads=str(roads)), Silent())
    first = study.sample_points()
    run(study, Inputs(roads=str(roads)), Silent())
    assert list(study.sample_points()["point_id"]) == list(first["point_id"])


def test_another_spacing_replaces_the_points(study: Study, roads: Path) -> None:
    few = run(study, Inputs(roads=str(roads), spacing=50), Silent()).sample_points
    many = run(study, Inputs(roads=str(roads), spacing=5), Silent()).sample_points
    assert len(study.sample_points()) == many > 8 * few


def view_rows(places: list[tuple[float, float]], point_ids: list[str | None]) -> gpd.GeoDataFrame:
    number = len(places)
    columns = {
        "view_id": [f"v{i}" for i in range(number)],
        "provider": "folder",
        "source_id": [f"{i}.jpg" for i in range(number)],
        "point_id": point_ids,
        "status": ["ok"] * (number - 1) + ["quarantined"],
    }
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(place) for place in places], crs=4326)


def test_views_are_joined_to_the_new_points_at_once(study: Study, roads: Path) -> None:
    places = [(24.942, 60.1671), (24.948, 60.1669), (24.942, 60.1695), (24.944, 60.167)]  # the third is 270 m away
    study.views_table.append_frame(view_rows(places, ["gone", None, "gone", "gone"]))
    outputs = run(study, Inputs(roads=str(roads), spacing=50), Silent())
    points = study.sample_points()
    named = study.views(status=None)["point_id"]
    assert outputs.views_joined == 4
    assert named.isna().tolist() == [False, False, True, False]
    assert set(named.dropna()) <= set(points["point_id"])
    metres = points.set_index("point_id").to_crs(study.crs).geometry
    views = study.views(status=None).to_crs(study.crs).geometry
    assert views[0].distance(metres[named[0]]) == pytest.approx(metres.distance(views[0]).min())


def test_sampling_again_without_a_change_writes_no_views(study: Study, roads: Path) -> None:
    study.views_table.append_frame(view_rows([(24.942, 60.167), (24.948, 60.167)], [None, None]))
    run(study, Inputs(roads=str(roads)), Silent())
    parts = study.views_table.parts()
    assert run(study, Inputs(roads=str(roads)), Silent()).views_joined == 0
    assert study.views_table.parts() == parts


def test_the_distance_of_views_to_points_can_be_chosen(study: Study, roads: Path) -> None:
    study.views_table.append_frame(view_rows([(24.942, 60.1675), (24.942, 60.1675)], [None, None]))  # 56 m away
    assert run(study, Inputs(roads=str(roads)), Silent()).views_joined == 0
    assert run(study, Inputs(roads=str(roads), max_distance=80), Silent()).views_joined == 2


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"spacing": 0.5}, "spacing: '0.5' cannot be used"),
        ({"spacing": "nan"}, "spacing: 'nan' cannot be used"),
        ({"network": "fly"}, "network: 'fly' cannot be used"),
        ({"overpass_url": "file:///etc/passwd"}, "overpass_url: "),
        ({"roads": ""}, "roads: '' cannot be used"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(values: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        PROCESS.parse(values)


def test_a_file_that_is_not_there_leaves_the_old_points(study: Study, roads: Path) -> None:
    run(study, Inputs(roads=str(roads)), Silent())
    with pytest.raises(InputError, match="does not exist"):
        run(study, Inputs(roads=str(roads) + "x"), Silent())
    assert len(study.sample_points()) > 0


def test_a_cancelled_run_leaves_the_study_as_it_was(study: Study, roads: Path) -> None:
    class Stop(Silent):
        def report(self, done: float, total: float, message: str = "") -> None:
            if done / total > 0.75:
                raise Cancelled("stop")

    with pytest.raises(Cancelled):
        run(study, Inputs(roads=str(roads)), Stop())
    assert study.sample_points().empty
    assert not list(study.results_dir.glob("*"))


def test_describing_the_process_loads_nothing_heavy() -> None:
    heavy = "{'geopandas', 'osmnx', 'torch', 'h3'}"
    code = f"import sys, streetsense.processes.sample; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.real
def test_the_centre_of_helsinki_is_sampled_every_15_metres(tmp_path: Path, shared_data: Path) -> None:
    area = gpd.GeoDataFrame(geometry=[shapely.box(24.935, 60.163, 24.955, 60.175)], crs=4326)
    study = Study.create(tmp_path / "helsinki", area)
    outputs = run(study, Inputs(roads=str(shared_data / "osm/helsinki_centre.osm.pbf")), Silent())
    assert outputs.sample_points * 0.015 == pytest.approx(outputs.length_km, rel=0.01)
    points = study.sample_points()
    assert points["point_id"].is_unique
    assert json.loads(outputs.model_dump_json())["spacing"] == 15
