"""What a job leaves in the study: ``jobs/<id>/`` with inputs.json, status.json, events.jsonl and log.txt."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from streetsense.atomic import storage_error, write_json
from streetsense.errors import Cancelled
from streetsense.jobs.redaction import Redactor
from streetsense.progress import Progress
from streetsense.study.lock import LockOwner

#: Seconds between two writes of the status while a job runs. The screen is told every time.
WRITE_EVERY = 1.0
#: Seconds and share of the work after which the time that is left can be told.
_ESTIMATE_AFTER = 3.0
_ESTIMATE_FROM = 0.01
#: Seconds beyond which an estimate says nothing: a year.
_LONGEST_ESTIMATE = 365 * 86400.0


class JobState(StrEnum):
    """The states of OGC API - Processes."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def ended(self) -> bool:
        """Whether nothing can change any more."""
        return self in (JobState.SUCCESSFUL, JobState.FAILED, JobState.DISMISSED)


class JobStatus(BaseModel):
    """What ``status.json`` holds (field names of OGC's ``statusInfo``; ``estimatedCompletion`` is of WPS 2.0).

    ``exitCode`` is what the command line exits with: 0, 1 for a failure, 2 for bad input, 130 when it was stopped.
    """

    jobID: str
    processID: str
    status: JobState
    created: str
    started: str | None = None
    finished: str | None = None
    updated: str
    progress: int = 0
    message: str = ""
    estimatedCompletion: str | None = None
    exitCode: int | None = None


class JobRecord:
    """A job's record, and the `Progress` that its process reports to.

    Parameters
    ----------
    jobs_dir : Path
        The study's folder of jobs.
    verb : str
        The process.
    inputs : dict
        What it was asked to do, without secrets.
    screen : Progress, optional
        Who else hears the reports.
    is_cancelled : callable, optional
        Asked at every report; True stops the job there.
    redact : Redactor, optional
        Takes the job's secrets out of all that is recorded.
    job_id : str, optional
        The name of a record that is there already (a server accepted the job) and is taken up; a new one by default.
    """

    def __init__(
        self,
        jobs_dir: Path,
        verb: str,
        inputs: dict[str, Any],
        screen: Progress | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
        *,
        redact: Redactor | None = None,
        job_id: str | None = None,
    ) -> None:
        self.folder = jobs_dir / (job_id or new_job_id(verb))
        self.status = read_status(self.folder) or accepted(self.folder.name, verb)
        self._screen, self._is_cancelled, self._written = screen, is_cancelled, 0.0
        self._redact = redact or Redactor()
        self._began: tuple[float, float] | None = None
        write_json(self.folder / "inputs.json", self._redact.value(inputs))
        write_json(self.folder / "owner.json", LockOwner.this_process(verb).model_dump())
        self._save()

    def start(self) -> None:
        """Mark the job as running."""
        self.status.status, self.status.started = JobState.RUNNING, self.status.started or timestamp()
        self._save()
        self._written = float("-inf")  # the first report is written at once: silence may follow while libraries load

    def finish(
        self, state: JobState, message: str, outputs: dict[str, Any] | None = None, *, exit_code: int = 0
    ) -> None:
        """Mark the job as ended, with its last message, what it made, and what a command line would exit with."""
        if outputs is not None:
            write_json(self.folder / "outputs.json", self._redact.value(outputs))
        message = self._redact(message)
        self.status.status, self.status.finished, self.status.message = state, timestamp(), message
        self.status.estimatedCompletion, self.status.exitCode = None, exit_code
        if state is JobState.SUCCESSFUL:
            self.status.progress = 100
        self.log(f"{state.value}: {message}" if message else state.value)
        self._save()

    def pause(self) -> None:
        """Note that the job was stopped by somebody who did not dismiss it: the computer shuts down, for one."""
        self.log(PAUSED)
        self.status.message = PAUSED
        self._save()

    def report(self, done: float, total: float, message: str = "") -> None:
        """Record progress (see `streetsense.progress.Progress.report`)."""
        if self._is_cancelled():
            raise Cancelled("interrupted; what is finished is kept, run the same command again to continue.")
        if self._screen is not None:
            self._screen.report(done, total, message)
        share = done / total if total else 0.0
        self.status.progress = max(0, min(99, int(100 * share)))
        self.status.message = self._redact(message) or self.status.message
        self._estimate(share)
        if time.monotonic() - self._written > WRITE_EVERY:
            self._save()

    def warn(self, message: str) -> None:
        """Record a warning."""
        self.log(f"warning: {message}")
        if self._screen is not None:
            self._screen.warn(message)

    def log(self, text: str) -> None:
        """Append a line to the job's log."""
        text = self._redact(text)
        try:
            with (self.folder / "log.txt").open("a", encoding="utf-8") as log:
                log.write(f"{timestamp()} {text}\n")
        except OSError as error:
            raise storage_error(error, self.folder / "log.txt") from error

    def _estimate(self, share: float) -> None:
        """Tell when the work will be done, from how fast it has gone since the first report."""
        now = time.monotonic()
        began, from_share = self._began = self._began or (now, share)
        if share >= 1 or share - from_share < _ESTIMATE_FROM or now - began < _ESTIMATE_AFTER:
            return
        left = (now - began) * (1 - share) / (share - from_share)
        if left < _LONGEST_ESTIMATE:
            self.status.estimatedCompletion = _stamp(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=left))

    def _save(self) -> None:
        self._written = time.monotonic()
        # A clock that was set back must not make a job's history run backwards.
        self.status.updated = max(self.status.updated, timestamp())
        if self.status.finished is not None:
            self.status.finished = max(self.status.finished, self.status.started or "", self.status.created)
        _write(self.folder, self.status)


def new_job_id(verb: str) -> str:
    """Return a name for a job that no other has: when, what, and a random end."""
    return f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{verb}-{secrets.token_hex(3)}"


def accepted(job_id: str, verb: str) -> JobStatus:
    """Return the first status of a job."""
    now = timestamp()
    return JobStatus(jobID=job_id, processID=verb, status=JobState.ACCEPTED, created=now, updated=now)


def read_status(folder: Path) -> JobStatus | None:
    """Return what a job's folder says; None when there is nothing readable."""
    try:
        return JobStatus.model_validate_json((folder / "status.json").read_bytes())
    except (OSError, ValidationError):
        return None


def end_record(folder: Path, state: JobState, message: str, exit_code: int = 1) -> JobStatus | None:
    """Give a job whose process has gone its last word; return the new status, or None when the record is unreadable.

    A record that has ended already is left as it is.
    """
    status = read_status(folder)
    if status is None or status.status.ended:
        return status
    status.status, status.message, status.estimatedCompletion = state, message, None
    status.exitCode = exit_code
    status.finished = status.updated = max(timestamp(), status.updated)
    _write(folder, status)
    return status


def close_abandoned(jobs_dir: Path) -> int:
    """Mark jobs as failed that still say they run though their process has gone; return how many there were.

    Jobs without an owner wait in a server's queue and are left alone.
    """
    closed = 0
    for path in jobs_dir.glob("*/status.json"):
        status = read_status(path.parent)
        if status is None or status.status.ended or _is_owned(path.parent):
            continue
        end_record(path.parent, JobState.FAILED, ABANDONED)
        closed += 1
    return closed


#: What a job says that was stopped and goes on later.
PAUSED = "stopped from outside; it continues when its server can start it again"
#: The last word of a job that could not say one.
ABANDONED = "it ended without a last word (killed, or the computer stopped); run it again to continue"


def _is_owned(folder: Path) -> bool:
    """Tell whether somebody still works on a job, or a server keeps it for later."""
    try:
        owner = LockOwner.model_validate_json((folder / "owner.json").read_bytes())
        return owner.is_alive((folder / "status.json").stat().st_mtime)
    except FileNotFoundError:
        return True
    except (OSError, ValidationError):
        return False


def _write(folder: Path, status: JobStatus) -> None:
    """Write a status. The event comes first: whoever sees the end of a job finds all its events."""
    event = {"time": status.updated, "status": status.status.value, "progress": status.progress}
    try:
        with (folder / "events.jsonl").open("a+b") as events:
            events.seek(max(0, events.seek(0, 2) - 1))
            is_torn = events.read(1) not in (b"", b"\n")  # a kill or a full disk cut the last line
            line = json.dumps({**event, "message": status.message}) + "\n"
            events.write((b"\n" if is_torn else b"") + line.encode())
    except OSError as error:
        raise storage_error(error, folder / "events.jsonl") from error
    write_json(folder / "status.json", status.model_dump(mode="json"))


def timestamp() -> str:
    """Return the time as records have it: ISO 8601, UTC, milliseconds."""
    return _stamp(dt.datetime.now(dt.UTC))


def _stamp(time: dt.datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
