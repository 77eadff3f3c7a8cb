"""Following a job by server-sent events."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from streetsense.jobs import Job, JobQueue, JobRequest
from streetsense.server import events
from tests.server.conftest import ended, until
from tests.server.served import BEARER, client_of, on_loopback


@pytest.fixture
def queue(new_queue: Callable[..., JobQueue]) -> JobQueue:
    return new_queue()


@pytest.fixture
def client(studies: Path, queue: JobQueue) -> TestClient:
    return client_of(studies, queue)


@pytest.fixture
def address(studies: Path, queue: JobQueue) -> Iterator[str]:
    with on_loopback(studies, queue) as found:
        yield found


def submit(queue: JobQueue, **inputs: object) -> Job:
    return queue.submit(JobRequest(process="count", study="town", inputs=inputs))[0]


def read(text: str) -> list[tuple[int, dict[str, Any]]]:
    """Read a stream of events: the number and the data of each."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((int(fields["id"]), json.loads(fields["data"])))
    return found


def test_the_events_of_an_ended_job_are_its_whole_history(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    answer = client.get(f"/jobs/{job.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = read(answer.text)
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert (found[0][1]["status"], found[-1][1]["status"]) == ("accepted", "successful")


def test_a_client_that_comes_back_gets_what_it_has_missed(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    whole = read(client.get(f"/jobs/{job.id}/events").text)
    rest = read(client.get(f"/jobs/{job.id}/events", headers={"Last-Event-ID": "1"}).text)
    assert rest == whole[1:]


def test_a_client_that_has_seen_the_end_is_told_not_to_come_back(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    last = read(client.get(f"/jobs/{job.id}/events").text)[-1][0]
    answer = client.get(f"/jobs/{job.id}/events", headers={"Last-Event-ID": str(last)})
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_number_that_is_none_is_refused(client: TestClient, queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    assert client.get(f"/jobs/{job.id}/events", headers={"Last-Event-ID": "last"}).status_code == 400


def test_events_come_while_the_job_runs_and_end_with_it(address: str, queue: JobQueue, studies: Path) -> None:
    steps = 1_000_000
    job = submit(queue, steps=steps, pause=0.05)
    with httpx2.stream("GET", f"{address}/jobs/{job.id}/events", headers=BEARER, timeout=60) as answer:
        chunks, text = answer.iter_text(), ""
        while '"running"' not in text:
            text += next(chunks)
        assert not queue.get(job.id).state.ended
        with (studies / "town" / "results" / "count.txt").open("ab") as file:
            file.write(bytes(steps))  # the job counts the bytes of this file, and is done
        found = read(text + "".join(chunks))
    assert found[-1][1]["status"] == "successful"


def test_events_hold_no_path_of_the_host(client: TestClient, queue: JobQueue, studies: Path) -> None:
    job = ended(queue, submit(queue))
    with (job.folder / "events.jsonl").open("a") as record:
        record.write(json.dumps({"progress": 1, "message": f"{studies}/town/results: the disk is full."}) + "\n")
    text = client.get(f"/jobs/{job.id}/events").text
    assert read(text)[-1][1]["message"] == "town/results: the disk is full."
    assert str(studies) not in text


def test_the_events_of_a_dismissed_job_end_with_that(address: str, queue: JobQueue) -> None:
    job = submit(queue, steps=10_000, pause=0.05)
    with httpx2.stream("GET", f"{address}/jobs/{job.id}/events", headers=BEARER) as answer:
        chunks = answer.iter_text()
        first = next(chunks)
        queue.dismiss(job.id)
        found = read(first + "".join(chunks))
    assert found[-1][1]["status"] == "dismissed"


def test_a_job_in_which_nothing_happens_still_gives_signs_of_life(
    address: str, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.1)
    running = submit(queue, steps=10_000, pause=0.05)
    waiting = submit(queue, steps=1, name="later")
    with httpx2.stream("GET", f"{address}/jobs/{waiting.id}/events", headers=BEARER) as answer:
        assert any(chunk.startswith(":") for chunk in answer.iter_text())
    for job in (waiting, running):
        queue.dismiss(job.id)


def test_a_client_that_leaves_is_not_written_to_any_longer(
    address: str, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    following: set[int] = set()
    inner = events._stream

    async def counted(request: Request, queue: JobQueue, follower: events.Follower) -> AsyncIterator[str]:
        following.add(id(follower))
        try:
            async for part in inner(request, queue, follower):
                yield part
        finally:
            following.discard(id(follower))

    monkeypatch.setattr(events, "_stream", counted)
    job = submit(queue, steps=10_000, pause=0.05)
    with httpx2.stream("GET", f"{address}/jobs/{job.id}/events", headers=BEARER) as answer:
        chunks = answer.iter_text()
        next(chunks)
        assert following
    until(lambda: not following, "end of the stream after its client has gone")
    assert not queue.get(job.id).state.ended
    queue.dismiss(job.id)


def test_many_clients_follow_one_job_to_its_end(address: str, queue: JobQueue) -> None:
    job = submit(queue, steps=40, pause=0.05)
    last: list[str] = []

    def follow() -> None:
        with httpx2.stream("GET", f"{address}/jobs/{job.id}/events", headers=BEARER, timeout=60) as answer:
            last.append(read("".join(answer.iter_text()))[-1][1]["status"])

    threads = [threading.Thread(target=follow) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert last == ["successful"] * 30


def test_head_of_events_answers_at_once(client: TestClient, queue: JobQueue) -> None:
    job = submit(queue, steps=10_000, pause=0.05)
    answer = client.head(f"/jobs/{job.id}/events")
    assert (answer.status_code, answer.content) == (200, b"")
    queue.dismiss(job.id)


def test_a_line_that_is_still_being_written_is_told_when_it_is_whole(queue: JobQueue) -> None:
    job = ended(queue, submit(queue))
    (job.folder / "events.jsonl").write_bytes(b'{"progress": 1}\n{"prog')
    follower = events.Follower(job, 0)
    assert follower.next_events() == ['id: 1\ndata: {"progress": 1}\n\n']
    assert follower.next_events() is None
    with (job.folder / "events.jsonl").open("ab") as record:
        record.write(b'ress": 2}\n')
    assert follower.next_events() == ['id: 2\ndata: {"progress": 2}\n\n']
