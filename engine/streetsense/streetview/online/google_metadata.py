"""From an answer of Google's metadata endpoint to a capture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from streetsense.streetview.online.jsonvalues import members, position, text
from streetsense.streetview.online.provider import FoundCapture

_MONTH = re.compile(r"[12]\d{3}(-(0[1-9]|1[0-2]))?")


def capture_in(said: Mapping[str, Any]) -> FoundCapture | None:
    """Read an answer whose status is ``OK``.

    Parameters
    ----------
    said : mapping
        ``pano_id``, ``location`` and, where known, ``date`` (a month) and ``copyright``.

    Returns
    -------
    FoundCapture or None
        The panorama, called by its name, which may change over the years; None when name or place is missing.
    """
    pano_id, location = text(said.get("pano_id")), members(said.get("location"))
    place = position(location.get("lng"), location.get("lat"))
    if pano_id is None or place is None:
        return None
    date = text(said.get("date")) or ""
    return FoundCapture(
        source_id=pano_id,
        lon=place[0],
        lat=place[1],
        captured_at=date if _MONTH.fullmatch(date) else None,
        is_pano=True,
        pano_id=pano_id,
        licence="Google Maps Platform Terms of Service",
        attribution=text(said.get("copyright")) or "© Google",
        source_url=f"https://www.google.com/maps/@?api=1&map_action=pano&pano={quote(pano_id, safe='')}",
    )
