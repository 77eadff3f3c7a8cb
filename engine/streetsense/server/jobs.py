"""Jobs over HTTP: their list, their status, their log, and stopping them."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from streetsense.errors import InputError
from streetsense.jobs import Job, JobQueue, JobState
from streetsense.server.files import media_type
from streetsense.server.links import EXCEPTIONS, RESULTS, Link, link, page_links
from streetsense.server.problems import RESPONSES, Problem, without_host_path
from streetsense.server.results import JobID, chosen_outputs, result_files

router = APIRouter(tags=["jobs"])

#: The most bytes of a log in one answer.
LOG_PART = 2**20

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class StatusInfo(BaseModel):
    """The status of a job (schema ``statusInfo.yaml``, with the study and the time at which it will be done)."""

    jobID: str = Field(examples=["20260401-120000-embed-a1b2c3"])
    processID: str = Field(examples=["embed"])
    type: Literal["process"] = "process"
    status: JobState
    message: str = Field(description="its last word")
    progress: int = Field(ge=0, le=100, description="per cent")
    created: dt.datetime
    started: dt.datetime | None = None
    finished: dt.datetime | None = None
    updated: dt.datetime
    estimatedCompletion: dt.datetime | None = Field(None, description="when it will be done, where that can be told")
    exitCode: int | None = Field(
        None, description="what a command line would have ended with: 0, 1 failure, 2 bad input, 130 stopped"
    )
    study: str = Field(description="the study that it works on")
    links: list[Link]


class JobList(BaseModel):
    """Jobs (schema ``jobList.yaml``), newest first."""

    jobs: list[StatusInfo]
    links: list[Link]


def status_info(request: Request, job: Job) -> StatusInfo:
    """Return the status of a job as the standard writes it, with links to what belongs to it."""
    path = f"/jobs/{job.id}"
    links = [
        link(request, path, "self", "this job"),
        link(request, f"{path}/events", "monitor", "what happens, as it happens", "text/event-stream"),
        link(request, f"{path}/log", "related", "its log", "text/plain"),
    ]
    if job.state is JobState.SUCCESSFUL:
        links.append(link(request, f"{path}/results", RESULTS, "its outputs"))
    if job.state is JobState.FAILED:
        links.append(link(request, f"{path}/results", EXCEPTIONS, "why it failed", "application/problem+json"))
    return StatusInfo(
        jobID=job.id,
        processID=job.process,
        status=job.state,
        message=without_host_path(job.message, job.folder.parents[2]),
        progress=job.progress,
        created=dt.datetime.fromisoformat(job.created),
        started=_time(job.started),
        finished=_time(job.finished),
        updated=dt.datetime.fromisoformat(job.updated),
        estimatedCompletion=_time(job.estimated_completion),
        exitCode=job.exit_code,
        study=job.study,
        links=links,
    )


@router.get(
    "/jobs",
    operation_id="getJobs",
    summary="List the jobs",
    responses=RESPONSES,
    response_model_exclude_none=True,
)
def job_list(
    request: Request,
    type: Annotated[list[str] | None, Query(description="kinds of jobs; there is one, process")] = None,
    processID: Annotated[list[str] | None, Query(description="only jobs of these processes")] = None,
    status: Annotated[list[JobState] | None, Query(description="only jobs in these states")] = None,
    datetime: Annotated[
        str | None,
        Query(
            description="only jobs created then: a time (RFC 3339), or two with a slash between; '..' is an open end",
            examples=["2026-04-01T00:00:00Z/.."],
        ),
    ] = None,
    minDuration: Annotated[int | None, Query(ge=0, description="only jobs that ran so many seconds or more")] = None,
    maxDuration: Annotated[int | None, Query(ge=0, description="only jobs that ran so many seconds or less")] = None,
    study: Annotated[str | None, Query(description="only jobs on this study")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="at most so many jobs")] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="leave out so many of the newest")] = 0,
) -> JobList:
    """Return the jobs that the server knows, newest first."""
    queue: JobQueue = request.app.state.queue
    after, before = _interval(datetime)
    found, total = queue.jobs(
        study=study,
        processes=tuple(processID or ()),
        states=tuple(status or ()),
        after=after,
        before=before,
        shortest=minDuration,
        longest=maxDuration,
        limit=limit,
        offset=offset,
    )
    if type and "process" not in type:
        total, found = 0, []
    return JobList(
        jobs=[status_info(request, job) for job in found], links=page_links(request, "/jobs", offset, limit, total)
    )


@router.get(
    "/jobs/{jobID}",
    operation_id="getStatus",
    summary="Return the status of a job",
    responses=RESPONSES,
    response_model_exclude_none=True,
)
async def status(request: Request, jobID: JobID) -> StatusInfo:
    """Return how far a job is; once it was successful, with links to the files it made."""
    job = request.app.state.queue.get(jobID)
    info = status_info(request, job)
    if job.state is JobState.SUCCESSFUL:
        info.links += _items(request, job)
    return info


@router.get(
    "/jobs/{jobID}/inputs",
    operation_id="getInputs",
    summary="Return the inputs of a job, to run it again",
    responses=RESPONSES,
)
def inputs(request: Request, jobID: JobID) -> dict[str, Any]:
    """Return what the job was asked, without its study and without secrets, which nobody has kept."""
    found: dict[str, Any] = request.app.state.queue.get(jobID).inputs
    return found


@router.delete(
    "/jobs/{jobID}",
    operation_id="dismiss",
    summary="Stop a job, or take an ended one off the list",
    responses=RESPONSES,
    response_model_exclude_none=True,
)
def dismiss(request: Request, jobID: JobID) -> StatusInfo:
    """Stop a job that waits or runs; what it has finished is kept. An ended job is taken off the list."""
    return status_info(request, request.app.state.queue.dismiss(jobID))


@router.get(
    "/jobs/{jobID}/log",
    operation_id="getLog",
    summary="Return the log of a job",
    response_class=Response,
    responses=RESPONSES
    | {
        200: {
            "description": "The log from the offset on, 1 MiB at most.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
            "headers": {
                "Next-Offset": {"description": "where the next part begins (bytes)", "schema": {"type": "integer"}}
            },
        }
    },
)
def log(
    request: Request,
    jobID: JobID,
    offset: Annotated[int, Query(ge=0, le=2**40, description="where to begin (bytes)")] = 0,
) -> Response:
    """Return a part of what a job wrote."""
    job = request.app.state.queue.get(jobID)
    try:
        with (job.folder / "log.txt").open("rb") as file:
            file.seek(offset)
            part = file.read(LOG_PART)
    except FileNotFoundError:
        part = b""
    part = _whole_characters(part)
    headers = {"Next-Offset": str(offset + len(part))}
    return Response(part, media_type="text/plain; charset=utf-8", headers=headers)


def _whole_characters(part: bytes) -> bytes:
    """Cut off a last character (UTF-8) whose end is still to come."""
    for place in range(1, min(4, len(part) + 1)):
        if part[-place] >= 0xC0:
            length = 2 if part[-place] < 0xE0 else 3 if part[-place] < 0xF0 else 4
            return part[:-place] if length > place else part
        if part[-place] < 0x80:
            break
    return part


def _items(request: Request, job: Job) -> list[Link]:
    """Return links to the files that a successful job made."""
    try:
        files = result_files(job, chosen_outputs(job))
    except Problem:
        return []
    return [link(request, f"/studies/{job.study}/{path}", "item", path.name, media_type(path)) for path in files]


def _time(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)


def _interval(text: str | None) -> tuple[str | None, str | None]:
    """Return the first and the last moment that ``datetime`` means, in UTC; None for an open end."""
    if text is None:
        return None, None
    first, slash, last = text.partition("/")
    if not slash:
        return _moment(text), _moment(text)
    ends = tuple(None if end in ("", "..") else _moment(end) for end in (first, last))
    if ends == (None, None):
        raise InputError("datetime: both ends are open; give a time, or leave it out.")
    return ends[0], ends[1]


def _moment(text: str) -> str:
    try:
        if not _DATE_TIME.fullmatch(text):
            raise ValueError(text)
        moment = dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"datetime: '{text[:60]}' is no time; write it as 2026-04-01T12:00:00Z, or two with a slash between."
        ) from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
