"""``pretrain`` on a Ray cluster of two nodes: the losses of one process, whoever dies on the way."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from streetsense.errors import InputError
from streetsense.processes import find_process
from streetsense.progress import Silent
from streetsense.study import Study
from streetsense_training.raytrain import Board
from tests.e2e.test_pretraining import TINY, losses, make_twice_seen_study, run_verb

#: 48 steps, a checkpoint after every fourth.
LONGER: dict[str, Any] = {**TINY, "epochs": 8, "checkpoint_every": 4, "log_every": 1}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study with pairs, and a run of one process called 'alone'."""
    made = make_twice_seen_study(tmp_path_factory.mktemp("twice"))
    run_verb(made, "pretrain", pairs=["spatial"], name="alone", **LONGER)
    return made


@pytest.fixture
def copy(study: Study, tmp_path: Path) -> Study:
    return Study.open(shutil.copytree(study.root, tmp_path / "study"))


class KillsAProcess(Silent):
    """A progress that kills one of the processes that train, once there is a checkpoint."""

    def __init__(self, checkpoints: Path) -> None:
        self.checkpoints, self.killed = checkpoints, 0

    def report(self, done: float, total: float, message: str = "") -> None:
        # Reports come twice a second: one that is lost before the driver heard of training begins anew.
        has_begun = done > 0.1 * total
        if self.killed or not has_begun or not list(self.checkpoints.glob("*.json")):
            return
        for process in psutil.process_iter(["cmdline"]):
            if "RayTrainWorker" in " ".join(process.info["cmdline"] or []):
                process.kill()
                self.killed = 1
                return


def test_a_group_on_a_cluster_learns_what_one_process_does_although_one_is_killed(cluster: str, copy: Study) -> None:
    process = find_process("pretrain")
    # To begin anew is what the first group does; the one that replaces it goes on.
    options = {**LONGER, "cluster": cluster, "ray_workers": 2, "again": True}
    inputs = process.parse({"pairs": ["spatial"], "name": "group", **options})
    job = KillsAProcess(copy.encoders_dir / "group" / "pretraining" / "checkpoints")
    outputs = process.run(copy, inputs, job).model_dump()
    assert job.killed == 1
    assert outputs["steps"] == 48
    assert 0 < outputs["resumed_from"] < 48
    steps, alone = zip(*losses(copy.root, "alone"), strict=True)
    assert [step for step, _ in losses(copy.root, "group")] == list(steps)
    np.testing.assert_allclose([loss for _, loss in losses(copy.root, "group")], alone, rtol=0, atol=1e-5)
    assert not list(copy.encoders_dir.glob(".ray-*"))


def test_what_a_process_refuses_is_the_sentence_of_the_job(cluster: str, copy: Study) -> None:
    with pytest.raises(InputError, match=r"^batch: 13 pairs cannot be shared equally by 2 processes; use 12 or 14"):
        run_verb(copy, "pretrain", pairs=["spatial"], name="odd", **{**TINY, "batch": 13}, cluster=cluster)


def test_more_processes_than_the_cluster_has_processors_are_refused(cluster: str, copy: Study) -> None:
    with pytest.raises(InputError, match=r"^ray_workers: the cluster has 2 processor\(s\) for 64 processes"):
        run_verb(copy, "pretrain", pairs=["spatial"], name="many", **TINY, cluster=cluster, ray_workers=64)


def test_a_run_counts_as_begun_when_it_trains_not_when_it_shrinks_photos() -> None:
    board = Board()
    board.tell("report", (0.1, 1.0, "shrinking"))
    assert not board.has_begun()
    board.tell("report", (0.11, 1.0, "training"))
    assert board.has_begun()
    assert [what[2] for _, what in board.take()] == ["shrinking", "training"]
    assert board.take() == []
