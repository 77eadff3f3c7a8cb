"""Bodies of answers: compressed ones are unpacked, and none is larger than it may be."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable
from typing import Any

import pytest
from aiohttp import web

from streetsense.web import HostLimits, Web, WebAnswer, WebError
from tests.providers.loopback import QUICK, Handler, LoopbackHost, cut_short


def ask(url: str, **more: Any) -> bytes:
    """Ask for a body."""

    def read(answer: WebAnswer) -> bytes:
        return answer.body

    async def run() -> bytes:
        async with Web({"": HostLimits()}, user_agent="a test", waits=QUICK) as web_:
            return await web_.ask(url, read, **more)

    return asyncio.run(run())


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate"])
def test_a_compressed_answer_is_unpacked(encoding: str) -> None:
    text = b"street view " * 1000
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(text[:50]) + gzip.compress(text[50:]),
        "deflate": zlib.compress(text),
        "raw deflate": raw.compress(text) + raw.flush(),
    }[encoding]

    async def answer(request: web.Request) -> web.StreamResponse:
        assert "gzip" in request.headers["Accept-Encoding"]
        return web.Response(body=packed, headers={"Content-Encoding": encoding.split()[-1]})

    with LoopbackHost(answer) as host:
        assert ask(host.url) == text


@pytest.mark.parametrize("how", ["cut", "damaged", "unknown"])
def test_an_answer_that_cannot_be_unpacked_is_asked_for_again(how: str) -> None:
    packed = gzip.compress(b"street view " * 1000)
    bad = {"cut": packed[:-20], "damaged": b"not gzip", "unknown": packed}[how]

    async def answer(request: web.Request) -> web.StreamResponse:
        first = len(host.requests) == 1
        encoding = "br" if how == "unknown" and first else "gzip"
        return web.Response(body=bad if first else packed, headers={"Content-Encoding": encoding})

    with LoopbackHost(answer) as host:
        assert ask(host.url) == b"street view " * 1000
    assert len(host.requests) == 2


def _announced(request: web.Request) -> Awaitable[web.StreamResponse]:
    return cut_short(request, b"." * 100, promised=10**12)


async def _unannounced(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    with pytest.raises(ConnectionError):
        while True:
            await answer.write(b"." * 2**16)
    return answer


async def _packed(request: web.Request) -> web.StreamResponse:
    packer = zlib.compressobj(level=1, wbits=31)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(32)) + packer.flush()
    return web.Response(body=bomb, headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("large", [_announced, _unannounced, _packed])
def test_an_answer_that_is_too_large_is_given_up_at_once(large: Handler) -> None:
    with LoopbackHost(large) as host, pytest.raises(WebError, match="an answer is larger than 1 MiB") as caught:
        ask(host.url, max_bytes=2**20)
    assert caught.value.reason == "answer too large"
    assert len(host.requests) == 1
