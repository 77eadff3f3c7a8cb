"""Hosts that are down: left alone, tried now and then, and asked again when they are back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from aiohttp import web

from streetsense.web import HostDown, HostLimits, OutOfTime, Waits, Web, WebAnswer, WebError, WebRefusal
from tests.providers.loopback import LoopbackHost

ONCE = HostLimits(attempts=1)
#: A host counts as down after three failures, for a moment.
HASTY = Waits(first_s=0.001, failures=3, failing_s=0.0, down_s=0.05)
#: Longer than any test.
FOREVER = 3600.0


def body_of(answer: WebAnswer) -> bytes:
    return answer.body


def new_web(limits: HostLimits = ONCE, waits: Waits = HASTY, deadline: float | None = None) -> Web:
    return Web({"": limits}, user_agent="a test", waits=waits, deadline=deadline)


async def fails(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def fine(request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


async def fail_times(web_: Web, url: str, number: int) -> None:
    for _ in range(number):
        with pytest.raises(WebError) as caught:
            await web_.ask(url, body_of)
        assert not isinstance(caught.value, HostDown)


async def until_it_is_tried(question: Callable[[], Awaitable[bytes]]) -> bytes:
    """Ask until the host is tried again."""
    while True:
        try:
            return await question()
        except HostDown as down:
            assert down.again_s is not None
            await asyncio.sleep(down.again_s)


def test_a_host_that_fails_again_and_again_is_not_asked_any_more() -> None:
    async def run() -> None:
        async with new_web(waits=replace(HASTY, down_s=FOREVER)) as web_:
            await fail_times(web_, host.url, 3)
            with pytest.raises(HostDown) as caught:
                await web_.ask(host.url, body_of)
        assert str(caught.value) == (
            f"{host.name} does not answer (HTTP 500); what was finished is kept, run the same again later."
        )
        assert caught.value.again_s is not None
        assert caught.value.again_s > FOREVER / 2

    with LoopbackHost(fails) as host:
        asyncio.run(run())
    assert len(host.requests) == 3


def test_all_questions_that_wait_for_a_host_hear_that_it_is_down() -> None:
    async def run() -> list[BaseException | bytes]:
        async with new_web(HostLimits(connections=1, attempts=1), replace(HASTY, down_s=FOREVER)) as web_:
            return await asyncio.gather(*(web_.ask(host.url, body_of) for _ in range(50)), return_exceptions=True)

    with LoopbackHost(fails) as host:
        results = asyncio.run(run())
    assert len(host.requests) == 3
    assert sum(isinstance(result, HostDown) for result in results) == 47


def test_an_answer_in_between_shows_that_a_host_is_up() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=404 if len(host.requests) % 3 == 0 else 500)

    async def run() -> None:
        async with new_web() as web_:
            for _ in range(4):
                await fail_times(web_, host.url, 2)
                with pytest.raises(WebRefusal):
                    await web_.ask(host.url, body_of)

    with LoopbackHost(answer) as host:
        asyncio.run(run())


def test_a_host_that_starts_anew_is_not_down() -> None:
    async def run() -> None:
        async with new_web(waits=replace(HASTY, failing_s=FOREVER)) as web_:
            await fail_times(web_, host.url, 10)

    with LoopbackHost(fails) as host:
        asyncio.run(run())


def test_a_host_that_is_back_is_asked_again() -> None:
    async def run() -> None:
        async with new_web() as web_:
            await fail_times(web_, host.url, 3)
            host.handler = fine
            assert await until_it_is_tried(lambda: web_.ask(host.url, body_of)) == b"fine"
            assert await asyncio.gather(*(web_.ask(host.url, body_of) for _ in range(5))) == [b"fine"] * 5

    with LoopbackHost(fails) as host:
        asyncio.run(run())


def test_only_one_question_tries_a_host() -> None:
    may_answer = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response(text="fine")

    async def run() -> None:
        async with new_web() as web_:
            await fail_times(web_, host.url, 3)
            host.handler = answer
            trial = asyncio.create_task(until_it_is_tried(lambda: web_.ask(host.url, body_of)))
            while len(host.requests) < 4:
                await asyncio.sleep(0.001)
            with pytest.raises(HostDown):
                await web_.ask(host.url, body_of)
            host.call(may_answer.set)
            assert await trial == b"fine"

    with LoopbackHost(fails) as host:
        asyncio.run(run())
    assert len(host.requests) == 4


def test_a_trial_that_was_cancelled_leaves_it_to_the_next() -> None:
    async def hangs(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        async with new_web() as web_:
            await fail_times(web_, host.url, 3)
            host.handler = hangs
            trial = asyncio.create_task(until_it_is_tried(lambda: web_.ask(host.url, body_of)))
            while len(host.requests) < 4:
                await asyncio.sleep(0.001)
            trial.cancel()
            await asyncio.wait([trial])
            host.handler = fine
            assert await web_.ask(host.url, body_of) == b"fine"

    with LoopbackHost(fails) as host:
        asyncio.run(run())


def test_a_host_found_down_three_times_is_left_alone_for_good() -> None:
    async def run() -> None:
        async with new_web() as web_:
            await fail_times(web_, host.url, 3)
            while True:
                with pytest.raises(WebError) as caught:
                    await web_.ask(host.url, body_of)
                if isinstance(caught.value, HostDown):
                    if caught.value.again_s is None:
                        return
                    await asyncio.sleep(caught.value.again_s)

    with LoopbackHost(fails) as host:
        asyncio.run(run())
    assert len(host.requests) == 3 + 1 + 1


def test_nobody_waits_for_a_host_that_is_tried_when_the_time_is_over() -> None:
    async def run() -> None:
        waits = replace(HASTY, down_s=FOREVER)
        async with new_web(waits=waits, deadline=time.monotonic() + FOREVER / 2) as web_:
            await fail_times(web_, host.url, 3)
            with pytest.raises(OutOfTime):
                await web_.ask(host.url, body_of)

    with LoopbackHost(fails) as host:
        asyncio.run(run())
    assert len(host.requests) == 3


def test_a_host_that_is_always_busy_counts_as_down() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429)

    waits = replace(HASTY, busy_first_s=0.001, busy_most_s=0.001, down_s=FOREVER)

    async def run() -> None:
        async with new_web(HostLimits(attempts=10, per_second=1000), waits) as web_:
            with pytest.raises(HostDown, match="HTTP 429"):
                await web_.ask(host.url, body_of)

    with LoopbackHost(answer) as host:
        asyncio.run(run())
    assert len(host.requests) == 3
