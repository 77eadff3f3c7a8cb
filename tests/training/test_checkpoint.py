"""Checkpoints bring a run back exactly, and say what is wrong when they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from streetsense.errors import InputError
from streetsense_training.checkpoint import (
    CheckpointRecord,
    checkpoint_steps,
    load_checkpoint,
    save_checkpoint,
)


def _learner(seed: int = 0) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    return model, torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1, fused=True)


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, seed: int) -> float:
    values = torch.randn(16, 4, generator=torch.Generator().manual_seed(seed))
    optimizer.zero_grad()
    loss = model(values).square().mean()
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def _record(step: int) -> CheckpointRecord:
    return CheckpointRecord(step=step, architecture="one", recipe={"batch": 16}, pairs={"self": "abc"})


def test_training_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    model, optimizer = _learner()
    whole = [_step(model, optimizer, seed) for seed in range(6)]
    model, optimizer = _learner()
    for seed in range(3):
        _step(model, optimizer, seed)
    save_checkpoint(tmp_path, _record(3), model, optimizer)
    model, optimizer = _learner(seed=9)
    assert load_checkpoint(tmp_path, 3, model, optimizer, architecture="one").step == 3
    assert [_step(model, optimizer, seed) for seed in range(3, 6)] == whole[3:]


def test_only_the_newest_checkpoints_stay(tmp_path: Path) -> None:
    model, optimizer = _learner()
    for step in range(1, 5):
        save_checkpoint(tmp_path, _record(step), model, optimizer, keep=2)
    assert checkpoint_steps(tmp_path) == [3, 4]
    assert len(list(tmp_path.iterdir())) == 6


def test_a_checkpoint_without_its_record_or_a_part_does_not_count(tmp_path: Path) -> None:
    model, optimizer = _learner()
    for step in (1, 2, 3):
        save_checkpoint(tmp_path, _record(step), model, optimizer, keep=3)
    (tmp_path / "step-000000003.json").unlink()
    (tmp_path / "step-000000002.optimizer.safetensors").unlink()
    assert checkpoint_steps(tmp_path) == [1]


def test_what_a_killed_writer_left_is_cleared_by_the_next(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-12345678-step-000000001.model.safetensors").write_bytes(b"half")
    save_checkpoint(tmp_path, _record(1), *_learner())
    assert not list(tmp_path.glob(".unfinished-*"))


def test_a_checkpoint_of_another_architecture_is_refused_in_one_sentence(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, _record(1), *_learner())
    with pytest.raises(InputError, match="is of the architecture one, not two; choose another name"):
        load_checkpoint(tmp_path, 1, *_learner(), architecture="two")


@pytest.mark.parametrize("part", ["model", "optimizer"])
def test_a_damaged_checkpoint_is_named(tmp_path: Path, part: str) -> None:
    model, optimizer = _learner()
    _step(model, optimizer, 0)
    save_checkpoint(tmp_path, _record(7), model, optimizer)
    path = tmp_path / f"step-000000007.{part}.safetensors"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="damaged or does not fit this model; delete the files of step 7"):
        load_checkpoint(tmp_path, 7, *_learner(), architecture="one")
