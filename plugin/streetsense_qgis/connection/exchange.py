"""One request and its answer: sent, sent again where that helps, broken off when nobody wants it any more."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QObject, QTimer
from qgis.PyQt.QtNetwork import QNetworkReply, QNetworkRequest, QSslError

from .errors import EngineError
from .pending import Pending
from .reasons import NOT_NOW, refused, too_long, unreached, untrusted

if TYPE_CHECKING:
    from .transport import Request, Transport

#: Seconds between two attempts, at first and at most.
_WAIT_FIRST, _WAIT_MOST = 0.25, 5.0
#: Bytes that wait to be taken; a file that arrives faster than it is written is slowed down.
_AT_ONCE = 2**20
_Network = QNetworkReply.NetworkError
#: Connections that broke; a second attempt often works, as after a restart of the engine or a change of the network.
_BROKEN = {
    _Network.RemoteHostClosedError,
    _Network.TemporaryNetworkFailureError,
    _Network.NetworkSessionFailedError,
    _Network.UnknownNetworkError,
}


@dataclass(frozen=True)
class Answer:
    """A good answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body as JSON."""
        return json.loads(self.body)


class Exchange(QObject):
    """One request under way.

    Parameters
    ----------
    transport : Transport
        The way to the engine.
    request : Request
        What to ask.
    pending : Pending
        Is told how it ends.
    read : callable
        Makes of the answer what ``pending`` ends with.
    """

    def __init__(self, transport: Transport, request: Request, pending: Pending, read: Callable[[Answer], Any]) -> None:
        super().__init__(transport)
        self._transport, self._request, self._pending, self._read = transport, request, pending, read
        self._reply: QNetworkReply | None = None
        self._body: QBuffer | None = None
        self._certificate: list[QSslError] = []
        self._until = time.monotonic() + request.patience
        self._pause = _WAIT_FIRST
        self._sunk: EngineError | None = None
        self._is_over = False

    def begin(self) -> None:
        """Send the request."""
        if self._is_over:
            return
        self._certificate, self._sunk = [], None
        request = self._transport.prepared(self._request)
        network = self._transport.network()
        if self._request.body is None:
            reply = network.sendCustomRequest(request, self._request.method.encode())
        else:
            self._body = QBuffer(self)
            self._body.setData(QByteArray(self._request.body))
            self._body.open(QIODevice.OpenModeFlag.ReadOnly)
            request.setHeader(QNetworkRequest.KnownHeaders.ContentLengthHeader, len(self._request.body))
            reply = network.sendCustomRequest(request, self._request.method.encode(), self._body)
            reply.uploadProgress.connect(self._sent)
        self._reply = reply
        reply.sslErrors.connect(self._certificate.extend)
        reply.finished.connect(self._finish)
        if self._request.sink is not None:
            reply.setReadBufferSize(_AT_ONCE)
            reply.readyRead.connect(self._take)

    def stop(self) -> None:
        """Break off."""
        if self._is_over:
            return
        self._is_over = True
        self._drop()
        self.deleteLater()

    def _drop(self) -> None:
        """Let go of the reply."""
        reply, self._reply = self._reply, None
        if reply is not None:
            reply.finished.disconnect(self._finish)
            if reply.isRunning():
                reply.abort()
            reply.deleteLater()
        if self._body is not None:
            self._body.deleteLater()
            self._body = None

    def _sent(self, done: int, total: int) -> None:
        if total > 0:
            self._pending.progressed.emit(done / total, "")

    def _take(self) -> None:
        """Hand on what has come of a good answer."""
        reply, sink = self._reply, self._request.sink
        if reply is None or sink is None:
            return
        status = _status(reply)
        if not 200 <= status < 300:
            return
        try:
            data = bytes(reply.readAll())
            if data:
                sink(status, _headers(reply), data)
                self._until = time.monotonic() + self._request.patience
        except EngineError as error:
            self._sunk = error
            reply.abort()

    def _finish(self) -> None:
        reply = self._reply
        if reply is None or self._is_over:
            return
        self._take()
        status, headers, body = _status(reply), _headers(reply), bytes(reply.readAll())
        code, text = reply.error(), reply.errorString()
        self._drop()
        address = self._transport.address
        if self._sunk is not None:
            self._end(self._sunk)
        elif status and (code == _Network.NoError or status >= 300):
            error = refused(address, status, headers, body)
            if error is None:
                self._succeed(Answer(status, headers, body))
            elif status in NOT_NOW:
                self._later(error, _seconds(headers.get("retry-after", "")))
            else:
                self._end(error)
        elif code == _Network.SslHandshakeFailedError:
            self._end(untrusted(address, self._certificate, text))
        elif code in _BROKEN or self._request.stubborn:
            self._later(unreached(address, code, text))
        else:
            self._end(unreached(address, code, text))

    def _later(self, error: EngineError, seconds: float | None = None) -> None:
        """Try again after a while, or end with ``error`` when patience is at its end."""
        pause = self._pause if seconds is None else seconds
        if not self._request.patience or time.monotonic() + pause > self._until:
            if seconds is not None and self._request.patience:
                error = too_long(self._transport.address, seconds, error.status or 0)
            self._end(error)
            return
        self._pause = min(_WAIT_MOST, self._pause * 2)
        QTimer.singleShot(round(pause * 1000), self.begin)

    def _succeed(self, answer: Answer) -> None:
        try:
            value = self._read(answer)
        except EngineError as error:
            self._end(error)
            return
        self._is_over = True
        self._pending.succeed(value)
        self.deleteLater()

    def _end(self, error: EngineError) -> None:
        self._is_over = True
        self._pending.fail(error)
        self.deleteLater()


def _status(reply: QNetworkReply) -> int:
    return int(reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute) or 0)


def _headers(reply: QNetworkReply) -> dict[str, str]:
    return {
        bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1") for name, value in reply.rawHeaderPairs()
    }


def _seconds(text: str) -> float | None:
    """Return what a header Retry-After means; None for a date or nothing."""
    return float(text) if text.isdecimal() else None
