"""What can go wrong while an encoder is learned: nothing is lost, and the run goes on with exactly the same numbers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streetsense.study import Study
from streetsense_training.checkpoint import checkpoint_steps
from tests.e2e.conftest import run_streetsense
from tests.e2e.test_pretraining import (
    TINY,
    VIEWS,
    losses,
    make_twice_seen_study,
    records_of,
    run_verb,
    tiny_options,
)

pytestmark = pytest.mark.e2e
Cli = Callable[..., subprocess.CompletedProcess[str]]
STEPS, STEPS_PER_EPOCH = 24, 6
#: No multiple of it but the last step ends an epoch.
CHECKPOINT_EVERY = 5


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a study with a run that nothing disturbed."""
    study = make_twice_seen_study(tmp_path_factory.mktemp("unbroken")).root
    run_streetsense(*_pretrain(study, "unbroken"))
    assert len(losses(study, "unbroken")) == STEPS == TINY["epochs"] * VIEWS // TINY["batch"]
    return study


@pytest.fixture
def study(unbroken: Path, tmp_path: Path) -> Path:
    """Return a copy of that study without its encoder and its shrunk photos."""
    return _without_run(unbroken, tmp_path / "study")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a folder on a disk of its own with 16 mebibytes, where mounting is permitted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk of its own: mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _without_run(study: Path, to: Path) -> Path:
    return Path(shutil.copytree(study, to, ignore=shutil.ignore_patterns("encoders", "shards", "jobs")))


def _pretrain(study: Path, name: str, **changes: object) -> list[str]:
    return ["pretrain", str(study), "--pairs", "spatial", "--name", name, *tiny_options(**changes), "--json"]


@contextlib.contextmanager
def _running(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Run a command beside the test; it is killed at the end of the block, if it is still there."""
    command = [sys.executable, "-m", "streetsense", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def _checkpoints(study: Path, name: str) -> Path:
    return study / "encoders" / name / "pretraining" / "checkpoints"


def _wait_for_step(study: Path, name: str, step: int, process: subprocess.Popen[str]) -> None:
    """Return when a run has written the loss of ``step``."""
    metrics = study / "encoders" / name / "pretraining" / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while not metrics.is_file() or metrics.read_bytes().count(b"\n") < step:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, f"step {step} was not reached in two minutes"
        os.sched_yield()


def _one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line for line in result.stderr.strip().splitlines() if not line.startswith(("warning:", "pretrain: "))]
    assert result.returncode == 2, result.stderr
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("streetsense: ")
    return lines[0]


def test_after_a_kill_within_an_epoch_the_run_goes_on_with_exactly_the_losses_of_an_unbroken_one(
    unbroken: Path, study: Path, cli: Cli
) -> None:
    with _running([*_pretrain(study, "killed"), "--checkpoint-every", str(CHECKPOINT_EVERY)]) as process:
        _wait_for_step(study, "killed", CHECKPOINT_EVERY + 2, process)
    assert process.returncode == -signal.SIGKILL
    kept = checkpoint_steps(_checkpoints(study, "killed"))[-1]
    assert 0 < kept < STEPS
    assert kept % STEPS_PER_EPOCH
    assert not (study / "encoders" / "killed" / "config.json").exists()
    outputs = json.loads(cli(*_pretrain(study, "killed", workers=3)).stdout)
    assert outputs["resumed_from"] == kept
    assert losses(study, "killed") == losses(unbroken, "unbroken")
    assert [job["status"] for job in records_of(study, "pretrain")] == ["failed", "successful"]


def test_a_polite_stop_saves_the_very_step_and_the_run_goes_on_exactly(unbroken: Path, study: Path, cli: Cli) -> None:
    with _running(_pretrain(study, "stopped", workers=2)) as process:
        _wait_for_step(study, "stopped", 4, process)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "what is finished is kept" in stderr.splitlines()[-1]
    done = losses(study, "stopped")[-1][0]
    assert checkpoint_steps(_checkpoints(study, "stopped")) == [done]
    assert 4 <= done < STEPS
    outputs = json.loads(cli(*_pretrain(study, "stopped")).stdout)
    assert outputs["resumed_from"] == done
    assert losses(study, "stopped") == losses(unbroken, "unbroken")
    assert [job["status"] for job in records_of(study, "pretrain")] == ["dismissed", "successful"]


def test_a_second_run_is_told_that_the_first_one_writes_to_the_study(study: Path, cli: Cli) -> None:
    with _running(_pretrain(study, "first", epochs=400)) as process:
        _wait_for_step(study, "first", 1, process)
        result = cli(*_pretrain(study, "second"), check=False)
    assert f"another job writes to this study (pretrain, process {process.pid}" in _one_sentence(result)
    assert not (study / "encoders" / "second").exists()


def test_a_disk_that_fills_up_stops_the_run_with_one_sentence_and_it_goes_on_exactly_with_space(
    unbroken: Path, small_disk: Path, cli: Cli
) -> None:
    study = _without_run(unbroken, small_disk / "study")
    run_verb(Study.open(study), "pretrain", pairs=["spatial"], name="rehearsal", **{**TINY, "epochs": 0.2})
    checkpoint = sum(path.stat().st_size for path in _checkpoints(study, "rehearsal").iterdir())
    shutil.rmtree(study / "encoders" / "rehearsal")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - round(1.7 * checkpoint)))
    command = [*_pretrain(study, "full"), "--checkpoint-every", str(CHECKPOINT_EVERY)]
    result = cli(*command, check=False)
    assert "the disk is full; free some space and run the same command again" in _one_sentence(result)
    assert checkpoint_steps(_checkpoints(study, "full")) == [CHECKPOINT_EVERY]
    ballast.unlink()
    outputs = json.loads(cli(*command).stdout)
    assert outputs["resumed_from"] == CHECKPOINT_EVERY
    assert losses(study, "full") == losses(unbroken, "unbroken")
    assert not list(study.rglob(".unfinished-*"))
