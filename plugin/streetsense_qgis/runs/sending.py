"""Sending the files of a run, some at a time; what the study has already is left out."""

from __future__ import annotations

from itertools import compress
from operator import not_
from pathlib import Path

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
    """

    def __init__(self, client: EngineClient, study: str, files: list[tuple[str, str]]) -> None:
        super().__init__()
        self._client, self._study = client, study
        self._waiting = list(files)
        self._total, self._done = len(files), 0
        self._under_way: set[Pending] = set()
        self.pending = Pending(self._stop)

    def begin(self) -> Pending:
        """Begin; returns a Pending of the number of files."""
        self._client.uploads(self._study).then(self._on_list, self.pending.fail)
        return self.pending

    def _on_list(self, there: list[dict[str, object]]) -> None:
        sizes = {str(entry["name"]): entry["size"] for entry in there}
        # A photo of the same name and size is the same photo: they are never edited in place. Layers are sent again.
        is_there = [
            name.startswith("photos/") and sizes.get(f"uploads/{name}") == _size(path) for path, name in self._waiting
        ]
        self._waiting = list(compress(self._waiting, map(not_, is_there)))
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
        for upload in list(self._under_way):
            upload.cancel()


def _size(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1
