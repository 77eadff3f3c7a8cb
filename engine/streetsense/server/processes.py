"""The list of processes and their descriptions (OGC API - Processes, Part 1: Core)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from streetsense.jobs import UnknownProcess
from streetsense.processes import Process, load_processes
from streetsense.processes.ogc import process_description, process_summary
from streetsense.server.links import EXECUTE, Link, link, page_links
from streetsense.server.problems import RESPONSES

router = APIRouter(tags=["processes"])

ProcessID = Annotated[str, Path(max_length=200, description="which process, as the list has it", examples=["sample"])]


class Metadata(BaseModel):
    """Something more about an input or output (schema ``metadata.yaml``): its unit, or that it is a file or secret."""

    role: str = Field(description="unit, file or secret")
    title: str = Field(description="what that means")
    value: str | None = Field(None, description="the unit's symbol")


class FieldDescription(BaseModel):
    """An output of a process (schema ``outputDescription.yaml``)."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    title: str
    description: str
    metadata: list[Metadata] | None = None
    value_schema: dict[str, Any] = Field(alias="schema", description="as schema.yaml of the standard (OpenAPI 3.0)")


class InputDescription(FieldDescription):
    """An input of a process (schema ``inputDescription.yaml``)."""

    minOccurs: int
    maxOccurs: int


class ProcessSummary(BaseModel):
    """A process in short (schema ``processSummary.yaml``)."""

    id: str = Field(examples=["embed"])
    title: str
    description: str
    version: str
    jobControlOptions: list[Literal["sync-execute", "async-execute", "dismiss"]]
    outputTransmission: list[Literal["value", "reference"]]
    links: list[Link]


class ProcessDescription(ProcessSummary):
    """A process with its inputs and outputs (schema ``process.yaml``)."""

    inputs: dict[str, InputDescription]
    outputs: dict[str, FieldDescription]


class ProcessList(BaseModel):
    """Processes (schema ``processList.yaml``)."""

    processes: list[ProcessSummary]
    links: list[Link]


def known_process(process_id: str) -> Process:
    """Return a process.

    Raises
    ------
    UnknownProcess
        When there is none of that name.
    """
    processes = load_processes()
    if process_id not in processes:
        raise UnknownProcess(f"process: there is no '{process_id[:100]}'; see the server's list of processes.")
    return processes[process_id]


@router.get(
    "/processes",
    operation_id="getProcesses",
    summary="List the processes",
    responses=RESPONSES,
    response_model_exclude_none=True,
)
def process_list(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=10_000, description="at most so many processes")] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000, description="leave out so many at the beginning")] = 0,
) -> ProcessList:
    """Return what can be run here."""
    processes = list(load_processes().values())
    page = processes[offset : offset + limit]
    summaries = [ProcessSummary(**process_summary(process), links=[_self(request, process)]) for process in page]
    return ProcessList(processes=summaries, links=page_links(request, "/processes", offset, limit, len(processes)))


@router.get(
    "/processes/{processID}",
    operation_id="getProcessDescription",
    summary="Describe a process",
    responses=RESPONSES,
    response_model_exclude_none=True,
)
def describe_process(request: Request, processID: ProcessID) -> ProcessDescription:
    """Return a process's inputs and outputs."""
    process = known_process(processID)
    execute = link(request, f"/processes/{process.id}/execution", EXECUTE, "run it (POST)")
    return ProcessDescription(**process_description(process), links=[_self(request, process), execute])


def _self(request: Request, process: Process) -> Link:
    return link(request, f"/processes/{process.id}", "self", process.title)
