"""Why a request failed, in one sentence, for each way in which it can."""

from __future__ import annotations

import json
from collections.abc import Mapping

from qgis.PyQt.QtNetwork import QNetworkReply, QSslError

from ..i18n import tr
from .errors import EngineError

#: Answers that mean "not now".
NOT_NOW = frozenset({408, 423, 429, 502, 503, 504})

_Network = QNetworkReply.NetworkError
_Ssl = QSslError.SslError
_PROXY = {
    _Network.ProxyConnectionRefusedError,
    _Network.ProxyConnectionClosedError,
    _Network.ProxyNotFoundError,
    _Network.ProxyTimeoutError,
}
_EXPIRED = {_Ssl.CertificateExpired, _Ssl.CertificateNotYetValid}
_OTHER_HOST = {_Ssl.HostNameMismatch}


def unreached(address: str, code: QNetworkReply.NetworkError, text: str) -> EngineError:
    """Return the error for a request that got no answer.

    Parameters
    ----------
    address : str
        Of the engine.
    code, text : QNetworkReply.NetworkError, str
        What Qt says about it.
    """
    if code in (_Network.OperationCanceledError, _Network.TimeoutError):
        sentence = tr("Connection", "{address} did not answer in time; try again, or look at that computer.")
    elif code == _Network.ConnectionRefusedError:
        sentence = tr("Connection", "No engine answers at {address}; check the address and that the engine runs there.")
    elif code == _Network.HostNotFoundError:
        sentence = tr("Connection", "There is no computer named in {address}; check the address and your network.")
    elif code in _PROXY:
        sentence = tr(
            "Connection",
            "The proxy on the way to {address} cannot be reached; check the proxy in QGIS' settings under Network.",
        )
    elif code == _Network.ProxyAuthenticationRequiredError:
        sentence = tr(
            "Connection",
            "The proxy on the way to {address} wants a login; enter it in QGIS' settings under Network.",
        )
    elif code == _Network.RemoteHostClosedError:
        sentence = tr("Connection", "The connection to {address} broke; try again, or check http:// and https://.")
    else:
        sentence = tr("Connection", "{address} cannot be reached ({reason}); check the address and your network.")
    return EngineError(sentence.format(address=address, reason=_short(text)), "network")


def untrusted(address: str, errors: list[QSslError], text: str) -> EngineError:
    """Return the error for a connection that cannot be trusted, or does not get that far.

    Parameters
    ----------
    address : str
        Of the engine.
    errors : list of QSslError
        What is wrong with the certificate; empty when the other side speaks no TLS at all.
    text : str
        What Qt says about it.
    """
    found = {error.error() for error in errors}
    if found & _EXPIRED:
        sentence = tr(
            "Connection",
            "The certificate of {address} has expired or is not valid yet; ask its administrator to renew it.",
        )
    elif found & _OTHER_HOST:
        sentence = tr("Connection", "The certificate of {address} is for another name; use the name it was made for.")
    elif found:
        sentence = tr(
            "Connection",
            "The certificate of {address} is signed by nobody QGIS knows; "
            "add it in QGIS' settings under Authentication, Manage Certificates.",
        )
    else:
        sentence = tr("Connection", "{address} offers no secure connection ({reason}); try http:// or check the port.")
    return EngineError(sentence.format(address=address, reason=_short(text)), "certificate")


def refused(address: str, status: int, headers: Mapping[str, str], body: bytes) -> EngineError | None:
    """Return the error that an answer is; None when it is none.

    Parameters
    ----------
    address : str
        Of the engine.
    status, headers, body : int, mapping, bytes
        The answer; names of headers in lower case.
    """
    if status < 300 or status == 304:
        return None
    if status < 400:
        sentence = tr(
            "Connection",
            "{address} sends requests on to another address, where the token does not go; enter that address itself.",
        )
        return EngineError(sentence.format(address=address), "refused", status)
    if status == 401:
        sentence = tr("Connection", "{address} refuses the token; enter the one that its administrator gave you.")
        return EngineError(sentence.format(address=address), "token", status)
    detail = _detail(body)
    if status in NOT_NOW:
        busy = tr("Connection", "{address} has too much to do; try again later.").format(address=address)
        return EngineError(detail or busy, "network", status)
    if detail is None:
        return stranger(address, status)
    if status >= 500 and status != 507:
        return EngineError(detail, "server", status)
    return EngineError(detail, "missing" if status in (404, 410) else "refused", status)


def stranger(address: str, status: int | None = None) -> EngineError:
    """Return the error for an answer that no engine gives."""
    sentence = tr("Connection", "{address} answers, but not as a StreetSense engine does; check the address.")
    return EngineError(sentence.format(address=address), "version", status)


def too_long(address: str, seconds: float, status: int) -> EngineError:
    """Return the error for an engine that asks to wait longer than anybody would."""
    sentence = tr("Connection", "{address} has too much to do; try again in {seconds} seconds.")
    return EngineError(sentence.format(address=address, seconds=round(seconds)), "network", status)


def _detail(body: bytes) -> str | None:
    try:
        found = json.loads(body)["detail"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) and found else None


def _short(text: str) -> str:
    return text.strip().rstrip(".")[:120]
