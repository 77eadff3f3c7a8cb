"""Asking hosts on the internet: within their limits, again when it may help, and no longer than there is time."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp
import stamina
from yarl import URL

from streetsense.web.address import Params, address, host_of, redirected
from streetsense.web.answers import HostDown, OutOfTime, TryAgain, WebAnswer, WebError, WebRefusal
from streetsense.web.exchange import Request, exchange, new_session
from streetsense.web.host import Host
from streetsense.web.limits import HostLimits
from streetsense.web.patience import Patience
from streetsense.web.waits import Waits

T = TypeVar("T")

_MOST_REDIRECTS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

# Without a handler Python prints every attempt on standard error.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Web:
    """All hosts that a run asks. An asynchronous context manager, used within one event loop.

    Parameters
    ----------
    limits : mapping of str to HostLimits
        For ``host`` or ``host:port``; ``""`` for all others.
    user_agent : str
        Who asks, in every request.
    deadline : float, optional
        When the time for all questions is over, in the seconds of `time.monotonic`. Requests that are under way then
        are answered; none begins, and none waits any longer.
    waits : Waits
        Pauses, for all hosts.
    """

    def __init__(
        self,
        limits: Mapping[str, HostLimits],
        *,
        user_agent: str,
        deadline: float | None = None,
        waits: Waits = Waits(),  # noqa: B008 - it cannot change
    ) -> None:
        self._limits, self._user_agent, self._deadline, self._waits = limits, user_agent, deadline, waits
        self._hosts: dict[str, Host] = {}
        self._by_authority: dict[str, Host] = {}
        self._session: aiohttp.ClientSession | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False

    async def __aenter__(self) -> Self:
        self._session = new_session(self._user_agent)
        if self._deadline is not None:
            rest = max(self._deadline - time.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(rest, self._end_waiting)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._is_closed = True
        self._end_waiting()
        if self._session is not None:
            await self._session.close()

    async def ask(
        self,
        url: str,
        read: Callable[[WebAnswer], T | Awaitable[T]],
        *,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        max_bytes: int = 64 * 2**20,
        counted: Callable[[], None] | None = None,
        judge: Callable[[WebAnswer], None] | None = None,
    ) -> T:
        """Ask one question until there is a usable answer, or no hope of one.

        Connections that do not come about or break, answers that are late, cut or damaged, HTTP 408, 425, 429 and all
        from 500 on, and `TryAgain` lead to another attempt after a pause, as often as the host's limits say. HTTP 429,
        and 503 with ``Retry-After``, let the host rest: all its questions wait, and it is asked half as fast from
        then on. No exception has more of the address in it than the host.

        Parameters
        ----------
        url : str
            Sent as it is when nothing in it needs escaping.
        read : function
            Makes the result of an answer with HTTP 200 to 299; may be asynchronous. What it raises ends the question,
            except for `TryAgain`.
        params : mapping, optional
            Added to the query.
        headers : mapping, optional
            Further ones. They stay behind when the host sends the request on to another.
        body : JSON, optional
            Sent with POST.
        max_bytes : int
            How long the answer may be.
        counted : function, optional
            Called before every attempt; what it raises ends the question.
        judge : function, optional
            Sees answers of HTTP 400 and more before their status counts, for servers whose errors mean something else:
            it raises `TryAgain` for another attempt, or whatever ends the question.

        Returns
        -------
        object
            What ``read`` made of the answer.

        Raises
        ------
        WebRefusal
            When the answer says no.
        HostDown
            When the host has stopped answering.
        OutOfTime
            When the time is over.
        WebError
            When there was no usable answer.
        """
        request = Request(
            address(url, params),
            headers or {},
            None if body is None else json.dumps(body, separators=(",", ":")).encode(),
            max_bytes,
            judge,
        )
        if request.body is not None:
            request = replace(request, headers={"Content-Type": "application/json", **request.headers})
        patience = Patience(self._host(request.url).limits, self._waits, self._deadline)
        try:
            return await self._attempt(request, read, counted, patience)
        except TryAgain as trouble:
            first = trouble
        return await self._repeat(first, request, read, counted, patience)

    async def _repeat(
        self,
        first: TryAgain,
        request: Request,
        read: Callable[[WebAnswer], T | Awaitable[T]],
        counted: Callable[[], None] | None,
        patience: Patience,
    ) -> T:
        """Ask again after a first attempt that came to nothing.

        Apart from `ask`, since what follows costs a third of the processor time of a whole request.
        """
        came: TryAgain | None = first
        try:
            async for attempt in stamina.retry_context(on=patience.after, attempts=None, timeout=None):
                with attempt:
                    if came is not None:
                        first, came = came, None
                        raise first
                    return await self._attempt(request, read, counted, patience)
        except TryAgain as trouble:
            reason = trouble.reason
        # Outside the block above, so that what led to the trouble does not come along.
        raise WebError(patience.host, reason)

    async def _attempt(
        self,
        request: Request,
        read: Callable[[WebAnswer], T | Awaitable[T]],
        counted: Callable[[], None] | None,
        patience: Patience,
    ) -> T:
        """Ask once, and everybody else to whom the request is sent on."""
        for _ in range(_MOST_REDIRECTS + 1):
            host = self._host(request.url)
            patience.host = host.name
            try:
                result = await self._visit(host, request, read, counted)
            except HostDown as down:
                if not self._is_too_late(down):
                    raise
                raise OutOfTime(host.name) from None
            if not isinstance(result, Request):
                return result
            request, counted = result, None
        raise WebError(patience.host, "too many redirects", f"{patience.host} sends the request on again and again.")

    async def _visit(
        self,
        host: Host,
        request: Request,
        read: Callable[[WebAnswer], T | Awaitable[T]],
        counted: Callable[[], None] | None,
    ) -> T | Request:
        """Ask one host once; return what came, or the request as it is sent on."""
        if (down := host.breaker.down()) is not None:
            raise down
        self._check(host)
        assert self._session is not None, "use 'async with'"
        began = await host.pace.turn()
        is_under_way, is_answered, on_trial = True, False, False
        try:
            on_trial = host.breaker.begin()
            self._check(host)
            if counted is not None:
                counted()
            answer = await exchange(self._session, host.name, request, host.timeout, host.proxy)
            host.pace.done()
            is_under_way, is_answered = False, True
            result: T | Request
            if answer.status in _REDIRECTS and "location" in answer.headers:
                result = _sent_on(request, answer)
            elif answer.status >= 300:
                raise WebRefusal(host.name, answer)
            else:
                read_ = read(answer)
                result = await read_ if inspect.isawaitable(read_) else read_
        except TryAgain as trouble:
            host.fail(trouble, began, on_trial=on_trial)
            raise
        except Exception:
            if is_answered:
                host.succeed(began)
            raise
        finally:
            # After the host has heard of its failure: the next one in the queue begins here.
            if is_under_way:
                host.pace.done()
            if on_trial:
                host.breaker.end_trial()
        host.succeed(began)
        return result

    def _host(self, url: URL) -> Host:
        authority = host_of(url)
        host = self._by_authority.get(authority)
        if host is None:
            # One entry of the limits is one host, whatever the port.
            name = next((name for name in (authority, url.host or "") if name in self._limits), authority)
            host = self._hosts.get(name)
            if host is None:
                limits = self._limits.get(name) or self._limits.get("") or HostLimits()
                host = self._hosts[name] = Host(name, url, limits, self._waits)
            self._by_authority[authority] = host
        return host

    def _check(self, host: Host) -> None:
        if (error := self._over(host)) is not None:
            raise error

    def _over(self, host: Host) -> WebError | None:
        """Return why the host is not asked any more, if it is not."""
        if self._is_closed:
            return WebError(host.name, "nobody waits for the answer")
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return OutOfTime(host.name)
        return None

    def _is_too_late(self, down: HostDown) -> bool:
        """Tell whether a host that is down gets its next question when the time is over."""
        again_s = down.again_s
        return self._deadline is not None and again_s is not None and time.monotonic() + again_s >= self._deadline

    def _end_waiting(self) -> None:
        for host in self._hosts.values():
            host.pace.turn_away(lambda host=host: self._over(host) or OutOfTime(host.name))  # type: ignore[misc]


def _sent_on(request: Request, answer: WebAnswer) -> Request:
    """Return the request as an answer sends it on (RFC 9110, section 15.4)."""
    url = redirected(request.url, answer.headers["location"])
    is_get = answer.status == 303 or (answer.status in (301, 302) and request.body is not None)
    dropped = {"content-type"} if is_get else set[str]()
    headers: dict[str, Any] = {name: value for name, value in request.headers.items() if name.lower() not in dropped}
    if url.origin() != request.url.origin():
        # Keys and tokens are for the host that they were given to.
        headers = {name: value for name, value in headers.items() if name.lower() in ("accept", "content-type")}
    return replace(request, url=url, headers=headers, body=None if is_get else request.body)
