"""Executing a process over HTTP, as OGC API - Processes, Part 1: Core has it."""

from __future__ import annotations

import email
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from streetsense.jobs import JobQueue
from tests.server.conftest import make_study, until
from tests.server.served import BASE, client_of

ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def client(studies: Path, new_queue: Callable[..., JobQueue]) -> TestClient:
    return client_of(studies, new_queue())


def execute(
    client: TestClient,
    process: str = "count",
    headers: dict[str, str] | None = None,
    inputs: dict[str, Any] | None = None,
    **more: object,
) -> httpx2.Response:
    body = {"inputs": {"study": "town", **(inputs or {})}, **more}
    return client.post(f"/processes/{process}/execution", json=body, headers=headers)


def end_of(client: TestClient, address: str) -> dict[str, Any]:
    """Wait for the end of the job at an address, and return its status."""
    until(lambda: client.get(address).json()["status"] not in ("accepted", "running"), f"end of {address}")
    status: dict[str, Any] = client.get(address).json()
    return status


def parts_of(answer: httpx2.Response) -> dict[str, Any]:
    """Read multipart/related with Python's own parser."""
    message = email.message_from_bytes(
        b"Content-Type: " + answer.headers["content-type"].encode() + b"\r\n\r\n" + answer.content
    )
    assert message.get_content_type() == "multipart/related"
    return {part["Content-ID"]: json.loads(part.get_payload(decode=True)) for part in message.get_payload()}


def test_asynchronous_execution_answers_with_a_job_and_where_it_is(client: TestClient) -> None:
    answer = execute(client, headers=ASYNC)
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    status = answer.json()
    assert answer.headers["location"] == f"{BASE}/jobs/{status['jobID']}"
    assert (status["type"], status["processID"], status["status"]) == ("process", "count", "accepted")
    assert end_of(client, answer.headers["location"])["status"] == "successful"


def test_a_process_that_is_not_short_is_always_a_job(client: TestClient) -> None:
    answer = execute(client, "once")
    assert answer.status_code == 201
    assert "preference-applied" not in answer.headers
    assert end_of(client, answer.headers["location"])["status"] == "successful"


def test_a_short_process_answers_with_its_outputs_at_once(client: TestClient) -> None:
    answer = execute(client, response="document", inputs={"steps": 3})
    assert answer.status_code == 200
    assert answer.json() == {"total": 3, "file": "results/count.txt"}


def test_a_short_process_that_takes_too_long_answers_with_its_job(
    studies: Path, new_queue: Callable[..., JobQueue]
) -> None:
    client = client_of(studies, new_queue(), sync_seconds=0.1)
    answer = execute(client, inputs={"steps": 1000, "pause": 0.05})
    assert answer.status_code == 201
    assert answer.json()["status"] in ("accepted", "running")
    assert client.delete(answer.headers["location"]).json()["status"] == "dismissed"


def test_a_client_that_wants_to_wait_less_waits_less(client: TestClient) -> None:
    answer = execute(client, inputs={"steps": 1000, "pause": 0.05}, headers={"Prefer": "wait=0"})
    assert answer.status_code == 201
    client.delete(answer.headers["location"])


def test_preferences_may_come_in_any_number_of_headers(client: TestClient) -> None:
    headers = [("Prefer", "wait=5; x=1, handling=lenient"), ("Prefer", "respond-async")]
    body = {"inputs": {"study": "town"}}
    answer = client.post("/processes/count/execution", json=body, headers=headers)
    assert (answer.status_code, answer.headers["preference-applied"]) == (201, "respond-async")


def test_raw_with_one_output_is_that_output(client: TestClient) -> None:
    answer = execute(client, outputs={"total": {}}, inputs={"steps": 4})
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (200, "application/json", 4)


def test_raw_with_several_outputs_is_a_part_for_each(client: TestClient) -> None:
    answer = execute(client, response="raw", inputs={"steps": 2})
    assert parts_of(answer) == {"total": 2, "file": "results/count.txt"}


def test_raw_is_what_a_request_gets_that_names_no_form(client: TestClient) -> None:
    assert parts_of(execute(client, outputs={"total": {}, "file": {}})).keys() == {"total", "file"}


def test_a_document_has_only_the_outputs_that_were_asked_for(client: TestClient) -> None:
    answer = execute(client, response="document", outputs={"total": {"transmissionMode": "value"}})
    assert answer.json() == {"total": 10}


def test_qualified_values_are_taken_as_plain_ones(client: TestClient) -> None:
    inputs = {"study": {"value": "town"}, "steps": {"value": 5, "mediaType": "application/json"}}
    assert execute(client, inputs=inputs, outputs={"total": {}}).json() == 5


@pytest.mark.parametrize("base", ["", BASE])
def test_a_reference_to_a_file_of_the_study_is_that_file(client: TestClient, studies: Path, base: str) -> None:
    (studies / "town" / "uploads").mkdir()
    (studies / "town" / "uploads" / "a table.csv").write_text("12345")
    table = {"href": f"{base}/studies/town/uploads/a%20table.csv", "type": "text/csv"}
    assert execute(client, "read", inputs={"table": table}, outputs={"total": {}}).json() == 5


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/table.csv",
        "http://127.0.0.1:9/studies/town/uploads/a.csv",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//example.org/studies/town/a.csv",
        "http://127.0.0.1:8765.example.org/studies/town/a.csv",
        "/studies/town/../../secret",
        "/studies/town/%2e%2e/%2e%2e/secret",
        "/studies/other/uploads/a.csv",
        "/jobs",
    ],
)
def test_a_reference_to_anything_else_is_refused_and_never_fetched(
    client: TestClient, studies: Path, href: str
) -> None:
    make_study(studies / "other")
    answer = execute(client, "read", inputs={"table": {"href": href}})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("table:")
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"inputs": {"steps": 0}}, "steps: '0' cannot be used"),
        ({"inputs": {"stepps": 1}}, "stepps: 'count' has no such input"),
        ({"outputs": {"totals": {}}}, "outputs: 'count' has no output 'totals'; its outputs are total, file."),
        ({"outputs": {"total": {"transmissionMode": "reference"}}}, "outputs: 'total' cannot be sent by reference"),
        ({"subscriber": {"successUri": "http://127.0.0.1/"}}, "subscriber: this server makes no calls back"),
        ({"response": "cooked"}, "response: it cannot be used"),
        ({"inputs": {"study": 7}}, "study: this input is missing"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(client: TestClient, body: dict[str, Any], words: str) -> None:
    answer = execute(client, **body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]
    assert client.get("/jobs").json()["jobs"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b'{"inputs": 3}', b"\xff\xfe"])
def test_a_body_that_is_no_request_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/processes/count/execution", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_an_unknown_study_is_not_found(client: TestClient) -> None:
    answer = execute(client, inputs={"study": "village"})
    assert answer.status_code == 404
    assert "there is no 'village'" in answer.json()["detail"]


def test_an_unknown_process_is_the_standards_exception(client: TestClient) -> None:
    answer = execute(client, "none")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (404, "no-such-process")


def test_a_process_that_fails_while_somebody_waits_says_why(client: TestClient) -> None:
    answer = execute(client, "read", inputs={"table": "uploads/none.csv"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    (job,) = client.get("/jobs").json()["jobs"]
    assert job["status"] == "failed"
    assert answer.json()["detail"] == job["message"] != ""


def test_the_same_key_is_the_same_job(client: TestClient) -> None:
    first, again = (execute(client, headers={**ASYNC, "Idempotency-Key": "one"}) for _ in range(2))
    assert first.json()["jobID"] == again.json()["jobID"]
    assert len(client.get("/jobs").json()["jobs"]) == 1


def test_the_same_key_with_another_request_is_refused(client: TestClient) -> None:
    execute(client, headers={**ASYNC, "Idempotency-Key": "one"})
    answer = execute(client, inputs={"steps": 2}, headers={**ASYNC, "Idempotency-Key": "one"})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Idempotency-Key:")


def test_a_full_queue_says_when_to_come_back(studies: Path, new_queue: Callable[..., JobQueue]) -> None:
    client = client_of(studies, new_queue(waiting=1))
    jobs = [execute(client, headers=ASYNC, inputs={"steps": 10_000, "pause": 0.05}) for _ in range(8)]
    refused = [answer for answer in jobs if answer.status_code != 201]
    assert refused
    assert {answer.status_code for answer in refused} == {429}
    assert int(refused[0].headers["retry-after"]) > 0
    for answer in jobs:
        if answer.status_code == 201:
            client.delete(answer.headers["location"])
