"""What a server knows of a job, and how it is asked for one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from streetsense.errors import InputError, StreetSenseError
from streetsense.jobs.record import JobState


class UnknownJob(StreetSenseError):
    """There is no such job."""


class UnknownStudy(InputError):
    """There is no such study."""


class UnknownProcess(InputError):
    """There is no such process."""


class QueueFull(StreetSenseError):
    """So many jobs wait that no other is accepted."""


class KeyReused(StreetSenseError):
    """An idempotency key came again with another request."""


class JobRequest(BaseModel):
    """What is asked for.

    Attributes
    ----------
    process, study : str
        Which process, on which study of the server.
    inputs : dict
        Raw values; files are paths relative to the study.
    outputs : dict, optional
        Which outputs are wanted, and how (OGC ``outputs``); all of them by default.
    response : str
        OGC ``response``: ``raw`` or ``document``.
    """

    model_config = ConfigDict(extra="forbid")

    process: str
    study: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] | None = None
    response: Literal["raw", "document"] = "raw"


@dataclass(frozen=True)
class Job:
    """A job at one moment.

    Attributes
    ----------
    id, study, process : str
        Which job, on which study, of which process.
    state : JobState
        As OGC API - Processes has it.
    progress : int
        Per cent.
    message : str
        Its last word.
    created, started, finished, updated, estimated_completion : str or None
        ISO 8601, UTC.
    exit_code : int or None
        What a command line would have ended with: 0, 1 for a failure, 2 for bad input, 130 when it was stopped.
    inputs : dict
        As sent, without secrets.
    outputs : dict or None
        Which outputs were asked for.
    response : str
        ``raw`` or ``document``.
    lane : str
        What it runs on: ``cpu``, ``cuda:N``; ``cuda`` while it waits for one.
    attempt : int
        How often it was started.
    handle : str or None
        By which its runner knows it; None while it waits.
    has_secrets : bool
        Whether it came with secrets, which nobody else has.
    folder : Path
        Its record in the study.
    """

    id: str
    study: str
    process: str
    state: JobState
    progress: int
    message: str
    created: str
    started: str | None
    finished: str | None
    updated: str
    estimated_completion: str | None
    exit_code: int | None
    inputs: dict[str, Any]
    outputs: dict[str, Any] | None
    response: str
    lane: str
    attempt: int
    handle: str | None
    has_secrets: bool
    folder: Path
