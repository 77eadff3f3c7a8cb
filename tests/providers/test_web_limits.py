"""No host is asked more than it allows, and a host that says it is busy is left in peace."""

from __future__ import annotations

import asyncio
from email.utils import formatdate

import pytest
from aiohttp import web

from streetsense.web import HostLimits, TryAgain, Waits, Web, WebAnswer, WebError
from streetsense.web.retryafter import retry_after
from tests.providers.loopback import QUICK, LoopbackHost


def body_of(answer: WebAnswer) -> bytes:
    return answer.body


def new_web(limits: HostLimits, waits: Waits = QUICK) -> Web:
    return Web({"": limits}, user_agent="a test", waits=waits)


async def fine(request: web.Request) -> web.StreamResponse:
    return web.Response(text="fine")


def ask_many(url: str, number: int, limits: HostLimits, waits: Waits = QUICK) -> list[bytes]:
    """Ask many questions at the same time."""

    async def run() -> list[bytes]:
        async with new_web(limits, waits) as web_:
            return await asyncio.gather(*(web_.ask(f"{url}/{i}", body_of) for i in range(number)))

    return asyncio.run(run())


def test_no_more_requests_are_under_way_than_may_be() -> None:
    are_four = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if host.most_at_once == 4:
            are_four.set()
        await are_four.wait()
        return web.Response(text="fine")

    with LoopbackHost(answer) as host:
        assert ask_many(host.url, 40, HostLimits(connections=4)) == [b"fine"] * 40
    assert (host.most_at_once, len(host.requests)) == (4, 40)


@pytest.mark.parametrize(("rate", "number"), [(5, 9), (40, 60)])
def test_no_second_sees_more_requests_than_may_be(rate: int, number: int) -> None:
    with LoopbackHost(fine) as host:
        ask_many(host.url, number, HostLimits(connections=64, per_second=rate))
    assert len(host.requests) == number
    assert host.most_in(1.0) <= rate


def test_questions_are_asked_in_the_order_in_which_they_came() -> None:
    with LoopbackHost(fine) as host:
        ask_many(host.url, 20, HostLimits(connections=1))
    assert [seen.path for seen in host.requests] == [f"/{i}" for i in range(20)]


def test_hosts_have_limits_of_their_own() -> None:
    with LoopbackHost(fine) as slow, LoopbackHost(fine) as other:

        async def run() -> None:
            limits = {slow.name: HostLimits(connections=1), "": HostLimits(connections=3)}
            async with Web(limits, user_agent="a test", waits=QUICK) as web_:
                urls = [f"{host.url}/{i}" for i in range(20) for host in (slow, other)]
                await asyncio.gather(*(web_.ask(url, body_of) for url in urls))

        asyncio.run(run())
    assert slow.most_at_once == 1
    assert 1 <= other.most_at_once <= 3


def test_a_limit_for_a_host_is_one_for_all_its_ports() -> None:
    together: list[int] = []
    under_way = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal under_way
        under_way += 1
        together.append(under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return web.Response()

    with LoopbackHost(answer) as one, LoopbackHost(answer) as two:

        async def run() -> None:
            async with Web({"127.0.0.1": HostLimits(connections=1)}, user_agent="a test") as web_:
                urls = [f"{host.url}/{i}" for i in range(20) for host in (one, two)]
                await asyncio.gather(*(web_.ask(url, body_of) for url in urls))

        asyncio.run(run())
    assert max(together) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_rests_as_long_as_it_wants_to(status: int) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if len(host.requests) == 1:
            return web.Response(status=status, headers={"Retry-After": "1"})
        return web.Response()

    with LoopbackHost(answer) as host:

        async def run() -> None:
            async with new_web(HostLimits(connections=1)) as web_:
                await asyncio.gather(*(web_.ask(f"{host.url}/{i}", body_of) for i in range(3)))

        asyncio.run(run())
    first, *others = [seen.at for seen in host.requests]
    assert len(others) == 3
    assert min(others) - first >= 1.0


def test_a_date_to_ask_again_is_read_with_the_clock_of_the_host() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if len(host.requests) > 1:
            return web.Response()
        now = 1_000_000_000  # a clock that is years behind
        headers = {"Date": formatdate(now, usegmt=True), "Retry-After": formatdate(now + 1, usegmt=True)}
        return web.Response(status=429, headers=headers)

    with LoopbackHost(answer) as host:
        ask_many(host.url, 1, HostLimits())
    assert host.requests[1].at - host.requests[0].at >= 1.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:09 GMT", "date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:09 GMT", "date": "Wed, 21 Oct 2015 09:28:00 +0200"}, 9.0),
        ({"retry-after": "Mon, 21 Oct 2115 07:28:09 GMT", "date": "Mon, 21 Oct 2115 07:28:00 GMT"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 -0000", "date": "Wed, 21 Oct 2015 07:28:09 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT", "date": "today"}, 0.0),
    ],
)
def test_all_forms_of_retry_after_are_understood(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_no_host_is_waited_for_longer_than_set() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        is_first = len(host.requests) == 1
        return web.Response(status=429 if is_first else 200, headers={"Retry-After": "86400"} if is_first else {})

    with LoopbackHost(answer) as host:
        assert len(ask_many(host.url, 1, HostLimits(), Waits(told_most_s=0.05))) == 1


def test_being_busy_uses_up_fewer_attempts_than_failing() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429)

    waits = Waits(first_s=0.001, busy_first_s=0.001, busy_most_s=0.001, failures=100)
    with LoopbackHost(answer) as host, pytest.raises(WebError, match="HTTP 429"):
        ask_many(host.url, 1, HostLimits(attempts=2, per_second=10_000), waits)
    assert len(host.requests) == 2 * waits.busy_attempts


def ask_in_rounds(host: LoopbackHost, numbers: tuple[int, ...], waits: Waits) -> None:
    """Ask so many questions at once, then so many, and so on."""

    async def run() -> None:
        async with new_web(HostLimits(connections=8, per_second=1000), waits) as web_:
            for number in numbers:
                await asyncio.gather(*(web_.ask(f"{host.url}/{i}", body_of) for i in range(number)))

    asyncio.run(run())


def test_a_busy_host_is_asked_by_half_as_many_at_once() -> None:
    first_round = asyncio.Barrier(8)
    under_way = most = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal under_way, most
        if len(host.requests) <= 8:
            await first_round.wait()
            return web.Response(status=429)
        under_way += 1
        most = max(most, under_way)
        # Long enough for others to come, if they may.
        await asyncio.sleep(0.02)
        under_way -= 1
        return web.Response()

    with LoopbackHost(answer) as host:
        ask_in_rounds(host, (8, 24), Waits(busy_first_s=0.02, recovery_s=1e9))
    assert 1 < most <= 4
    assert len(host.requests) == 8 + 8 + 24


def test_a_host_that_answers_well_again_is_asked_as_fast_as_before() -> None:
    first_round, last_round = asyncio.Barrier(8), asyncio.Barrier(8)

    async def answer(request: web.Request) -> web.StreamResponse:
        if len(host.requests) <= 8:
            await first_round.wait()
            return web.Response(status=429)
        if len(host.requests) > 8 + 8 + 1:
            await last_round.wait()
        return web.Response()

    with LoopbackHost(answer) as host:
        ask_in_rounds(host, (8, 1, 8), Waits(busy_first_s=0.02, recovery_s=1e-6))
    assert len(host.requests) == 8 + 8 + 1 + 8


def test_a_busy_host_without_a_limit_gets_one() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=429 if len(host.requests) == 1 else 200)

    with LoopbackHost(answer) as host:
        ask_many(host.url, 9, HostLimits(connections=1), Waits(busy_first_s=0.01, recovery_s=1e9))
        del host.requests[0]
        assert len(host.requests) == 9
        assert host.most_in(1.0) <= 5


def test_reading_may_find_that_the_host_is_busy() -> None:
    def read(answer: WebAnswer) -> bytes:
        if answer.body == b"slow down":
            raise TryAgain("too many", after=0.5, is_busy=True)
        return answer.body

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(text="slow down" if len(host.requests) == 1 else "fine")

    async def run(url: str) -> list[bytes]:
        async with new_web(HostLimits(connections=1)) as web_:
            first = await web_.ask(url, read)
            return [first, await web_.ask(url, read)]

    with LoopbackHost(answer) as host:
        assert asyncio.run(run(host.url)) == [b"fine", b"fine"]
    assert host.requests[1].at - host.requests[0].at >= 0.5
