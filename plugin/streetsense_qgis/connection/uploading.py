"""A file on its way to an engine: in parts, each with its checksum, and on from where it broke (tus 1.0)."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from qgis.PyQt.QtCore import QObject, QTimer

from ..i18n import tr
from .disk import storage_error
from .errors import EngineError
from .exchange import Answer
from .pending import Pending
from .reasons import stranger
from .transport import Request, Transport

#: Bytes of a part. This much at most is sent twice when a connection breaks.
PART = 4 * 2**20
#: Bytes that are read for the checksum before the window gets its turn: about a millisecond.
_SLICE = 2**18
#: Seconds for which a broken upload is tried again without getting on, and between two tries.
_PATIENCE, _PAUSE = 60.0, 1.0
_TUS = {"Tus-Resumable": "1.0.0"}
_BODY = {**_TUS, "Content-Type": "application/offset+octet-stream"}
#: The offset is another one, somebody else sends, a part arrived damaged: the engine knows where it stands.
_ASK_AGAIN = (409, 423, 460)


class Upload(QObject):
    """One file that is sent.

    Parameters
    ----------
    transport : Transport
        The way to the engine.
    route : str
        The route of the study's uploads.
    path : str
        The file; it must not change meanwhile.
    name : str
        Where it goes, relative to the study's ``uploads``, with forward slashes.
    """

    def __init__(self, transport: Transport, route: str, path: str, name: str) -> None:
        super().__init__(transport)
        self._transport, self._route, self._path, self._name = transport, route, Path(path), name
        self._pending = Pending()
        self._piece: Pending | None = None
        self._where = ""
        self._size, self._offset, self._until = 0, 0, 0.0
        self._digest = hashlib.sha256()
        self._is_over = False

    def begin(self) -> Pending:
        """Begin, or go on."""
        self._pending.on_cancel(self._stop)
        self._transport.adopt(self._pending)
        QTimer.singleShot(0, self._look)
        return self._pending

    def _look(self) -> None:
        """Read a slice of the file for its checksum."""
        if self._is_over:
            return
        data = self._read(self._size, _SLICE)
        if data is None:
            return
        self._digest.update(data)
        self._size += len(data)
        if data:
            QTimer.singleShot(0, self._look)
        else:
            self._announce()

    def _announce(self) -> None:
        about = {"filename": self._name, "sha256": self._digest.hexdigest()}
        metadata = ",".join(f"{key} {_base64(value.encode())}" for key, value in about.items())
        headers = {**_TUS, "Upload-Length": str(self._size), "Upload-Metadata": metadata}
        # An upload of the same content that was begun before goes on, so asking again does no harm.
        request = Request("POST", self._route, headers=headers, body=b"", stubborn=True)
        self._ask(request, self._announced)

    def _announced(self, answer: Answer) -> None:
        self._where = f"{self._route}/{answer.headers['location'].rsplit('/', 1)[1]}"
        self._reached(answer)

    def _reached(self, answer: Answer) -> None:
        """Go on from where the engine says that the upload stands."""
        offset = int(answer.headers["upload-offset"])
        if offset > self._offset or not self._until:
            self._until = time.monotonic() + _PATIENCE
        self._offset = offset
        self._tell(0.0, 0)
        if offset < self._size:
            self._send()
            return
        self._is_over = True
        self._pending.succeed(f"uploads/{self._name}")
        self.deleteLater()

    def _send(self) -> None:
        data = self._read(self._offset, PART)
        if data is None:
            return
        if not data:
            sentence = tr("Connection", "{path} became shorter while it was sent; try again when nothing writes to it.")
            self._fail(EngineError(sentence.format(path=self._path), "disk"))
            return
        checksum = f"sha256 {_base64(hashlib.sha256(data).digest())}"
        headers = {**_BODY, "Upload-Offset": str(self._offset), "Upload-Checksum": checksum}
        request = Request("PATCH", self._where, headers=headers, body=data, patience=0)
        piece = self._ask(request, self._reached, self._broke)
        piece.progressed.connect(lambda share, _: self._tell(share, len(data)))

    def _broke(self, error: EngineError) -> None:
        """Ask where the upload stands: the part may have arrived although the answer did not."""
        is_worth_it = error.kind == "network" or error.status in _ASK_AGAIN
        if not is_worth_it or time.monotonic() > self._until:
            self._fail(error)
            return
        QTimer.singleShot(round(_PAUSE * 1000), self._ask_where)

    def _ask_where(self) -> None:
        if not self._is_over:
            self._ask(Request("HEAD", self._where, headers=_TUS, stubborn=True), self._reached)

    def _ask(
        self,
        request: Request,
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[EngineError], None] | None = None,
    ) -> Pending:
        self._piece = self._transport.ask(request)
        return self._piece.then(lambda answer: self._guarded(on_answer, answer), on_failure or self._fail)

    def _guarded(self, on_answer: Callable[[Answer], None], answer: Answer) -> None:
        """Take an answer that only an engine gives."""
        try:
            on_answer(answer)
        except (KeyError, ValueError, IndexError):
            self._fail(stranger(self._transport.address, answer.status))

    def _tell(self, share: float, length: int) -> None:
        done = (self._offset + share * length) / max(self._size, 1)
        self._pending.progressed.emit(min(done, 1.0), tr("Connection", "Uploading {name}").format(name=self._path.name))

    def _read(self, start: int, length: int) -> bytes | None:
        try:
            with self._path.open("rb") as file:
                file.seek(start)
                return file.read(length)
        except OSError as error:
            self._fail(storage_error(error, str(self._path)))
            return None

    def _fail(self, error: EngineError) -> None:
        self._is_over = True
        self._pending.fail(error)
        self.deleteLater()

    def _stop(self) -> None:
        """Break off; what has been sent stays with the engine for another time."""
        self._is_over = True
        if self._piece is not None:
            self._piece.cancel()
        self.deleteLater()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
