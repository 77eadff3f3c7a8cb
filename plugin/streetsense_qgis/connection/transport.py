"""Requests to one engine: with the token, again where that helps, and every failure as one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from qgis.core import QgsNetworkAccessManager
from qgis.PyQt.QtCore import QByteArray, QObject, QUrl
from qgis.PyQt.QtNetwork import QNetworkAccessManager, QNetworkProxy, QNetworkRequest

from ..i18n import tr
from .address import checked_address, is_loopback
from .errors import EngineError
from .exchange import Answer, Exchange
from .pending import Pending
from .reasons import stranger

#: Seconds of silence after which a request is given up.
SILENCE = 60.0
#: Seconds for which a request is tried again when the engine is busy or the connection breaks.
PATIENCE = 30.0


@dataclass(frozen=True)
class Request:
    """What to ask.

    Attributes
    ----------
    method, path : str
        What to do with what; the path is escaped already.
    query, headers : mapping
        Further ones; values that are None are left out.
    body : bytes, optional
        Sent as they are.
    silence, patience : float
        Seconds of silence after which it is given up, and for which it is tried again; a patience of 0: never.
    stubborn : bool
        Whether it is also tried again when nobody answers at all, as files on their way are.
    fresh : callable, optional
        Returns further headers, anew for each attempt.
    sink : callable, optional
        Takes the status, the headers and each piece of a good answer as it comes, instead of `Answer.body`. What it
        raises ends the request.
    """

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    silence: float = SILENCE
    patience: float = PATIENCE
    stubborn: bool = False
    fresh: Callable[[], Mapping[str, str]] | None = None
    sink: Callable[[int, Mapping[str, str], bytes], None] | None = None


class Transport(QObject):
    """The way to one engine, for the thread that makes it.

    Parameters
    ----------
    address : str
        ``http://127.0.0.1:8765`` or ``https://host``; a path in front of all routes may follow.
    token : str
        What the engine wants to see. It goes to this address alone: redirects are not followed.

    Raises
    ------
    EngineError
        When the address or the token can be none.
    """

    def __init__(self, address: str, token: str) -> None:
        super().__init__()
        self.address = checked_address(address)
        self._token = _checked_token(token)
        self._own: QNetworkAccessManager | None = None
        self._open: set[Pending] = set()

    def __repr__(self) -> str:
        return f"<Transport {self.address}>"

    def ask(self, request: Request, read: Callable[[Answer], Any] = lambda answer: answer) -> Pending:
        """Send a request.

        Parameters
        ----------
        request : Request
            What to ask.
        read : callable
            Makes of the answer what the caller gets.

        Returns
        -------
        Pending
            With what ``read`` returned. It tells how much of a body has come or gone.
        """
        pending = Pending()
        exchange = Exchange(self, request, pending, lambda answer: self._read(answer, read))
        pending.on_cancel(exchange.stop)
        self.adopt(pending)
        exchange.begin()
        return pending

    def ask_json(self, method: str, path: str, **more: Any) -> Pending:  # noqa: ANN401 - fields of `Request`
        """Send a request whose answer is JSON, and return that."""
        return self.ask(Request(method, path, **more), Answer.json)

    def adopt(self, pending: Pending) -> None:
        """Break off ``pending`` when this is closed."""
        self._open.add(pending)
        pending.succeeded.connect(lambda _: self._open.discard(pending))
        pending.failed.connect(lambda _: self._open.discard(pending))

    def close(self) -> None:
        """Break off everything that is under way."""
        for pending in list(self._open):
            pending.cancel()

    def network(self) -> QNetworkAccessManager:
        """Return what sends the requests.

        QGIS' own, with its proxy and certificates; on this computer one without a proxy, to which the token of a local
        engine must not go.
        """
        if not (is_loopback(self.address) and self.address.startswith("http:")):
            return QgsNetworkAccessManager.instance()
        if self._own is None:
            self._own = QNetworkAccessManager(self)
            self._own.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        return self._own

    def prepared(self, request: Request) -> QNetworkRequest:
        """Return a request as Qt takes it."""
        query = urlencode({key: value for key, value in request.query.items() if value is not None}, doseq=True)
        url = f"{self.address}{request.path}" + (f"?{query}" if query else "")
        made = QNetworkRequest(QUrl.fromEncoded(QByteArray(url.encode("ascii")), QUrl.ParsingMode.StrictMode))
        made.setTransferTimeout(round(request.silence * 1000))
        headers = {"Authorization": f"Bearer {self._token}", "Accept-Encoding": "identity", **request.headers}
        if request.fresh is not None:
            headers.update(request.fresh())
        for name, value in headers.items():
            made.setRawHeader(name.encode("ascii"), str(value).encode("latin-1"))
        _keep_to_itself(made)
        return made

    def _read(self, answer: Answer, read: Callable[[Answer], Any]) -> Any:  # noqa: ANN401 - what `read` makes
        try:
            return read(answer)
        except (ValueError, KeyError, TypeError) as error:
            raise stranger(self.address, answer.status) from error


def json_body(value: object) -> dict[str, Any]:
    """Return the fields of a `Request` that sends JSON."""
    return {"headers": {"Content-Type": "application/json"}, "body": json.dumps(value).encode()}


def _keep_to_itself(request: QNetworkRequest) -> None:
    """Leave QGIS' caches, cookies and login windows out of it, and go nowhere else."""
    attribute, manual = QNetworkRequest.Attribute, QNetworkRequest.LoadControl.Manual
    request.setAttribute(attribute.RedirectPolicyAttribute, QNetworkRequest.RedirectPolicy.ManualRedirectPolicy)
    request.setAttribute(attribute.CacheLoadControlAttribute, QNetworkRequest.CacheLoadControl.AlwaysNetwork)
    request.setAttribute(attribute.CacheSaveControlAttribute, False)
    request.setAttribute(attribute.CookieLoadControlAttribute, manual)
    request.setAttribute(attribute.CookieSaveControlAttribute, manual)
    request.setAttribute(attribute.AuthenticationReuseAttribute, manual)
    # HTTP/2 in Qt 6 mixes up long uploads with other requests on its one connection.
    request.setAttribute(attribute.Http2AllowedAttribute, False)


def _checked_token(token: str) -> str:
    token = token.strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        sentence = tr("Connection", "This token cannot be right; copy it again from where you got it.")
        raise EngineError(sentence, "token")
    return token
