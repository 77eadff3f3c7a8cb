"""What photo files say about themselves."""

from __future__ import annotations

import datetime as dt
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from streetsense.streetview.capturetime import capture_times
from streetsense.streetview.exif import PhotoMetadata, photo_metadata

GPANO = 'xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"'


def photo(
    gps: dict[int, Any] | None = None,
    camera: dict[int, Any] | None = None,
    xmp: str = "",
    form: str = "JPEG",
) -> bytes:
    """Encode a small grey photo with the given directories."""
    exif = Image.Exif()
    exif[271] = "maker"  # Pillow writes no directory into a PNG when the first one is empty
    exif.get_ifd(0x8825).update(gps or {})
    exif.get_ifd(0x8769).update(camera or {})
    out = io.BytesIO()
    options: dict[str, Any] = {"xmp": xmp.encode()} if xmp else {}
    Image.new("RGB", (128, 64), "grey").save(out, form, exif=exif, **options)
    return out.getvalue()


def dms(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), (degrees - whole - minutes / 60) * 3600


BERLIN = {1: "N", 2: dms(52.5), 3: "E", 4: dms(13.4)}


@settings(deadline=None, max_examples=40)
@given(lat=st.floats(-90, 90), lon=st.floats(-180, 180))
def test_positions_survive_degrees_minutes_seconds_with_references(lat: float, lon: float) -> None:
    gps = {1: "NS"[lat < 0], 2: dms(abs(lat)), 3: "EW"[lon < 0], 4: dms(abs(lon))}
    found = photo_metadata(photo(gps))
    if found.lat is None or found.lon is None:
        assert abs(lat) < 1e-4
        assert abs(lon) < 1e-4
    else:
        assert found.lat == pytest.approx(lat, abs=1e-5)
        assert found.lon == pytest.approx(lon, abs=1e-5)


def test_a_position_without_its_hemisphere_is_no_position() -> None:
    assert photo_metadata(photo({2: dms(52.5), 4: dms(13.4)})).lat is None


def test_zero_zero_means_that_the_camera_had_no_fix() -> None:
    assert photo_metadata(photo({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)})).lat is None


def test_a_rational_with_a_zero_denominator_is_no_position() -> None:
    gps = {**BERLIN, 2: (IFDRational(0, 0), IFDRational(0, 0), IFDRational(0, 0))}
    assert photo_metadata(photo(gps)).lat is None


def test_a_latitude_beyond_the_pole_is_no_position() -> None:
    assert photo_metadata(photo({**BERLIN, 2: (95.0, 0.0, 0.0)})).lat is None


def test_a_true_direction_is_read() -> None:
    found = photo_metadata(photo({**BERLIN, 16: "T", 17: 231.5}))
    assert found.heading_deg == pytest.approx(231.5)
    assert not found.heading_is_magnetic


def test_a_magnetic_direction_is_kept_and_marked() -> None:
    found = photo_metadata(photo({**BERLIN, 16: "M", 17: 10.0}))
    assert found.heading_deg == pytest.approx(10.0)
    assert found.heading_is_magnetic


def test_a_direction_of_360_is_north() -> None:
    assert photo_metadata(photo({17: 360.0})).heading_deg == 0


def test_a_time_with_its_offset_becomes_utc() -> None:
    found = photo_metadata(photo(camera={0x9003: "2019:12:29 13:35:13", 0x9011: "+08:00", 0x9291: "17"}))
    assert found.captured_at == "2019-12-29T05:35:13.170Z"


def test_the_satellites_time_is_taken_when_the_camera_has_no_offset() -> None:
    gps = {7: (11.0, 35.0, 13.0), 29: "2019:12:29"}
    assert photo_metadata(photo(gps, {0x9003: "2019:12:29 13:35:13"})).captured_at == "2019-12-29T11:35:13Z"


def test_a_time_without_offset_stays_local_time() -> None:
    assert photo_metadata(photo(camera={0x9003: "2019:12:29 13:35:13"})).captured_at == "2019-12-29T13:35:13"


def test_an_empty_camera_clock_is_no_time() -> None:
    assert photo_metadata(photo(camera={0x9003: "0000:00:00 00:00:00"})).captured_at is None


def test_the_focal_length_on_35_mm_film_gives_the_field_of_view() -> None:
    found = photo_metadata(photo(camera={0xA405: 24}))
    assert found.fov_deg(3600, 2400) == pytest.approx(math.degrees(2 * math.atan(36 / 48)))
    assert found.fov_deg(2400, 3600) == pytest.approx(math.degrees(2 * math.atan(24 / 48)))


def test_a_photo_sphere_is_a_panorama_with_its_heading() -> None:
    xmp = f'<rdf:Description {GPANO} GPano:ProjectionType="equirectangular" GPano:PoseHeadingDegrees="-90.5"/>'
    found = photo_metadata(photo(xmp=xmp))
    assert found.is_panorama
    assert found.pano_heading_deg == pytest.approx(269.5)


def test_a_photo_sphere_written_as_elements_is_recognised() -> None:
    xmp = "<GPano:ProjectionType>equirectangular</GPano:ProjectionType>"
    assert photo_metadata(photo(xmp=xmp)).is_panorama


def test_a_cropped_photo_sphere_is_a_partial_panorama() -> None:
    xmp = (
        'GPano:ProjectionType="equirectangular" GPano:FullPanoWidthPixels="8000" '
        'GPano:CroppedAreaImageWidthPixels="4000"'
    )
    found = photo_metadata(photo(xmp=xmp))
    assert found.is_partial_panorama
    assert not found.is_panorama


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_other_formats_are_read_too(form: str) -> None:
    assert photo_metadata(photo(BERLIN, form=form)).lat == pytest.approx(52.5)


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_the_answer_is_metadata(data: bytes) -> None:
    assert isinstance(photo_metadata(data), PhotoMetadata)
    assert isinstance(photo_metadata(b"\xff\xd8\xff\xe1\x01\x00Exif\0\0" + data), PhotoMetadata)


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(deadline=None, max_examples=40)
@given(position=st.integers(2, 400), value=st.integers(0, 255))
def test_a_damaged_directory_never_raises(position: int, value: int) -> None:
    data = bytearray(photo({**BERLIN, 7: (1.0, 2.0, 3.0), 17: 5.0, 29: "2020:01:01"}, {0x9003: "2020:01:01 00:00:00"}))
    data[position % len(data)] = value
    assert isinstance(photo_metadata(bytes(data)), PhotoMetadata)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2019-12-29 13:35:13:170", "2019-12-29T13:35:13.170"),
        ("2025-10-23T14:11:13+00:00", "2025-10-23T14:11:13Z"),
        ("2024-07-09 03:24:18.913000+02:00", "2024-07-09T01:24:18.913Z"),
        ("2024-01-01T00:30:00+0530", "2023-12-31T19:00:00Z"),
        ("2019-07", "2019-07"),
        ("2019", "2019"),
        ("2019-07-15", "2019-07-15"),
        ("20190715", "2019-07-15"),
        ("1577622913170", "2019-12-29T12:35:13.170Z"),
        ("1577622913", "2019-12-29T12:35:13Z"),
        ("2019-02-29", None),
        ("2019-13", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_written_time_keeps_its_precision(written: str, expected: str | None) -> None:
    assert capture_times(pd.Series([written]))[0] == expected


def test_numbers_and_datetimes_are_times_too() -> None:
    assert list(capture_times(pd.Series([1577622913170.0, None, 2019.0]))) == ["2019-12-29T12:35:13.170Z", None, "2019"]
    aware = pd.Series(pd.to_datetime(["2020-01-01T01:00:00+01:00", None], utc=True))
    assert list(capture_times(aware)) == ["2020-01-01T00:00:00Z", None]


@settings(deadline=None, max_examples=40)
@given(st.datetimes(min_value=dt.datetime(1975, 1, 1), max_value=dt.datetime(2100, 1, 1)))
def test_any_instant_is_read_back_to_the_millisecond(instant: dt.datetime) -> None:
    expected = pd.Timestamp(instant).floor("ms")
    for written in (f"{instant.isoformat()}Z", str(expected.value // 10**6)):
        found = capture_times(pd.Series([written]))[0]
        assert pd.Timestamp(found.removesuffix("Z")) == expected


@pytest.mark.real
def test_positions_of_real_photos_equal_the_published_ones(shared_data: Path) -> None:
    published = pd.read_csv(shared_data / "opensfm_photos" / "exif.csv", dtype={"file": "str"})
    for row in published.itertuples():
        found = photo_metadata((shared_data / "opensfm_photos" / str(row.set) / str(row.file)).read_bytes())
        assert found.lat == pytest.approx(row.lat, abs=1e-6)
        assert found.lon == pytest.approx(row.lon, abs=1e-6)
