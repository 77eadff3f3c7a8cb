"""A host of this computer that answers as a Panoramax instance does.

For a whole ``fetch``::

    pictures = [Picture("a1", 2.3501, 48.8501), Picture("b2", 2.3502, 48.8502, field_of_view=70, azimuth=12.5)]
    with panoramax_host(pictures) as host:
        fetch(provider="panoramax", api_url=host.url, ...)
    host.requests  # what was asked: POST /api/search, GET /photos/a1/sd.jpg

The second argument says how it behaves wrongly (`Behaviour`), and may be changed while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.providers.loopback import LoopbackHost
from tests.providers.trouble import Trouble, picture


@dataclass(frozen=True)
class Picture:
    """One picture of an instance; ``more`` are members of its item's ``properties`` that replace the usual ones."""

    id: str
    lon: float
    lat: float
    taken: str = "2023-05-17T10:11:12+00:00"
    field_of_view: float | None = 360
    azimuth: float | None = 90.0
    licence: str | None = "CC-BY-SA-4.0"
    producer: str | None = "mapper"
    collection: str = "c0ffee00-0000-4000-8000-000000000000"
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Behaviour:
    """How the instance behaves.

    Attributes
    ----------
    trouble : Trouble
        What goes wrong on the way.
    most : int
        Pictures in an answer at most, however many are asked for; a link to the next page says that there are more.
    too_much_deg2 : float
        Square degrees beyond which a search takes too long; 0 for none.
    too_much_status : int
        What is answered then: 400 with a message, or 504.
    ignores_times : bool
        Whether ``datetime`` changes nothing, as in the catalogue of all instances.
    gone : collection of str
        Pictures whose files are not there (HTTP 404).
    without : mapping
        Identifiers to the members that their items lack: ``geometry``, ``id``, ``assets``, ``properties``, ``links``.
    twice : bool
        Whether every item comes twice.
    sizes : mapping
        Width of the files of panoramas by asset; other photos are as wide. 2048 and more in truth.
    """

    trouble: Trouble = field(default_factory=Trouble)
    most: int = 10_000
    too_much_deg2: float = 0.0
    too_much_status: int = 400
    ignores_times: bool = False
    gone: Collection[str] = ()
    without: Mapping[str, Collection[str]] = field(default_factory=dict)
    twice: bool = False
    sizes: Mapping[str, int] = field(default_factory=lambda: {"hd": 768, "sd": 512, "thumb": 128})


def panoramax_host(pictures: Sequence[Picture], behaviour: Behaviour | None = None) -> LoopbackHost:
    """Return an instance that has ``pictures``."""
    behaviour = behaviour or Behaviour()

    async def answer(request: web.Request) -> web.Response:
        parts = request.path.strip("/").split("/")
        if request.path == "/api/search" and request.method == "POST":
            return _search(await request.json(), pictures, behaviour, f"http://{request.host}")
        if parts[0] == "photos" and len(parts) == 3:
            return _photo(parts[1], parts[2].removesuffix(".jpg"), pictures, behaviour)
        return web.json_response({"message": "not found", "status_code": 404}, status=404)

    async def handler(request: web.Request) -> web.StreamResponse:
        return await behaviour.trouble.around(request, answer)

    return LoopbackHost(handler)


def item_of(one: Picture, base: str) -> dict[str, Any]:
    """Return a picture's item, with the members that instances give it."""
    address = f"{base}/api/collections/{one.collection}/items/{one.id}"
    optics = {"camera_manufacturer": "GoPro", "camera_model": "Max", "field_of_view": one.field_of_view}
    properties = {
        "datetime": one.taken,
        "created": "2024-01-01T00:00:00+00:00",
        "license": one.licence,
        "view:azimuth": one.azimuth,
        "pers:pitch": 0,
        "pers:interior_orientation": _there(optics),
        "geovisio:producer": one.producer,
        "geovisio:status": "ready",
        "exif": {"Exif.Image.Make": "GoPro"},
        **one.more,
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": one.id,
        "collection": one.collection,
        "geometry": {"type": "Point", "coordinates": [one.lon, one.lat]},
        "bbox": [one.lon, one.lat, one.lon, one.lat],
        "providers": [{"name": one.producer, "roles": ["producer"], "id": "1"}] if one.producer else [],
        "properties": _there(properties),
        "links": [{"rel": "parent", "href": f"{base}/api"}, {"rel": "self", "href": address}],
        "assets": {
            asset: {"href": f"{base}/photos/{one.id}/{asset}.jpg", "type": "image/jpeg", "roles": ["data"]}
            for asset in ("hd", "sd", "thumb")
        },
    }


def _there(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _search(wanted: dict[str, Any], pictures: Sequence[Picture], behaviour: Behaviour, base: str) -> web.Response:
    west, south, east, north = wanted["bbox"]
    if behaviour.too_much_deg2 and (east - west) * (north - south) > behaviour.too_much_deg2:
        if behaviour.too_much_status != 400:
            return web.Response(status=behaviour.too_much_status, text="gateway time-out")
        message = "canceling statement due to statement timeout"
        return web.json_response({"message": message, "status_code": 400}, status=400)
    first, _, last = wanted.get("datetime", "../..").partition("/")
    inside = [
        one
        for one in pictures
        if west <= one.lon <= east
        and south <= one.lat <= north
        and (behaviour.ignores_times or ((first == ".." or one.taken >= first) and (last == ".." or one.taken <= last)))
    ]
    inside.sort(key=lambda one: (one.lon - (west + east) / 2) ** 2 + (one.lat - (south + north) / 2) ** 2)
    limit = wanted.get("limit", 10)
    items = [item_of(one, base) for one in inside[: min(limit, behaviour.most)]]
    links = [{"rel": "root", "href": f"{base}/api"}]
    if behaviour.most < min(limit, len(inside)):
        links.append({"rel": "next", "href": f"{base}/api/search?page=2"})
    for item in items:
        for member in behaviour.without.get(item["id"], ()):
            item.pop(member)
    body = {"type": "FeatureCollection", "features": items * (2 if behaviour.twice else 1), "links": links}
    return web.Response(body=json.dumps(body).encode(), content_type="application/geo+json")


def _photo(name: str, asset: str, pictures: Sequence[Picture], behaviour: Behaviour) -> web.Response:
    one = next((one for one in pictures if one.id == name), None)
    if one is None or name in behaviour.gone or asset not in behaviour.sizes:
        return web.Response(status=404)
    width = behaviour.sizes[asset]
    height = width // 2 if one.field_of_view == 360 else width * 3 // 4
    return web.Response(body=picture(name, width, height), content_type="image/jpeg")
