"""What happens to a job, told as it happens: server-sent events from the job's own record."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from streetsense.jobs import Job, JobQueue, UnknownJob
from streetsense.server.problems import RESPONSES, without_host_path
from streetsense.server.results import JobID

router = APIRouter(tags=["jobs"])

EVENT_STREAM = "text/event-stream"

#: Seconds between two looks at a job's record, and between two signs of life when nothing happens.
_LOOK_EVERY = 0.5
HEARTBEAT = 15.0
#: The most bytes of a record that are read at once.
_READ = 2**16
#: One event, as a client's parser hands it on.
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "its number within the job"},
        "data": {"type": "string", "description": "JSON: time, status, progress and message"},
    },
    "required": ["id", "data"],
}


@router.get(
    "/jobs/{jobID}/events",
    operation_id="getEvents",
    summary="Follow a job",
    response_class=Response,
    responses=RESPONSES
    | {
        200: {
            "description": "Events until the job has ended: id is a number, data is JSON with time, status, progress "
            "and message.",
            "content": {EVENT_STREAM: {"schema": _EVENT}},
        },
        204: {"description": "The job has ended and the client has seen all that happened."},
    },
)
async def events(
    request: Request,
    jobID: JobID,
    last_event_id: Annotated[
        int | None, Header(ge=0, le=2**40, description="the id of the last event that came; those after it are sent")
    ] = None,
) -> Response:
    """Tell what happened to a job and go on until it has ended."""
    queue: JobQueue = request.app.state.queue
    job = queue.get(jobID)
    if job.state.ended and last_event_id is not None and not _has_more(job, last_event_id):
        return Response(status_code=204)
    return StreamingResponse(_stream(request, queue, Follower(job, last_event_id or 0)), media_type=EVENT_STREAM)


class Follower:
    """Reads a job's ``events.jsonl`` as it grows.

    Parameters
    ----------
    job : Job
        Which job.
    seen : int
        How many events its client has had already.
    """

    def __init__(self, job: Job, seen: int) -> None:
        self.job_id = job.id
        self._path, self._studies = job.folder / "events.jsonl", job.folder.parents[2]
        self._seen, self._number, self._offset, self._rest = seen, 0, 0, b""

    def next_events(self) -> list[str] | None:
        """Return what was added, as events ready to be sent; None when there was nothing to read."""
        try:
            if self._path.stat().st_size <= self._offset:
                return None
            with self._path.open("rb") as file:
                file.seek(self._offset)
                part = file.read(_READ)
        except FileNotFoundError:
            return None
        self._offset += len(part)
        # A line that is still being written is kept for the next time.
        *lines, self._rest = (self._rest + part).split(b"\n")
        sent = []
        for line in lines:
            self._number += 1
            if self._number > self._seen:
                sent.append(f"id: {self._number}\ndata: {self._told(line)}\n\n")
        return sent

    def _told(self, line: bytes) -> str:
        """Return a line of the record as clients see it."""
        text = line.decode("utf-8", "replace")
        try:
            event = json.loads(text)
            event["message"] = without_host_path(event["message"], self._studies)
        except (ValueError, KeyError, TypeError, AttributeError):
            return text
        return json.dumps(event)


def _has_more(job: Job, seen: int) -> bool:
    """Tell whether more happened to a job than a client has seen."""
    follower = Follower(job, seen)
    while (found := follower.next_events()) is not None:
        if found:
            return True
    return False


async def _stream(request: Request, queue: JobQueue, follower: Follower) -> AsyncIterator[str]:
    """Yield events until the job has ended or the client has gone."""
    spoke = time.monotonic()
    while not await request.is_disconnected():
        # Asked first: what was written before the end is then certainly read.
        try:
            has_ended = queue.get(follower.job_id).state.ended
        except UnknownJob:
            return
        while (found := follower.next_events()) is not None:
            if found:
                yield "".join(found)
                spoke = time.monotonic()
        if has_ended:
            return
        if time.monotonic() - spoke > HEARTBEAT:
            yield ": still there\n\n"
            spoke = time.monotonic()
        await asyncio.sleep(_LOOK_EVERY)
