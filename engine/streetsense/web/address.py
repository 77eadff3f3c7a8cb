"""Addresses as they are sent: what a caller wrote stays as it is, byte for byte, because it may be signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from yarl import URL

from streetsense.web.answers import WebError

#: Nothing that would have to be escaped first (RFC 3986).
_READY = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

#: What stands in a query.
Params = Mapping[str, str | int | float]


def address(url: str, params: Params | None = None) -> URL:
    """Return the address of a request.

    Parameters
    ----------
    url : str
        ``http`` or ``https``; escaped where it needs to be, or not at all.
    params : mapping, optional
        Added to its query.

    Raises
    ------
    WebError
        When that is no address.
    """
    if params:
        written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in params.items()}
        separator = "&" if "?" in url else "?"
        url = f"{url}{separator}{urlencode(written, quote_via=quote, safe=',')}"
    try:
        made = URL(url, encoded=_READY.fullmatch(url) is not None)
        host, port = made.host, made.port
    except ValueError:
        made = None
    # Outside the block above, since its exception has the address in it.
    if made is None or made.scheme not in ("http", "https") or not host or port is None:
        raise WebError("the provider", "bad address", "an address that the provider gave is none; it cannot be asked.")
    return made.with_fragment(None).with_user(None) if made.raw_fragment or made.raw_user else made


def redirected(url: URL, location: str) -> URL:
    """Return where an answer sends a request on to.

    Raises
    ------
    WebError
        When that is no address, or one where others could read along although the first was safe from that.
    """
    host = host_of(url)
    try:
        target = url.join(URL(location, encoded=_READY.fullmatch(location) is not None))
        target = address(str(target))
    except (ValueError, WebError):
        target = None
    if target is None:
        raise WebError(host, "bad redirect", f"{host} sends the request on to something that is no address.")
    if url.scheme == "https" and target.scheme != "https":
        raise WebError(host, "bad redirect", f"{host} sends the request on to an address that is not encrypted.")
    return target


def host_of(url: URL) -> str:
    """Return the name under which a host is known: with the port when that is not the usual one."""
    return url.host_port_subcomponent or ""
