"""Training: the same numbers however it is cut up, stopped or shared out, and a loss that falls."""

from __future__ import annotations

import multiprocessing
import os
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.conftest import FixedPairs

from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.progress import Silent
from streetsense_training.augment import ViewAugmentation
from streetsense_training.batches import StepBatches
from streetsense_training.checkpoint import checkpoint_steps
from streetsense_training.distributed import Ranks, join, leave
from streetsense_training.loading import ViewLoader
from streetsense_training.metrics import read_metrics
from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards
from streetsense_training.trainer import Habits, Trainer

AllPairs = dict[str, FixedPairs]


def _trainer(
    folder: Path, shards: Shards, pairs: AllPairs, recipe: Recipe, objectives: tuple[str, ...] = ("temporal",)
) -> Trainer:
    batches = StepBatches({name: pairs[name] for name in objectives}, shards, recipe, Ranks())
    return Trainer(recipe, batches, folder, objectives=objectives, habits=Habits(checkpoint_every=2))


def _train(trainer: Trainer, shards: Shards, workers: int = 1) -> list[float]:
    trainer.resume()
    trainer.run(ViewLoader(shards, workers=workers))
    metrics = read_metrics(trainer.folder / "metrics.jsonl")
    losses: list[float] = metrics["loss"].dropna().tolist()
    return losses


class _StopAt(Silent):
    """Stops at the n-th report, as a user does."""

    def __init__(self, reports: int) -> None:
        self._left = reports

    def report(self, done: float, total: float, message: str = "") -> None:
        self._left -= 1
        if self._left < 0:
            raise Cancelled("interrupted; what is finished is kept.")


def test_a_stopped_run_goes_on_with_exactly_the_losses_of_an_unbroken_one(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    whole = _train(_trainer(tmp_path / "whole", shards, pairs, recipe), shards, workers=1)
    assert len(whole) == 9
    stopped = _trainer(tmp_path / "stopped", shards, pairs, recipe)
    with pytest.raises(Cancelled):
        stopped.run(ViewLoader(shards, workers=2), _StopAt(5))
    assert checkpoint_steps(stopped.checkpoints)[-1] == 5  # in the middle of the second epoch
    assert _train(_trainer(tmp_path / "stopped", shards, pairs, recipe), shards, workers=3) == whole


def test_a_killed_run_goes_on_from_its_last_checkpoint(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    whole = _train(_trainer(tmp_path / "whole", shards, pairs, recipe), shards)
    killed = _trainer(tmp_path / "killed", shards, pairs, recipe)
    with pytest.raises(KeyboardInterrupt):  # nothing is saved at such an end, as at a kill

        class Kill(Silent):
            def report(self, done: float, total: float, message: str = "") -> None:
                if done >= 5:
                    raise KeyboardInterrupt

        killed.run(ViewLoader(shards), Kill())
    assert checkpoint_steps(killed.checkpoints)[-1] == 4
    assert _train(_trainer(tmp_path / "killed", shards, pairs, recipe), shards) == whole


def test_a_finished_run_computes_nothing_more(tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    losses = _train(_trainer(tmp_path, shards, pairs, recipe), shards)
    again = _trainer(tmp_path, shards, pairs, recipe)
    assert again.resume() == again.total
    assert _train(again, shards) == losses


@pytest.mark.parametrize("objectives", [("temporal",), ("self", "temporal")])
def test_pieces_of_a_batch_give_the_gradients_of_the_whole(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe, objectives: tuple[str, ...]
) -> None:
    gradients = []
    for micro_batch in (None, 3):
        changed = recipe.model_copy(update={"micro_batch": micro_batch})
        trainer = _trainer(tmp_path, shards, pairs, changed, objectives)
        images = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
        trainer.learner.losses(images, dict.fromkeys(objectives, 8 // len(objectives)))
        gradients.append([p.grad for p in trainer.model.trainable()])
    assert all(
        torch.allclose(one, two, atol=2e-6)
        for one, two in zip(*gradients, strict=True)  # type: ignore[arg-type]
    )


def test_the_joint_loss_is_the_weighted_sum_of_its_objectives(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    weights = {"self": 0.5, "temporal": 2.0, "spatial": 1.0}
    changed = recipe.model_copy(update={"batch": 12, "epochs": 1.0, "weights": weights})
    trainer = _trainer(tmp_path, shards, pairs, changed, ("self", "temporal", "spatial"))
    _train(trainer, shards)
    metrics = read_metrics(tmp_path / "metrics.jsonl")
    total = sum(weight * metrics[f"loss_{name}"] for name, weight in weights.items())
    np.testing.assert_allclose(metrics["loss"], total, rtol=1e-5)
    assert trainer.learner.chance == pytest.approx(3.5 * 0.8 * np.log(4))


def test_the_loss_falls_below_chance(tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    gentle = ViewAugmentation(crop_scale=(0.5, 1.0), jitter_probability=0.0, grey_probability=0.0)
    changes = {"epochs": 60.0, "warmup_epochs": 6.0, "batch": 48, "first_view": gentle, "second_view": gentle}
    changes |= {"base_learning_rate": 1e-2}
    losses = _train(_trainer(tmp_path, shards, pairs, recipe.model_copy(update=changes), ("self",)), shards)
    chance = 0.8 * np.log(48)
    assert np.mean(losses[:3]) > 0.9 * chance
    assert np.mean(losses[-5:]) < 0.85 * chance


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_batch(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    trainer = _trainer(tmp_path, shards, pairs, recipe)
    with torch.no_grad():
        trainer.model.backbone.cls_token.fill_(float("nan"))  # type: ignore[union-attr, operator]
    with pytest.raises(StreetSenseError, match=r"the loss of step 1 is not a number, .*; its pairs are in .*npz"):
        trainer.run(ViewLoader(shards))
    with np.load(tmp_path / "bad-batch-step-1.npz", allow_pickle=False) as kept:
        assert len(kept["temporal_first"]) == 8
        assert {name[:2] for name in kept["temporal_first"]} == {name[:2] for name in kept["temporal_second"]}
    assert not checkpoint_steps(trainer.checkpoints)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


#: What two processes are tried with: objectives, and images that go through the backbone at once.
SHARED_RUNS = ((("temporal",), None), (("self", "spatial"), 3))


def _train_as_rank(rank: int, port: int, folder: Path, shards: Path, pairs: AllPairs, recipe: Recipe) -> None:
    """Be one of two processes, as ``torchrun`` starts them."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    ranks = Ranks.from_environment()
    join(ranks, torch.device("cpu"))
    opened = Shards.open(shards)
    for number, (objectives, micro_batch) in enumerate(SHARED_RUNS):
        changed = recipe.model_copy(update={"micro_batch": micro_batch})
        batches = StepBatches({name: pairs[name] for name in objectives}, opened, changed, ranks)
        trainer = Trainer(changed, batches, folder / str(number), objectives=objectives, ranks=ranks)
        trainer.run(ViewLoader(opened, workers=1 + rank))
    leave()


def test_two_processes_compute_what_one_computes_with_the_same_global_batch(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = recipe.model_copy(update={"batch": 16, "epochs": 3.0, "base_learning_rate": 1e-3})
    given = (_free_port(), tmp_path / "together", shards.folder, pairs, changed)
    other = multiprocessing.get_context("spawn").Process(target=_train_as_rank, args=(1, *given))
    other.start()
    with monkeypatch.context() as here:  # this process is the first of the two
        for name in ("MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "LOCAL_RANK"):
            here.setenv(name, "")
        _train_as_rank(0, *given)
    other.join()
    assert other.exitcode == 0
    for number, (objectives, _) in enumerate(SHARED_RUNS):
        alone = _train(_trainer(tmp_path / f"alone-{number}", shards, pairs, changed, objectives), shards)
        together = read_metrics(tmp_path / "together" / str(number) / "metrics.jsonl")["loss"].dropna()
        np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)


def test_a_batch_that_processes_cannot_share_equally_is_refused(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    with pytest.raises(InputError, match="batch: 8 pairs cannot be shared equally by 3 processes"):
        StepBatches({"temporal": pairs["temporal"]}, shards, recipe, Ranks(rank=0, world=3))


def test_a_batch_larger_than_the_data_is_refused_with_both_figures(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    large = recipe.model_copy(update={"batch": 64})
    with pytest.raises(InputError, match="batch: 64 pairs are wanted at a time, but there are 24"):
        StepBatches({"temporal": pairs["temporal"]}, shards, large, Ranks())
