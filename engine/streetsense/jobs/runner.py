"""What a queue needs of whatever runs its jobs: this computer, or a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, Field

from streetsense.jobs.job import Job

#: Exit code of a process that found its study taken (``EX_TEMPFAIL`` of sysexits.h).
BUSY = 75
#: The file in a job's folder that says that its end is wanted: a process may be stopped by others, too.
_DISMISSAL = "dismissed"


def mark_dismissed(folder: Path) -> None:
    """Note in a job's folder that somebody dismissed it, before its process is stopped."""
    (folder / _DISMISSAL).touch()


def is_dismissed(folder: Path) -> bool:
    """Tell whether somebody dismissed the job."""
    return (folder / _DISMISSAL).exists()


class Order(BaseModel):
    """What the process that runs a job is told over its standard input, and nobody else hears."""

    study: Path
    job_id: str
    process: str
    inputs: dict[str, Any] = Field(description="with the secrets")
    environment: dict[str, str] = Field(default_factory=dict, description="to set before anything heavy is loaded")


class Runner(Protocol):
    """Runs jobs outside the server's own process, so that neither can end the other.

    A handle is text that the queue keeps in its list: with it a restarted server finds the job again.
    """

    def prepare(self, job: Job) -> str:
        """Get ready to run ``job`` and return its handle; nothing runs before `launch`.

        Raises
        ------
        StreetSenseError
            When it cannot be run now.
        """
        ...

    def launch(self, handle: str, order: Order) -> None:
        """Begin. Whoever waits behind a handle without an order ends by itself when the server goes."""
        ...

    def is_alive(self, handle: str) -> bool:
        """Tell whether the job still runs (or waits behind its handle)."""
        ...

    def stop(self, handle: str) -> None:
        """Ask the job to end; it keeps what is finished."""
        ...

    def kill(self, handle: str) -> None:
        """End the job and everything it started."""
        ...

    def clear(self, handle: str) -> str:
        """Take away what a job that is not alive left running; return how it ended, as far as that is known."""
        ...

    def tend(self) -> None:
        """Do what has time; called when nothing else is to be done."""
        ...

    def close(self) -> None:
        """Let go of everything but the jobs that run."""
        ...
