"""No key, in the address or in a header, shows up in an exception or in the log."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Iterator

import pytest
from aiohttp import web

from streetsense.web import HostLimits, TryAgain, Waits, Web, WebAnswer, WebError
from tests.providers.loopback import Handler, LoopbackHost, cut_short

KEY = "MLY|4711|5ecre7"
HASTY = Waits(first_s=0.001, busy_first_s=0.001, busy_most_s=0.002, failures=4, failing_s=0.0)


async def refuses(request: web.Request) -> web.StreamResponse:
    return web.Response(status=403, text="no")


async def fails(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def is_busy(request: web.Request) -> web.StreamResponse:
    return web.Response(status=429)


async def breaks(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def cuts(request: web.Request) -> web.StreamResponse:
    return await cut_short(request, b"only the beg", promised=1000)


async def talks_nonsense(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(b"HTTP/1.1 what?\r\n\r\n")  # type: ignore[attr-defined]
    request.transport.close()
    return web.Response()


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def turns_in_circles(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": request.path_qs})


async def sends_astray(request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": f"gopher://x/{request.query_string}"})


async def is_large(request: web.Request) -> web.StreamResponse:
    return web.Response(body=bytes(2**21))


async def is_damaged(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"not gzip", headers={"Content-Encoding": "gzip"})


async def is_html(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>")


ALL = [refuses, fails, is_busy, breaks, cuts, talks_nonsense, hangs, turns_in_circles, sends_astray, is_large]
ALL += [is_damaged, is_html]


def everything_about(error: BaseException | None) -> Iterator[str]:
    """All texts of an exception and of those that led to it, also where Python would not show them."""
    seen: set[int] = set()
    left = [error]
    while left:
        error = left.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        yield from (str(error), repr(error), *traceback.format_exception(error), repr(vars(error)))
        left += [error.__cause__, error.__context__]


def ask(url: str, *, debug: bool = False, deadline_s: float | None = None) -> WebError:
    """Ask with the key everywhere, again and again, until the host counts as down; return the first error."""

    def read(answer: WebAnswer) -> object:
        try:
            return answer.json()["id"]
        except KeyError:
            raise TryAgain("no id") from None

    async def run() -> list[WebError]:
        deadline = None if deadline_s is None else time.monotonic() + deadline_s
        limits = HostLimits(connections=2, attempts=2, timeout_s=0.3, per_second=500)
        async with Web({"": limits}, user_agent="a test", deadline=deadline, waits=HASTY) as web_:
            questions = (
                web_.ask(
                    f"{url}/{KEY}?access_token={KEY}",
                    read,
                    params={"key": KEY},
                    headers={"Authorization": f"OAuth {KEY}"},
                    body={"key": KEY},
                    max_bytes=2**20,
                )
                for _ in range(4)
            )
            errors = await asyncio.gather(*questions, return_exceptions=True)
        assert all(isinstance(error, WebError) for error in errors), errors
        return errors  # type: ignore[return-value]

    errors = asyncio.run(run(), debug=debug)
    for error in errors:
        for text in everything_about(error):
            assert "5ecre7" not in text
    return errors[0]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that is logged, at all levels; no key may be in it."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    for record in caplog.records:
        if not record.name.startswith("aiohttp.server"):
            assert "5ecre7" not in f"{record.getMessage()} {vars(record)}"


@pytest.mark.parametrize("handler", ALL, ids=lambda handler: handler.__name__)
def test_no_error_has_a_key_in_it(handler: Handler, log: pytest.LogCaptureFixture) -> None:
    with LoopbackHost(handler) as host:
        assert host.name in str(ask(host.url))


def test_no_error_of_a_host_that_is_not_there_has_a_key_in_it(log: pytest.LogCaptureFixture) -> None:
    with LoopbackHost(fails) as host:
        pass
    assert ask(host.url).reason == "connection refused"


@pytest.mark.parametrize("url", ["gopher://127.0.0.1", "http://127.0.0.1:99999", "http://[", f"http://{'a' * 70}.test"])
def test_no_error_of_an_impossible_address_has_a_key_in_it(url: str, log: pytest.LogCaptureFixture) -> None:
    ask(url)


def test_no_error_at_the_end_of_the_time_has_a_key_in_it(log: pytest.LogCaptureFixture) -> None:
    with LoopbackHost(hangs) as host:
        ask(host.url, deadline_s=0.1)


def test_the_event_loop_does_not_log_keys_when_it_is_debugged(log: pytest.LogCaptureFixture) -> None:
    with LoopbackHost(breaks) as host:
        ask(host.url, debug=True)
    assert log.records
