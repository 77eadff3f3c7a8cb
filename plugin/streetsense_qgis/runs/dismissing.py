"""Stopping the jobs of a run that nobody wants any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.jobwatch import ACTIVE
from ..connection.pending import Pending
from .record import UNFINISHED, RunList, RunLocks, RunRecord


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


class Dismissals:
    """Tells the engine what to stop: now, or when it is there again.

    Parameters
    ----------
    runs, locks : RunList, RunLocks
        The runs, and whose they are.
    client_of : callable
        Returns the connection to the engine of a run; None while that one is not connected.
    look : callable
        Called when jobs were stopped.
    """

    def __init__(
        self,
        runs: RunList,
        locks: RunLocks,
        client_of: Callable[[RunRecord], EngineClient | None],
        look: Callable[[], None],
    ) -> None:
        self._runs, self._locks, self._client_of, self._look = runs, locks, client_of, look
        self._under_way: dict[str, Dismissing] = {}

    def of_run(self, run: RunRecord) -> None:
        """Stop what is left of a run that is marked so; where that does not work now, the mark stays."""
        client = self._client_of(run)
        if not run.is_dismissing or client is None or run.id in self._under_way:
            return
        if not self._locks.take(run.id):  # that window does it: stopped twice, a job would be taken off the list
            return

        def ended(result: object) -> None:
            kept = self._runs.get(run.id)
            if kept is not None and not isinstance(result, EngineError):
                kept.is_dismissing = False
                self._runs.put(kept)
            if kept is None or kept.state not in UNFINISHED:
                self._locks.leave(run.id)

        self._begin(run.id, client, [job_id for job_id, _ in run.jobs if job_id not in run.successful], ended)

    def of_late_job(self, run: RunRecord, submission: Pending) -> None:
        """Stop a job of a run as soon as it is known which one it is."""
        known = [job_id for job_id, _ in run.jobs]

        def on_job(job: dict[str, Any]) -> None:
            client, late = self._client_of(run), job["jobID"]
            if client is not None and late not in known:
                self._begin(late, client, [late], lambda _: None)

        submission.then(on_job)

    def close(self) -> None:
        """Let go; what was not stopped yet is in the next window."""
        self._under_way = {}

    def _begin(self, name: str, client: EngineClient, jobs: list[str], then: Callable[[object], None]) -> None:
        def ended(result: object) -> None:
            self._under_way.pop(name, None)
            then(result)
            self._look()

        self._under_way[name] = dismissing = Dismissing(client, jobs)
        dismissing.begin().then(ended, ended)
