"""Requests that a host sends on: followed a few times, and never with the keys of one host to another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from streetsense.web import HostLimits, Web, WebAnswer, WebError
from streetsense.web.address import redirected
from tests.providers.loopback import QUICK, Handler, LoopbackHost
from tests.server.certificates import make_certificate


def ask(url: str, limits: HostLimits = HostLimits(attempts=2), **more: Any) -> bytes:  # noqa: B008 - it cannot change
    def read(answer: WebAnswer) -> bytes:
        return answer.body

    async def run() -> bytes:
        async with Web({"": limits}, user_agent="a test", waits=QUICK) as web_:
            return await web_.ask(url, read, **more)

    return asyncio.run(run())


def sends_on(location: str, status: int = 302) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": location})

    return answer


async def fine(request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


@pytest.fixture
def target() -> Iterator[LoopbackHost]:
    """A host to which others send requests on."""
    with LoopbackHost(fine) as host:
        yield host


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_keys_stay_with_the_host_that_they_are_for(status: int, target: LoopbackHost) -> None:
    headers = {"Authorization": "OAuth secret", "X-Api-Key": "secret", "Accept": "image/jpeg"}
    with LoopbackHost(sends_on(f"{target.url}/photo?oh=1%2F2", status)) as host:
        assert ask(host.url, headers=headers, params={"key": "secret"}) == b"fine"
    assert host.requests[0].headers["authorization"] == "OAuth secret"
    (seen,) = target.requests
    assert seen.target == "/photo?oh=1%2F2"
    assert seen.headers["accept"] == "image/jpeg"
    assert "secret" not in str(seen)


def test_keys_go_along_within_a_host() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/old":
            return web.Response(status=302, headers={"Location": "new?a=1"})
        return web.Response(text="fine")

    with LoopbackHost(answer) as host:
        assert ask(f"{host.url}/old", headers={"Authorization": "OAuth secret"}) == b"fine"
    assert host.requests[1].target == "/new?a=1"
    assert host.requests[1].headers["authorization"] == "OAuth secret"


@pytest.mark.parametrize(("status", "method", "body"), [(303, "GET", b""), (302, "GET", b""), (307, "POST", b"[1]")])
def test_a_body_is_sent_again_where_the_standard_says_so(
    status: int, method: str, body: bytes, target: LoopbackHost
) -> None:
    with LoopbackHost(sends_on(target.url, status)) as host:
        ask(host.url, body=[1])
    (seen,) = target.requests
    assert (seen.method, seen.body, "content-type" in seen.headers) == (method, body, method == "POST")


def test_an_attempt_counts_once_however_often_it_is_sent_on(target: LoopbackHost) -> None:
    counts: list[int] = []
    with LoopbackHost(sends_on(target.url)) as host:
        ask(host.url, counted=lambda: counts.append(1))
    assert counts == [1]


def test_a_circle_is_left() -> None:
    with (
        LoopbackHost(sends_on("/again")) as host,
        pytest.raises(WebError, match="on again and again"),
    ):
        ask(host.url)
    assert len(host.requests) == 5


def test_a_failure_further_on_starts_from_the_beginning(target: LoopbackHost) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=500 if len(target.requests) == 1 else 200)

    target.handler = answer
    with LoopbackHost(sends_on(target.url)) as host:
        ask(host.url)
    assert len(host.requests) == len(target.requests) == 2


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://[", "mailto:a@b"])
def test_what_is_no_address_is_not_followed(location: str) -> None:
    with LoopbackHost(sends_on(location)) as host, pytest.raises(WebError, match="to something that is no address"):
        ask(host.url)
    assert len(host.requests) == 1


def test_a_name_and_password_in_an_address_are_dropped(target: LoopbackHost) -> None:
    with LoopbackHost(sends_on(f"http://user:password@127.0.0.1:{target.port}/x")) as host:
        ask(host.url)
    assert "authorization" not in target.requests[0].headers


def test_an_encrypted_question_stays_encrypted(
    tmp_path: Path, target: LoopbackHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tls = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with LoopbackHost(sends_on(target.url), tls=tls) as host, pytest.raises(WebError, match="that is not encrypted"):
        ask(host.url)
    assert (len(host.requests), target.requests) == (1, [])
    assert redirected(URL("http://a.example/x"), "https://a.example/y") == URL("https://a.example/y")


def test_an_unknown_certificate_is_an_error_at_once(tmp_path: Path) -> None:
    _, tls = make_certificate(tmp_path)
    with LoopbackHost(fine, tls=tls) as host, pytest.raises(WebError, match="its certificate cannot be verified"):
        ask(host.url)
    assert host.requests == []
