"""What Mapillary says of an image, as a capture."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from streetsense.streetview.online.apiaddress import is_photo_address
from streetsense.streetview.online.jsonvalues import angle, instant, members, number, point, text, truth
from streetsense.streetview.online.provider import FoundCapture

LICENCE = "CC BY-SA 4.0"
#: Who is named while the user's name is not known.
CONTRIBUTORS = "Mapillary contributors"
#: What is asked of every image.
FIELDS = (
    "id",
    "captured_at",
    "compass_angle",
    "computed_compass_angle",
    "geometry",
    "computed_geometry",
    "camera_type",
    "camera_parameters",
    "is_pano",
    "width",
    "height",
    "exif_orientation",
    "sequence",
    "creator",
)
Address = Callable[[Mapping[str, Any], bool], str | None]

_SPHERICAL = frozenset({"spherical", "equirectangular"})
#: Cameras whose first parameter is a focal length from which the field of view follows; a fisheye's is another thing.
_FLAT = frozenset({"perspective", "brown"})
#: EXIF orientations in which the picture lies on its side. The focal length belongs to the sensor, photos come upright.
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
_ID = re.compile(r"[\w-]{1,64}", re.ASCII)


def capture_of(item: object, address: Address | None = None) -> FoundCapture | None:
    """Turn an image of the Graph API into a capture.

    The position and direction that Mapillary computed from the pictures come before the device's own.

    Parameters
    ----------
    item : object
        An image as JSON; fields may be missing, or text where a number is meant.
    address : callable, optional
        Returns the photo's address, given the image and whether it is a panorama.

    Returns
    -------
    FoundCapture or None
        None when there is no id or no position.
    """
    image = members(item)
    name = image_id(image.get("id"))
    where = point(image.get("computed_geometry")) or point(image.get("geometry"))
    if name is None or where is None:
        return None
    is_pano = image.get("camera_type") in _SPHERICAL or truth(image.get("is_pano"))
    heading = angle(image.get("computed_compass_angle"))
    return FoundCapture(
        source_id=name,
        lon=where[0],
        lat=where[1],
        captured_at=captured_at(image.get("captured_at")),
        is_pano=is_pano,
        heading_deg=angle(image.get("compass_angle")) if heading is None else heading,
        fov_deg=None if is_pano else field_of_view(image),
        sequence_id=text(image.get("sequence")),
        pano_id=name if is_pano else None,
        licence=LICENCE,
        attribution=attribution(text(members(image.get("creator")).get("username"))),
        source_url=source_url(name),
        fresh_url=None if address is None else address(image, is_pano),
    )


def photo_address(image: Mapping[str, Any], fields: Iterable[str], api: str) -> str | None:
    """Return the address of an image's photo: of these fields, the first that the image has.

    The API's own address says which others are believed.
    """
    return next((str(image[field]) for field in fields if is_photo_address(image.get(field), api)), None)


def image_id(value: object) -> str | None:
    """Return an image's id; None when it is none, or could lead to another place of the API."""
    name = text(value)
    return name if name is not None and _ID.fullmatch(name) else None


def source_url(name: str) -> str:
    """Return where a person can look at an image."""
    return f"https://www.mapillary.com/app/?pKey={name}"


def attribution(username: str | None) -> str:
    """Name the user who gave the image, and Mapillary."""
    return CONTRIBUTORS if username is None else f"© {username} / Mapillary"


def captured_at(value: object) -> str | None:
    """Return when an image was taken; milliseconds since 1970, or ISO 8601."""
    known = instant(value)
    if known is not None or not isinstance(value, str) or number(value) is not None:
        return known
    try:
        moment = datetime.fromisoformat(value.strip())
        return instant(moment.timestamp() * 1000) if moment.tzinfo is not None else None
    except (ValueError, OverflowError, OSError):
        return None


def field_of_view(image: Mapping[str, Any]) -> float | None:
    """Return the horizontal field of view of a flat photo as it is looked at, in degrees.

    The focal length is given in units of the longer side.
    """
    parameters = _parameters(image.get("camera_parameters"))
    width, height = number(image.get("width")), number(image.get("height"))
    if image.get("camera_type") not in _FLAT or not parameters or not width or not height:
        return None
    focal = number(parameters[0])
    if focal is None or focal <= 0 or width < 0 or height < 0:
        return None
    across = height if number(image.get("exif_orientation")) in _ON_ITS_SIDE else width
    fov = math.degrees(2 * math.atan(0.5 * across / max(width, height) / focal))
    return fov if 1 <= fov < 179 else None


def _parameters(value: object) -> list[Any]:
    """Return a camera's parameters, which tables hold as text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return []
    return value if isinstance(value, list) else []
