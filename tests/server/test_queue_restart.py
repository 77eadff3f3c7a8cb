"""Jobs when the server goes away: they run on, are found again, and continue."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streetsense.alive import ProcessIdentity
from streetsense.errors import InputError
from streetsense.jobs import JobQueue, JobRequest, JobState, LocalRunner, Order
from streetsense.jobs.runner import mark_dismissed
from streetsense.study import Study
from tests.server.conftest import ended, until
from tests.server.test_queue import counting

NewQueue = Callable[..., JobQueue]


def test_a_running_job_is_found_again(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    job, _ = queue.submit(counting(200, 0.01))
    until(lambda: queue.get(job.id).progress > 0, "some progress")
    queue.stop()
    later = new_queue()
    found = later.get(job.id)
    assert (found.state, found.attempt) == (JobState.RUNNING, 1)
    done = ended(later, job)
    assert (done.state, done.attempt) == (JobState.SUCCESSFUL, 1)
    assert (studies / "town/results/count.txt").stat().st_size == 200


def test_a_job_that_ended_meanwhile_has_its_own_last_word(new_queue: NewQueue) -> None:
    queue = new_queue()
    job, _ = queue.submit(counting(30, 0.01))
    until(lambda: queue.get(job.id).state is JobState.RUNNING, "the work to begin")
    queue.stop()
    until(lambda: json.loads((job.folder / "status.json").read_text())["status"] == "successful", "the end of the job")
    assert new_queue().get(job.id).state is JobState.SUCCESSFUL


@pytest.mark.parametrize("process", ["count", "once"])
def test_a_job_that_died_with_the_server_continues_if_it_can(new_queue: NewQueue, studies: Path, process: str) -> None:
    queue = new_queue()
    request = counting(100, 0.02).model_copy(update={"process": process})
    job, _ = queue.submit(request)
    until(lambda: queue.get(job.id).progress > 0, "some progress")
    queue.stop()
    process_of_job = ProcessIdentity.model_validate_json(queue_handle(studies, job.id))
    os.kill(process_of_job.pid, signal.SIGKILL)
    until(lambda: not process_of_job.is_alive(), "end of the process")
    later = new_queue()
    done = ended(later, job)
    if process == "count":
        assert (done.state, done.attempt) == (JobState.SUCCESSFUL, 2)
        assert (studies / "town/results/count.txt").stat().st_size == 100
    else:
        assert done.state is JobState.FAILED
        assert "cannot continue" in done.message


def test_a_job_that_is_stopped_from_outside_is_not_dismissed_and_continues(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    job, _ = queue.submit(counting(100, 0.02))
    until(lambda: queue.get(job.id).progress > 0, "some progress")
    os.kill(ProcessIdentity.model_validate_json(queue_handle(studies, job.id)).pid, signal.SIGTERM)
    done = ended(queue, job)
    assert (done.state, done.attempt) == (JobState.SUCCESSFUL, 2)
    assert (studies / "town/results/count.txt").stat().st_size == 100


def test_a_job_that_never_began_is_started_again_even_if_it_could_not_continue(studies: Path) -> None:
    class Forgetful(LocalRunner):
        """Loses its first order, as a server does that is killed before it hands it over."""

        lost = False

        def launch(self, handle: str, order: Order) -> None:
            if self.lost:
                super().launch(handle, order)
            else:
                self.lost = True
                self.kill(handle)

    queue = JobQueue(studies, runner=Forgetful(spare=False))
    queue.start()
    try:
        done = ended(queue, queue.submit(counting().model_copy(update={"process": "once"}))[0])
    finally:
        queue.stop()
    assert (done.state, done.attempt) == (JobState.SUCCESSFUL, 2)


def test_a_dismissal_outlives_the_server(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    job, _ = queue.submit(counting(10_000, 0.01))
    until(lambda: queue.get(job.id).progress > 0 or queue.get(job.id).state is JobState.RUNNING, "the work to begin")
    queue.stop()
    mark_dismissed(job.folder)  # the server was killed between the note and the signal
    assert ended(new_queue(), job).state is JobState.DISMISSED


def test_an_old_handle_ends_nobody_elses_session(studies: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        for started in ("another boot+1", ProcessIdentity.this().started):
            LocalRunner(spare=False).clear(ProcessIdentity(pid=stranger.pid, started=started).model_dump_json())
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_accepted_jobs_are_not_lost(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    with Study.open(studies / "town").lock("sample"):
        jobs = [queue.submit(counting(name=str(number)))[0] for number in range(3)]
        queue.stop()
    later = new_queue()
    assert {ended(later, job).state for job in jobs} == {JobState.SUCCESSFUL}
    assert sorted(path.name for path in (studies / "town/results").iterdir()) == ["0.txt", "1.txt", "2.txt"]


def test_a_job_whose_secret_is_gone_says_so(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    with Study.open(studies / "town").lock("sample"):
        job, _ = queue.submit(JobRequest(process="leak", study="town", inputs={"key": "K3Y-of-the-provider"}))
        queue.stop()
    failed = new_queue().get(job.id)
    assert failed.state is JobState.FAILED
    assert "ask again" in failed.message


def test_a_key_stays_a_key_after_a_restart(new_queue: NewQueue) -> None:
    queue = new_queue()
    job = ended(queue, queue.submit(counting(), idempotency_key="k")[0])
    queue.stop()
    assert new_queue().submit(counting(), idempotency_key="k") == (job, False)


def test_one_server_works_on_a_folder(new_queue: NewQueue, studies: Path) -> None:
    new_queue()
    with pytest.raises(InputError, match="another server works on"):
        JobQueue(studies).start()


def test_old_jobs_are_taken_off_the_list_and_results_stay(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    jobs = [ended(queue, queue.submit(counting())[0]) for _ in range(3)]
    queue.stop()
    with sqlite3.connect(studies / ".streetsense/jobs.sqlite") as changed:
        changed.execute("UPDATE jobs SET finished = '2001-01-01T00:00:00.000Z' WHERE id = ?", [jobs[2].id])
    later = new_queue(keep_jobs=2)
    until(lambda: later.jobs()[1] == 1, "pruning")
    assert [job.id for job in later.jobs()[0]] == [jobs[1].id]
    assert [job.folder.exists() for job in jobs] == [False, True, False]
    assert (studies / "town/results/count.txt").exists()


def test_jobs_do_not_grow_old_while_nothing_happens(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    job = ended(queue, queue.submit(counting())[0])
    queue.stop()
    long_ago = "2001-01-01T00:00:00.000Z"
    with sqlite3.connect(studies / ".streetsense/jobs.sqlite") as changed:
        changed.execute("UPDATE jobs SET finished = ?, updated = ?", [long_ago, long_ago])
    later = new_queue()
    ended(later, later.submit(counting(), idempotency_key="later")[0])  # pruning came before
    assert later.get(job.id).finished == long_ago


def test_a_list_that_is_none_is_refused_with_its_name(studies: Path) -> None:
    (studies / ".streetsense").mkdir()
    (studies / ".streetsense/jobs.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(InputError, match=r"jobs\.sqlite cannot be used as a list of jobs"):
        JobQueue(studies).start()


def test_a_process_in_reserve_ends_when_the_server_is_killed(studies: Path) -> None:
    code = (
        "import sys; from streetsense.jobs import LocalRunner\n"
        "runner = LocalRunner()\n"
        "while runner._spare is None: runner.tend()\n"
        "print(runner._spare.pid, flush=True)\n"
        "sys.stdin.read()"
    )
    server = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    spare = psutil.Process(int(server.stdout.readline()))
    server.kill()
    server.wait()
    until(lambda: not spare.is_running() or spare.status() == psutil.STATUS_ZOMBIE, "end of the process in reserve")


def queue_handle(studies: Path, job_id: str) -> str:
    with sqlite3.connect(studies / ".streetsense/jobs.sqlite") as jobs:
        (handle,) = jobs.execute("SELECT handle FROM jobs WHERE id = ?", [job_id]).fetchone()
    return str(handle)
