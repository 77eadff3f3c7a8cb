"""The landing page, for programs (JSON) and for people (HTML), and the conformance classes."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from streetsense.server.links import CONFORMANCE, JOB_LIST, PROCESSES, Link, link
from streetsense.server.openapi import OPENAPI_TYPE
from streetsense.server.problems import RESPONSES

router = APIRouter(tags=["server"])

#: Requirements classes of OGC API - Processes, Part 1: Core (18-062r2) that are met in full.
CONFORMANCE_CLASSES = [
    f"http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/{name}"
    for name in ("core", "ogc-process-description", "json", "oas30", "job-list", "dismiss")
]

#: The page loads nothing from elsewhere, and what it shows cannot run.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


class LandingPage(BaseModel):
    """Where everything is (schema ``landingPage.yaml``)."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """What the server conforms to (schema ``confClasses.yaml``)."""

    conformsTo: list[str] = Field(examples=[CONFORMANCE_CLASSES])


@router.get(
    "/",
    operation_id="getLandingPage",
    summary="Return where everything is",
    responses=RESPONSES
    | {200: {"model": LandingPage, "content": {"text/html": {"schema": {"type": "string"}}}, "description": "Links."}},
    response_model=None,
)
def landing_page(request: Request) -> Response:
    """Return links to everything, or a page that shows it, whichever the client prefers."""
    # Without a token the guard lets nobody through but browsers, for the page that asks for it.
    if "authorization" not in request.headers or prefers_html(request.headers.get("accept", "")):
        return Response(
            _asset("landing.html"),
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": _POLICY, "Vary": "Accept"},
        )
    page = LandingPage(
        title="StreetSense",
        description="From street photographs to maps of urban indicators.",
        links=[
            link(request, "/", "self", "this document"),
            link(request, "/", "alternate", "this document for people", "text/html"),
            link(request, "/api", "service-desc", "the interface", OPENAPI_TYPE),
            link(request, "/conformance", CONFORMANCE, "what the server conforms to"),
            link(request, "/processes", PROCESSES, "what can be run"),
            link(request, "/providers", "related", "where street views come from"),
            link(request, "/jobs", JOB_LIST, "what was run, runs, or waits"),
            link(request, "/studies", "related", "the studies"),
            link(request, "/health", "status", "how the server is"),
        ],
    )
    return JSONResponse(page.model_dump(exclude_none=True), headers={"Vary": "Accept"})


@router.get(
    "/conformance", operation_id="getConformance", summary="Return what the server conforms to", responses=RESPONSES
)
def conformance() -> Conformance:
    """Return the classes of requirements that are met."""
    return Conformance(conformsTo=CONFORMANCE_CLASSES)


@router.get("/landing.css", include_in_schema=False)
def style() -> Response:
    """Return the style of the page."""
    return Response(_asset("landing.css"), media_type="text/css; charset=utf-8")


@router.get("/landing.js", include_in_schema=False)
def script() -> Response:
    """Return the program of the page."""
    return Response(_asset("landing.js"), media_type="text/javascript; charset=utf-8")


def prefers_html(accept: str) -> bool:
    """Tell whether a client names HTML in its Accept header, and names JSON not at all or after it."""
    names = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    if "text/html" not in names:
        return False
    return "application/json" not in names or names.index("text/html") < names.index("application/json")


@cache
def _asset(name: str) -> bytes:
    return (files("streetsense.server") / name).read_bytes()
