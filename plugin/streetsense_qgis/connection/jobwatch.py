"""The engine's jobs as they are now: asked often while one is busy, seldom otherwise."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .errors import EngineError
from .pending import Pending
from .session import Session

#: Milliseconds between two looks while a job waits or runs, and while none does.
_BUSY, _IDLE = 1000, 10_000
#: The newest jobs of the list.
MOST_JOBS = 200
ACTIVE = ("accepted", "running")


class JobWatch(QObject):
    """Looks at the jobs of the connected engine; lives in the window's thread.

    Parameters
    ----------
    session : Session
        The connection.
    parent : QObject, optional
        Of this object.
    """

    #: With the newest jobs first (status documents of OGC API - Processes), when they are other ones or otherwise.
    changed = pyqtSignal(list)
    #: With the same, at every look: for whoever may have missed a change.
    looked = pyqtSignal(list)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.jobs: list[dict[str, Any]] = []
        self._asked: Pending | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.look)
        session.changed.connect(self._on_session)
        self._on_session()

    @property
    def is_busy(self) -> bool:
        """Whether a job waits or runs."""
        return any(job["status"] in ACTIVE for job in self.jobs)

    def job(self, job_id: str) -> dict[str, Any] | None:
        """Return a job of the list by its id."""
        return next((job for job in self.jobs if job["jobID"] == job_id), None)

    def look(self) -> None:
        """Ask now; an answer that is still to come serves as well."""
        client = self._session.client
        if client is None or self._asked is not None:
            return
        self._timer.stop()
        self._asked = client.jobs(limit=MOST_JOBS).then(self._on_jobs, self._on_failure)

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()
        self._session.changed.disconnect(self._on_session)
        if self._asked is not None:
            self._asked.cancel()

    def _on_session(self) -> None:
        if self._session.client is None:
            self._timer.stop()
            if self.jobs:
                self.jobs = []
                self.changed.emit([])
        else:
            self.look()

    def _on_jobs(self, jobs: list[dict[str, Any]]) -> None:
        self._asked = None
        if jobs != self.jobs:
            self.jobs = jobs
            self.changed.emit(jobs)
        self._timer.start(_BUSY if self.is_busy else _IDLE)
        self.looked.emit(jobs)

    def _on_failure(self, _: EngineError) -> None:
        self._asked = None
        self._timer.start(_IDLE)
