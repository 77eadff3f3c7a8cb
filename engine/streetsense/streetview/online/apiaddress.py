"""Addresses of providers' APIs, as users give them, and of photos, as providers give them."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streetsense.errors import InputError

if TYPE_CHECKING:
    from streetsense.streetview.provider import FetchRequest


def api_address(request: FetchRequest, usual: str) -> str:
    """Return where the API of a provider is that keys are sent to: the option ``api_url``, or the usual address.

    Returns
    -------
    str
        Without a slash at its end.

    Raises
    ------
    InputError
        When the option is no address, or one through which others could read the key.
    """
    given = request.options.get("api_url")
    return checked_address(str(given) if given else usual, takes_secrets=True)


def checked_address(given: str, name: str = "api_url", *, takes_secrets: bool = False) -> str:
    """Check the address of an API.

    Parameters
    ----------
    given : str
        ``https://host`` or ``https://host/path``.
    name : str
        What the user calls this input; error messages begin with it.
    takes_secrets : bool
        Whether keys are sent there. They are sent to other computers through ``https`` alone.

    Returns
    -------
    str
        The address without a slash at its end.

    Raises
    ------
    InputError
        When it is none. The sentence does not repeat it, because people put keys into addresses.
    """
    text = given.strip()
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or not _is_plain(text):
        raise InputError(f"{name}: that is no address of an API; give one like https://example.org.")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InputError(f"{name}: the address holds more than host and path; give it without user name, '?' and '#'.")
    if takes_secrets and parts.scheme == "http" and not _is_this_computer(host):
        raise InputError(f"{name}: a key would be sent to {host} for everyone to read; give an address with https.")
    return text.rstrip("/")


def host_of(address: str) -> str:
    """Return the host of a checked address as `streetsense.web.Web` names it: ``host`` or ``host:port``."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def is_photo_address(url: object, api: str) -> bool:
    """Tell whether something is the address of a photo: ``https``, or ``http`` where the API itself is."""
    if not isinstance(url, str) or not _is_plain(url):
        return False
    return url.startswith("https://") or (url.startswith("http://") and api.startswith("http://"))


def _is_plain(text: str) -> bool:
    """Tell whether a text has neither blanks nor control characters."""
    return text.isprintable() and " " not in text


def _is_this_computer(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
