"""Every answer against the official JSON schemas of OGC API - Processes 1.0.

They are not part of this repository: STREETSENSE_OGC_SCHEMAS names a folder with the files of
``core/openapi/schemas`` of the standard (statusInfo.yaml and so on).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from jsonschema import Draft4Validator, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from streetsense.jobs import Job, JobQueue, JobRequest
from streetsense.processes import load_processes
from tests.server.conftest import ended, until
from tests.server.served import client_of


def _nullable_type(
    validator: Validator, types: object, instance: object, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    """OpenAPI 3.0 says with a flag beside the type that null is allowed too."""
    if instance is None and schema.get("nullable"):
        return
    yield from Draft4Validator.VALIDATORS["type"](validator, types, instance, schema)


#: Schemas of OpenAPI 3.0 are JSON Schema draft 4 in what the standard's use, but for ``nullable``.
OpenAPIValidator = extend(Draft4Validator, {"type": _nullable_type})


@pytest.fixture(scope="session")
def official() -> Callable[[str, Any], None]:
    """A function that checks a value against one of the official schemas."""
    folder = Path(os.environ.get("STREETSENSE_OGC_SCHEMAS", ""))
    if not (folder / "statusInfo.yaml").is_file():
        pytest.skip("official schemas: STREETSENSE_OGC_SCHEMAS names no folder that has them")
    resources = {
        path.name: Resource.from_contents(yaml.safe_load(path.read_text()), default_specification=DRAFT4)
        for path in folder.glob("*.yaml")
    }
    registry: Registry[Any] = Registry().with_resources(resources.items())

    def check(name: str, value: object) -> None:
        problems = OpenAPIValidator({"$ref": f"{name}.yaml"}, registry=registry).iter_errors(value)
        assert [f"{error.json_path}: {error.message}" for error in problems] == []

    return check


@pytest.fixture
def queue(new_queue: Callable[..., JobQueue]) -> JobQueue:
    return new_queue()


@pytest.fixture
def client(studies: Path, queue: JobQueue) -> TestClient:
    return client_of(studies, queue)


def submit(queue: JobQueue, process: str = "count", response: str = "document", **inputs: object) -> Job:
    return queue.submit(
        JobRequest.model_validate({"process": process, "study": "town", "inputs": inputs, "response": response})
    )[0]


def test_the_check_refuses_what_is_wrong(official: Callable[[str, Any], None]) -> None:
    with pytest.raises(AssertionError, match="status"):
        official("statusInfo", {"jobID": "a", "type": "process", "status": "tired"})


@pytest.mark.parametrize(
    ("path", "schema"),
    [("/", "landingPage"), ("/conformance", "confClasses"), ("/processes", "processList"), ("/jobs", "jobList")],
)
def test_a_document_follows_its_schema(
    client: TestClient, official: Callable[[str, Any], None], path: str, schema: str
) -> None:
    official(schema, client.get(path).json())


def test_the_description_of_every_process_follows_its_schema(
    client: TestClient, official: Callable[[str, Any], None]
) -> None:
    for process in load_processes():
        official("process", client.get(f"/processes/{process}").json())


def test_the_status_of_a_job_follows_its_schema_in_every_state(
    client: TestClient, queue: JobQueue, official: Callable[[str, Any], None]
) -> None:
    running = submit(queue, steps=10_000, pause=0.05)
    until(lambda: queue.get(running.id).state == "running", "start")
    waiting = submit(queue)
    seen = [client.get(f"/jobs/{job.id}").json() for job in (running, waiting)]
    seen += [client.delete(f"/jobs/{running.id}").json()]
    seen += [client.get(f"/jobs/{ended(queue, job).id}").json() for job in (waiting, submit(queue, "end", how="input"))]
    for status in seen:
        official("statusInfo", status)
    assert [status["status"] for status in seen] == ["running", "accepted", "dismissed", "successful", "failed"]
    official("jobList", client.get("/jobs").json())


def test_a_document_of_results_follows_its_schema(
    client: TestClient, queue: JobQueue, official: Callable[[str, Any], None]
) -> None:
    job = ended(queue, submit(queue))
    values = '{"number": 1.5, "text": "a", "none": null, "counts": {"ok": 3}, "list": ["a"], "flag": true}'
    (job.folder / "outputs.json").write_text(values)
    document = client.get(f"/jobs/{job.id}/results").json()
    official("results", document)
    assert document["counts"]["value"] == {"ok": 3}


def test_errors_follow_the_schema_of_exceptions(
    client: TestClient, queue: JobQueue, official: Callable[[str, Any], None]
) -> None:
    failed = ended(queue, submit(queue, "end", how="error"))
    for path in ("/processes/none", "/jobs/none", "/jobs?limit=0", f"/jobs/{failed.id}/results", "/nothing"):
        answer = client.get(path)
        assert answer.status_code >= 400
        official("exception", answer.json())


def test_what_the_standard_calls_a_request_is_accepted(
    client: TestClient, official: Callable[[str, Any], None]
) -> None:
    request = {
        "inputs": {"study": "town", "steps": {"value": 3, "mediaType": "application/json"}},
        "outputs": {"total": {"format": {"mediaType": "application/json"}, "transmissionMode": "value"}},
        "response": "document",
    }
    official("execute", request)
    assert client.post("/processes/count/execution", json=request).json() == {"total": 3}
