"""Stopping the jobs of a run that nobody wants any more."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QObject

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.jobwatch import ACTIVE
from ..connection.pending import Pending


class Dismissing(QObject):
    """Dismisses those of some jobs that wait or run, the last ones first, so that none begins meanwhile.

    Parameters
    ----------
    client : EngineClient
        Whose jobs.
    jobs : list of str
        Their ids, in the order in which they run.
    """

    def __init__(self, client: EngineClient, jobs: list[str]) -> None:
        super().__init__()
        self._client, self._waiting = client, list(jobs)
        self.pending = Pending()

    def begin(self) -> Pending:
        """Begin; returns a Pending of nothing."""
        self._next()
        return self.pending

    def _next(self, _: object = None) -> None:
        if not self._waiting:
            self.pending.succeed(None)
            return
        job_id = self._waiting.pop()
        self._client.job(job_id).then(lambda job: self._on_job(job_id, job), self._on_failure)

    def _on_job(self, job_id: str, job: dict[str, Any]) -> None:
        if job["status"] in ACTIVE:  # an ended one would be taken off the list
            self._client.dismiss(job_id).then(self._next, self._on_failure)
        else:
            self._next()

    def _on_failure(self, error: EngineError) -> None:
        if error.kind in ("missing", "refused"):
            self._next()
        else:
            self.pending.fail(error)
