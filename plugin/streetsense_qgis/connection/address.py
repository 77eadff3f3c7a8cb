"""The address of an engine: checked, and looked at before a token goes there."""

from __future__ import annotations

import ipaddress

from qgis.PyQt.QtCore import QUrl

from ..i18n import tr
from .errors import EngineError


def checked_address(text: str) -> str:
    """Return an address as requests begin with it, without a slash at the end.

    Raises
    ------
    EngineError
        When it is none, or holds a name and password, which logs would keep.
    """
    url = QUrl(text.strip().rstrip("/"), QUrl.ParsingMode.StrictMode)
    is_address = url.isValid() and url.scheme() in ("http", "https") and bool(url.host())
    if not is_address or url.hasQuery() or url.hasFragment() or url.userInfo():
        shown = url.host() or text.strip()[:100]
        raise EngineError(
            tr("Connection", "'{address}' is no address of an engine; write it as https://host:8765.").format(
                address=shown
            ),
            "refused",
        )
    return bytes(url.toEncoded()).decode("ascii")


def is_loopback(address: str) -> bool:
    """Tell whether an address leads to this computer, itself or through a tunnel that begins here."""
    host = QUrl(address).host()
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def same_host(one: str, other: str) -> bool:
    """Tell whether two addresses lead to the same port of the same host in the same way: a token holds for both.

    Two that are no addresses are the same only when they read the same.
    """
    first, second = QUrl(one.strip()), QUrl(other.strip())
    if not first.host() or not second.host():
        return one.strip() == other.strip()
    # QUrl writes schemes and hosts in small letters.
    return (first.scheme(), first.host(), _port(first)) == (second.scheme(), second.host(), _port(second))


def _port(url: QUrl) -> int:
    return url.port({"http": 80, "https": 443}.get(url.scheme(), -1))


def is_private(address: str) -> bool:
    """Tell whether nobody on the way can read the token."""
    return is_loopback(address) or QUrl(address).scheme() == "https"
