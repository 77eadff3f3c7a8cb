"""What answers say of the host: nothing of where the studies lie, and 507 when its disk is the reason."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streetsense.jobs import JobQueue, JobRequest
from streetsense.server.problems import without_host_path
from tests.server.conftest import ended
from tests.server.served import client_of

INPUTS = {"inputs": {"study": "town"}}


@pytest.fixture
def queue(new_queue: Callable[..., JobQueue]) -> JobQueue:
    return new_queue()


@pytest.fixture
def client(studies: Path, queue: JobQueue) -> TestClient:
    return client_of(studies, queue)


@pytest.mark.parametrize(
    ("number", "status", "words"),
    [
        (errno.ENOSPC, 507, "the disk is full"),
        (errno.EDQUOT, 507, "the disk quota is used up"),
        (errno.EROFS, 507, "the disk is read-only"),
        (errno.ENAMETOOLONG, 400, "the name is too long"),
    ],
)
def test_a_job_that_the_disk_refuses_is_answered_with_its_reason(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, number: int, status: int, words: str
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", refuse)
        answer = client.post("/processes/count/execution", json=INPUTS)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].startswith("town/jobs/")
    assert words in answer.json()["detail"]
    assert client.get("/jobs").json()["jobs"] == []


def test_the_status_and_the_results_of_a_failed_job_hold_no_path_of_the_host(
    client: TestClient, queue: JobQueue, studies: Path
) -> None:
    (studies / "town" / "results" / "count.txt").mkdir(parents=True)
    job = ended(queue, queue.submit(JobRequest(process="count", study="town", inputs={}))[0])
    assert str(studies) in job.message
    for path in (f"/jobs/{job.id}", f"/jobs/{job.id}/results", f"/jobs/{job.id}/events", "/jobs"):
        text = client.get(path).text
        assert "town/results/count.txt" in text
        assert str(studies) not in text, path


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("{0}/town/results: the disk is full.", "town/results: the disk is full."),
        ("{0}: the disk is full.", "studies: the disk is full."),
        ("see '{0}/town/x' and '{0}'.", "see 'town/x' and 'studies'."),
        ("leave {0}.", "leave studies."),
        ("{0}-2/town: another folder.", "{0}-2/town: another folder."),
        ("town: no path.", "town: no path."),
    ],
)
def test_paths_begin_within_the_folder_of_the_studies(tmp_path: Path, sentence: str, told: str) -> None:
    (tmp_path / "linked").symlink_to(tmp_path / "studies")
    for studies in (tmp_path / "studies", tmp_path / "linked"):
        assert without_host_path(sentence.format(tmp_path / "studies"), studies) == told.format(tmp_path / "studies")
