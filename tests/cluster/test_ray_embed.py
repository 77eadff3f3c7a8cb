"""``embed`` on a Ray cluster of two nodes: the numbers of one process, whoever dies or is stopped on the way."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from streetsense.errors import Cancelled, InputError
from streetsense.processes.embed import PROCESS, Outputs
from streetsense.progress import Silent
from streetsense.study import Study
from tests.cluster.conftest import embedders, make_study

VIEWS, SIZES = 200, {"part_size": 16, "batch_size": 8}


class KillsAWorker(Silent):
    """A progress that kills an actor as soon as some shards are there."""

    killed = 0

    def report(self, done: float, total: float, message: str = "") -> None:
        if done >= 32 and not self.killed:
            for process in embedders():
                process.kill()
                self.killed += 1


class Stops(Silent):
    """A progress that cancels as soon as some shards are there."""

    def report(self, done: float, total: float, message: str = "") -> None:
        if done >= 32:
            raise Cancelled("stop")


def embed(study: Study, job: Any = None, **inputs: object) -> Outputs:  # noqa: ANN401 - a progress
    made = PROCESS.run(study, PROCESS.parse({"encoder": "tiny", **SIZES, **inputs}), job or Silent())
    assert isinstance(made, Outputs)
    return made


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study that was embedded in one process."""
    study = make_study(tmp_path_factory.mktemp("alone") / "study", VIEWS)
    embed(study)
    return study


@pytest.fixture
def study(alone: Study, tmp_path: Path) -> Study:
    """The same study, not yet embedded."""
    copy = shutil.copytree(alone.root, tmp_path / "study", ignore=shutil.ignore_patterns("embeddings"))
    return Study.open(copy)


def same_table(one: Study, two: Study) -> bool:
    tables = [study.embeddings_table("tiny").read().sort_by("view_id") for study in (one, two)]
    return bool(tables[0].schema.equals(tables[1].schema, check_metadata=True) and tables[0].equals(tables[1]))


def test_a_cluster_makes_the_very_numbers_of_one_process_although_a_worker_is_killed(
    cluster: str, alone: Study, study: Study
) -> None:
    job = KillsAWorker()
    outputs = embed(study, job, cluster=cluster)
    assert job.killed >= 1
    assert (outputs.embedded, outputs.failed) == (VIEWS - 1, {"the photo's file is missing": 1})
    assert outputs.device == "cluster, cpu"
    assert same_table(alone, study)
    assert len(study.embeddings_table("tiny").parts()) == -(-VIEWS // SIZES["part_size"])
    assert not [path for path in study.embeddings_table("tiny").folder.iterdir() if path.name.startswith(".")]


def test_a_stopped_run_leaves_no_worker_keeps_its_shards_and_goes_on(cluster: str, alone: Study, study: Study) -> None:
    with pytest.raises(Cancelled):
        embed(study, Stops(), cluster=cluster)
    deadline = time.monotonic() + 20
    while embedders() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert embedders() == []
    kept = len(study.embeddings_table("tiny").keys())
    assert 32 <= kept < VIEWS - 1
    outputs = embed(study, cluster=cluster)
    assert (outputs.embedded, outputs.skipped) == (VIEWS - 1 - kept, kept)
    assert same_table(alone, study)


def test_what_a_worker_refuses_is_the_sentence_of_the_job(cluster: str, study: Study) -> None:
    (study.encoders_dir / "tiny" / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"^encoder: the weights of 'tiny' are damaged; import the encoder again\.$"):
        embed(study, cluster=cluster)


def test_an_address_without_a_cluster_is_said_at_once(study: Study) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (the extra 'cluster')")
    with pytest.raises(InputError, match=r"^cluster: no Ray cluster answers at '127\.0\.0\.1:9'; start one"):
        embed(study, cluster="127.0.0.1:9")


@pytest.mark.parametrize("address", ["local", "http://127.0.0.1:8265", "ray://127.0.0.1:10001", "a b:1"])
def test_an_address_that_is_none_is_refused(study: Study, address: str) -> None:
    with pytest.raises(InputError, match=r"^cluster: "):
        embed(study, cluster=address)
