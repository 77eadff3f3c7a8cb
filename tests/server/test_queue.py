"""Jobs of a server: accepted, run one after another, and told of truthfully."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from streetsense.errors import InputError
from streetsense.jobs import (
    JobQueue,
    JobRequest,
    JobState,
    KeyReused,
    QueueFull,
    UnknownJob,
    UnknownProcess,
    UnknownStudy,
)
from streetsense.jobs.lanes import Lanes
from streetsense.processes import find_process
from streetsense.study import Study
from tests.server.conftest import ended, make_study, until

NewQueue = Callable[..., JobQueue]


def counting(steps: int = 3, pause: float = 0.0, name: str = "count", study: str = "town") -> JobRequest:
    return JobRequest(process="count", study=study, inputs={"steps": steps, "pause": pause, "name": name})


def ending(how: str) -> JobRequest:
    return JobRequest(process="end", study="town", inputs={"how": how})


def test_a_job_runs_and_its_record_says_what_the_list_says(new_queue: NewQueue) -> None:
    queue = new_queue()
    accepted, is_new = queue.submit(counting())
    assert (accepted.state, is_new) == (JobState.ACCEPTED, True)
    job = ended(queue, accepted)
    assert (job.state, job.progress, job.attempt) == (JobState.SUCCESSFUL, 100, 1)
    status = json.loads((job.folder / "status.json").read_text())
    assert (status["status"], status["finished"], status["created"]) == ("successful", job.finished, job.created)
    assert json.loads((job.folder / "outputs.json").read_text()) == {"total": 3, "file": "results/count.txt"}
    assert job.created <= str(job.started) <= str(job.finished)
    states = [json.loads(line)["status"] for line in (job.folder / "events.jsonl").read_text().splitlines()]
    assert sorted(set(states), key=states.index) == ["accepted", "running", "successful"]


def test_two_jobs_never_write_to_one_study_at_a_time(new_queue: NewQueue, studies: Path) -> None:
    make_study(studies / "village")
    queue = new_queue(cpu=3)
    first, _ = queue.submit(counting(10_000, 0.01))
    second, _ = queue.submit(counting(1, name="second"))
    elsewhere, _ = queue.submit(counting(1, study="village"))
    assert ended(queue, elsewhere).state is JobState.SUCCESSFUL
    until(lambda: queue.get(first.id).state is JobState.RUNNING, "the first to run")
    assert queue.get(second.id).state is JobState.ACCEPTED
    queue.dismiss(first.id)
    assert ended(queue, second).state is JobState.SUCCESSFUL


def test_a_job_waits_for_a_writer_outside_the_server(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    with Study.open(studies / "town").lock("sample"):
        job, _ = queue.submit(counting())
        other = make_study(studies / "village")
        assert ended(queue, queue.submit(counting(study=other.root.name))[0]).state is JobState.SUCCESSFUL
        assert queue.get(job.id).state is JobState.ACCEPTED
    assert ended(queue, job).state is JobState.SUCCESSFUL


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"process": "dance"}, UnknownProcess),
        ({"study": "nowhere"}, UnknownStudy),
        ({"study": "../town"}, UnknownStudy),
        ({"study": ".streetsense"}, UnknownStudy),
        ({"inputs": {"steps": 0}}, InputError),
        ({"inputs": {"stepz": 1}}, InputError),
        ({"process": "read", "inputs": {"table": "/etc/passwd"}}, InputError),
        ({"process": "read", "inputs": {"table": "../../secret.csv"}}, InputError),
    ],
)
def test_a_request_that_cannot_run_is_refused_and_leaves_nothing(
    new_queue: NewQueue, studies: Path, wrong: dict[str, object], error: type[Exception]
) -> None:
    queue = new_queue()
    with pytest.raises(error):
        queue.submit(JobRequest.model_validate({"process": "count", "study": "town", "inputs": {}} | wrong))
    assert queue.jobs() == ([], 0)
    assert not (studies / "town" / "jobs").exists()


def test_a_link_that_leads_out_of_the_study_is_refused(new_queue: NewQueue, studies: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a")
    (studies / "town" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (studies / "village").symlink_to(studies / "town")
    queue = new_queue()
    with pytest.raises(InputError, match=r"table: 'link\.csv' lies outside the study"):
        queue.submit(JobRequest(process="read", study="town", inputs={"table": "link.csv"}))
    with pytest.raises(UnknownStudy):
        queue.submit(counting(study="village"))


def test_the_same_key_is_one_job(new_queue: NewQueue) -> None:
    queue = new_queue()
    jobs = set()
    threads = [
        threading.Thread(target=lambda: jobs.add(queue.submit(counting(), idempotency_key="k")[0].id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(jobs) == 1
    assert queue.jobs()[1] == 1
    with pytest.raises(KeyReused):
        queue.submit(counting(steps=4), idempotency_key="k")
    assert queue.submit(counting(), idempotency_key="other")[1]


def test_so_many_jobs_may_wait_and_no_more(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue(waiting=2)
    with Study.open(studies / "town").lock("sample"):
        for _ in range(2):
            queue.submit(counting())
        with pytest.raises(QueueFull):
            queue.submit(counting())
    assert queue.jobs()[1] == 2


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("kill", 1, "end: its process ended without a result (killed by SIGKILL"),
        ("exit", 1, "(exit code 3); its last words: the last thing it said"),
        ("error", 1, "RuntimeError: nobody expected this"),
        ("input", 2, "how: 'input' is refused; give another."),
    ],
)
def test_a_job_that_goes_wrong_is_failed_with_its_last_words(
    new_queue: NewQueue, how: str, code: int, words: str
) -> None:
    queue = new_queue()
    job = ended(queue, queue.submit(ending(how))[0])
    assert (job.state, job.exit_code) == (JobState.FAILED, code)
    assert words in job.message
    assert json.loads((job.folder / "status.json").read_text())["message"] == job.message


def test_what_a_job_started_ends_with_it(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    ended(queue, queue.submit(ending("tree"))[0])
    grandchild = int((studies / "town" / "grandchild").read_text())
    until(lambda: not _works(grandchild), "end of what the job started")


def test_a_job_is_dismissed_before_it_begins(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    with Study.open(studies / "town").lock("sample"):
        job, _ = queue.submit(counting())
        assert queue.dismiss(job.id).state is JobState.DISMISSED
    assert queue.get(job.id).state is JobState.DISMISSED
    assert not (studies / "town" / "results").exists()


def test_a_job_is_dismissed_while_its_libraries_load(new_queue: NewQueue) -> None:
    queue = new_queue()
    job, _ = queue.submit(counting(10_000, 0.01))
    until(lambda: queue.get(job.id).handle is not None, "a process for the job")
    assert queue.dismiss(job.id).state is JobState.DISMISSED
    assert not _works(json.loads(str(queue.get(job.id).handle))["pid"])


def test_a_job_that_does_not_listen_is_killed(new_queue: NewQueue) -> None:
    queue = new_queue()
    job, _ = queue.submit(ending("stubborn"))
    until(lambda: queue.get(job.id).message == "does not listen", "the work to begin")
    dismissed = queue.dismiss(job.id)
    assert dismissed.state is JobState.DISMISSED, dismissed
    assert not _works(json.loads(str(dismissed.handle))["pid"])
    assert json.loads((job.folder / "status.json").read_text())["status"] == "dismissed"


def test_a_process_that_does_not_leave_after_its_work_is_killed(new_queue: NewQueue) -> None:
    queue = new_queue()
    job = ended(queue, queue.submit(ending("linger"))[0])
    assert job.state is JobState.SUCCESSFUL
    after, _ = queue.submit(counting())
    assert queue.dismiss(job.id).state is JobState.DISMISSED
    assert not _works(json.loads(str(job.handle))["pid"])
    assert ended(queue, after).state is JobState.SUCCESSFUL


def test_a_lock_that_nobody_can_read_stops_neither_the_study_nor_the_queue(new_queue: NewQueue, studies: Path) -> None:
    (studies / "town" / "study.lock").write_bytes(b"\xff\xfe{")
    queue = new_queue()
    assert ended(queue, queue.submit(counting())[0]).state is JobState.SUCCESSFUL
    assert queue.is_working


def test_a_gpu_that_is_not_there_is_no_lane_of_its_own() -> None:
    process, lanes = find_process("embed"), Lanes(cpu=1, each_gpu=1, gpus=2)
    asked = {
        device: lanes.wanted(process, {"device": device}) for device in ("cpu", "auto", "cuda", "cuda:1", "cuda:7")
    }
    assert asked == {"cpu": "cpu", "auto": "cuda", "cuda": "cuda", "cuda:1": "cuda:1", "cuda:7": "cpu"}
    assert lanes.free("cuda", ["cuda:0"]) == "cuda:1"
    assert lanes.free("cuda", ["cuda:0", "cuda:1"]) is None
    assert lanes.free("cpu", ["cuda:0", "cuda:1"]) == "cpu"
    assert Lanes(cpu=1, each_gpu=1, gpus=0).wanted(process, {"device": "auto"}) == "cpu"


def test_a_line_of_events_that_was_cut_spoils_no_other(new_queue: NewQueue, studies: Path) -> None:
    queue = new_queue()
    with Study.open(studies / "town").lock("sample"):
        job, _ = queue.submit(counting())
        (job.folder / "events.jsonl").write_text('{"time": "20')
    ended(queue, job)
    torn, *whole = (job.folder / "events.jsonl").read_text().splitlines()
    assert torn == '{"time": "20'
    assert [json.loads(line)["status"] for line in whole][-1] == "successful"


def test_dismissing_what_has_ended_takes_it_off_the_list(new_queue: NewQueue) -> None:
    queue = new_queue()
    job = ended(queue, queue.submit(counting())[0])
    assert queue.dismiss(job.id).state is JobState.DISMISSED
    assert not job.folder.exists()
    with pytest.raises(UnknownJob):
        queue.get(job.id)


def test_the_list_is_filtered_and_paged_newest_first(new_queue: NewQueue) -> None:
    queue = new_queue()
    jobs = [ended(queue, queue.submit(request)[0]) for request in (counting(), ending("input"), counting())]
    assert [job.id for job in queue.jobs()[0]] == [job.id for job in reversed(jobs)]
    assert queue.jobs(limit=1, offset=1) == ([jobs[1]], 3)
    assert queue.jobs(states=[JobState.FAILED]) == ([jobs[1]], 1)
    assert queue.jobs(processes=["count"], after=jobs[1].created) == ([jobs[2]], 1)
    assert queue.jobs(study="village")[1] == 0
    assert queue.jobs(shortest=3600)[1] == 0
    assert queue.counts()[JobState.SUCCESSFUL] == 2


def _works(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
