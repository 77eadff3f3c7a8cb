"""Fetching views from a folder of photos."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image
from tests.engine import folderphotos
from tests.engine.folderphotos import LAT, LON, Listener, error_of, located, picture, run, sphere, table

from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.processes import fetch
from streetsense.streetview import provider as providers
from streetsense.streetview.provider import Capture
from streetsense.streetview.views import Status, TakenView, View, view_id
from streetsense.study import Study


def bomb() -> bytes:
    """Return a PNG of some bytes whose header claims 30,000 x 30,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


study, photos = folderphotos.study, folderphotos.photos


def test_a_photo_with_exif_becomes_a_view_with_its_photo_in_the_study(study: Study, photos: Path) -> None:
    data = located(1, gps={16: "T", 17: 90.0})
    (photos / "sub" / "a.jpg").write_bytes(data)
    assert run(study, photos).views == {"ok": 1}
    view = study.views().iloc[0]
    assert (view["source_id"], view["heading_deg"], view["width"], view["height"]) == ("sub/a.jpg", 90.0, 96, 72)
    assert (view.geometry.x, view.geometry.y) == (LON, LAT)
    assert study.photo_path(view["path"]).read_bytes() == data


def test_a_png_keeps_its_format(study: Study, photos: Path) -> None:
    Image.fromarray(np.full((80, 90, 3), 99, dtype=np.uint8)).save(photos / "a.png")
    run(study, photos, table=table(photos, {"file": ["a.png"], "lat": [LAT], "lon": [LON]}))
    path = study.photo_path(study.views()["path"].item())
    assert (path.suffix, path.read_bytes()) == (".png", (photos / "a.png").read_bytes())


def test_an_upright_photo_is_measured_as_it_is_displayed(study: Study, photos: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (photos / "a.jpg").write_bytes(picture(1, (96, 72), exif))
    run(study, photos, table=table(photos, {"file": ["a.jpg"], "lat": [LAT], "lon": [LON]}))
    assert study.views()[["width", "height"]].iloc[0].tolist() == [72, 96]


def test_a_run_without_any_usable_photo_says_why(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(picture(1))
    listener = Listener()
    run(study, photos, listener)
    assert listener.warnings == ["no view can be used: no position (1)."]


def test_linked_photos_stay_where_they_are(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(located(1))
    run(study, photos, link=True)
    assert study.photo_path(study.views()["path"].item()) == (photos / "a.jpg").resolve()
    assert not study.photos_dir.exists()


def test_fetching_twice_gives_the_same_rows_and_writes_nothing(study: Study, photos: Path) -> None:
    for number in range(5):
        (photos / f"{number}.jpg").write_bytes(located(number))
    (photos / "broken.jpg").write_bytes(b"")
    run(study, photos)
    before, parts = study.views(status=None), study.views_table.parts()
    assert run(study, photos).new_views == 0
    assert study.views_table.parts() == parts
    pd.testing.assert_frame_equal(pd.DataFrame(before), pd.DataFrame(study.views(status=None)))


def test_the_table_wins_over_exif_where_it_has_a_value(study: Study, photos: Path) -> None:
    for number in (1, 2):
        (photos / f"{number}.jpg").write_bytes(located(number, gps={16: "T", 17: 10.0}))
    rows = {"file": ["1.jpg", "2.jpg"], "lat": [52.51, None], "lon": [13.41, None], "heading": [200.0, None]}
    run(study, photos, table=table(photos, rows), licence="CC BY 4.0")
    views = study.views().set_index("source_id")
    assert views["heading_deg"].to_dict() == {"1.jpg": 200.0, "2.jpg": 10.0}
    assert (views.geometry["1.jpg"].y, views.geometry["2.jpg"].y) == (52.51, LAT)
    assert set(views["licence"]) == {"CC BY 4.0"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"<html>404</html>", "no photo"),
        ("truncated.jpg", located(3)[:1500], "truncated|broken"),
        ("tiny.jpg", picture(1, (20, 20)), "too small"),
        ("bomb.png", bomb(), "too large"),
        ("nowhere.jpg", picture(2), "no position"),
    ],
    ids=["empty", "text", "truncated", "tiny", "bomb", "nowhere"],
)
def test_a_photo_that_cannot_be_used_is_quarantined_with_the_reason(
    study: Study, photos: Path, name: str, data: bytes, reason: str
) -> None:
    (photos / "good.jpg").write_bytes(located(9))
    (photos / name).write_bytes(data)
    outputs = run(study, photos)
    assert outputs.views == {"ok": 1, "quarantined": 1}
    assert any(word in error_of(study, name) for word in reason.split("|"))
    assert sum(outputs.not_used.values()) == 1


def test_the_later_of_two_equal_photos_is_quarantined(study: Study, photos: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        (photos / name).write_bytes(located(1))
    assert run(study, photos).not_used == {"duplicate": 1}
    assert error_of(study, "b.jpg") == "duplicate: the same photo as a.jpg"


def test_a_duplicate_of_a_photo_from_an_earlier_run_is_quarantined(study: Study, photos: Path) -> None:
    (photos / "b.jpg").write_bytes(located(1))
    run(study, photos)
    (photos / "a.jpg").write_bytes(located(1))
    run(study, photos)
    assert error_of(study, "a.jpg") == "duplicate: the same photo as b.jpg"


def test_a_row_without_a_photo_is_a_missing_view(study: Study, photos: Path) -> None:
    (photos / "1.jpg").write_bytes(picture(1))
    rows = {"file": ["1.jpg", "2.jpg"], "lat": [LAT, LAT], "lon": [LON, LON]}
    assert run(study, photos, table=table(photos, rows)).views == {"ok": 1, "missing": 1}
    assert error_of(study, "2.jpg") == "no photo: the photo is not in the folder"


def test_one_row_out_of_range_is_quarantined_and_the_others_are_used(study: Study, photos: Path) -> None:
    for number in range(3):
        (photos / f"{number}.jpg").write_bytes(picture(number))
    rows = {"file": ["0.jpg", "1.jpg", "2.jpg"], "lat": [LAT, 98.0, LAT], "lon": [LON] * 3}
    assert run(study, photos, table=table(photos, rows)).views == {"ok": 2, "quarantined": 1}
    assert error_of(study, "1.jpg").startswith("position out of range")


def test_swapped_coordinates_are_refused_before_anything_is_written(study: Study, photos: Path) -> None:
    (photos / "1.jpg").write_bytes(picture(1))
    rows = {"file": ["1.jpg"], "lat": [LON], "lon": [LAT]}
    with pytest.raises(InputError, match="latitude and longitude look swapped"):
        run(study, photos, table=table(photos, rows))
    assert study.views_table.is_empty()


def test_a_table_without_positions_needs_photos_with_exif(study: Study, photos: Path) -> None:
    (photos / "1.jpg").write_bytes(picture(1))
    path = table(photos, {"file": ["1.jpg"], "heading": [5.0], "lat": [1.0]})
    with pytest.raises(InputError, match=r"no longitude column \(its columns are file, heading, lat\)"):
        run(study, photos, table=path)
    (photos / "1.jpg").write_bytes(located(1))
    assert run(study, photos, table=path).views == {"ok": 1}
    assert study.views()["heading_deg"].item() == 5.0


def test_views_are_joined_to_the_nearest_sample_point_within_the_distance(study: Study, photos: Path) -> None:
    (photos / "near.jpg").write_bytes(located(1))
    (photos / "far.jpg").write_bytes(located(2, lat=LAT + 0.01))
    points = {"point_id": ["p0", "p1"], "road_id": ["r", "r"], "road_bearing_deg": [10.0, 10.0]}
    geometry = [shapely.Point(LON, LAT + 0.001), shapely.Point(LON + 0.0001, LAT)]
    study.write_sample_points(gpd.GeoDataFrame(points, geometry=geometry, crs="EPSG:4326"))
    assert run(study, photos).views_without_point == 1
    views = study.views().set_index("source_id")
    assert views.loc["near.jpg", "point_id"] == "p1"
    assert pd.isna(views.loc["far.jpg", "point_id"])


def test_views_fetched_before_the_sample_points_are_joined_by_the_next_run(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(located(1))
    assert run(study, photos).views_without_point == 1
    points = gpd.GeoDataFrame(
        {"point_id": ["p0"], "road_id": ["r"], "road_bearing_deg": [10.0]},
        geometry=[shapely.Point(LON, LAT)],
        crs="EPSG:4326",
    )
    study.write_sample_points(points)
    outputs = run(study, photos)
    assert (outputs.new_views, outputs.views_without_point) == (0, 0)
    assert study.views()["point_id"].item() == "p0"


def test_values_that_are_no_number_or_time_are_told_once_a_column(study: Study, photos: Path) -> None:
    for number in range(3):
        (photos / f"{number}.jpg").write_bytes(located(number))
    rows = {
        "file": ["0.jpg", "1.jpg", "2.jpg"],
        "heading": ["NE", "south", "10"],
        "pitch": ["unknown", "", "1.5"],
        "date": ["2019-07", "some day", "2019-08"],
    }
    listener = Listener()
    run(study, photos, listener, table=table(photos, rows))
    assert [warning.partition(";")[0] for warning in listener.warnings] == [
        "table: in the column 'heading' 2 values are not understood as a number and left out (for example 'NE')",
        "table: in the column 'date' 1 value is not understood as a time and left out (for example 'some day')",
    ]
    assert study.views().set_index("source_id")["heading_deg"].dropna().to_dict() == {"2.jpg": 10.0}


def test_a_corrected_table_is_told_and_taken_over_when_asked(study: Study, photos: Path) -> None:
    for number in range(3):
        (photos / f"{number}.jpg").write_bytes(located(number))
    rows: dict[str, list[Any]] = {"file": ["0.jpg", "1.jpg", "2.jpg"], "heading": [0, 10, 20], "date": ["2019"] * 3}
    run(study, photos, table=table(photos, rows))
    corrected = table(photos, {**rows, "heading": [360, 11, None], "date": ["2019", "2020", "2021"]})
    listener = Listener()
    run(study, photos, listener, table=corrected)
    assert listener.warnings == [
        "table: it differs from what the study holds of 2 views (captured_at 2, heading 1); they keep their values, "
        "unless they are fetched once more with --again."
    ]
    listener = Listener()
    assert run(study, photos, listener, table=corrected, again=True).views == {"ok": 3}
    assert listener.warnings == []
    views = study.views().set_index("source_id")
    assert views["heading_deg"].to_dict() == pytest.approx({"0.jpg": 0.0, "1.jpg": 11.0, "2.jpg": np.nan}, nan_ok=True)
    assert views["captured_at"].to_dict() == {"0.jpg": "2019", "1.jpg": "2020", "2.jpg": "2021"}


def test_an_unchanged_table_is_not_told_about(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(located(1))
    (photos / "pano.jpg").write_bytes(sphere(90.0))
    rows = {"file": ["a.jpg", "pano.jpg"], "lat": [LAT] * 2, "lon": [LON] * 2, "heading": [-90.0, 45.0]}
    path = table(photos, rows)
    run(study, photos, table=path, size=64)
    listener = Listener()
    run(study, photos, listener, table=path, size=64)
    assert listener.warnings == []


def test_a_magnetic_heading_is_kept_and_told(study: Study, photos: Path) -> None:
    (photos / "a.jpg").write_bytes(located(1, gps={16: "M", 17: 77.0}))
    listener = Listener()
    run(study, photos, listener)
    assert study.views()["heading_deg"].item() == 77.0
    assert [warning for warning in listener.warnings if "magnetic north" in warning and "(views: 1)" in warning]


def test_max_views_stops_and_the_next_run_continues(study: Study, photos: Path) -> None:
    for number in range(6):
        (photos / f"{number}.jpg").write_bytes(located(number))
    assert run(study, photos, max_views=2).views == {"ok": 2}
    first = set(study.views()["source_id"])
    assert run(study, photos, max_views=2).new_views == 0
    assert run(study, photos, max_views=4).new_views == 2
    assert first < set(study.views()["source_id"])
    assert run(study, photos).new_views == 2


def test_what_max_views_leaves_is_from_the_whole_folder(study: Study, photos: Path) -> None:
    for number in range(40):
        (photos / f"{number:02d}.jpg").write_bytes(located(number))
    run(study, photos, max_views=12)
    taken = sorted(int(name[:2]) for name in study.views()["source_id"])
    assert taken[0] < 10
    assert taken[-1] >= 30


def test_an_interrupted_run_keeps_what_is_finished(study: Study, photos: Path) -> None:
    for number in range(8):
        (photos / f"{number}.jpg").write_bytes(located(number))
    with pytest.raises(Cancelled):
        run(study, photos, Listener(stop_at=3))
    kept = set(study.views()["view_id"])
    assert len(kept) == 3
    assert run(study, photos).new_views == 8 - len(kept)


def test_a_killed_run_continues_where_it_stopped(study: Study, photos: Path) -> None:
    for number in range(12):
        (photos / f"{number:02d}.jpg").write_bytes(located(number))
    code = f"""
import os
from streetsense.processes import fetch, fetchledger
from streetsense.study import Study
fetchledger._PART_ROWS = 4
class Dying:
    def report(self, done, total, message=""):
        if done >= 6:
            os._exit(9)
    def warn(self, message): pass
inputs = fetch.PROCESS.parse({{"provider": "folder", "photos": {str(photos)!r}}})
fetch.run(Study.open({str(study.root)!r}), inputs, Dying())
"""
    result = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert result.returncode == 9, result.stderr
    kept = len(study.views())
    assert 4 <= kept <= 6
    outputs = run(study, photos)
    assert outputs.views == {"ok": 12}
    assert outputs.new_views == 12 - kept


def test_another_folder_with_the_same_names_is_refused(study: Study, photos: Path, tmp_path: Path) -> None:
    (photos / "1.jpg").write_bytes(located(1))
    run(study, photos)
    other = tmp_path / "other"
    other.mkdir()
    (other / "1.jpg").write_bytes(located(2))
    with pytest.raises(InputError, match=r"another photo called 1\.jpg"):
        run(study, other)
    assert run(study, other, again=True).new_views == 1
    assert study.photo_path(study.views()["path"].item()).read_bytes() == located(2)


def test_the_photos_of_a_study_inside_the_folder_are_left_out(photos: Path) -> None:
    area = gpd.GeoDataFrame(geometry=[shapely.box(13.3, 52.4, 13.5, 52.6)], crs="EPSG:4326")
    inner = Study.create(photos / "study", area)
    (photos / "1.jpg").write_bytes(located(1))
    assert run(inner, photos).new_views == 1
    assert run(inner, photos).views == {"ok": 1}


def test_an_unknown_provider_is_refused_with_those_that_there_are(study: Study) -> None:
    with pytest.raises(InputError, match="provider: there is no 'gogle'; the providers are democity, folder"):
        fetch.run(study, fetch.PROCESS.parse({"provider": "gogle"}), Listener())


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"photos": "/nowhere/at/all"}, "photos: /nowhere/at/all does not exist"),
        ({}, "photos: this input is missing"),
        ({"headings": [0, 360]}, "headings: .*the same direction is given twice"),
        ({"fov": 179}, "fov: '179' cannot be used"),
        ({"photo": "x"}, "photo: 'fetch' has no such input"),
    ],
)
def test_bad_inputs_are_named_in_one_sentence(study: Study, inputs: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fetch.run(study, fetch.PROCESS.parse({"provider": "folder", **inputs}), Listener())


def test_a_folder_without_photos_is_refused(study: Study, photos: Path) -> None:
    with pytest.raises(InputError, match="photos: there is no photo in"):
        run(study, photos)


class _Stumbling:
    """A provider of another package that fails on one capture."""

    name, views_per_capture = "stumbling", 1

    def captures(self, progress: object) -> list[Capture]:
        return [Capture("a"), Capture("b")]

    def finished_views(self, capture: Capture, done: dict[str, str]) -> int:
        return int(view_id(self.name, capture.source_id) in done)

    def take(self, capture: Capture) -> list[TakenView]:
        if capture.source_id == "a":
            raise KeyError("surprise")
        return [TakenView(View(view_id(self.name, "b"), self.name, "b", LON, LAT), picture(1))]


def test_an_unexpected_error_in_one_capture_fails_that_capture_alone(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "_BUILT_IN", {"stumbling": f"{__name__}:stumbling_provider"})
    outputs = fetch.run(study, fetch.PROCESS.parse({"provider": "stumbling"}), Listener())
    assert outputs.views == {"ok": 1, Status.FAILED.value: 1}


def stumbling_provider(request: object) -> _Stumbling:
    return _Stumbling()


def test_a_full_disk_ends_the_run_with_one_sentence(
    study: Study, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "1.jpg").write_bytes(located(1))

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(StreetSenseError, match="the disk is full"):
        run(study, photos)


@pytest.mark.real
def test_real_faces_of_panoramas_keep_their_headings(study: Study, shared_data: Path) -> None:
    source = shared_data / "panoramax_capferret"
    outputs = run(study, source / "faces", table=str(source / "faces.csv"), photo_fov=90.0, link=True)
    assert outputs.views == {"ok": 400}
    published = pd.read_csv(source / "faces.csv").set_index("file").sort_index()
    views = study.views().set_index("source_id").sort_index()
    assert views["heading_deg"].tolist() == published["heading_deg"].tolist()
    assert np.allclose(views.geometry.x, published["lon"])
    assert set(views["fov_deg"]) == {90.0}
    assert set(views["licence"]) == {"etalab-2.0"}


@pytest.mark.real
def test_real_photos_are_placed_by_their_exif_alone(study: Study, shared_data: Path) -> None:
    assert run(study, shared_data / "opensfm_photos", link=True).views == {"ok": 32}
    published = pd.read_csv(shared_data / "opensfm_photos" / "exif.csv", dtype={"file": "str"})
    views = study.views().set_index("source_id").loc[(published["set"] + "/" + published["file"]).tolist()]
    assert np.allclose(views.geometry.y, published["lat"], rtol=0, atol=1e-6)
    assert np.allclose(views.geometry.x, published["lon"], rtol=0, atol=1e-6)


@pytest.mark.real
def test_real_labelled_photos_are_placed_by_their_table(study: Study, shared_data: Path) -> None:
    source = shared_data / "rio_pp2_safety"
    outputs = run(study, source / "images", table=str(source / "labels.csv"), link=True)
    assert outputs.views == {"ok": 150}
    assert outputs.views_outside_area == 150
