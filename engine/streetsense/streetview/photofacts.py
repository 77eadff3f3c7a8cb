"""What table and file say together of one photo, and whether that is enough for a view."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streetsense.images import PhotoInfo
    from streetsense.streetview.exif import PhotoMetadata
    from streetsense.streetview.phototable import TableRow
    from streetsense.streetview.views import View


def completed(view: View, inside: PhotoMetadata, photo: PhotoInfo) -> tuple[View, tuple[str, ...]]:
    """Fill what the table does not say from the photo's file; return what is worth telling besides."""
    notes = []
    if view.lat is None or view.lon is None:
        view = dataclasses.replace(view, lat=inside.lat, lon=inside.lon)
    if view.heading_deg is None and inside.heading_deg is not None:
        view = dataclasses.replace(view, heading_deg=inside.heading_deg)
        if inside.heading_is_magnetic:
            notes.append("the heading is from magnetic north and kept without correction for the declination")
    if view.captured_at is None:
        view = dataclasses.replace(view, captured_at=inside.captured_at)
    if view.captured_at is not None and "T" in view.captured_at and not view.captured_at.endswith("Z"):
        notes.append("the capture time is local without its offset from UTC and kept so")
    return dataclasses.replace(view, width=photo.width, height=photo.height), tuple(notes)


def is_panorama(says: TableRow, inside: PhotoMetadata) -> bool:
    """Tell whether a photo is a panorama: by the table, or by its file where the table does not say."""
    return inside.is_panorama if says.is_panorama is None else says.is_panorama


def why_unusable(view: View, inside: PhotoMetadata, says: TableRow, photo: PhotoInfo) -> str | None:
    """Return the reason why an intact photo makes no view, or None."""
    if view.lat is None or view.lon is None:
        return "no position"
    if abs(view.lat) > 90 or abs(view.lon) > 180:
        return f"position out of range: latitude {view.lat:g}, longitude {view.lon:g}"
    if inside.is_partial_panorama and says.is_panorama is not False:
        return "partial panorama: only panoramas of 360 by 180 degrees can be cut"
    if is_panorama(says, inside) and abs(photo.width / photo.height - 2) > 0.04:
        return f"panorama of the wrong shape: {photo.width} x {photo.height}, twice as wide as high is needed"
    return None
