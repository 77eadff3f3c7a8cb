"""What goes out with every answer: the headers that keep browsers from doing more than was meant, and the log line."""

from __future__ import annotations

import logging
import time
import urllib.parse

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

from streetsense.server.bodies import Body
from streetsense.server.problems import Problem

#: One line a request: address, method, path (without its query), status, milliseconds.
ACCESS = logging.getLogger("streetsense.access")

#: Set unless the route has set its own.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

#: How long, and how far, the rest of a body is read that nobody wants, so that its client hears the answer.
_LINGER_SECONDS, _LINGER_BYTES = 1.0, 16 * 2**20

#: Under this key of a request's scope the connection learns that its answer never ends by itself.
STREAM = "streetsense.stream"


class Answer:
    """The answer to one request, as an ASGI ``send``.

    Parameters
    ----------
    scope : dict
        Of the request.
    send : callable
        Where the answer goes.

    Attributes
    ----------
    is_started : bool
        Whether its status and headers have gone out.
    body : Body, optional
        What the request sends; while some of it is to come, the connection cannot carry another request.
    unauthorized : Problem, optional
        Why the client may see an empty page only: what the route answers with 200 then has this status and headers.
    """

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope, self._send = scope, send
        self._began = time.monotonic()
        self._is_over = False
        self.is_started = False
        self.body: Body | None = None
        self.unauthorized: Problem | None = None

    async def send(self, message: Message) -> None:
        """Send the next part; nothing once the request was refused."""
        if self._is_over:
            return
        if message["type"] == "http.response.start":
            self._start(message)
        elif self.body is not None and not self.body.is_complete and not message.get("more_body"):
            # The connection will be closed on what is still coming: a little of it is read, so that this is heard.
            await self._send({**message, "more_body": True})
            await self.body.drain(_LINGER_SECONDS, _LINGER_BYTES)
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        """Answer with ``problem``, or break off an answer that has begun."""
        if self._is_over:
            return
        if self.is_started:
            self._is_over = True
            return
        response = problem.response(self._scope["path"])
        await self.send({"type": "http.response.start", "status": problem.status, "headers": response.raw_headers})
        await self.send({"type": "http.response.body", "body": bytes(response.body)})
        self._is_over = True

    def _start(self, message: Message) -> None:
        self.is_started = True
        headers = MutableHeaders(raw=list(message.get("headers", [])))
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        if self.unauthorized is not None and message["status"] == 200:
            message["status"] = self.unauthorized.status
            headers.update(self.unauthorized.headers)
        if self.body is not None and not self.body.is_complete:
            headers["Connection"] = "close"
        if headers.get("content-type", "").startswith("text/event-stream"):
            self._scope[STREAM] = True
            # nginx would hold events back until its buffer is full.
            headers.setdefault("X-Accel-Buffering", "no")
        message["headers"] = headers.raw
        if ACCESS.isEnabledFor(logging.INFO):
            scope = self._scope
            ACCESS.info(
                "%s %s %s %d %.0f ms",
                (scope.get("client") or ("-",))[0],
                scope["method"],
                urllib.parse.quote(scope["path"]),
                message["status"],
                (time.monotonic() - self._began) * 1000,
            )
