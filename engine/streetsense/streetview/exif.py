"""What a photo's file says about itself: position, direction, time, field of view, and whether it is a panorama.

EXIF 2.32 (CIPA DC-008) and Google's Photo Sphere XMP. Files are written by many programs, so nothing in here raises:
what cannot be understood is absent.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from streetsense.images.header import FORMATS

# Pillow warns about every damaged directory; here damaged means absent, and the user hears of it as a missing position.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")

_EXIF_IFD, _GPS_IFD = 0x8769, 0x8825
_XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
_EXIF_HEADER = b"Exif\0\0"
#: The diagonal of a 36 mm x 24 mm frame, to which the "35 mm film" focal length refers (CIPA DCG-001).
_FULL_FRAME_DIAGONAL_MM = math.hypot(36, 24)


@dataclass(frozen=True)
class PhotoMetadata:
    """What a photo's file says; None for what it does not say.

    Attributes
    ----------
    lat, lon : float or None
        Degrees, WGS84, both or neither. Exactly 0, 0 is what cameras write without a fix and counts as absent.
    heading_deg : float or None
        Degrees clockwise from north.
    heading_is_magnetic : bool
        The heading refers to magnetic north; it is given as it was written, without the local declination.
    captured_at : str or None
        ISO 8601; with ``Z`` when it is UTC, without when it is local time of unknown offset.
    focal_35mm : float or None
        Focal length in mm that gives the same diagonal angle of view on 36 mm x 24 mm.
    is_panorama : bool
        The picture is equirectangular, 360° by 180°.
    is_partial_panorama : bool
        The picture is equirectangular and covers a part of the sphere.
    pano_heading_deg : float or None
        Where the middle of the panorama looks, degrees clockwise from north.
    """

    lat: float | None = None
    lon: float | None = None
    heading_deg: float | None = None
    heading_is_magnetic: bool = False
    captured_at: str | None = None
    focal_35mm: float | None = None
    is_panorama: bool = False
    is_partial_panorama: bool = False
    pano_heading_deg: float | None = None

    def fov_deg(self, width: int, height: int) -> float | None:
        """Return the horizontal field of view in degrees of a picture displayed as ``width`` x ``height`` pixels."""
        if self.focal_35mm is None or self.is_panorama:
            return None
        across = _FULL_FRAME_DIAGONAL_MM * width / math.hypot(width, height)
        return math.degrees(2 * math.atan(across / (2 * self.focal_35mm)))


def photo_metadata(data: bytes) -> PhotoMetadata:
    """Read what an encoded photo says about itself; whatever the bytes are, the answer is a `PhotoMetadata`."""
    camera, gps, xmp = _raw_metadata(data)
    lat, lon = _position(gps)
    heading = _number(gps.get(17))
    focal = _number(camera.get(0xA405))
    sphere = _photo_sphere(xmp)
    return PhotoMetadata(
        lat=lat,
        lon=lon,
        heading_deg=heading % 360 if heading is not None and 0 <= heading <= 360 else None,
        heading_is_magnetic=_text(gps.get(16)).upper() == "M",
        captured_at=_time(camera, gps),
        focal_35mm=focal if focal is not None and 1 <= focal <= 2000 else None,
        is_panorama=sphere.get("whole", 0.0) == 1.0,
        is_partial_panorama=sphere.get("whole", 1.0) == 0.0,
        pano_heading_deg=sphere["heading"] % 360 if "heading" in sphere else None,
    )


def _raw_metadata(data: bytes) -> tuple[Mapping[int, Any], Mapping[int, Any], bytes]:
    """Return the camera's and the satellites' EXIF directories and the XMP packet of a photo."""
    try:
        if data[:2] != b"\xff\xd8":
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                found = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
                xmp = found.encode() if isinstance(found, str) else bytes(found)
                return *_directories(image.getexif()), xmp
        # A JPEG's segments are read here, because Pillow refuses to open very large panoramas.
        segments = list(_application_segments(data))
        exif = Image.Exif()
        exif.load(next((payload for payload in segments if payload.startswith(_EXIF_HEADER)), _EXIF_HEADER))
        packets = [payload[len(_XMP_HEADER) :] for payload in segments if payload.startswith(_XMP_HEADER)]
        return *_directories(exif), b"".join(packets)
    except Exception:  # Pillow raises a dozen types on damaged files, and damaged means absent here
        return {}, {}, b""


def _directories(exif: Image.Exif) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
    """Return the camera's and the satellites' directories; one that is damaged is empty."""
    found: list[Mapping[int, Any]] = []
    for tag in (_EXIF_IFD, _GPS_IFD):
        try:
            found.append(dict(exif.get_ifd(tag)))
        except Exception:  # see _raw_metadata
            found.append({})
    return found[0], found[1]


def _application_segments(data: bytes) -> Iterator[bytes]:
    """Yield the payloads of a JPEG's APP1 segments, up to the start of the picture."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker, length = data[position + 1], int.from_bytes(data[position + 2 : position + 4], "big")
        if marker == 0xFF:  # fill byte
            position += 1
            continue
        if marker == 0xDA or length < 2:
            return
        if marker == 0xE1:
            yield data[position + 4 : position + 2 + length]
        position += 2 + length


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | tuple[None, None]:
    """Return latitude and longitude; a position whose hemisphere is not said is none."""
    lat, lon = _degrees(gps.get(2)), _degrees(gps.get(4))
    north, east = _text(gps.get(1)).upper()[:1], _text(gps.get(3)).upper()[:1]
    if lat is None or lon is None or north not in {"N", "S"} or east not in {"E", "W"}:
        return None, None
    lat, lon = (-lat if north == "S" else lat), (-lon if east == "W" else lon)
    if abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return None, None
    return lat, lon


def _degrees(value: Any) -> float | None:  # noqa: ANN401 - whatever a file holds
    """Add up degrees, minutes and seconds; some programs write degrees alone."""
    parts = value if isinstance(value, tuple | list) else (value,)
    numbers = [_number(part) for part in parts[:3]]
    if numbers[0] is None:
        return None
    total = sum((number or 0.0) / 60**power for power, number in enumerate(numbers))
    return total if total >= 0 else None


def _time(camera: Mapping[int, Any], gps: Mapping[int, Any]) -> str | None:
    """Return the capture time: the camera's with its offset, else that of the satellites (UTC), else the camera's."""
    local = _moment(_text(camera.get(0x9003)), _text(camera.get(0x9291)))
    offset = re.fullmatch(r"([+-])(\d{2}):(\d{2})", _text(camera.get(0x9011)))
    if local is not None and offset is not None:
        ahead = dt.timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return _written(local + ahead if offset[1] == "-" else local - ahead) + "Z"
    clock = gps.get(7)
    if isinstance(clock, tuple | list) and len(clock) == 3:
        hour, minute, second = (_number(part) for part in clock)
        if hour is not None and minute is not None and second is not None:
            universal = _moment(f"{_text(gps.get(29))} {int(hour):02d}:{int(minute):02d}:{int(second):02d}")
            if universal is not None:
                return _written(universal) + "Z"
    return None if local is None else _written(local)


def _moment(text: str, fraction: str = "") -> dt.datetime | None:
    """Read EXIF's ``2019:12:29 13:35:13``; the fraction of a second is written in a field of its own."""
    date, _, time = text.partition("T") if "T" in text else text.partition(" ")
    try:
        moment = dt.datetime.strptime(f"{date.replace('-', ':')} {time}", "%Y:%m:%d %H:%M:%S")
    except ValueError:  # 0000:00:00 00:00:00, as cameras without a set clock write
        return None
    if not 1800 <= moment.year <= 2200:
        return None
    return moment.replace(microsecond=int(fraction[:3].ljust(3, "0")) * 1000) if fraction.isdecimal() else moment


def _written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")


def _photo_sphere(xmp: bytes) -> dict[str, float]:
    """Return ``whole`` (1 for a full sphere, 0 for a part) and ``heading`` when the XMP packet says equirectangular."""
    text = xmp.decode("utf-8", errors="replace")
    if _property(text, "ProjectionType").lower() != "equirectangular":
        return {}
    whole_width, whole_height, width, height = (
        _number(_property(text, name))
        for name in (
            "FullPanoWidthPixels",
            "FullPanoHeightPixels",
            "CroppedAreaImageWidthPixels",
            "CroppedAreaImageHeightPixels",
        )
    )
    found = {"whole": float(whole_width == width and whole_height == height)}
    heading = _number(_property(text, "PoseHeadingDegrees"))
    return found if heading is None else {**found, "heading": heading}


def _property(xmp: str, name: str) -> str:
    """Return a GPano property, written as an attribute or as an element."""
    match = re.search(rf"GPano:{name}\s*(?:=\s*[\"']|>)\s*([^\"'<]*)", xmp)
    return match.group(1).strip() if match else ""


def _number(value: Any) -> float | None:  # noqa: ANN401 - whatever a file holds
    """Return a finite number or None; rationals with a zero denominator are none."""
    if isinstance(value, tuple | list) and len(value) == 1:
        value = value[0]
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a file holds
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="ignore")
    return value.replace("\0", "").strip() if isinstance(value, str) else ""
