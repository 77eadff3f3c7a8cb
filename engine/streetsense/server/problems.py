"""Errors over HTTP: problem documents (RFC 7807) with the exception types of OGC API - Processes."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from streetsense.errors import InputError, StorageError, StreetSenseError
from streetsense.jobs import KeyReused, QueueFull, UnknownJob, UnknownProcess, UnknownStudy

#: The content type of every error.
PROBLEM_TYPE = "application/problem+json"

_EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
NO_SUCH_PROCESS = _EXCEPTIONS + "no-such-process"
NO_SUCH_JOB = _EXCEPTIONS + "no-such-job"
RESULT_NOT_READY = _EXCEPTIONS + "result-not-ready"

#: Seconds after which a client may try again when the queue is full.
RETRY_AFTER = 10


class ProblemDocument(BaseModel):
    """What the body of every error holds (RFC 7807; schema ``exception.yaml`` of the standard)."""

    type: str = Field(description="what kind of problem: a URI of the standard, or about:blank", examples=[NO_SUCH_JOB])
    title: str = Field(description="the kind of problem in a few words", examples=["Not Found"])
    status: int = Field(description="the HTTP status", ge=400, le=599, examples=[404])
    detail: str = Field(
        description="one sentence: the input, what is wrong, what to do", examples=["job: there is no such job."]
    )
    instance: str = Field(description="the path that was asked for", examples=["/jobs/none"])


#: How a route documents one status that answers with a problem: ``responses=RESPONSES | {416: PROBLEM}``.
PROBLEM: dict[str, Any] = {
    "description": "A problem document: what is wrong, and what to do.",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
}

#: The statuses that every route can answer with, for ``responses=``: the guard in front of the routes gives most of
#: them.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {**PROBLEM, "description": meaning}
    for status, meaning in {
        400: "Something in the request cannot be used; the sentence says what.",
        401: "The token is missing or wrong.",
        403: "This is not allowed.",
        404: "There is no such thing.",
        408: "The request came too slowly.",
        413: "The request is too large.",
        415: "The body is compressed or of another kind than this route takes.",
        421: "The host that was asked for is not this server's.",
        429: "Too many requests, or too many jobs wait already; try again after the seconds in Retry-After.",
        431: "The headers are too large.",
        500: "The server failed; its log has the details.",
        503: "The server is stopping or has too much to do; try again later.",
    }.items()
}


class Problem(Exception):
    """An error to be answered as a problem document.

    Parameters
    ----------
    status : int
        The HTTP status.
    title : str
        The kind of problem in a few words; the status's own name when empty.
    detail : str
        One sentence for the user.
    type : str
        A URI that names the kind of problem.
    headers : mapping, optional
        Further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        type: str = "about:blank",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.type = status, title or HTTPStatus(status).phrase, detail, type
        self.headers = dict(headers or {})

    def response(self, instance: str) -> JSONResponse:
        """Return the answer to a request for the path ``instance``."""
        document = ProblemDocument(
            type=self.type, title=self.title, status=self.status, detail=self.detail, instance=instance
        )
        return JSONResponse(document.model_dump(), self.status, self.headers, PROBLEM_TYPE)


def problem_of(error: StreetSenseError) -> Problem:
    """Return how an error of the engine is answered."""
    sentence = str(error)
    match error:
        case UnknownProcess():
            return Problem(404, "No such process", sentence, NO_SUCH_PROCESS)
        case UnknownJob():
            return Problem(404, "No such job", sentence, NO_SUCH_JOB)
        case UnknownStudy():
            return Problem(404, "No such study", sentence)
        case QueueFull():
            return Problem(429, "The queue is full", sentence, headers={"Retry-After": str(RETRY_AFTER)})
        case KeyReused():
            return Problem(422, "The key was used before", sentence)
        case StorageError():
            return Problem(507, "Insufficient Storage", sentence)
        case InputError():
            return Problem(400, "Bad input", sentence)
        case _:
            return Problem(500, "Failure", sentence)


def without_host_path(sentence: str, studies: Path) -> str:
    """Return a sentence in which paths begin within the folder of the studies: where that lies is the host's matter."""
    for folder in _written(studies):
        if folder in sentence:
            sentence = sentence.replace(folder + os.sep, "")
            sentence = re.sub(re.escape(folder) + r"(?![\w-]|\.\w)", "studies", sentence)
    return sentence


@cache
def _written(folder: Path) -> list[str]:
    """Return the ways in which the path of a folder is written, the longest first."""
    ways = {str(folder.resolve()), str(folder.absolute())} - {folder.absolute().anchor}
    return sorted(ways, key=len, reverse=True)


def answer_errors(app: FastAPI) -> None:
    """Make ``app`` answer every error with a problem document and never with a traceback."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(StreetSenseError, _engine_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return _response(request, error)


def _engine_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StreetSenseError)
    problem = problem_of(error)
    if problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logging.getLogger(__name__).error("%s %s: %s", request.method, request.url.path, error)
    return _response(request, problem)


def _response(request: Request, problem: Problem) -> JSONResponse:
    problem.detail = without_host_path(problem.detail, request.app.state.settings.studies)
    return problem.response(request.url.path)


def _bad_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    # The place begins with where the value came from (query, body); the rest names it.
    parts = [str(part) for part in first["loc"][1:] if not isinstance(part, int)]
    where = (".".join(parts) or str(first["loc"][0]))[:100]
    what = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    what = f"{'it ' if what.startswith('should') else ''}{what[:1].lower()}{what[1:300]}"
    sentence = f"{where}: it cannot be used, {what}; see /api."
    if first["type"] == "missing":
        sentence = f"{where}: this is missing; see /api."
    elif (
        first["loc"] == ("body",)
        and first["type"] != "value_error"
        and "application/json" not in request.headers.get("content-type", "")
    ):
        sentence = "Content-Type: the body is not marked as JSON; send 'Content-Type: application/json'."
    return Problem(400, "Bad request", sentence).response(request.url.path)


def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentences = {
        404: "path: there is nothing here; see /api for what there is.",
        405: f"method: {request.method[:20]} cannot be used here; see /api for what can.",
    }
    sentence = sentences.get(error.status_code, str(error.detail))
    headers = error.headers
    # HEAD is then answered as GET is, and nobody sees this.
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method != "HEAD":
        headers = {"Allow": ", ".join(_methods(request))}
    return Problem(error.status_code, "", sentence, headers=headers).response(request.url.path)


def _methods(request: Request) -> list[str]:
    """Return the methods that a path takes. The framework names those of the first of its routes only."""
    paths: dict[str, dict[str, object]] = request.app.openapi()["paths"]
    asked = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    found = {name.upper() for path, methods in paths.items() if compile_path(path)[0].match(asked) for name in methods}
    return sorted(found) or ["GET", "HEAD"]


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # The server's log gets the traceback from the framework; the client does not.
    sentence = "server: an unexpected error; the server's log has the details, please report them."
    return Problem(500, "", sentence).response(request.url.path)
