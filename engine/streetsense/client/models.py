"""What a server tells, as far as the client needs it; further members are ignored."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from streetsense.errors import StreetSenseError


class Failed(StreetSenseError):
    """A job failed. The sentence is its last word.

    Attributes
    ----------
    job_id : str
        Which job.
    exit_code : int
        What the command line ends with: 2 for bad input, else 1.
    """

    def __init__(self, sentence: str, job_id: str, exit_code: int | None = None) -> None:
        super().__init__(sentence)
        self.job_id, self.exit_code = job_id, exit_code or StreetSenseError.exit_code


class JobInfo(BaseModel):
    """A job at one moment (OGC ``statusInfo``)."""

    jobID: str
    processID: str
    status: str
    message: str = ""
    progress: int = 0
    created: str | None = None
    started: str | None = None
    finished: str | None = None
    estimatedCompletion: str | None = None
    exitCode: int | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing can change any more."""
        return self.status in ("successful", "failed", "dismissed")


class JobEvent(BaseModel):
    """Something that happened to a job."""

    time: str
    status: str
    progress: int = 0
    message: str = ""


class RemoteFile(BaseModel):
    """A file of a study that can be downloaded: its path relative to the study, bytes, and validator."""

    path: str
    size: int
    etag: str


class UploadedFile(BaseModel):
    """A file that the study has from a client: its path relative to the study, bytes, and sha256 (hexadecimal)."""

    name: str
    size: int
    sha256: str


class StudyInfo(BaseModel):
    """A study of the server."""

    name: str
    title: str
    created: str
    crs: str


class HealthInfo(BaseModel):
    """What a server is and has."""

    engine_version: str
    protocol_version: int
    devices: list[dict[str, Any]] = []
    verbs: list[dict[str, Any]] = []
