"""From a request to a job that waits."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from streetsense.atomic import write_json
from streetsense.jobs.job import Job, JobRequest
from streetsense.jobs.record import JobState, accepted, new_job_id
from streetsense.processes import Process


def split_secrets(process: Process, inputs: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs that may be kept, and the secrets that came with them."""
    kept = {name: value for name, value in inputs.items() if name not in process.secrets}
    return kept, {name: inputs[name] for name in process.secrets if inputs.get(name) is not None}


def new_job(request: JobRequest, kept: dict[str, Any], folder: Path, lane: str, *, has_secrets: bool) -> Job:
    """Return the job that a request begins.

    Parameters
    ----------
    request : JobRequest
        What is asked for.
    kept : dict
        Its inputs without secrets.
    folder : Path
        The study's.
    lane : str
        What the job is to run on.
    has_secrets : bool
        Whether there were secrets.
    """
    status = accepted(new_job_id(request.process), request.process)
    return Job(
        id=status.jobID,
        study=request.study,
        process=request.process,
        state=JobState.ACCEPTED,
        progress=0,
        message="",
        created=status.created,
        started=None,
        finished=None,
        updated=status.updated,
        estimated_completion=None,
        exit_code=None,
        inputs=kept,
        outputs=request.outputs,
        response=request.response,
        lane=lane,
        attempt=0,
        handle=None,
        has_secrets=has_secrets,
        folder=folder / "jobs" / status.jobID,
    )


def write_record(job: Job) -> None:
    """Lay the record of a job that waits.

    Raises
    ------
    InputError
        When the disk refuses.
    """
    status = accepted(job.id, job.process).model_copy(update={"created": job.created})
    write_json(job.folder / "inputs.json", job.inputs)
    write_json(job.folder / "status.json", status.model_dump(mode="json"))


def digest(request: JobRequest, kept: dict[str, Any]) -> str:
    """Return what stands for a request; the same request with another key of a provider is the same."""
    text = json.dumps([request.process, request.study, kept, request.outputs, request.response], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
