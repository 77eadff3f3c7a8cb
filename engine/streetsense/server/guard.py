"""The guard in front of all routes: who may ask, by which name, how much, how often and how slowly.

It is plain ASGI, so that streams pass through it part by part.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import re
import urllib.parse

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from streetsense.server.answers import Answer
from streetsense.server.bodies import Body, check_announced, is_upload
from streetsense.server.hosts import AllowedHosts
from streetsense.server.problems import Problem
from streetsense.server.rates import Buckets
from streetsense.server.settings import ServerSettings
from streetsense.server.strictjson import check_json

#: Wrong or missing tokens that one address may send a minute.
FAILURES_A_MINUTE = 20

#: The empty page that asks for the token, and what it looks like.
PAGE = "/"
PAGE_PARTS = frozenset({"/landing.css", "/landing.js"})

#: Methods whose bodies mean something; what comes with others is left unread.
_WITH_BODY = ("POST", "PUT", "PATCH")

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_QUERY_TOKEN = re.compile(rb"(^|&)(access_token|token|api_key|apikey)=", re.IGNORECASE)


def protect(app: FastAPI, settings: ServerSettings) -> None:
    """Put the guard in front of all routes of ``app``."""
    app.add_middleware(Guard, settings=settings)


class Guard:
    """ASGI middleware that lets through what may pass and answers the rest with a problem document.

    Parameters
    ----------
    app : callable
        The application behind it.
    settings : ServerSettings
        The token, the names of this host and the limits.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._settings = app, settings
        self._token = _digest(settings.token.get_secret_value())
        self._hosts = AllowedHosts(settings)
        self._requests = Buckets(settings.rate, settings.rate)
        self._failures = Buckets(FAILURES_A_MINUTE / 60, FAILURES_A_MINUTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        headers = Headers(scope=scope)
        answer = Answer(scope, send)
        is_file = is_upload(scope["method"], scope["path"])
        limit = self._settings.max_file if is_file else self._settings.max_body
        answer.body = body = Body(headers, receive, limit, self._settings.body_seconds, answer.refuse)
        try:
            self._check_rate(scope)
            self._hosts.check(headers.getlist("host"))
            _check_path(scope)
            _check_origin(scope["method"], headers)
            answer.unauthorized = self._check_token(scope, headers)
            check_announced(headers, limit)
            if not is_file and scope["method"] in _WITH_BODY and not body.is_complete:
                text = await body.whole()
                if text is None:
                    return
                if text:
                    check_json(text)
        except Problem as problem:
            await answer.refuse(problem)
            return
        try:
            await self._app(scope, body.receive, answer.send)
        except Exception:
            if answer.is_started:
                raise
            logging.getLogger(__name__).exception("%s %s failed", scope["method"], urllib.parse.quote(scope["path"]))
            sentence = "server: an unexpected error; the server's log has the details, please report them."
            await answer.refuse(Problem(500, "", sentence))

    def _check_rate(self, scope: Scope) -> None:
        seconds = self._requests.take(_address(scope))
        if seconds:
            raise _too_often("requests: more than this server takes from one address", seconds)

    def _check_token(self, scope: Scope, headers: Headers) -> Problem | None:
        """Return None for the right token, and for pages without data how they are marked; refuse all else."""
        values = headers.getlist("authorization")
        scheme, _, token = values[0].strip().partition(" ") if len(values) == 1 else ("", "", "")
        if scheme.lower() == "bearer" and hmac.compare_digest(_digest(token.strip()), self._token):
            return None
        problem = Problem(
            401,
            "",
            _why_unauthorized(scope, bool(values)),
            headers={"WWW-Authenticate": 'Bearer realm="StreetSense"' + (', error="invalid_token"' if values else "")},
        )
        if not values and scope["method"] in ("GET", "HEAD"):
            if scope["path"] == PAGE and "text/html" in headers.get("accept", ""):
                return problem
            if scope["path"] in PAGE_PARTS:
                return None
        seconds = self._failures.take(_address(scope))
        if seconds:
            raise _too_often("token: too many requests with a wrong token or none", seconds)
        raise problem


def _check_path(scope: Scope) -> None:
    """Refuse paths that mean another place to some reader than to another."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    path = urllib.parse.unquote_to_bytes(raw).decode("utf-8", "replace")
    has_hidden_slash = b"%2f" in raw.partition(b"?")[0].lower()
    if has_hidden_slash or _CONTROL.search(path) or not {".", ".."}.isdisjoint(path.split("/")):
        raise Problem(404, "", "path: there is nothing here; see /api for what there is.")


def _check_origin(method: str, headers: Headers) -> None:
    """Refuse to tell browsers that pages of other sites may use this server."""
    if method == "OPTIONS" and "access-control-request-method" in headers:
        raise Problem(403, "", "Origin: pages of other sites cannot use this server; use a program of your own.")


def _why_unauthorized(scope: Scope, is_given: bool) -> str:
    if is_given:
        return "Authorization: the token is wrong; 'streetsense serve' says at its start where the right one is."
    if _QUERY_TOKEN.search(scope.get("query_string", b"")):
        return "token: it is not taken from the address, where logs keep it; send the header 'Authorization: Bearer …'."
    return "Authorization: the token is missing; send the header 'Authorization: Bearer …'."


def _too_often(what: str, seconds: float) -> Problem:
    wait = math.ceil(seconds)
    return Problem(429, "", f"{what}; try again in {wait} seconds.", headers={"Retry-After": str(wait)})


def _address(scope: Scope) -> str:
    return (scope.get("client") or ("",))[0]


def _digest(token: str) -> bytes:
    """Return a fixed length for the comparison, so that its time says nothing about the token's."""
    return hashlib.sha256(token.encode()).digest()
