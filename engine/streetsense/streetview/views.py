"""What a provider delivers: views with their position, direction, time and photo, or the reason why there is none."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Status(StrEnum):
    """What became of a view. Only ``ok`` views have a photo that other processes read."""

    OK = "ok"
    MISSING = "missing"
    FAILED = "failed"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class View:
    """One street view: a row of the study's table of views.

    Attributes
    ----------
    view_id : str
        Key, the same in every run (see `view_id`).
    provider, source_id : str
        Who delivered it, and what the provider calls it.
    lon, lat : float or None
        Position in degrees, WGS84 (EPSG:4326).
    heading_deg : float or None
        Where the middle of the picture looks: degrees clockwise from true north, 0 <= heading < 360.
    pitch_deg, fov_deg : float or None
        Degrees above the horizon, and the horizontal field of view in degrees.
    captured_at : str or None
        ISO 8601. Ends with ``Z`` when the instant is known in UTC; without ``Z`` it is the local time of the place.
        A month or year alone (``2019-07``) stays as it is.
    width, height : int or None
        Pixels, as displayed.
    status, error : Status, str or None
        What became of it and, unless it is ok, why: ``"<reason>"`` or ``"<reason>: <detail>"``.
    """

    view_id: str
    provider: str
    source_id: str
    lon: float | None = None
    lat: float | None = None
    heading_deg: float | None = None
    pitch_deg: float | None = None
    fov_deg: float | None = None
    captured_at: str | None = None
    width: int | None = None
    height: int | None = None
    pano_id: str | None = None
    sequence_id: str | None = None
    point_id: str | None = None
    licence: str | None = None
    attribution: str | None = None
    source_url: str | None = None
    status: Status = Status.OK
    error: str | None = None

    def quarantined(self, reason: str) -> View:
        """Return the same view as one that must not be used, with the reason."""
        return dataclasses.replace(self, status=Status.QUARANTINED, error=reason)


@dataclass(frozen=True)
class TakenView:
    """A view together with its encoded photo.

    Attributes
    ----------
    view : View
        The row.
    data : bytes or None
        The encoded photo; None when there is none.
    suffix : str
        The file suffix that fits ``data``, with the dot.
    linked : Path or None
        Where the photo stays; None when it is to be copied into the study.
    labels : mapping
        What the provider knows to be true of this view (synthetic cities only): name to value.
    notes : tuple of str
        Things worth telling the user, each once with the number of views it is true of.
    """

    view: View
    data: bytes | None = None
    suffix: str = ".jpg"
    linked: Path | None = None
    labels: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cuts:
    """How perspective views are cut out of panoramas.

    Attributes
    ----------
    headings_deg : tuple of float
        Directions, clockwise, relative to ``relative_to``.
    relative_to : str
        ``"north"``, or ``"road"`` for the bearing of the road at the nearest sample point.
    pitch_deg, fov_deg : float
        Degrees above the horizon, and the field of view in degrees (views are square).
    size : int
        Pixels on a side.
    """

    headings_deg: tuple[float, ...] = (0.0, 90.0, 180.0, 270.0)
    relative_to: str = "north"
    pitch_deg: float = 0.0
    fov_deg: float = 90.0
    size: int = 512

    def aspect(self, heading_deg: float) -> str:
        """Name one cut, for `view_id`: all that says which view it is. The size is not part of it."""
        return f"{heading_deg % 360:g}/{self.relative_to}/{self.pitch_deg:g}/{self.fov_deg:g}"

    def view_ids(self, provider: str, source_id: str) -> list[str]:
        """Return the keys of all cuts of one panorama, in the order of ``headings_deg``."""
        return [view_id(provider, source_id, self.aspect(heading)) for heading in self.headings_deg]


def view_id(provider: str, source_id: str, aspect: str = "") -> str:
    """Return the key of a view: 20 hexadecimal digits that depend on nothing but the arguments.

    Parameters
    ----------
    provider, source_id : str
        Who delivers the view, and what it is called there.
    aspect : str
        Which cut of a panorama (`Cuts.aspect`); empty for a photo that is used as it is.
    """
    return hashlib.sha256("\0".join((provider, source_id, aspect)).encode()).hexdigest()[:20]
