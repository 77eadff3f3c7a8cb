"""What the tests of OGC API - Processes share: its addresses of relations and exceptions, and links by relation."""

from __future__ import annotations

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
TYPES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"


def links(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    """The addresses that a document links to, by relation."""
    return {link["rel"]: link["href"] for link in document["links"]}
