"""A host of this computer that answers as Mapillary's Graph API, tiles and storage do.

For a whole ``fetch``::

    images = [Image("101", 13.001, 55.601), Image("102", 13.002, 55.602, camera_type="spherical")]
    with mapillary_host(images) as host:
        fetch(provider="mapillary", api_url=host.url, key=KEY, ...)
    host.requests  # what was asked: GET /images, /tiles/14/…, /101, and /photos/101.jpg of another host

Photos are at ``http://localhost:PORT`` while the API is at ``http://127.0.0.1:PORT``: to a client two hosts, as in
truth. The second argument says how it behaves wrongly (`Behaviour`), and may be changed while it runs.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.providers.loopback import LoopbackHost
from tests.providers.mvt import EXTENT, point_tile
from tests.providers.trouble import Trouble, picture

KEY = "MLY|4711|f00dfacef00dfacef00dfacef00dface"


@dataclass(frozen=True)
class Image:
    """One image; ``more`` are fields that replace the usual ones, None for fields that it lacks."""

    id: str
    lon: float
    lat: float
    captured_at: int = 1_563_721_072_184
    heading: float = 90.0
    camera_type: str = "perspective"
    focal: float = 0.85
    width: int = 4000
    height: int = 3000
    sequence: str = "7nfcwfvjdtphz7yj6zat6a"
    username: str = "mapper"
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Behaviour:
    """How Mapillary behaves.

    Attributes
    ----------
    trouble : Trouble
        What goes wrong on the way.
    key : str
        The access token that is accepted.
    key_status : int
        HTTP status of the answer to another one: 401, 400 or 200.
    limit_every, limit_status : int
        Every so manieth request of the API gets "Application request limit reached", with this HTTP status.
    most : int
        Images in an answer at most, however many are asked for.
    withdrawn : int
        Images that are taken out of an answer after it was limited.
    time_out_deg2 : float
        Square degrees beyond which a search ends with HTTP 400 and the error for time-outs; 0 for none.
    overworked_deg2 : float
        ...with HTTP 500; 0 for none.
    slow_deg2 : float
        ...does not end for a minute; 0 for none.
    gone : collection of str
        Images that searches find and that do not exist when they are asked for.
    no_photo : collection of str
        Images whose addresses lead nowhere (HTTP 404).
    good_from : int
        How manieth address of an image is the first that is not refused with HTTP 403: 1 for all, 2 when those of
        searches have expired.
    tile_status : int
        HTTP status of tiles without images: 200 with an empty tile, 204 or 404.
    tiles_as_text : bool
        Whether tiles hold text where numbers are meant.
    twice : bool
        Whether every image comes twice in an answer.
    size : tuple of int
        Pixels of flat photos; panoramas are as wide.
    addresses : dict
        How many addresses were given for each image.
    """

    trouble: Trouble = field(default_factory=Trouble)
    key: str = KEY
    key_status: int = 401
    limit_every: int = 0
    limit_status: int = 400
    most: int = 2000
    withdrawn: int = 0
    time_out_deg2: float = 0.0
    overworked_deg2: float = 0.0
    slow_deg2: float = 0.0
    gone: Collection[str] = ()
    no_photo: Collection[str] = ()
    good_from: int = 1
    tile_status: int = 200
    tiles_as_text: bool = False
    twice: bool = False
    size: tuple[int, int] = (128, 96)
    addresses: dict[str, int] = field(default_factory=dict)


def mapillary_host(images: Sequence[Image], behaviour: Behaviour | None = None) -> LoopbackHost:
    """Return a host that has ``images``."""
    mapillary = _Mapillary(images, behaviour or Behaviour())
    return LoopbackHost(mapillary.handle)


class _Mapillary:
    def __init__(self, images: Sequence[Image], behaviour: Behaviour) -> None:
        self._images, self._behaviour = images, behaviour
        self._by_id = {image.id: image for image in images}
        self._asked = itertools.count(1)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        return await self._behaviour.trouble.around(request, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        behaviour = self._behaviour
        if request.path.startswith("/photos/"):
            return self._photo(request)
        if request.headers.get("Authorization") != f"OAuth {behaviour.key}":
            said = f"Invalid OAuth 2.0 Access Token {request.headers.get('Authorization')}"
            return _error(behaviour.key_status, 190, said)
        if behaviour.limit_every and next(self._asked) % behaviour.limit_every == 0:
            return _error(behaviour.limit_status, 4, "Application request limit reached", is_transient=True)
        if request.path.startswith("/tiles/"):
            return self._tile(*(int(part) for part in request.path.split("/")[2:]))
        if request.path == "/images":
            return await self._search(request)
        return self._entity(request)

    async def _search(self, request: web.Request) -> web.Response:
        behaviour = self._behaviour
        west, south, east, north = (float(side) for side in request.query["bbox"].split(","))
        size = (east - west) * (north - south)
        if size >= 0.01:
            return _error(400, 100, "bbox is too large")
        if behaviour.time_out_deg2 and size > behaviour.time_out_deg2:
            return _error(400, -2, "Request timed out", error_subcode=3404014)
        if behaviour.overworked_deg2 and size > behaviour.overworked_deg2:
            return _error(500, 1, "Please reduce the amount of data you're asking for, then retry your request")
        if behaviour.slow_deg2 and size > behaviour.slow_deg2:
            await asyncio.sleep(60)
        first, last = _milliseconds(request, "start_captured_at", 0), _milliseconds(request, "end_captured_at", 1e15)
        inside = [
            image
            for image in self._images
            if west <= image.lon <= east and south <= image.lat <= north and first <= image.captured_at <= last
        ]
        most = min(int(request.query.get("limit", 100)), behaviour.most)
        found = inside[:most]
        if len(found) == most and behaviour.withdrawn:
            found = found[: -behaviour.withdrawn]
        data = [self._fields(image, request) for image in found]
        return web.json_response({"data": data * (2 if behaviour.twice else 1)})

    def _entity(self, request: web.Request) -> web.Response:
        name = request.path.strip("/")
        if name not in self._by_id or name in self._behaviour.gone:
            said = f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to missing "
            return _error(400, 100, said + "permissions, or does not support this operation", error_subcode=33)
        return web.json_response(self._fields(self._by_id[name], request))

    def _fields(self, image: Image, request: web.Request) -> dict[str, Any]:
        where = {"type": "Point", "coordinates": [image.lon, image.lat]}
        fields = request.query["fields"].split(",")
        known: dict[str, Any] = {
            "captured_at": image.captured_at,
            "compass_angle": (image.heading + 7) % 360,
            "computed_compass_angle": image.heading,
            "geometry": {"type": "Point", "coordinates": [image.lon + 1e-5, image.lat]},
            "computed_geometry": where,
            "camera_type": image.camera_type,
            "camera_parameters": [] if image.camera_type == "spherical" else [image.focal, 0, 0],
            "is_pano": image.camera_type == "spherical",
            "width": image.width,
            "height": image.height,
            "exif_orientation": 1,
            "sequence": image.sequence,
            "creator": {"username": image.username, "id": "1"},
            **image.more,
        }
        for name in fields:
            if name.startswith("thumb_") and name not in image.more:
                known[name] = self._address(image.id, name, request)
        return {name: known[name] for name in fields if known.get(name) is not None} | {"id": image.id}

    def _address(self, name: str, size: str, request: web.Request) -> str:
        number = self._behaviour.addresses[name] = self._behaviour.addresses.get(name, 0) + 1
        _, port = request.transport.get_extra_info("sockname")[:2] if request.transport else ("", 0)
        return f"http://localhost:{port}/photos/{name}.jpg?size={size}&oh={number}"

    def _photo(self, request: web.Request) -> web.Response:
        name = request.path.removeprefix("/photos/").removesuffix(".jpg")
        if int(request.query["oh"]) < self._behaviour.good_from:
            return web.Response(status=403, text="URL signature expired")
        if name not in self._by_id or name in self._behaviour.no_photo:
            return web.Response(status=404)
        width, height = self._behaviour.size
        if self._by_id[name].camera_type == "spherical":
            height = width // 2
        return web.Response(body=picture(name, width, height), content_type="image/jpeg")

    def _tile(self, zoom: int, x: int, y: int) -> web.Response:
        assert zoom == 14
        points = []
        for image in self._images:
            column, row = _on_map(image.lon, image.lat)
            if (int(column), int(row)) == (x, y):
                said: dict[str, Any] = {
                    "id": int(image.id),
                    "captured_at": image.captured_at,
                    "compass_angle": float(image.heading),
                    "is_pano": image.camera_type == "spherical",
                    "sequence_id": image.sequence,
                }
                if self._behaviour.tiles_as_text:
                    said = {key: str(value).lower() for key, value in said.items()}
                points.append((int((column - x) * EXTENT), int((row - y) * EXTENT), said))
        if not points:
            return web.Response(status=self._behaviour.tile_status)
        return web.Response(body=point_tile("image", points), content_type="application/x-protobuf")


def _on_map(lon: float, lat: float) -> tuple[float, float]:
    """Return a place in units of tiles at zoom 14."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return (lon + 180) / 360 * 2**14, y * 2**14


def _milliseconds(request: web.Request, name: str, otherwise: float) -> float:
    value = request.query.get(name)
    return otherwise if value is None else datetime.fromisoformat(value).timestamp() * 1000


def _error(status: int, code: int, message: str, **more: Any) -> web.Response:
    error = {"message": message, "type": "MLYApiException", "code": code, "fbtrace_id": "AFJKU45YcZHFgmaRmycfmQ3"}
    return web.json_response({"error": error | more}, status=status)
