"""Links in answers, with the relations that OGC API - Processes names."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic import BaseModel, Field

_OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
CONFORMANCE = _OGC + "conformance"
PROCESSES = _OGC + "processes"
EXECUTE = _OGC + "execute"
JOB_LIST = _OGC + "job-list"
RESULTS = _OGC + "results"
EXCEPTIONS = _OGC + "exceptions"

JSON = "application/json"


class Link(BaseModel):
    """A link (schema ``link.yaml`` of the standard)."""

    href: str = Field(description="where to", examples=["http://127.0.0.1:8765/processes"])
    rel: str = Field(description="what it is to this document", examples=["self"])
    type: str = Field(default=JSON, description="the media type there")
    title: str | None = Field(default=None, description="what is there, for people")


def address(request: Request, path: str, query: list[tuple[str, str]] | None = None) -> str:
    """Return the absolute address of a path of this server, as the client reaches it.

    Parameters
    ----------
    request : Request
        The request that is being answered.
    path : str
        From the server's root, unescaped.
    query : list of pairs, optional
        Parameters.
    """
    return str(request.base_url).rstrip("/") + quote(path) + ("?" + urlencode(query) if query else "")


def link(request: Request, path: str, rel: str, title: str | None = None, type: str = JSON) -> Link:
    """Return a link to a path of this server."""
    return Link(href=address(request, path), rel=rel, type=type, title=title)


def page_links(request: Request, path: str, offset: int, limit: int, total: int) -> list[Link]:
    """Return the links of one page of a list: itself, the next one and the one before."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("offset", "limit")]

    def page(start: int, rel: str, title: str) -> Link:
        query = [*kept, ("limit", str(limit)), ("offset", str(start))]
        return Link(href=address(request, path, query), rel=rel, title=title)

    own = list(request.query_params.multi_items())
    links = [Link(href=address(request, path, own), rel="self", title="this document")]
    if offset + limit < total:
        links.append(page(offset + limit, "next", "the next page"))
    if offset > 0:
        links.append(page(max(0, offset - limit), "prev", "the page before"))
    return links
