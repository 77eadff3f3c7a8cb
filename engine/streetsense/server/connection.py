"""What happens on a connection before there is a request: encryption, and heads that are too slow, long or many."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from streetsense.server.answers import STREAM
from streetsense.server.problems import Problem

#: Seconds within which a connection must be encrypted, where it has to be.
HANDSHAKE_SECONDS = 10.0
#: Seconds within which the head of a request must have come.
HEAD_SECONDS = 15.0
#: The most bytes of a head, and of whatever else comes between two parts of a body.
HEAD_BYTES = 64 * 2**10
#: Connections at a time.
MAX_CONNECTIONS = 1000
#: Requests that may wait on one connection for the answer to the one before.
MAX_PIPELINED = 16


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's connection, with limits on all that comes before a request reaches the application."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - whatever uvicorn hands over
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head, self._has_begun = True, False
        self._unused = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(Problem(503, "", "server: it has too many connections; try again later."))
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        self._have_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; refuse more of them than a head has that neither end a head nor are a part of a body."""
        if self._in_head and self._deadline is None:
            self._expect_head()
        self._unused += len(data)
        super().data_received(data)
        if self._unused > HEAD_BYTES:
            self._refuse(Problem(431, "", f"head: it is larger than {HEAD_BYTES} bytes; send less in its headers."))

    def on_message_begin(self) -> None:
        """See the beginning of a head, which may have come with the request before it."""
        self._has_begun = True
        if self._deadline is None:
            self._expect_head()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those that follow a body are dropped, since nobody checks them."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Hand the request to the application."""
        self._have_head()
        self._in_head, self._unused = False, 0
        if len(self.pipeline) >= MAX_PIPELINED:
            raise ValueError("too many requests at once")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._unused = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See the end of a request; another one may follow."""
        self._in_head, self._has_begun, self._unused = True, False, 0
        super().on_message_complete()

    def shutdown(self) -> None:
        """End the connection when the server stops: streams now, since they never end by themselves."""
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and STREAM in cycle.scope:
            if cycle.chunked_encoding:
                self.transport.write(b"0\r\n\r\n")
            self.transport.close()
            return
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(Problem(400, "", "request: it is no valid HTTP; correct it and try again."))

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _have_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        self._deadline = None
        if self._has_begun:
            self._refuse(Problem(408, "", f"head: it took more than {self.head_seconds:g} seconds; send it at once."))
        else:
            self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        """Answer without the application, and close."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            response = problem.response("")
            lines = [f"HTTP/1.1 {problem.status} {problem.title}".encode()]
            lines += [name + b": " + value for name, value in (*response.raw_headers, (b"connection", b"close"))]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(response.body)]))
        self.transport.close()


def encrypted(tls: ssl.SSLContext) -> Callable[..., asyncio.Protocol]:
    """Return what makes a connection that is encrypted before it is a `GuardedConnection`."""
    return lambda **named: _Handshake(tls, GuardedConnection(**named))


class _Handshake(asyncio.Protocol):
    """A connection that is to be encrypted; it counts as one from the moment at which it is accepted.

    The event loop's own way of encrypting tells nobody of a connection before its handshake is over.
    """

    def __init__(self, tls: ssl.SSLContext, guarded: GuardedConnection) -> None:
        self._tls, self._guarded = tls, guarded
        # The server's own list: of what is on it, it asks `shutdown` alone.
        self._connections: set[Any] = guarded.connections
        self._early: list[bytes] = []
        self._is_handed_over, self._is_lost = False, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin the handshake, unless there are too many connections: before it no answer would be understood."""
        if len(self._connections) >= MAX_CONNECTIONS:
            transport.abort()
            return
        self._transport = transport
        self._connections.add(self)
        self._task = asyncio.get_running_loop().create_task(self._encrypt())

    def data_received(self, data: bytes) -> None:
        """Keep what comes together with the end of the handshake."""
        self._early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """See the end of a connection that was encrypted a moment ago."""
        self._is_lost = True
        if self._is_handed_over:
            self._guarded.connection_lost(exc)

    def shutdown(self) -> None:
        """Break off, since the server stops."""
        self._transport.abort()

    async def _encrypt(self) -> None:
        try:
            transport = await asyncio.get_running_loop().start_tls(
                self._transport, self, self._tls, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
        except OSError:  # no TLS, too slow, or gone
            return
        finally:
            self._connections.discard(self)
        if transport is None or self._is_lost:
            return
        self._is_handed_over = True
        transport.set_protocol(self._guarded)
        self._guarded.connection_made(transport)
        for data in self._early:
            self._guarded.data_received(data)
