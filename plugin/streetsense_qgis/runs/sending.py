"""Sending the files of a run, some at a time; photos that the study has already are left out."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QObject

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.pending import Pending
from ..i18n import tr

#: Uploads under way at a time: on a far host each waits for answers most of the time.
_AT_ONCE = 4


class Sending(QObject):
    """Sends files to a study.

    Parameters
    ----------
    client : EngineClient
        To where.
    study : str
        Into which study.
    files : list of (str, str)
        Local paths, and names below ``uploads``.
    photos : list of (str, str, int)
        The same of photos, with their sizes (bytes): one of the same name and size is the same, they are never edited
        in place.
    """

    def __init__(
        self, client: EngineClient, study: str, files: list[tuple[str, str]], photos: list[tuple[str, str, int]]
    ) -> None:
        super().__init__()
        self._client, self._study = client, study
        self._files, self._photos = files, photos
        self._waiting: list[tuple[str, str]] = []
        self._total, self._done = len(files) + len(photos), 0
        self._under_way: set[Pending] = set()
        self._listing: Pending | None = None
        self.pending = Pending(self._stop)

    def begin(self) -> Pending:
        """Begin; returns a Pending of the number of files."""
        self._listing = self._client.uploads(self._study).then(self._on_list, self.pending.fail)
        return self.pending

    def _on_list(self, there: list[dict[str, Any]]) -> None:
        sizes = {str(entry["name"]): entry["size"] for entry in there}
        new = [(path, name) for path, name, size in self._photos if sizes.get(f"uploads/{name}") != size]
        self._waiting = [*self._files, *new]
        self._done = self._total - len(self._waiting)
        for _ in range(_AT_ONCE):
            self._next()
        self._look()

    def _next(self) -> None:
        if self.pending.is_decided or not self._waiting:
            return
        path, name = self._waiting.pop(0)
        upload = self._client.upload(self._study, path, name)
        self._under_way.add(upload)
        upload.then(lambda _: self._on_sent(upload), self._on_failure)

    def _on_sent(self, upload: Pending) -> None:
        self._under_way.discard(upload)
        self._done += 1
        told = tr("Run", "Sending files: {done} of {total}").format(done=self._done, total=self._total)
        self.pending.progressed.emit(self._done / max(1, self._total), told)
        self._next()
        self._look()

    def _look(self) -> None:
        if not self._under_way and not self._waiting:
            self.pending.succeed(self._total)

    def _on_failure(self, error: EngineError) -> None:
        if not self.pending.is_decided:
            self.pending.fail(error)
            self._stop()

    def _stop(self) -> None:
        self._waiting = []
        for asked in [*self._under_way, self._listing]:
            if asked is not None:
                asked.cancel()
