"""Inputs as the standard writes them, turned into plain values."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from streetsense.errors import InputError

#: What may stand beside a qualified value (schema ``qualifiedInputValue.yaml``).
_QUALIFIERS = {"value", "mediaType", "encoding", "schema", "format"}
#: What a reference may hold (schema ``link.yaml``).
_REFERENCE = {"href", "rel", "type", "hreflang", "title"}
_FILE = re.compile(r"/studies/([^/]+)/(.+)", re.DOTALL)


def plain_inputs(inputs: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Return the inputs of an execute request as plain values.

    Parameters
    ----------
    inputs : dict
        Values by name: inline, qualified (``{"value": …}``), or references (``{"href": …}``).
    base_url : str
        The address of this server, as the client reaches it.

    Raises
    ------
    InputError
        When a reference leads anywhere but to a file of the same study on this server. Nothing is ever fetched: a
        server that fetches what it is told to can be led to places that only it can reach.
    """
    study = _plain("study", inputs.get("study"), None, base_url)
    return {name: _plain(name, value, study, base_url) for name, value in inputs.items()}


def _plain(name: str, value: Any, study: object, base_url: str) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_plain(name, item, study, base_url) for item in value]
    if isinstance(value, dict) and "value" in value and set(value) <= _QUALIFIERS:
        return value["value"]
    if isinstance(value, dict) and isinstance(value.get("href"), str) and set(value) <= _REFERENCE:
        return _file(name, value["href"], study, base_url)
    return value


def _file(name: str, href: str, study: object, base_url: str) -> str:
    """Return the path of a referenced file, relative to the study's folder."""
    base = base_url.rstrip("/")
    path = href.removeprefix(base) if href.startswith(base + "/") else href
    found = _FILE.fullmatch(path)
    if found is None or urlsplit(path).query or urlsplit(path).fragment:
        raise InputError(
            f"{name}: '{href[:200]}' is not fetched; upload the file to the study and give its name, such as "
            "uploads/labels.gpkg."
        )
    if unquote(found[1]) != study:
        raise InputError(f"{name}: '{href[:200]}' belongs to another study; upload the file to this one.")
    return unquote(found[2])
