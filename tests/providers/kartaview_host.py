"""A host of this computer that answers as KartaView's API 2.0 and storage do.

For a whole ``fetch``::

    with kartaview_host([Snap("1711957993", 13.001, 55.601), Snap("1711957994", 13.002, 55.602)]) as host:
        fetch(provider="kartaview", api_url=host.url, ...)
    host.requests  # what was asked: GET /2.0/photo/, /files/photo/proc/1711957993.jpg

The second argument says how it behaves wrongly (`Behaviour`), and may be changed while it runs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.providers.loopback import LoopbackHost
from tests.providers.trouble import Trouble, picture


@dataclass(frozen=True)
class Snap:
    """One photo; ``more`` are fields that replace the usual ones, None for fields that it lacks."""

    id: str
    lon: float
    lat: float
    taken: str = "2023-04-06 03:41:01"
    heading: float = 168.86
    sequence: str = "7068281"
    index: int = 0
    username: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Behaviour:
    """How KartaView behaves.

    Attributes
    ----------
    trouble : Trouble
        What goes wrong on the way.
    dense_from : int
        So many photos in a circle are too many (state 408); 0 for never.
    dense_status : int
        HTTP status that comes with it: 200, 400 or 408.
    busy_every : int
        Every so manieth request gets the state 429.
    has_always_more : bool
        Whether every page with photos says that there are more.
    as_object : bool
        Whether photos come as an object with members 0, 1, 2 and so on.
    gone : collection of str
        Photos whose files are not there (HTTP 404).
    size : tuple of int
        Pixels.
    """

    trouble: Trouble = field(default_factory=Trouble)
    dense_from: int = 0
    dense_status: int = 200
    busy_every: int = 0
    has_always_more: bool = False
    as_object: bool = False
    gone: Collection[str] = ()
    size: tuple[int, int] = (128, 96)
    searches: int = field(default=0, init=False)


def kartaview_host(snaps: Sequence[Snap], behaviour: Behaviour | None = None) -> LoopbackHost:
    """Return a host that has ``snaps``."""
    behaviour = behaviour or Behaviour()

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/2.0/photo/":
            return _search(request, snaps, behaviour)
        name = request.path.rpartition("/")[2].removesuffix(".jpg")
        if name in behaviour.gone or all(snap.id != name for snap in snaps):
            return web.Response(status=404)
        return web.Response(body=picture(name, *behaviour.size), content_type="image/jpeg")

    async def handler(request: web.Request) -> web.StreamResponse:
        return await behaviour.trouble.around(request, answer)

    return LoopbackHost(handler)


def _search(request: web.Request, snaps: Sequence[Snap], behaviour: Behaviour) -> web.Response:
    behaviour.searches += 1
    if behaviour.busy_every and behaviour.searches % behaviour.busy_every == 0:
        return _said(429)
    asked = request.query
    lon, lat, radius = float(asked["lng"]), float(asked["lat"]), float(asked["radius"])
    inside = sorted((snap for snap in snaps if _metres(snap, lon, lat) <= radius), key=lambda snap: int(snap.id))
    if behaviour.dense_from and len(inside) >= behaviour.dense_from:
        return _said(408, behaviour.dense_status)
    size, page = int(asked["itemsPerPage"]), int(asked["page"])
    assert 1 <= size <= 150 and page >= 1
    data = [_photo(snap, request) for snap in inside[(page - 1) * size : page * size]]
    if not data:
        return _said(601)
    has_more = behaviour.has_always_more or page * size < len(inside)
    found = {str(number): photo for number, photo in enumerate(data)} if behaviour.as_object else data
    return _said(600, result={"data": found, "hasMoreData": has_more})


def _said(code: int, status: int = 200, **more: Any) -> web.Response:
    said = {"apiCode": code, "apiMessage": "", "httpCode": status, "httpMessage": ""}
    return web.json_response({"status": said, **more}, status=status)


def _metres(snap: Snap, lon: float, lat: float) -> float:
    """Measure on the ellipsoid, near enough for a circle."""
    across = math.radians(snap.lon - lon) * 6_378_137 * math.cos(math.radians(lat))
    up = math.radians(snap.lat - lat) * 6_367_449
    return math.hypot(across, up)


def _photo(snap: Snap, request: web.Request) -> dict[str, Any]:
    sequence: dict[str, Any] = {
        "id": snap.sequence,
        "cameraParameters": {"fLen": 5.1, "aperture": 1.6, "hFoV": 67.1, "vFoV": 52.9},
        "deviceName": "iPhone13,4",
        "userId": "304",
    }
    if snap.username is not None:
        sequence["user"] = {"id": "304", "username": snap.username}
    known = {
        "id": snap.id,
        "lat": f"{snap.lat:.6f}",
        "lng": f"{snap.lon:.6f}",
        "heading": str(snap.heading),
        "shotDate": snap.taken,
        "dateAdded": "2023-05-01 00:00:00",
        "width": "4032",
        "height": "3024",
        "projection": "PLANE",
        "cameraParameters": None,
        "fieldOfView": "0",
        "sequenceId": snap.sequence,
        "sequenceIndex": str(snap.index),
        "fileurl": f"http://{request.host}/files/photo/{{{{sizeprefix}}}}/{snap.id}.jpg",
        "fileurlProc": f"http://{request.host}/files/photo/proc/{snap.id}.jpg",
        "sequence": sequence,
        **snap.more,
    }
    return {name: value for name, value in known.items() if value is not None}
