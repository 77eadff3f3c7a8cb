"""The web application: all routes, errors as problem documents, and the guard in front."""

from __future__ import annotations

from http import HTTPStatus

import anyio
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streetsense import __version__
from streetsense.jobs import JobQueue
from streetsense.server import (
    attention,
    events,
    execution,
    files,
    guard,
    health,
    jobs,
    landing,
    photos,
    processes,
    providers,
    results,
    studies,
    uploads,
)
from streetsense.server.openapi import describe
from streetsense.server.problems import answer_errors
from streetsense.server.settings import ServerSettings
from streetsense.server.warm import WarmProcess

_ROUTED = (
    landing,
    processes,
    providers,
    execution,
    jobs,
    results,
    events,
    studies,
    uploads,
    files,
    photos,
    attention,
    health,
)


def create_app(settings: ServerSettings, queue: JobQueue, warm: WarmProcess) -> FastAPI:
    """Return the application that a server runs.

    Parameters
    ----------
    settings : ServerSettings
        What the administrator decided.
    queue : JobQueue
        The jobs; whoever serves the application starts and stops it.
    warm : WarmProcess
        Encoders that are kept in memory; started and stopped likewise.
    """
    app = FastAPI(
        title="StreetSense",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings, app.state.queue, app.state.warm = settings, queue, warm
    for module in _ROUTED:
        app.include_router(module.router)
    answer_errors(app)
    describe(app)
    app.add_middleware(HeadAsGet)
    guard.protect(app, settings)
    return app


class HeadAsGet:
    """Answers HEAD wherever there is a GET: with the same status and headers.

    The route runs until its answer begins, so what it computes before that it computes for HEAD as well; of a body that
    comes in parts, such as a file or events, nothing is read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; a HEAD request that no route of its own takes is answered as the GET begins."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_taken = True

        async def send_own(message: Message) -> None:
            nonlocal is_taken
            if message["type"] == "http.response.start":
                is_taken = message["status"] != HTTPStatus.METHOD_NOT_ALLOWED
            if is_taken:
                await send(message)

        await self._app(dict(scope), receive, send_own)
        if is_taken:
            return
        with anyio.CancelScope() as rest:

            async def send_beginning(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await send(message)
                    await send({"type": "http.response.body", "body": b""})
                    rest.cancel()

            await self._app({**scope, "method": "GET"}, receive, send_beginning)
