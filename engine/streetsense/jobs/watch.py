"""One running job, as the server sees it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import replace
from typing import Any

from streetsense.atomic import is_refusal
from streetsense.errors import Cancelled, StreetSenseError
from streetsense.jobs.job import Job
from streetsense.jobs.lanes import environment
from streetsense.jobs.record import PAUSED, JobState, JobStatus, end_record, read_status, timestamp
from streetsense.jobs.runner import BUSY, Order, Runner, is_dismissed, mark_dismissed
from streetsense.jobs.store import JobStore
from streetsense.processes import Process
from streetsense.study import StudyLock

#: Seconds between two times that a job's progress is put on the list; its own record has it sooner.
_SAVE_EVERY = 2.0
#: Seconds that a process may take to leave after its work is done.
_LEAVE_SECONDS = 5.0
#: How much of a log's end is looked at for the last words (bytes), and how much of it is told (characters).
_TAIL, _TOLD = 4096, 300


class Watch:
    """Follows a job through its record, and notices when its process has gone.

    Parameters
    ----------
    job : Job
        With a handle.
    runner : Runner
        What runs it.

    Attributes
    ----------
    job : Job
        As it was at the last `look`.
    ending : str
        How its process ended, once it has and as far as that is known.
    """

    def __init__(self, job: Job, runner: Runner) -> None:
        if job.handle is None:
            raise ValueError("a job without a process cannot be watched")
        self.job, self._handle, self._runner = job, job.handle, runner
        self._seen: tuple[int, int] | None = None
        self._kill_at: float | None = None
        self._is_asked, self.ending = False, ""
        self._saved = time.monotonic()

    @classmethod
    def begin(
        cls,
        job: Job,
        process: Process,
        runner: Runner,
        secrets: dict[str, Any],
        wanted: str,
        lane: str,
        store: JobStore,
    ) -> Watch | None:
        """Start a job; None while somebody outside the server writes to its study.

        The handle is stored before the process is told what to do: whenever the server is killed, the next one finds
        every process that works.

        Raises
        ------
        StreetSenseError
            When it cannot be started.
        """
        if process.writes and StudyLock(job.folder.parents[1], process.id).owner() is not None:
            return None
        handle = runner.prepare(job)
        job = replace(job, handle=handle, lane=lane, attempt=job.attempt + 1)
        try:
            store.save(job, "handle", "lane", "attempt")
        except BaseException:
            runner.kill(handle)
            runner.clear(handle)
            raise
        order = Order(
            study=job.folder.parents[1],
            job_id=job.id,
            process=job.process,
            inputs={**job.inputs, **secrets},
            environment=environment(wanted, lane),
        )
        runner.launch(handle, order)
        return cls(job, runner)

    def look(self) -> bool:
        """Bring `job` up to date; return whether its process has ended.

        A job that was killed is given a last word. One that was stopped though nobody dismissed it, or that never
        began, is not: see `is_unfinished`.
        """
        if self.is_working():
            if self.job.state.ended and self._kill_at is None:
                self._kill_at = time.monotonic() + _LEAVE_SECONDS
            if self._kill_at is not None and time.monotonic() > self._kill_at:
                self._runner.kill(self._handle)
            return False
        self.ending = self._runner.clear(self._handle)
        if self.ending == f"exit code {BUSY}":
            self.job = replace(self.job, attempt=self.job.attempt - 1)
        if not self.job.state.ended and not self.is_unfinished:
            self._give_last_word()
        return True

    @property
    def is_unfinished(self) -> bool:
        """Whether a job whose process has ended is to be started again: it never began, or was stopped from outside."""
        if self.job.state.ended or self._is_dismissed:
            return False
        return self.job.state is JobState.ACCEPTED or self.job.message == PAUSED

    @property
    def _is_dismissed(self) -> bool:
        return self._is_asked or is_dismissed(self.job.folder)

    def is_working(self) -> bool:
        """Bring `job` up to date; return whether its process lives."""
        # Asked first: what a process wrote before it ended is then certainly seen.
        alive = self._runner.is_alive(self._handle)
        self._read()
        return alive

    def stop(self, patience: float) -> None:
        """Ask the job to stop, and have it killed when it still runs after ``patience`` seconds."""
        if self._is_asked:
            return
        self._is_asked, self._kill_at = True, time.monotonic() + patience
        if self.job.state.ended:  # it has done its work and only its process is left
            self._runner.kill(self._handle)
            return
        with contextlib.suppress(OSError):  # on a full disk the server alone knows
            mark_dismissed(self.job.folder)
        self._runner.stop(self._handle)

    def is_due(self) -> bool:
        """Tell whether the list should hear of the progress again."""
        if time.monotonic() - self._saved < _SAVE_EVERY:
            return False
        self._saved = time.monotonic()
        return True

    def _read(self) -> None:
        try:
            facts = (self.job.folder / "status.json").stat()
        except OSError:
            return
        seen = (facts.st_mtime_ns, facts.st_ino)
        if seen == self._seen:
            return
        status = read_status(self.job.folder)
        if status is not None:
            self._seen = seen
            self._take(status)

    def _take(self, status: JobStatus) -> None:
        state = status.status
        # A job that goes on after a breakdown has begun long ago.
        if state is JobState.ACCEPTED and self.job.state is JobState.RUNNING:
            state = JobState.RUNNING
        self.job = replace(
            self.job,
            state=state,
            progress=status.progress,
            message=status.message,
            started=status.started,
            finished=status.finished,
            updated=status.updated,
            estimated_completion=status.estimatedCompletion,
            exit_code=status.exitCode,
        )

    def _give_last_word(self) -> None:
        """Write what a job that was killed could not say."""
        if self._is_dismissed:
            state, message, code = JobState.DISMISSED, "dismissed; what is finished is kept", Cancelled.exit_code
        else:
            state, words, code = JobState.FAILED, self._last_words(), StreetSenseError.exit_code
            ending = self.ending or "killed, or the computer stopped"
            message = f"{self.job.process}: its process ended without a result ({ending})"
            message += f"; its last words: {words}" if words else "; run it again to continue."
        try:
            status = end_record(self.job.folder, state, message, code)
        except (OSError, StreetSenseError) as error:
            if isinstance(error, OSError) and not is_refusal(error):
                raise
            status = None  # the disk is full: the list has the last word all the same
        if status is not None:
            self._take(status)
        else:
            now = timestamp()
            self.job = replace(
                self.job, state=state, message=message, finished=now, estimated_completion=None, exit_code=code
            )

    def _last_words(self) -> str:
        try:
            with (self.job.folder / "log.txt").open("rb") as log:
                log.seek(max(0, log.seek(0, 2) - _TAIL))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip()[:_TOLD] for line in reversed(lines) if line.strip()), "")
