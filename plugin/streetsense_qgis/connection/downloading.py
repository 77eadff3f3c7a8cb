"""A file on its way from an engine: in ranges, on from where it broke, and whole or not there at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from qgis.PyQt.QtCore import QObject

from ..i18n import tr
from .disk import storage_error
from .errors import EngineError
from .pending import Pending
from .transport import Request, Transport

#: Bytes that are asked for at once.
PIECE = 8 * 2**20
#: Seconds for which a broken download is tried again without a byte arriving.
_PATIENCE = 60.0
#: How often a file may become another one meanwhile.
_CHANGES = 3
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class _Changed(EngineError):
    """The file on the engine is another one now."""

    def __init__(self) -> None:
        sentence = tr("Connection", "The file changes all the time; wait until its job has ended.")
        super().__init__(sentence, "refused")


class Download(QObject):
    """One file that arrives.

    Beside the target it grows as ``.part``; a file ``.part.etag`` says what of, so that a later download goes on.

    Parameters
    ----------
    transport : Transport
        The way to the engine.
    path : str
        The route of the file.
    target : str
        Where it goes. Its folder is made; a file that is there is replaced when the new one is whole.
    """

    def __init__(self, transport: Transport, path: str, target: str) -> None:
        super().__init__(transport)
        self._transport, self._path, self._target = transport, path, Path(target)
        self._part = self._target.with_name(self._target.name + ".part")
        self._mark = self._target.with_name(self._target.name + ".part.etag")
        self._pending = Pending()
        self._piece: Pending | None = None
        self._file: IO[bytes] | None = None
        self._etag: str | None = None
        self._have, self._size, self._changes = 0, -1, 0

    def begin(self) -> Pending:
        """Begin, or go on."""
        self._pending.on_cancel(self._stop)
        self._transport.adopt(self._pending)
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._etag = self._mark.read_text("ascii").strip() if self._mark.exists() and self._part.exists() else None
            self._file = self._part.open("ab" if self._etag else "wb")
            self._have = self._file.tell()
        except (OSError, ValueError) as error:
            self._fail(storage_error(error, str(self._target)))
            return self._pending
        self._next()
        return self._pending

    def _next(self) -> None:
        request = Request("GET", self._path, fresh=self._range, patience=_PATIENCE, stubborn=True, sink=self._take)
        self._piece = self._transport.ask(request).then(lambda _: self._arrived(), self._broke)

    def _range(self) -> dict[str, str]:
        """Return the headers for what is still missing, also when a piece is asked for again after it broke."""
        headers = {"Range": f"bytes={self._have}-{self._have + PIECE - 1}"}
        return {**headers, "If-Range": self._etag} if self._etag else headers

    def _take(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        if self._file is None:
            return
        found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
        etag = headers.get("etag", "")
        is_new = self._etag is None
        if status != 206 or found is None or not (is_new or etag == self._etag):
            raise _Changed
        try:
            if is_new:
                self._etag = etag
                self._mark.write_text(etag, "ascii")
            self._size = int(found[3])
            self._file.write(data)
        except OSError as error:
            raise storage_error(error, str(self._target)) from error
        self._have += len(data)
        words = tr("Connection", "Downloading {name}").format(name=self._target.name)
        self._pending.progressed.emit(self._have / max(self._size, 1), words)

    def _arrived(self) -> None:
        if self._have < self._size:
            self._next()
        else:
            self._finish()

    def _broke(self, error: EngineError) -> None:
        is_past_end = error.status == 416
        if is_past_end and self._have == 0:  # no range lies within an empty file
            self._finish()
        elif (is_past_end or isinstance(error, _Changed)) and self._changes < _CHANGES:
            self._changes += 1
            self._anew()
        else:
            self._fail(_Changed() if is_past_end else error)

    def _anew(self) -> None:
        """Throw away what came of the file that is no more."""
        self._etag, self._have, self._size = None, 0, -1
        try:
            if self._file is not None:
                self._file.seek(0)
                self._file.truncate()
            self._mark.unlink(missing_ok=True)
        except OSError as error:
            self._fail(storage_error(error, str(self._target)))
            return
        self._next()

    def _finish(self) -> None:
        try:
            if self._file is not None:
                self._file.close()
            self._part.replace(self._target)
            self._mark.unlink(missing_ok=True)
        except OSError as error:
            self._fail(storage_error(error, str(self._target)))
            return
        self._pending.succeed(str(self._target))
        self.deleteLater()

    def _fail(self, error: EngineError) -> None:
        self._close()
        self._pending.fail(error)
        self.deleteLater()

    def _stop(self) -> None:
        """Break off; what has come stays for another time."""
        if self._piece is not None:
            self._piece.cancel()
        self._close()
        self.deleteLater()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is None:
            return
        try:
            file.close()
        except OSError as error:  # the last bytes found no room
            self._pending.fail(storage_error(error, str(self._target)))
