"""The list of jobs, their status, results and log, and dismissing them, as OGC API - Processes has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streetsense.jobs import Job, JobQueue, JobRequest
from streetsense.server.jobs import LOG_PART
from tests.server.conftest import ended, make_study, until
from tests.server.ogc import REL, TYPES, links
from tests.server.served import BASE, client_of


@pytest.fixture
def queue(new_queue: Callable[..., JobQueue]) -> JobQueue:
    return new_queue()


@pytest.fixture
def client(studies: Path, queue: JobQueue) -> TestClient:
    return client_of(studies, queue)


def submit(queue: JobQueue, process: str = "count", study: str = "town", **inputs: object) -> Job:
    return queue.submit(JobRequest(process=process, study=study, inputs=inputs))[0]


def listed(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"/jobs?{query}")
    assert answer.status_code == 200, answer.text
    return [job["jobID"] for job in answer.json()["jobs"]]


def test_a_running_job_tells_its_progress_and_message(client: TestClient, queue: JobQueue) -> None:
    job = submit(queue, steps=1000, pause=0.05)
    until(lambda: client.get(f"/jobs/{job.id}").json()["progress"] > 0, "progress")
    status = client.get(f"/jobs/{job.id}").json()
    assert (status["jobID"], status["type"], status["status"]) == (job.id, "process", "running")
    assert status["message"].startswith("step ")
    assert status["created"] <= status["started"] <= status["updated"]
    assert "finished" not in status
    assert links(status)["self"] == f"{BASE}/jobs/{job.id}"
    queue.dismiss(job.id)


def test_a_successful_job_links_to_its_results_and_files(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    status = client.get(f"/jobs/{job.id}").json()
    assert (status["status"], status["progress"]) == ("successful", 100)
    assert status["started"] <= status["finished"]
    assert links(status)[REL + "results"] == f"{BASE}/jobs/{job.id}/results"
    (item,) = [link for link in status["links"] if link["rel"] == "item"]
    assert (item["href"], item["type"]) == (f"{BASE}/studies/town/results/count.txt", "text/plain")
    assert client.get(item["href"]).content == b"." * 10


def test_the_results_are_what_the_process_made(client: TestClient, queue: JobQueue) -> None:
    request = JobRequest(process="count", study="town", inputs={"steps": 3}, response="document")
    job = ended(queue, queue.submit(request)[0])
    assert client.get(f"/jobs/{job.id}/results").json() == {"total": 3, "file": "results/count.txt"}


def test_the_inputs_of_a_job_are_what_was_asked(client: TestClient, queue: JobQueue) -> None:
    job = submit(queue, steps=3)
    assert client.get(f"/jobs/{job.id}/inputs").json() == {"steps": 3}
    assert ended(queue, job)


def test_results_that_are_not_ready_are_the_standards_exception(client: TestClient, queue: JobQueue) -> None:
    job = submit(queue, steps=1000, pause=0.05)
    answer = client.get(f"/jobs/{job.id}/results")
    assert (answer.status_code, answer.json()["type"]) == (404, TYPES + "result-not-ready")
    queue.dismiss(job.id)


def test_the_results_of_a_failed_job_say_why_it_failed(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue, "end", how="input"))
    answer = client.get(f"/jobs/{job.id}/results")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["detail"] == "how: 'input' is refused; give another."
    assert links(client.get(f"/jobs/{job.id}").json())[REL + "exceptions"] == f"{BASE}/jobs/{job.id}/results"


def test_results_that_were_deleted_from_the_study_are_gone(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    (job.folder / "outputs.json").unlink()
    assert client.get(f"/jobs/{job.id}/results").status_code == 410
    assert client.get(f"/jobs/{job.id}").json()["status"] == "successful"


@pytest.mark.parametrize("path", ["", "/results", "/log", "/events"])
def test_an_unknown_job_is_the_standards_exception(client: TestClient, path: str) -> None:
    answer = client.get(f"/jobs/none{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, TYPES + "no-such-job")


def test_dismissing_a_running_job_stops_it(client: TestClient, queue: JobQueue) -> None:
    job = submit(queue, steps=1000, pause=0.05)
    until(lambda: client.get(f"/jobs/{job.id}").json()["status"] == "running", "start")
    answer = client.delete(f"/jobs/{job.id}")
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    assert client.get(f"/jobs/{job.id}").json()["status"] == "dismissed"
    assert client.get(f"/jobs/{job.id}/results").status_code == 410


def test_dismissing_an_ended_job_takes_it_off_the_list(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    assert client.delete(f"/jobs/{job.id}").json()["status"] == "dismissed"
    assert client.get(f"/jobs/{job.id}").status_code == 404
    assert client.delete(f"/jobs/{job.id}").json()["type"] == TYPES + "no-such-job"


def test_the_list_is_paged_by_links_newest_first(client: TestClient, queue: JobQueue) -> None:
    jobs = [submit(queue, steps=1, name=f"n{number}").id for number in range(5)]
    seen, address = [], "/jobs?limit=2&processID=count"
    while address:
        page = client.get(address).json()
        seen.append([job["jobID"] for job in page["jobs"]])
        address = links(page).get("next", "")
    assert seen == [jobs[4:2:-1], jobs[2:0:-1], jobs[:1]]
    assert "processID=count" in links(client.get("/jobs?limit=2&offset=2&processID=count").json())["prev"]


def test_the_list_can_be_narrowed_by_process_state_type_and_study(
    client: TestClient, queue: JobQueue, studies: Path
) -> None:
    make_study(studies / "other")
    good = ended(queue, submit(queue)).id
    bad = ended(queue, submit(queue, "end", how="input")).id
    elsewhere = ended(queue, submit(queue, study="other")).id
    assert listed(client, "processID=end") == [bad]
    assert listed(client, "processID=end&processID=count") == [elsewhere, bad, good]
    assert listed(client, "status=failed") == [bad]
    assert listed(client, "status=failed&status=successful") == [elsewhere, bad, good]
    assert listed(client, "type=process") == [elsewhere, bad, good]
    assert listed(client, "type=query") == []
    assert listed(client, "study=other") == [elsewhere]
    assert client.get("/jobs?status=finished").status_code == 400


def test_the_list_can_be_narrowed_by_when_jobs_were_created(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    created = dt.datetime.fromisoformat(job.created)
    before, after = ((created + dt.timedelta(hours=hours)).isoformat().replace("+00:00", "Z") for hours in (-1, 1))
    elsewhere = created.astimezone(dt.timezone(dt.timedelta(hours=5))).isoformat().replace("+", "%2B")
    for query in (job.created, elsewhere, f"{before}/{after}", f"{before}/..", f"../{after}", f"{before}/"):
        assert listed(client, f"datetime={query}") == [job.id], query
    for query in (after, f"../{before}", f"{after}/..", f"/{before}"):
        assert listed(client, f"datetime={query}") == [], query


@pytest.mark.parametrize("value", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", "../..", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_refused(client: TestClient, value: str) -> None:
    answer = client.get("/jobs", params={"datetime": value})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("datetime:")


def test_the_list_can_be_narrowed_by_how_long_jobs_ran(client: TestClient, queue: JobQueue) -> None:
    ran = ended(queue, submit(queue, steps=2, pause=0.6)).id
    assert listed(client, "minDuration=1") == [ran]
    assert listed(client, "maxDuration=0") == []
    assert listed(client, "minDuration=1&maxDuration=3600") == [ran]
    assert listed(client, "minDuration=3600") == []


def test_the_log_is_text_and_goes_on_where_the_last_part_ended(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    whole = client.get(f"/jobs/{job.id}/log")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert "successful" in whole.text
    offset = int(whole.headers["next-offset"])
    with (job.folder / "log.txt").open("a") as log:
        log.write("more\n")
    assert client.get(f"/jobs/{job.id}/log?offset={offset}").text == "more\n"


def test_a_long_log_comes_in_parts_that_cut_no_character(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    text = "x" + "日本語" * (LOG_PART // 6)
    (job.folder / "log.txt").write_text(text, encoding="utf-8")
    offset, parts = 0, []
    while part := client.get(f"/jobs/{job.id}/log?offset={offset}"):
        if not part.content:
            break
        assert len(part.content) <= LOG_PART
        parts.append(part.content.decode("utf-8", "strict"))
        offset = int(part.headers["next-offset"])
    assert len(parts) == 2
    assert "".join(parts) == text


def test_a_job_without_a_log_has_an_empty_one(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    (job.folder / "log.txt").unlink()
    answer = client.get(f"/jobs/{job.id}/log")
    assert (answer.status_code, answer.content, answer.headers["next-offset"]) == (200, b"", "0")
