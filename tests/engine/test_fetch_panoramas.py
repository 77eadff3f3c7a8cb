"""Fetching panoramas from a folder of photos: whether a photo is one, and the views that are cut out of it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image
from tests.engine import folderphotos
from tests.engine.folderphotos import LAT, LON, Listener, picture, run, sphere, table

from streetsense.study import Study

study, photos = folderphotos.study, folderphotos.photos


def middle_colour(study: Study, heading_deg: float) -> str:
    views = study.views()
    path = views.loc[(views["heading_deg"] - heading_deg).abs() < 0.01, "path"].item()
    with Image.open(study.photo_path(path)) as image:
        red, green, blue = np.asarray(image)[32, 32].tolist()
    return "red" if red > 200 > blue else "blue" if blue > 200 > red else "black" if max(red, green, blue) < 60 else "?"


def test_a_photo_sphere_is_cut_into_views_relative_to_north(study: Study, photos: Path) -> None:
    (photos / "pano.jpg").write_bytes(sphere(90.0))
    path = table(photos, {"file": ["pano.jpg"], "lat": [LAT], "lon": [LON]})
    assert run(study, photos, table=path, size=64, link=True).views == {"ok": 4}
    assert [middle_colour(study, heading) for heading in (0, 90, 180, 270)] == ["black", "red", "black", "blue"]
    assert set(study.views()["pano_id"]) == {"pano.jpg"}
    assert study.views()["path"].str.startswith("photos/").all()


def test_headings_can_be_relative_to_the_road(study: Study, photos: Path) -> None:
    (photos / "pano.jpg").write_bytes(sphere(90.0))
    points = gpd.GeoDataFrame(
        {"point_id": ["p0"], "road_id": ["r"], "road_bearing_deg": [30.0]},
        geometry=[shapely.Point(LON, LAT)],
        crs="EPSG:4326",
    )
    study.write_sample_points(points)
    path = table(photos, {"file": ["pano.jpg"], "lat": [LAT], "lon": [LON]})
    run(study, photos, table=path, size=64, headings=[0, 60], relative_to="road")
    assert sorted(study.views()["heading_deg"]) == [30.0, 90.0]
    assert middle_colour(study, 90.0) == "red"


def test_a_panorama_of_unknown_heading_gives_views_without_heading(study: Study, photos: Path) -> None:
    (photos / "pano.jpg").write_bytes(sphere(None))
    path = table(photos, {"file": ["pano.jpg"], "lat": [LAT], "lon": [LON]})
    listener = Listener()
    run(study, photos, listener, table=path, size=64)
    assert study.views()["heading_deg"].isna().all()
    assert "heading is unknown" in listener.warnings[0]
    assert "(views: 4)" in listener.warnings[0]


def test_a_whole_photo_that_turns_out_to_be_a_panorama_is_withdrawn(study: Study, photos: Path) -> None:
    (photos / "1.jpg").write_bytes(picture(1, (256, 128)))
    run(study, photos, table=table(photos, {"file": ["1.jpg"], "lat": [LAT], "lon": [LON]}))
    rows = {"file": ["1.jpg"], "lat": [LAT], "lon": [LON], "is_pano": [True], "heading": [0.0]}
    outputs = run(study, photos, table=table(photos, rows), size=64)
    assert outputs.views == {"ok": 4, "quarantined": 1}
    assert outputs.not_used == {"panorama": 1}


def test_a_panorama_of_the_wrong_shape_is_quarantined(study: Study, photos: Path) -> None:
    (photos / "1.jpg").write_bytes(picture(1))
    rows = {"file": ["1.jpg"], "lat": [LAT], "lon": [LON], "is_pano": [True]}
    assert run(study, photos, table=table(photos, rows)).not_used == {"panorama of the wrong shape": 1}


@pytest.mark.real
def test_real_spherical_photos_are_cut_and_the_others_kept(study: Study, shared_data: Path) -> None:
    source = shared_data / "global_streetscapes"
    outputs = run(study, source / "images", table=str(source / "metadata.csv"), size=128)
    views = study.views()
    cut = views["pano_id"].notna()
    assert (int(cut.sum()), int((~cut).sum())) == (36, 16)
    assert outputs.views["missing"] == 2319 - 25
    assert set(views.loc[cut, "heading_deg"]) == {0.0, 90.0, 180.0, 270.0}
    assert views.loc[~cut, "fov_deg"].between(80, 110).all()
