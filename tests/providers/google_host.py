"""A host of this computer that answers as Google's Street View Static API does: ``metadata`` and ``streetview``.

For a whole ``fetch``::

    panoramas = [Panorama("CAoSLEFGMVFpcE00", 2.3501, 48.8501, "2022-05")]
    with google_host(panoramas, key="AIza-test") as host:
        fetch(provider="google", api_url=f"{host.url}/maps/api", key="AIza-test", ...)
    host.requests  # GET /maps/api/streetview/metadata, GET /maps/api/streetview

Requests with another key are refused, and with ``signing_secret`` those that are not signed with it. ``behaviour`` says
how it behaves wrongly, and may be changed while it runs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from PIL import Image, ImageDraw

from tests.providers.loopback import LoopbackHost
from tests.providers.trouble import Trouble, picture


@dataclass(frozen=True)
class Panorama:
    """One panorama; None for what the metadata does not say of it."""

    pano_id: str
    lon: float
    lat: float
    date: str | None = "2022-05"
    copyright: str | None = "© Google"


@dataclass
class Behaviour:
    """How Google behaves.

    Attributes
    ----------
    trouble : Trouble
        What goes wrong on the way.
    status : str or None
        What ``metadata`` says instead of an answer: ``OVER_QUERY_LIMIT``, ``UNKNOWN_ERROR``, ...
    status_every : int
        To every so manieth request.
    gone : collection of str
        Panoramas whose names are not known any more.
    without_picture : collection of str
        Panoramas of which there is metadata and no picture.
    ignores_error_code : bool
        Whether a grey picture with HTTP 200 comes then although an error was asked for.
    """

    trouble: Trouble = field(default_factory=Trouble)
    status: str | None = None
    status_every: int = 1
    gone: Collection[str] = ()
    without_picture: Collection[str] = ()
    ignores_error_code: bool = False
    statements: int = field(default=0, init=False)


def google_host(
    panoramas: Sequence[Panorama],
    behaviour: Behaviour | None = None,
    *,
    key: str = "AIza-test",
    signing_secret: str | None = None,
) -> LoopbackHost:
    """Return a host that has ``panoramas``."""
    behaviour = behaviour or Behaviour()

    async def answer(request: web.Request) -> web.Response:
        is_allowed = request.query.get("key") == key and (
            signing_secret is None or _is_signed(request.raw_path, signing_secret)
        )
        if request.path.endswith("/streetview/metadata"):
            behaviour.statements += 1
            if behaviour.status is not None and behaviour.statements % behaviour.status_every == 0:
                return web.json_response({"error_message": f"for {request.raw_path}", "status": behaviour.status})
            if not is_allowed:
                return web.json_response({"error_message": f"for {request.raw_path}", "status": "REQUEST_DENIED"})
            return web.json_response(_statement(request, panoramas, behaviour))
        if request.path.endswith("/streetview"):
            if not is_allowed:
                return web.Response(status=403, text=f"The provided API key is invalid: {request.raw_path}")
            return _view(request, panoramas, behaviour)
        return web.Response(status=404)

    async def handler(request: web.Request) -> web.StreamResponse:
        return await behaviour.trouble.around(request, answer)

    return LoopbackHost(handler)


def statement_of(one: Panorama) -> dict[str, Any]:
    """Return a panorama's metadata."""
    said: dict[str, Any] = {"location": {"lat": one.lat, "lng": one.lon}, "pano_id": one.pano_id, "status": "OK"}
    said |= {} if one.date is None else {"date": one.date}
    return said if one.copyright is None else {"copyright": one.copyright, **said}


def grey_picture(size: int = 640) -> bytes:
    """Draw the picture that comes where there is none."""
    image = Image.new("RGB", (size, size), (228, 227, 223))
    ImageDraw.Draw(image).text((size // 2, size // 2), "Sorry, we have no imagery here.", (120, 120, 120), anchor="mm")
    body = io.BytesIO()
    image.save(body, "JPEG", quality=85)
    return body.getvalue()


def _is_signed(raw_path: str, secret: str) -> bool:
    path, _, given = raw_path.partition("&signature=")
    digest = hmac.digest(base64.b64decode(secret, altchars=b"-_"), path.encode(), hashlib.sha1)
    return given.replace("%3D", "=") == base64.b64encode(digest, altchars=b"-_").decode()


def _statement(request: web.Request, panoramas: Sequence[Panorama], behaviour: Behaviour) -> dict[str, Any]:
    there = [one for one in panoramas if one.pano_id not in behaviour.gone]
    if "pano" in request.query:
        found = [one for one in there if one.pano_id == request.query["pano"]]
        return statement_of(found[0]) if found else {"status": "ZERO_RESULTS"}
    try:
        lat, lon = map(float, request.query["location"].split(","))
    except (KeyError, ValueError):
        return {"status": "INVALID_REQUEST"}

    def metres(one: Panorama) -> float:
        return 111_195 * math.hypot(one.lat - lat, (one.lon - lon) * math.cos(math.radians(lat)))

    nearest = min(there, key=metres, default=None)
    if nearest is None or metres(nearest) > float(request.query.get("radius", 50)):
        return {"status": "ZERO_RESULTS"}
    return statement_of(nearest)


def _view(request: web.Request, panoramas: Sequence[Panorama], behaviour: Behaviour) -> web.Response:
    query = request.query
    width, _, height = query["size"].partition("x")
    if not (0 < int(width) <= 640 and 0 < int(height) <= 640 and 0 < float(query.get("fov", 90)) <= 120):
        return web.Response(status=400, text="Invalid parameters.")
    names = {one.pano_id for one in panoramas} - {*behaviour.gone, *behaviour.without_picture}
    if query.get("pano") not in names:
        if query.get("return_error_code") == "true" and not behaviour.ignores_error_code:
            return web.Response(status=404)
        return web.Response(body=grey_picture(int(width)), content_type="image/jpeg")
    name = "/".join(query.get(part, "") for part in ("pano", "heading", "fov", "pitch"))
    return web.Response(body=picture(name, int(width), int(height)), content_type="image/jpeg")
