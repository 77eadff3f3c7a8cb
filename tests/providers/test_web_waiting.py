"""Time that is over, and questions that nobody wants answered any more."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import web

from streetsense.web import HostLimits, OutOfTime, Waits, Web, WebAnswer, WebError
from tests.providers.loopback import LoopbackHost

#: Longer than any test.
FOREVER = 3600.0


def body_of(answer: WebAnswer) -> bytes:
    return answer.body


def new_web(limits: HostLimits, waits: Waits = Waits(), deadline: float | None = None) -> Web:  # noqa: B008
    return Web({"": limits}, user_agent="a test", waits=waits, deadline=deadline)


async def fine(request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


def test_nothing_is_asked_when_the_time_is_over() -> None:
    async def run() -> None:
        async with new_web(HostLimits(), deadline=time.monotonic()) as web_:
            with pytest.raises(OutOfTime) as caught:
                await web_.ask(host.url, body_of)
            assert str(caught.value).startswith(f"{host.name}: the time was over before it answered; ")

    with LoopbackHost(fine) as host:
        asyncio.run(run())
    assert host.requests == []


def test_the_end_of_the_time_ends_all_waiting_but_no_request() -> None:
    may_answer = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        await may_answer.wait()
        return web.Response(text="fine")

    async def run() -> None:
        limits = HostLimits(connections=1)
        async with new_web(limits, deadline=time.monotonic() + 1.0) as web_:
            under_way, *waiting = (asyncio.create_task(web_.ask(host.url, body_of)) for _ in range(4))
            for error in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(error, OutOfTime)
            host.call(may_answer.set)
            assert await under_way == b"fine"

    with LoopbackHost(answer) as host:
        asyncio.run(run())
    assert len(host.requests) == 1


@pytest.mark.parametrize(("status", "time_s"), [(429, 1.0), (500, FOREVER / 2)])
def test_no_pause_outlasts_the_time(status: int, time_s: float) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    waits = Waits(first_s=FOREVER, most_s=FOREVER, busy_first_s=FOREVER, busy_most_s=FOREVER, told_most_s=FOREVER)

    async def run() -> None:
        async with new_web(HostLimits(), waits, deadline=time.monotonic() + time_s) as web_:
            with pytest.raises(OutOfTime):
                await web_.ask(host.url, body_of)

    with LoopbackHost(answer) as host:
        asyncio.run(run())
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", [200, 429, 500])
def test_a_question_is_cancelled_at_once_wherever_it_waits(status: int) -> None:
    """For the answer, for the host to rest, or for the next attempt."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if status == 200:
            await asyncio.Event().wait()
        return web.Response(status=status, headers={"Retry-After": "3600"})

    waits = Waits(first_s=FOREVER, most_s=FOREVER, told_most_s=0.5 if status == 429 else FOREVER)

    async def run() -> None:
        async with new_web(HostLimits(connections=1), waits) as web_:
            questions = [asyncio.create_task(web_.ask(host.url, body_of)) for _ in range(3)]
            # One of them is under way, or was.
            while not host.requests:
                await asyncio.sleep(0.001)
            for question in questions:
                question.cancel()
            done, _ = await asyncio.wait(questions, timeout=60)
            assert all(question.cancelled() for question in done)
            assert len(done) == 3
            # Nothing of them is left in the queue.
            host.handler = fine
            assert await web_.ask(host.url, body_of) == b"fine"

    with LoopbackHost(answer) as host:
        asyncio.run(run())


def test_a_turn_that_comes_with_the_cancellation_goes_to_the_next() -> None:
    async def run() -> None:
        async with new_web(HostLimits(connections=1)) as web_:
            first = asyncio.create_task(web_.ask(host.url, body_of))
            others = [asyncio.create_task(web_.ask(host.url, body_of)) for _ in range(5)]
            # The second one's turn comes in the same pass of the event loop in which it is cancelled.
            first.add_done_callback(lambda _: others[0].cancel())
            results = await asyncio.gather(first, *others, return_exceptions=True)
            assert results.count(b"fine") >= 5

    with LoopbackHost(fine) as host:
        asyncio.run(run())


def test_questions_that_wait_when_all_ends_end_too() -> None:
    async def hangs(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async def run() -> None:
        async with new_web(HostLimits(connections=1)) as web_:
            under_way, waiting = (asyncio.create_task(web_.ask(host.url, body_of)) for _ in range(2))
            while not host.requests:
                await asyncio.sleep(0.001)
        for question in (under_way, waiting):
            with pytest.raises(WebError):
                await question

    with LoopbackHost(hangs) as host:
        asyncio.run(run())
