"""Jobs of a server as Ray Jobs: submitted, stopped, found again by a server that was started anew."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetsense.errors import InputError
from streetsense.jobs import Job, JobQueue, JobRequest, JobState
from streetsense.jobs.ray import RayRunner
from streetsense.study import Study
from tests.cluster.conftest import make_study


def wait_for(condition: Callable[[], bool], seconds: float = 90) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


@pytest.fixture
def dashboard(cluster: str) -> str:
    """The address of the cluster's dashboard."""
    import ray

    ray.init(address=cluster, log_to_driver=False, logging_level="CRITICAL")
    try:
        return f"http://{ray._private.worker._global_node.webui_url}"
    finally:
        ray.shutdown()


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return make_study(tmp_path / "studies" / "town", 12)


def queue_at(study: Study, address: str) -> JobQueue:
    queue = JobQueue(study.root.parent, runner=RayRunner(address))
    queue.start()
    return queue


@pytest.fixture
def queue(study: Study, dashboard: str) -> Iterator[JobQueue]:
    queue = queue_at(study, dashboard)
    yield queue
    queue.stop()


def embed(queue: JobQueue, **inputs: object) -> str:
    request = JobRequest(process="embed", study="town", inputs={"encoder": "tiny", "device": "cpu", **inputs})
    return queue.submit(request)[0].id


def test_a_job_runs_on_the_cluster_and_leaves_its_record_in_the_study(queue: JobQueue, study: Study) -> None:
    job = embed(queue)
    assert wait_for(lambda: queue.get(job).state.ended)
    ended = queue.get(job)
    assert (ended.state, ended.handle) == (JobState.SUCCESSFUL, f"ray:{job}"), ended
    assert len(study.embeddings_table("tiny").keys()) == 11


def test_a_job_goes_on_without_its_server_and_is_found_again(study: Study, dashboard: str) -> None:
    first = queue_at(study, dashboard)
    job = embed(first)
    assert wait_for(lambda: first.get(job).handle is not None)
    assert wait_for(lambda: first.get(job).state is not JobState.ACCEPTED)
    first.stop()
    second = queue_at(study, dashboard)
    try:
        assert wait_for(lambda: second.get(job).state.ended)
        assert second.get(job).state is JobState.SUCCESSFUL
        assert second.get(job).attempt == 1
    finally:
        second.stop()


def test_a_dismissed_job_is_stopped_on_the_cluster(queue: JobQueue) -> None:
    job = embed(queue)
    assert wait_for(lambda: queue.get(job).handle is not None)
    assert queue.dismiss(job).state is JobState.DISMISSED


def test_a_cluster_that_does_not_answer_is_the_last_word_of_the_job(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (the extra 'cluster')")
    monkeypatch.setattr("streetsense.jobs.ray._WAIT_SECONDS", 1.0)
    queue = queue_at(study, "http://127.0.0.1:9")
    try:
        job = embed(queue)
        assert wait_for(lambda: queue.get(job).state.ended, 20)
        assert queue.get(job).state is JobState.FAILED
        assert "the cluster at http://127.0.0.1:9 does not answer" in queue.get(job).message
    finally:
        queue.stop()


def test_a_job_with_a_providers_key_stays_on_the_servers_computer(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (the extra 'cluster')")
    runner = RayRunner("http://127.0.0.1:9")
    facts = dict.fromkeys(field.name for field in dataclasses.fields(Job))
    job = Job(**{**facts, "id": "one", "attempt": 0, "has_secrets": True, "folder": tmp_path})  # type: ignore[arg-type]
    handle = runner.prepare(job)
    assert not handle.startswith("ray:")
    assert runner.is_alive(handle)
    assert runner.prepare(dataclasses.replace(job, has_secrets=False)) == "ray:one"
    runner.kill(handle)
    assert wait_for(lambda: not runner.is_alive(handle), 20)
    assert runner.clear(handle).startswith("killed by SIGKILL")
    runner.close()


@pytest.mark.parametrize("address", ["auto", "127.0.0.1:8265", "ray://127.0.0.1:10001"])
def test_an_address_that_is_no_dashboard_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"^cluster: .* is no address of a Ray dashboard; give http"):
        RayRunner(address)
