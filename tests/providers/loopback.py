"""A host of this computer that answers as told: a web server in a thread of its own, which counts what arrives."""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aiohttp import web

from streetsense.web import Waits

#: Pauses for tests: a fiftieth of the usual ones.
QUICK = Waits(first_s=0.004, most_s=0.4, busy_first_s=0.02, busy_most_s=1.2, failing_s=0.1, down_s=0.6, recovery_s=1.2)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request that arrived.

    Attributes
    ----------
    method, path : str
        What was asked; the path decoded and without the query.
    target : str
        Path and query as they came, still escaped.
    query : dict
        The last value of each name.
    headers : dict
        Names in lower case.
    body : bytes
        Read whole before the handler is called.
    at : float
        Monotonic seconds of its arrival.
    """

    method: str
    path: str
    target: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float


class LoopbackHost:
    """A web server on 127.0.0.1, as long as the block lasts.

    Parameters
    ----------
    handler : async function
        Makes the answer to each request, in the server's thread. A request's connection breaks without an answer when
        it calls ``request.transport.abort()``; an exception in it is an HTTP 500.
    tls : ssl.SSLContext, optional
        Makes it ``https``.

    Attributes
    ----------
    port : int
        Where it listens.
    requests : list of Seen
        All that arrived, in order.
    most_at_once : int
        Requests under way at the same time, at most.
    """

    def __init__(self, handler: Handler, *, tls: ssl.SSLContext | None = None) -> None:
        self.handler, self._tls = handler, tls
        self.requests: list[Seen] = []
        self.most_at_once = 0
        self._at_once = 0
        self._is_up = threading.Event()
        self._failure: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is: ``http://127.0.0.1:PORT``."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def name(self) -> str:
        """As limits and errors call it: ``127.0.0.1:PORT``."""
        return f"127.0.0.1:{self.port}"

    def most_in(self, seconds: float) -> int:
        """Return how many requests arrived within a window of that length, at most."""
        times = [seen.at for seen in list(self.requests)]
        most = first = 0
        for last, time_ in enumerate(times):
            while time_ - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most

    def call(self, action: Callable[[], object]) -> None:
        """Do something in the server's thread, such as setting an event that a handler waits for."""
        self._loop.call_soon_threadsafe(action)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_up.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:
            self._failure = error
            self._is_up.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        # A client that goes away ends the handler, so that no test waits for an answer nobody wants.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024, ssl_context=self._tls)
            await site.start()
            self.port = runner.addresses[0][1]
            self._is_up.set()
            await self._end.wait()
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        at = time.monotonic()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            seen = Seen(
                request.method,
                request.path,
                request.raw_path,
                dict(request.query),
                {name.lower(): value for name, value in request.headers.items()},
                await request.read(),
                at,
            )
            self.requests.append(seen)
            return await self.handler(request)
        finally:
            self._at_once -= 1


async def cut_short(request: web.Request, body: bytes, *, promised: int) -> web.StreamResponse:
    """Answer with a body that ends before the length that the head of the answer promises."""
    answer = web.StreamResponse(headers={"Content-Length": str(promised)})
    await answer.prepare(request)
    await answer.write(body)
    assert request.transport is not None
    request.transport.close()
    return answer
