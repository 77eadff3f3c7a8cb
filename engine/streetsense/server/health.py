"""The handshake: what this server is, what it computes with, and how busy it is."""

from __future__ import annotations

import asyncio
import shutil
import time

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from streetsense import __version__
from streetsense.jobs import JobQueue, JobState
from streetsense.processes import load_processes
from streetsense.server import PROTOCOL_VERSION
from streetsense.server.devices import Device
from streetsense.server.problems import RESPONSES
from streetsense.server.settings import ServerSettings
from streetsense.server.warm import WarmEncoder, WarmProcess

router = APIRouter(tags=["server"])
_STARTED = time.monotonic()


class Verb(BaseModel):
    """A process in a few words."""

    id: str
    title: str


class Health(BaseModel):
    """What a client needs to know before it asks for anything."""

    engine_version: str = Field(description="version of StreetSense on the server")
    protocol_version: int = Field(description="version of what is spoken beside the OGC standard")
    devices: list[Device] = Field(description="what encoders can run on, the processor first")
    devices_complete: bool = Field(
        description="false until the server has looked for GPUs, some seconds after its start; ask again then"
    )
    verbs: list[Verb] = Field(description="the processes that are installed")
    warm_encoders: list[WarmEncoder] = Field(description="encoders that are in memory, for attention pictures")
    jobs: dict[JobState, int] = Field(description="number of jobs on the list by state")
    queue_works: bool = Field(description="whether the queue looks after its jobs; false needs the administrator")
    cluster: str | None = Field(description="address of the Ray cluster that runs the jobs")
    disk_free: int = Field(description="free on the disk of the studies (bytes)")
    uptime: float = Field(description="since the server's start (seconds)")


@router.get("/health", operation_id="getHealth", summary="Tell what this server is and has", responses=RESPONSES)
async def health(request: Request) -> Health:
    """Return versions, devices with free memory, verbs, warm encoders, jobs and the free disk."""
    settings: ServerSettings = request.app.state.settings
    queue: JobQueue = request.app.state.queue
    warm: WarmProcess = request.app.state.warm
    # One after the other: the warm process answers in turn, and what is busy is told as it was last seen.
    devices = await warm.devices()
    encoders = await warm.warm_encoders()
    counts, disk = await asyncio.gather(
        run_in_threadpool(queue.counts), run_in_threadpool(shutil.disk_usage, settings.studies)
    )
    return Health(
        engine_version=__version__,
        protocol_version=PROTOCOL_VERSION,
        devices=devices,
        devices_complete=warm.knows_devices,
        verbs=[Verb(id=process.id, title=process.title) for process in load_processes().values()],
        warm_encoders=encoders,
        jobs={state: counts.get(state, 0) for state in JobState},
        queue_works=queue.is_working,
        cluster=settings.cluster,
        disk_free=disk.free,
        uptime=round(time.monotonic() - _STARTED, 3),
    )


@router.head("/health", operation_id="isAlive", summary="Tell whether the server answers", responses=RESPONSES)
def is_alive() -> Response:
    """Answer without looking at anything."""
    return Response(status_code=200)
