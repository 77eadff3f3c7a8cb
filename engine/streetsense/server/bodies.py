"""What a request sends: not too much of it, and not too slowly."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.types import Message, Receive

from streetsense.server.problems import Problem

#: Where files come in, with their own limit.
_UPLOADS = re.compile(r"/studies/[^/]+/(uploads|photos)(/[^/]+)?/?")


def is_upload(method: str, path: str) -> bool:
    """Tell whether the body of a request is a file, or a part of one; all others are JSON."""
    return method in ("POST", "PATCH", "PUT") and _UPLOADS.fullmatch(path) is not None


def check_announced(headers: Headers, limit: int) -> None:
    """Refuse a body by what its headers say, before any of it is read.

    Raises
    ------
    Problem
        413 when it is too large, 415 when it is compressed, 400 when its length is no number.
    """
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Problem(415, "", "Content-Encoding: compressed requests are not taken; send the body as it is.")
    length = headers.get("content-length")
    if length is None:
        return
    if not (length.isascii() and length.isdigit()):
        raise Problem(400, "", "Content-Length: it is no number; correct the request.")
    if len(length) > 20 or int(length) > limit:
        raise _too_large(limit)


class Body:
    """The body of one request, as an ASGI ``receive`` that watches its size and its silences.

    Parameters
    ----------
    headers : Headers
        Of the request.
    receive : callable
        Where the body comes from.
    limit : int
        The most bytes it may have.
    seconds : float
        The longest silence within it.
    stop : callable
        Awaited with the problem when the body breaks a rule. The application sees a client that has gone.
    """

    def __init__(
        self,
        headers: Headers,
        receive: Receive,
        limit: int,
        seconds: float,
        stop: Callable[[Problem], Awaitable[None]],
    ) -> None:
        self._receive, self._limit, self._seconds, self._stop = receive, limit, seconds, stop
        self._size, self._stopped = 0, False
        self._held: bytes | None = None
        #: Whether all of it was received.
        self.is_complete = "transfer-encoding" not in headers and headers.get("content-length", "0").strip("0") == ""

    async def receive(self) -> Message:
        """Return the next part."""
        if self._stopped:
            return {"type": "http.disconnect"}
        if self._held is not None:
            held, self._held = self._held, None
            return {"type": "http.request", "body": held, "more_body": False}
        if self.is_complete:
            # What comes now is the news that the client has gone, and may take as long as the answer does.
            return await self._receive()
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError:
            return await self._end(
                Problem(
                    HTTPStatus.REQUEST_TIMEOUT,
                    "",
                    f"body: nothing came for {self._seconds:g} seconds; send it without pauses.",
                )
            )
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            if self._size > self._limit:
                return await self._end(_too_large(self._limit))
            self.is_complete = not message.get("more_body", False)
        return message

    async def whole(self) -> bytes | None:
        """Return all of it, to be looked at before `receive` hands it on; None when it breaks a rule or off."""
        parts = []
        while not self.is_complete:
            message = await self.receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
        self._held = b"".join(parts)
        return self._held

    async def drain(self, seconds: float, size: int) -> None:
        """Read and drop what still comes, for at most so many seconds and bytes.

        A connection that is closed on unread bytes is reset, and its client may then lose the answer.
        """
        self._stopped = True
        try:
            async with asyncio.timeout(seconds):
                while not self.is_complete and size > 0:
                    message = await self._receive()
                    size -= len(message.get("body", b""))
                    self.is_complete = not message.get("more_body", False)
        except TimeoutError:
            return

    async def _end(self, problem: Problem) -> Message:
        self._stopped = True
        await self._stop(problem)
        return {"type": "http.disconnect"}


def _too_large(limit: int) -> Problem:
    return Problem(413, "Content Too Large", f"body: it is larger than the {limit} bytes allowed here; send less.")
