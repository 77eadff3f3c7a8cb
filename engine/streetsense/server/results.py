"""The outputs of jobs: one as it is, several as multipart/related, or all in one document."""

from __future__ import annotations

import json
import secrets
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse

from streetsense.errors import InputError
from streetsense.jobs import Job, JobState
from streetsense.server.problems import PROBLEM, RESPONSES, RESULT_NOT_READY, Problem

router = APIRouter(tags=["jobs"])

JobID = Annotated[
    str, Path(max_length=200, description="which job, as its status has it", examples=["20260401-120000-embed-a1b2c3"])
]

#: How a route documents an answer with outputs.
RESULTS: dict[str, Any] = {
    "description": "The outputs: with response=document one JSON object, with raw one value or a part each.",
    "content": {
        "application/json": {"schema": {}, "example": {"sample_points": 412, "roads_layer": "results/roads.gpkg"}},
        "multipart/related": {
            "schema": {"type": "string", "format": "binary", "description": "a JSON part each; Content-ID names it"}
        },
    },
}


@router.get(
    "/jobs/{jobID}/results",
    operation_id="getResult",
    summary="Return the outputs of a job",
    response_model=None,
    responses=RESPONSES | {200: RESULTS, 410: {**PROBLEM, "description": "The job was dismissed."}},
)
def results(request: Request, jobID: JobID) -> Response:
    """Return what a job made, in the form that its execute request asked for."""
    return results_response(request.app.state.queue.get(jobID))


def results_response(job: Job) -> Response:
    """Return the answer to a request for the results of ``job``.

    Raises
    ------
    Problem
        When the job has not ended, failed, or was dismissed.
    """
    match job.state:
        case JobState.SUCCESSFUL:
            values = chosen_outputs(job)
        case JobState.FAILED:
            status = 400 if job.exit_code == InputError.exit_code else 500
            raise Problem(status, "The job failed", job.message or "job: it failed; see its log.")
        case JobState.DISMISSED:
            raise Problem(410, "The job was dismissed", "job: it was dismissed and has no results; run it again.")
        case _:
            raise Problem(
                404,
                "The results are not ready",
                f"job: it is {job.state.value}, {job.progress} % are done; ask again when its status is successful.",
                RESULT_NOT_READY,
            )
    # Without any output there is nothing to be raw: the document is an empty one.
    if job.response == "document" or not values:
        return JSONResponse(_document(values))
    if len(values) == 1:
        return JSONResponse(next(iter(values.values())))
    return _multipart(values)


def chosen_outputs(job: Job) -> dict[str, Any]:
    """Return the outputs of a successful job that its request asked for; all when it named none."""
    try:
        values: dict[str, Any] = json.loads((job.folder / "outputs.json").read_bytes())
    except FileNotFoundError:
        raise Problem(410, "", "job: its results were deleted from the study; run it again.") from None
    return {name: value for name, value in values.items() if not job.outputs or name in job.outputs}


def result_files(job: Job, outputs: dict[str, Any]) -> list[PurePosixPath]:
    """Return the files among the outputs, as paths relative to the study's folder."""
    texts = [text for value in outputs.values() for text in (value if isinstance(value, list) else [value])]
    root = job.folder.parent.parent
    named = [PurePosixPath(text) for text in texts if isinstance(text, str) and text.startswith("results/")]
    return [path for path in named if ".." not in path.parts and (root / path).is_file()]


def _document(values: dict[str, Any]) -> dict[str, Any]:
    """Write outputs as ``results.yaml`` has it: objects are qualified, and there is no null."""
    return {
        name: {"value": value, "mediaType": "application/json"} if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def _multipart(values: dict[str, Any]) -> Response:
    """Write each output as a part of its own (RFC 2387)."""
    boundary = secrets.token_hex(16)
    parts = [
        f"--{boundary}\r\nContent-ID: {name}\r\nContent-Type: application/json\r\n\r\n{json.dumps(value)}\r\n"
        for name, value in values.items()
    ]
    content = "".join(parts) + f"--{boundary}--\r\n"
    return Response(content, media_type=f'multipart/related; type="application/json"; boundary={boundary}')
