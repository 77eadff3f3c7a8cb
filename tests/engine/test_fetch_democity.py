"""Fetching views of the synthetic city."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from streetsense.errors import Cancelled, InputError
from streetsense.processes import fetch
from streetsense.streetview.democity import CLASSES, DemoCity
from streetsense.study import Study

SIZE = 64


class Listener:
    """A progress that stops when so many captures are done."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self._stop_at = stop_at

    def report(self, done: float, total: float, message: str = "") -> None:
        if done >= self._stop_at:
            raise Cancelled("interrupted.")

    def warn(self, message: str) -> None:
        raise AssertionError(message)


@pytest.fixture(scope="module")
def city() -> DemoCity:
    return DemoCity(0)


@pytest.fixture
def study(tmp_path: Path, city: DemoCity) -> Study:
    made = Study.create(tmp_path / "study", city.area())
    roads = city.roads().geometry.iloc[[0, 20, 40]]
    points = gpd.GeoDataFrame(
        {"point_id": ["p0", "p1", "p2"], "road_id": ["a", "b", "c"], "road_bearing_deg": [0.0, 100.0, 350.0]},
        geometry=shapely.line_interpolate_point(roads.to_numpy(), 0.5, normalized=True),
        crs="EPSG:4326",
    )
    made.write_sample_points(points)
    return made


def run(study: Study, progress: Listener | None = None, **inputs: object) -> fetch.Outputs:
    values: dict[str, Any] = {"provider": "democity", "size": SIZE, "dates": ["2019-07", "2023-02-11"], **inputs}
    outputs = fetch.run(study, fetch.PROCESS.parse(values), progress or Listener())
    assert isinstance(outputs, fetch.Outputs)
    return outputs


def test_every_point_heading_and_date_becomes_a_view(study: Study) -> None:
    outputs = run(study)
    assert (outputs.views, outputs.views_without_point, outputs.views_outside_area) == ({"ok": 24}, 0, 0)
    views = study.views()
    assert views.groupby(["point_id", "pano_id"]).size().tolist() == [4] * 6
    assert set(views["pano_id"]) == {f"p{i}@{date}" for i in range(3) for date in ("2019-07", "2023-02-11")}
    with Image.open(study.photo_path(views["path"].iloc[0])) as image:
        assert image.size == (SIZE, SIZE)


def test_headings_are_relative_to_the_road_unless_north_is_asked_for(study: Study) -> None:
    run(study, dates=["2019-07"], headings=[0, 90])
    views = study.views()
    assert sorted(views.loc[views["point_id"] == "p2", "heading_deg"]) == [80.0, 350.0]
    run(study, dates=["2019-07"], headings=[0, 90], relative_to="north")
    views = study.views()
    assert sorted(views.loc[views["point_id"] == "p2", "heading_deg"]) == [0.0, 80.0, 90.0, 350.0]


def test_views_are_taken_in_daylight_of_the_day_or_month_that_is_asked_for(study: Study) -> None:
    run(study)
    views = study.views()
    times = pd.to_datetime(views["captured_at"])
    assert views["captured_at"].str.endswith("Z").all()
    assert set(times[views["pano_id"].str.endswith("2019-07")].dt.strftime("%Y-%m")) == {"2019-07"}
    assert set(times[views["pano_id"].str.endswith("2023-02-11")].dt.strftime("%Y-%m-%d")) == {"2023-02-11"}
    assert times.dt.hour.between(11, 17).all()
    assert views.groupby("pano_id")["captured_at"].nunique().eq(1).all()


def test_views_say_that_they_are_synthetic(study: Study) -> None:
    run(study, dates=["2019-07"])
    views = study.views()
    assert views["licence"].str.contains("synthetic").all()
    assert views["attribution"].str.contains("synthetic").all()


def test_two_studies_with_the_same_seed_have_the_same_views(study: Study, tmp_path: Path, city: DemoCity) -> None:
    other = Study.create(tmp_path / "other", city.area())
    other.write_sample_points(study.sample_points())
    run(study, dates=["2019-07"])
    run(other, dates=["2019-07"])
    pd.testing.assert_frame_equal(pd.DataFrame(study.views()), pd.DataFrame(other.views()))


def test_another_seed_gives_other_views(study: Study, tmp_path: Path) -> None:
    other = Study.create(tmp_path / "other", DemoCity(1).area())
    other.write_sample_points(study.sample_points())
    run(study, dates=["2019-07"])
    run(other, dates=["2019-07"], seed=1)
    assert not set(study.views()["sha256"]) & set(other.views()["sha256"])


def test_a_second_city_in_the_same_study_is_refused(study: Study) -> None:
    run(study, dates=["2019-07"])
    with pytest.raises(
        InputError, match=r"^seed: the study holds views of democity 0; use that seed or a new study\.$"
    ):
        run(study, dates=["2019-07"], seed=1)
    assert len(study.views()) == 12


def test_labels_and_block_groups_are_written_with_the_views(study: Study, city: DemoCity) -> None:
    outputs = run(study)
    assert (outputs.labels, outputs.layers) == (
        "results/democity_safety.csv",
        ["results/democity_block_groups.gpkg"],
    )
    labels = pd.read_csv(study.results_dir / "democity_safety.csv")
    assert set(labels["view_id"]) == set(study.views()["view_id"])
    assert labels["safety"].between(0, 10).all()
    assert np.allclose(labels[[f"visible_{name}" for name in CLASSES]].sum(axis=1), 1, atol=1e-4)
    groups = gpd.read_file(study.results_dir / "democity_block_groups.gpkg")
    assert len(groups) == len(city.block_groups())
    assert set(city.INDICATORS) <= set(groups.columns)


def test_the_views_are_there_as_a_layer_with_moments_and_photos(study: Study) -> None:
    outputs = run(study)
    assert outputs.views_layer == "results/views.gpkg"
    layer = gpd.read_file(study.root / outputs.views_layer, layer="views").set_index("view_id")
    views = study.views().set_index("view_id")
    assert set(layer.index) == set(views.index)
    assert (layer["photo"] == views["path"].reindex(layer.index)).all()
    assert (layer["captured_on"] == pd.to_datetime(views["captured_at"].reindex(layer.index), utc=True)).all()
    assert layer["heading_deg"].equals(views["heading_deg"].reindex(layer.index))


def test_an_interrupted_run_continues_and_ends_with_the_same_rows_and_labels(
    study: Study, tmp_path: Path, city: DemoCity
) -> None:
    with pytest.raises(Cancelled):
        run(study, Listener(stop_at=3))
    kept = len(study.views())
    assert kept == 12
    assert run(study).new_views == 24 - kept
    whole = Study.create(tmp_path / "whole", city.area())
    whole.write_sample_points(study.sample_points())
    run(whole)
    pd.testing.assert_frame_equal(pd.DataFrame(study.views()), pd.DataFrame(whole.views()))
    name = "democity_safety.csv"
    assert (study.results_dir / name).read_bytes() == (whole.results_dir / name).read_bytes()


def test_fetching_twice_renders_nothing_again(study: Study) -> None:
    run(study)
    parts = study.views_table.parts()
    assert run(study).new_views == 0
    assert study.views_table.parts() == parts


def test_sample_points_outside_the_city_are_refused(study: Study) -> None:
    points = study.sample_points()
    study.write_sample_points(points.set_geometry(points.geometry.translate(1.0)))
    with pytest.raises(InputError, match="sample points: 3 of 3 lie outside democity"):
        run(study)


def test_a_study_without_sample_points_is_refused(tmp_path: Path, city: DemoCity) -> None:
    with pytest.raises(InputError, match="sample points: there are none"):
        run(Study.create(tmp_path / "empty", city.area()))


@pytest.mark.parametrize("date", ["yesterday", "2019", "2019-13", "2019-07-15T10:00"])
def test_a_date_that_is_no_day_or_month_is_refused(study: Study, date: str) -> None:
    with pytest.raises(InputError, match=f"dates: '{date}' is no day or month"):
        run(study, dates=[date])
