"""Questions to hosts through real sockets: what is asked, what comes back, and what is asked again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from streetsense.errors import InputError
from streetsense.web import HostLimits, TryAgain, Web, WebAnswer, WebError, WebRefusal
from tests.providers.loopback import QUICK, Handler, LoopbackHost, cut_short

LIMITS = HostLimits(attempts=4, timeout_s=20)


def ask(url: str, read: Callable[[WebAnswer], Any] = lambda answer: answer.body, **more: Any) -> Any:
    """Ask one question."""
    limits = more.pop("limits", LIMITS)

    async def run() -> Any:
        async with Web({"": limits}, user_agent="a test", waits=QUICK) as web_:
            return await web_.ask(url, read, **more)

    return asyncio.run(run())


def in_turn(*handlers: Handler) -> Handler:
    """Answer each request in its own way, and all further ones as the last."""
    left = list(handlers)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (left.pop(0) if len(left) > 1 else left[0])(request)

    return answer


def says(text: str = "fine", status: int = 200, **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


async def breaks(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def talks_nonsense(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(b"what do you want?\r\n\r\n")  # type: ignore[attr-defined]
    request.transport.close()
    return web.Response()


async def cuts(request: web.Request) -> web.StreamResponse:
    return await cut_short(request, b"only the beg", promised=1000)


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def dribbles(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b".")
        await asyncio.sleep(0.01)


def test_a_question_says_who_asks_and_is_sent_as_it_was_written() -> None:
    with LoopbackHost(says()) as host:
        ask(f"{host.url}/a%2Fb?signature=a%2Bb%3D&empty=")
    (seen,) = host.requests
    assert seen.target == "/a%2Fb?signature=a%2Bb%3D&empty="
    assert (seen.method, seen.headers["user-agent"], seen.body) == ("GET", "a test", b"")
    assert "cookie" not in seen.headers


def test_parameters_are_added_to_the_query() -> None:
    with LoopbackHost(says()) as host:
        ask(f"{host.url}/x?one=1", params={"bbox": "1.5,2", "is_pano": True, "limit": 20, "name": "a b&c"})
    assert host.requests[0].query == {"one": "1", "bbox": "1.5,2", "is_pano": "true", "limit": "20", "name": "a b&c"}


def test_an_address_with_letters_that_need_escaping_is_escaped() -> None:
    with LoopbackHost(says()) as host:
        ask(f"{host.url}/é b#part")
    assert host.requests[0].target == "/%C3%A9%20b"


def test_a_body_is_sent_as_json() -> None:
    with LoopbackHost(says()) as host:
        ask(f"{host.url}/search", body={"limit": 5}, headers={"Authorization": "OAuth x"})
    (seen,) = host.requests
    assert (seen.method, json.loads(seen.body)) == ("POST", {"limit": 5})
    assert (seen.headers["content-type"], seen.headers["authorization"]) == ("application/json", "OAuth x")


def test_an_answer_is_read_with_its_headers_in_lower_case() -> None:
    with LoopbackHost(says("photo", Content_Type="Image/JPEG; q=1")) as host:
        answer = ask(host.url, lambda answer: answer)
    assert (answer.status, answer.content_type, answer.body) == (200, "image/jpeg", b"photo")


def test_an_answer_may_be_read_asynchronously() -> None:
    async def read(answer: WebAnswer) -> int:
        return await asyncio.to_thread(len, answer.body)

    with LoopbackHost(says("four")) as host:
        assert ask(host.url, read) == 4


def test_cookies_are_not_kept() -> None:
    async def run(url: str) -> None:
        async with Web({}, user_agent="a test") as web_:
            await web_.ask(url, len_of_body)
            await web_.ask(url, len_of_body)

    with LoopbackHost(says(Set_Cookie="id=1; Path=/")) as host:
        asyncio.run(run(host.url))
    assert [seen.headers.get("cookie") for seen in host.requests] == [None, None]


def len_of_body(answer: WebAnswer) -> int:
    return len(answer.body)


@pytest.mark.parametrize(
    "trouble",
    [breaks, cuts, talks_nonsense, *(says("<html>", status) for status in (408, 425, 429, 500, 502, 503, 504))],
    ids=["broken", "cut", "no HTTP", "408", "425", "429", "500", "502", "503", "504"],
)
def test_a_question_is_asked_again_after(trouble: Handler) -> None:
    counts: list[int] = []
    with LoopbackHost(in_turn(trouble, trouble, says())) as host:
        assert ask(host.url, counted=lambda: counts.append(1)) == b"fine"
    assert len(host.requests) == len(counts) == 3


@pytest.mark.parametrize("slow", [hangs, dribbles])
def test_an_answer_that_takes_too_long_is_asked_for_again(slow: Handler) -> None:
    with LoopbackHost(in_turn(slow, says())) as host:
        assert ask(host.url, limits=HostLimits(timeout_s=0.5)) == b"fine"
    assert len(host.requests) == 2


def test_a_question_whose_answer_cannot_be_used_is_asked_again() -> None:
    with LoopbackHost(in_turn(says("<html>maintenance</html>"), says('{"a": 1}'))) as host:
        assert ask(host.url, lambda answer: answer.json()) == {"a": 1}
    assert len(host.requests) == 2


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (says(status=503), "HTTP 503"),
        (cuts, "the answer is cut"),
        (breaks, "the connection broke"),
        (talks_nonsense, "the answer is not HTTP"),
        (says("<html>"), "the answer is HTML"),
    ],
)
def test_in_the_end_the_error_names_host_and_reason(trouble: Handler, reason: str) -> None:
    with LoopbackHost(trouble) as host, pytest.raises(WebError) as caught:
        ask(f"{host.url}/secret?key=secret", lambda answer: answer.json())
    assert len(host.requests) == LIMITS.attempts
    assert (caught.value.host, caught.value.reason) == (host.name, reason)
    assert str(caught.value) == f"{host.name}: {reason}; try again later, what was finished is kept."


def test_nobody_listening_is_an_error_in_the_end() -> None:
    with LoopbackHost(says()) as host:
        pass
    attempts: list[int] = []
    with pytest.raises(WebError, match=rf"^{host.name}: connection refused; "):
        ask(host.url, counted=lambda: attempts.append(1))
    assert len(attempts) == LIMITS.attempts


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 304])
def test_a_refusal_comes_at_once_with_the_answer(status: int) -> None:
    body = "" if status == 304 else "no such id"
    with LoopbackHost(says(body, status, X_Why="gone")) as host, pytest.raises(WebRefusal) as caught:
        ask(host.url)
    assert len(host.requests) == 1
    assert (caught.value.answer.status, caught.value.answer.headers["x-why"]) == (status, "gone")
    assert caught.value.answer.body == body.encode()


def test_what_reading_raises_ends_the_question() -> None:
    def read(answer: WebAnswer) -> None:
        raise InputError("key: it is wrong; get another one.")

    with LoopbackHost(says()) as host, pytest.raises(InputError, match=r"^key: it is wrong"):
        ask(host.url, read)
    assert len(host.requests) == 1


def test_what_counting_raises_ends_the_question_before_it_is_asked() -> None:
    def counted() -> None:
        raise InputError("max_cost: it is reached.")

    with LoopbackHost(says()) as host, pytest.raises(InputError, match=r"^max_cost"):
        ask(host.url, counted=counted)
    assert host.requests == []


def test_reading_may_say_how_long_to_wait() -> None:
    told = [TryAgain("not ready", after=0.3)]

    def read(answer: WebAnswer) -> str:
        if told:
            raise told.pop()
        return "ready"

    with LoopbackHost(says()) as host:
        assert ask(host.url, read) == "ready"
    assert host.requests[1].at - host.requests[0].at >= 0.3


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/x", "nowhere", "http://", "http://127.0.0.1:99999/x", "http://[/x"])
def test_what_is_no_address_is_an_error(url: str) -> None:
    with pytest.raises(WebError, match="an address that the provider gave is none"):
        ask(url)


def test_a_host_name_that_cannot_be_is_an_error() -> None:
    with pytest.raises(WebError):
        ask(f"http://{'a' * 70}.test/x")


def test_the_proxy_of_the_computer_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackHost(says("through")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert ask("http://photos.example/x?a=1") == b"through"
    assert proxy.requests[0].headers["host"] == "photos.example"


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_errors_may_mean_something_else_than_their_status_says(status: int) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response({"error": "your key has expired"}, status=status)

    def judge(answer: WebAnswer) -> None:
        raise InputError(answer.json()["error"])

    with LoopbackHost(handler) as host, pytest.raises(InputError, match="your key has expired"):
        ask(f"{host.url}/thing", judge=judge)
    assert len(host.requests) == 1
