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
from streetsense.progress import Progress

#: Seconds between two writes of the status while a job runs. The screen is told every time.
WRITE_EVERY = 1.0


class JobState(StrEnum):
    """The states of OGC API - Processes."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"


class JobStatus(BaseModel):
    """What ``status.json`` holds (field names of OGC's ``statusInfo``)."""

    jobID: str
    processID: str
    status: JobState
    created: str
    started: str | None = None
    finished: str | None = None
    updated: str
    progress: int = 0
    message: str = ""


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
    """

    def __init__(
        self,
        jobs_dir: Path,
        verb: str,
        inputs: dict[str, Any],
        screen: Progress | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        now = _now()
        job_id = f"{dt.datetime.now(dt.UTC):%Y%m%d-%H%M%S}-{verb}-{secrets.token_hex(3)}"
        self.folder = jobs_dir / job_id
        self.status = JobStatus(jobID=job_id, processID=verb, status=JobState.ACCEPTED, created=now, updated=now)
        self._screen, self._is_cancelled, self._written = screen, is_cancelled, 0.0
        write_json(self.folder / "inputs.json", inputs)
        self._save()

    def start(self) -> None:
        """Mark the job as running."""
        self.status.status, self.status.started = JobState.RUNNING, _now()
        self._save()

    def finish(self, state: JobState, message: str, outputs: dict[str, Any] | None = None) -> None:
        """Mark the job as ended, with its last message and what it made."""
        if outputs is not None:
            write_json(self.folder / "outputs.json", outputs)
        self.status.status, self.status.finished, self.status.message = state, _now(), message
        if state is JobState.SUCCESSFUL:
            self.status.progress = 100
        self.log(f"{state.value}: {message}" if message else state.value)
        self._save()

    def report(self, done: float, total: float, message: str = "") -> None:
        """Record progress (see `streetsense.progress.Progress.report`)."""
        if self._is_cancelled():
            raise Cancelled("interrupted; what is finished is kept, run the same command again to continue.")
        if self._screen is not None:
            self._screen.report(done, total, message)
        self.status.progress = min(99, int(100 * done / total)) if total else 0
        self.status.message = message or self.status.message
        if time.monotonic() - self._written > WRITE_EVERY:
            self._save()

    def warn(self, message: str) -> None:
        """Record a warning."""
        self.log(f"warning: {message}")
        if self._screen is not None:
            self._screen.warn(message)

    def log(self, text: str) -> None:
        """Append a line to the job's log."""
        try:
            with (self.folder / "log.txt").open("a", encoding="utf-8") as log:
                log.write(f"{_now()} {text}\n")
        except OSError as error:
            raise storage_error(error, self.folder / "log.txt") from error

    def _save(self) -> None:
        self._written = time.monotonic()
        self.status.updated = _now()
        write_json(self.folder / "status.json", self.status.model_dump(mode="json"))
        event = {"time": self.status.updated, "status": self.status.status.value, "progress": self.status.progress}
        try:
            with (self.folder / "events.jsonl").open("a", encoding="utf-8") as events:
                events.write(json.dumps({**event, "message": self.status.message}) + "\n")
        except OSError as error:
            raise storage_error(error, self.folder / "events.jsonl") from error


def close_abandoned(jobs_dir: Path) -> int:
    """Mark jobs as failed that still say they run, and return how many there were.

    Call it while holding the study: then nobody else can be running one.
    """
    closed = 0
    for path in jobs_dir.glob("*/status.json"):
        try:
            status = JobStatus.model_validate_json(path.read_bytes())
        except ValidationError:
            continue
        if status.status in (JobState.ACCEPTED, JobState.RUNNING):
            status.status, status.finished = JobState.FAILED, _now()
            status.message = "it ended without a last word (killed, or the computer stopped); run it again to continue"
            write_json(path, status.model_dump(mode="json"))
            closed += 1
    return closed


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
