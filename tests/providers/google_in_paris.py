"""The provider Google, set up to ask a host of this computer."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from streetsense.streetview.online.google import Google
from streetsense.streetview.online.provider import FoundCapture, Shot
from streetsense.streetview.views import Cuts
from tests.providers.fetchrequests import request_for, with_web
from tests.providers.google_host import Panorama
from tests.providers.loopback import LoopbackHost

PARIS = (2.350, 48.850, 2.360, 48.856)
#: The first two are next to each other, and nothing is near the last.
POINTS = [(2.355, 48.853), (2.35503, 48.85303), (2.359, 48.855), (2.351, 48.851)]
KEY, SECRET = "AIza-a-key-that-nobody-may-see", "vNIXE0xscrmjlyV-12Nj_BvUPaw="
FIRST = Panorama("first-panorama", 2.3551, 48.8531)
SECOND = Panorama("second-panorama", 2.3591, 48.8551, "2021")
CAPTURE = FoundCapture("first-panorama", 2.3551, 48.8531, is_pano=True, pano_id="first-panorama")
SHOT = Shot(CAPTURE, heading_deg=90.0, pitch_deg=0.0, fov_deg=90.0, size=320)


def provider_at(
    host: LoopbackHost, secret: str = "", key: str = KEY, cuts: Cuts | None = None, **options: Any
) -> Google:
    """Return the provider as a study of a few streets of Paris has it."""
    secrets = {"key": key, "signing_secret": secret}
    options = {"api_url": f"{host.url}/maps/api", "max_distance": 50.0, **options}
    return Google(request_for(PARIS, POINTS, cuts=cuts, secrets=secrets, **options))


def photo_of(provider: Google, shot: Shot = SHOT) -> bytes:
    """Download a view."""
    return with_web(provider, lambda web: provider.photo(web, shot)).data


def saying(body: bytes, content_type: str = "application/json", status: int = 200) -> LoopbackHost:
    """Return a host that always says the same."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=content_type, status=status)

    return LoopbackHost(answer)
