"""What KartaView says of photos, as captures."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from streetsense.streetview.online.apiaddress import is_photo_address
from streetsense.streetview.online.jsonvalues import angle, members, number, position, text
from streetsense.streetview.online.provider import Findings, FoundCapture

LICENCE = "CC BY-SA 4.0"
#: Who is named where the answer does not say who took the photo.
CONTRIBUTORS = "KartaView contributors"
_SPHERICAL = frozenset({"SPHERE", "SPHERICAL", "EQUIRECTANGULAR"})
#: Stands in addresses for the size; ``proc`` is the whole photo with faces and number plates blurred.
_SIZE, _BLURRED = "{{sizeprefix}}", "proc"
_ID = re.compile(r"[0-9]{1,20}")


def captures_of(photos: Sequence[object], api: str) -> Findings:
    """Turn photos of KartaView's API 2.0 into captures.

    Parameters
    ----------
    photos : sequence
        As JSON, each with its sequence where the answer has it; numbers may be text.
    api : str
        The API's address. It says which addresses of photos are believed.

    Returns
    -------
    Findings
        Without further questions. Photos without id, position or address are unreadable. Times are those of the
        camera's clock: nobody wrote down its offset from UTC.
    """
    import pandas as pd

    from streetsense.streetview.capturetime import capture_times

    dates = pd.Series([text(members(photo).get("shotDate")) for photo in photos], dtype="object")
    found = [_capture(members(photo), taken, api) for photo, taken in zip(photos, capture_times(dates), strict=True)]
    captures = [capture for capture in found if capture is not None]
    return Findings(captures, unreadable=len(found) - len(captures))


def _capture(photo: Mapping[str, Any], captured_at: str | None, api: str) -> FoundCapture | None:
    name = text(photo.get("id"))
    where = position(photo.get("lng"), photo.get("lat"))
    url = _photo_url(photo, api)
    if name is None or not _ID.fullmatch(name) or where is None or url is None:
        return None
    sequence = members(photo.get("sequence"))
    sequence_id = text(photo.get("sequenceId")) or text(sequence.get("id"))
    is_pano = text(photo.get("projection")) in _SPHERICAL
    return FoundCapture(
        source_id=name,
        lon=where[0],
        lat=where[1],
        captured_at=captured_at,
        is_pano=is_pano,
        heading_deg=angle(photo.get("heading")),
        fov_deg=None if is_pano else _field_of_view(photo, sequence),
        sequence_id=sequence_id,
        pano_id=name if is_pano else None,
        licence=LICENCE,
        attribution=_attribution(photo, sequence),
        source_url=_source_url(sequence_id, text(photo.get("sequenceIndex"))),
        photo_url=url,
    )


def _photo_url(photo: Mapping[str, Any], api: str) -> str | None:
    """Return where the photo is."""
    for field in ("fileurlProc", "fileurl"):
        url = photo.get(field)
        if isinstance(url, str):
            url = url.replace(_SIZE, _BLURRED)
        if is_photo_address(url, api):
            return str(url)
    return None


def _field_of_view(photo: Mapping[str, Any], sequence: Mapping[str, Any]) -> float | None:
    """Return the horizontal field of view of a photo as it is looked at, in degrees.

    Cameras say it as they are held for wide photos.
    """
    for says in (photo, sequence):
        camera = _parameters(says.get("cameraParameters"))
        across, down = number(camera.get("hFoV")), number(camera.get("vFoV"))
        width, height = number(photo.get("width")), number(photo.get("height"))
        if None not in (across, down, width, height) and (across > down) != (width > height):  # type: ignore[operator]
            across = down
        for degrees in (across, number(says.get("fieldOfView"))):
            if degrees is not None and 1 <= degrees < 179:
                return degrees
    return None


def _parameters(value: object) -> Mapping[str, Any]:
    """Return a camera's parameters, which may be JSON inside text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return members(value)


def _attribution(photo: Mapping[str, Any], sequence: Mapping[str, Any]) -> str:
    """Name who took the photo, and KartaView."""
    for says in (photo, sequence):
        username = text(members(says.get("user")).get("username")) or text(says.get("username"))
        if username is not None:
            return f"© {username} / KartaView"
    return CONTRIBUTORS


def _source_url(sequence_id: str | None, index: str | None) -> str | None:
    """Return where a person can look at the photo."""
    if sequence_id is None or index is None or not (_ID.fullmatch(sequence_id) and _ID.fullmatch(index)):
        return None
    return f"https://kartaview.org/details/{sequence_id}/{index}/track-info"
