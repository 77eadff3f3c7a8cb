"""What goes wrong on the way, for hosts that stand in for a provider's."""

from __future__ import annotations

import asyncio
import colorsys
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from aiohttp import web

from streetsense.images import encode_jpeg


@dataclass
class Trouble:
    """Which of the requests to a host go wrong, counted over all of them; 0 for none.

    Attributes
    ----------
    busy_every : int
        Every so manieth request gets HTTP 429.
    retry_after : str or None
        The header that comes with it.
    down_every : int
        ...gets HTTP 502.
    html_every : int
        ...gets a page with HTTP 200.
    cut_every : int
        ...gets the first half of its answer, and the connection breaks.
    wrong_type_every : int
        ...gets its answer as ``text/plain``.
    delay_s : float
        How long every answer takes.
    """

    busy_every: int = 0
    retry_after: str | None = None
    down_every: int = 0
    html_every: int = 0
    cut_every: int = 0
    wrong_type_every: int = 0
    delay_s: float = 0.0
    requests: int = field(default=0, init=False)

    async def around(
        self, request: web.Request, answer: Callable[[web.Request], Awaitable[web.Response]]
    ) -> web.StreamResponse:
        """Answer a request, or make it go wrong."""
        self.requests += 1
        number = self.requests

        def is_hit(every: int) -> bool:
            return every > 0 and number % every == 0

        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if is_hit(self.busy_every):
            return web.Response(status=429, headers={"Retry-After": self.retry_after} if self.retry_after else {})
        if is_hit(self.down_every):
            return web.Response(status=502, text="bad gateway")
        if is_hit(self.html_every):
            return web.Response(text="<html><body>maintenance</body></html>", content_type="text/html")
        response = await answer(request)
        if is_hit(self.wrong_type_every):
            response.content_type = "text/plain"
        if is_hit(self.cut_every):
            return await _cut(request, response)
        return response


async def _cut(request: web.Request, whole: web.Response) -> web.StreamResponse:
    body = whole.body
    assert isinstance(body, bytes)
    half = web.StreamResponse(status=whole.status, headers={"Content-Type": whole.content_type})
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(body[: len(body) // 2])
    assert request.transport is not None
    request.transport.close()
    return half


@lru_cache(maxsize=4096)
def picture(name: str, width: int, height: int) -> bytes:
    """Draw a JPEG that is this name's alone: a coloured slope with a pattern."""
    digest = hashlib.sha256(name.encode()).digest()
    colour = np.array(colorsys.hsv_to_rgb(digest[0] / 256, 0.6, 0.9)) * 255
    slope = np.linspace(0.3, 1.0, width)[None, :] * np.linspace(1.0, 0.6, height)[:, None]
    pixels = slope[..., None] * colour
    bits = np.unpackbits(np.frombuffer(digest, np.uint8)).reshape(16, 16)
    pattern = np.kron(bits, np.ones((-(-height // 16), -(-width // 16))))[:height, :width]
    return encode_jpeg(np.clip(pixels + 30 * pattern[..., None], 0, 255).astype(np.uint8), 85)
