"""Values in other people's JSON: numbers, angles, texts and positions, whatever type they were written as.

Providers send numbers as text, truth as ``"1"`` and nothing as ``null``, ``""`` or not at all. Everything here returns
None for what cannot be understood, so that one bad field costs that field and not the answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Clocks that were never set count from 1970; a capture before 12 January 1970 is none.
_FIRST_INSTANT_MS = 1_000_000_000
_TRUE = frozenset({"true", "t", "yes", "1"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")


def number(value: object) -> float | None:
    """Return a finite number, also from text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def angle(value: object) -> float | None:
    """Return degrees, 0 <= angle < 360."""
    degrees = number(value)
    if degrees is None:
        return None
    turned = degrees % 360.0
    return 0.0 if turned == 360.0 else turned  # what is left of a tiny negative number


def text(value: object) -> str | None:
    """Return text on one line without blanks around it; whole numbers become text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    # JSON can hold halves of letters, which no file takes.
    whole = str(value).encode("utf-8", "replace").decode()
    return _CONTROL.sub(" ", whole).strip() or None


def truth(value: object) -> bool:
    """Tell whether a value says yes."""
    return value is True or (isinstance(value, int | str) and str(value).strip().lower() in _TRUE)


def position(lon: object, lat: object) -> tuple[float, float] | None:
    """Return longitude and latitude in degrees when both are there and in range."""
    x, y = number(lon), number(lat)
    return (x, y) if x is not None and y is not None and abs(x) <= 180 and abs(y) <= 90 else None


def point(geometry: object) -> tuple[float, float] | None:
    """Return the position of a GeoJSON point."""
    coordinates = geometry.get("coordinates") if isinstance(geometry, Mapping) else None
    if not isinstance(coordinates, list | tuple) or len(coordinates) < 2:
        return None
    return position(coordinates[0], coordinates[1])


def instant(milliseconds: object) -> str | None:
    """Return milliseconds since 1970 as ISO 8601 in UTC, as `streetsense.streetview.capturetime` writes it."""
    since = number(milliseconds)
    if since is None or since < _FIRST_INSTANT_MS:
        return None
    try:
        moment = _EPOCH + timedelta(milliseconds=round(since))
    except OverflowError:
        return None
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def members(value: object) -> Mapping[str, Any]:
    """Return an object's members; none when it is no object."""
    return value if isinstance(value, Mapping) else {}
