"""Executing a process: what a request asks for, and the answer at once or the job to ask again about."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from streetsense.errors import InputError
from streetsense.jobs import Job, JobQueue, JobRequest
from streetsense.processes import Process
from streetsense.server.inputs import plain_inputs
from streetsense.server.jobs import StatusInfo, status_info
from streetsense.server.links import address
from streetsense.server.problems import PROBLEM, RESPONSES
from streetsense.server.processes import ProcessID, known_process
from streetsense.server.results import RESULTS, results_response

router = APIRouter(tags=["processes"])

#: Seconds between two looks at a job that somebody waits for.
_LOOK_EVERY = 0.05
_WAIT = re.compile(r"wait=(\d{1,6})")

_EXAMPLE: JsonDict = {
    "inputs": {"study": "helsinki", "roads": "uploads/roads.gpkg", "spacing": 15},
    "outputs": {"sample_points": {"transmissionMode": "value"}},
    "response": "document",
}


class OutputChoice(BaseModel):
    """How an output is wanted (schema ``output.yaml``)."""

    format: dict[str, Any] | None = Field(None, description="taken note of; every output has one format")
    transmissionMode: Literal["value", "reference"] = Field("value", description="only value is supported")


class ExecuteRequest(BaseModel):
    """What a process is to do (schema ``execute.yaml``)."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    inputs: dict[str, Any] = Field(
        default_factory=dict,
        description="values by name: as they are, as {'value': …}, or as {'href': …} of a file of the study on this "
        "server; 'study' names the study",
    )
    outputs: dict[str, OutputChoice] | None = Field(None, description="the outputs that are wanted; all by default")
    response: Literal["raw", "document"] = Field("raw", description="outputs as they are, or in one JSON document")
    subscriber: dict[str, Any] | None = Field(None, description="callbacks are not supported and are refused")


@router.post(
    "/processes/{processID}/execution",
    operation_id="execute",
    summary="Execute a process",
    response_model=None,
    responses=RESPONSES
    | {
        200: {**RESULTS, "description": "The outputs of a short process that was executed synchronously."},
        201: {
            "model": StatusInfo,
            "description": "A job was made; ask for its status at Location.",
            "headers": {
                "Location": {"description": "the status of the job", "schema": {"type": "string", "format": "uri"}},
                "Preference-Applied": {"description": "which preference was followed", "schema": {"type": "string"}},
            },
        },
        410: {**PROBLEM, "description": "The job was dismissed while somebody waited for it."},
        422: {**PROBLEM, "description": "The Idempotency-Key came before with another request."},
        507: {**PROBLEM, "description": "The disk is full, or does not take the job for another reason."},
    },
)
async def execute(
    request: Request,
    processID: ProcessID,
    body: ExecuteRequest,
    prefer: Annotated[
        list[str] | None, Header(description="respond-async, or wait=SECONDS", examples=[["respond-async"]])
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1, max_length=200, description="requests with the same key are one job, however often they come"
        ),
    ] = None,
) -> Response:
    """Run a process on a study.

    Short processes answer with their outputs, unless the client prefers otherwise or they take longer than the server
    waits; all others, and those, answer with a job.
    """
    process = known_process(processID)
    _check(body, process)
    values = plain_inputs(body.inputs, str(request.base_url))
    study = values.pop("study", None)
    if not isinstance(study, str):
        raise InputError("study: this input is missing; give the name of a study, see /studies.")
    outputs = None if not body.outputs else {name: choice.model_dump() for name, choice in body.outputs.items()}
    asked = JobRequest(process=process.id, study=study, inputs=values, outputs=outputs, response=body.response)
    queue: JobQueue = request.app.state.queue
    job, _ = await run_in_threadpool(queue.submit, asked, idempotency_key=idempotency_key)
    preferences = {word.strip().lower() for word in re.split("[,;]", ",".join(prefer or []))}
    is_async = "respond-async" in preferences or not process.short
    if not is_async:
        job = await _ended(request, job, _patience(preferences, request.app.state.settings.sync_seconds))
        if job.state.ended:
            return await run_in_threadpool(results_response, job)
    headers = {"Location": address(request, f"/jobs/{job.id}")}
    if is_async and "respond-async" in preferences:
        headers["Preference-Applied"] = "respond-async"
    return JSONResponse(status_info(request, job).model_dump(mode="json", exclude_none=True), 201, headers)


def _check(body: ExecuteRequest, process: Process) -> None:
    """Refuse what this server does not do, and outputs that the process does not have."""
    if body.subscriber is not None:
        raise InputError("subscriber: this server makes no calls back; leave it out and ask for the job's status.")
    for name, choice in (body.outputs or {}).items():
        if name not in process.outputs.model_fields:
            raise InputError(
                f"outputs: '{process.id}' has no output '{name[:100]}'; its outputs are "
                f"{', '.join(process.outputs.model_fields)}."
            )
        if choice.transmissionMode != "value":
            raise InputError(
                f"outputs: '{name}' cannot be sent by reference; leave transmissionMode out and follow the links in "
                "the job's status to its files."
            )


def _patience(preferences: set[str], longest: float) -> float:
    """Return how many seconds to wait for a job: what the server allows, or less where the client wants less."""
    waits = [int(found[1]) for word in preferences if (found := _WAIT.fullmatch(word))]
    return min([longest, *waits])


async def _ended(request: Request, job: Job, patience: float) -> Job:
    """Wait for the end of a job; return it as it is then, or after so many seconds, or when the client has gone."""
    until = time.monotonic() + patience
    while not job.state.ended and time.monotonic() < until and not await request.is_disconnected():
        await asyncio.sleep(_LOOK_EVERY)
        job = request.app.state.queue.get(job.id)
    return job
