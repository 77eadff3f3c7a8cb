"""Training on a CUDA device: the same numbers as on the processor, and a step that never waits for the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from tests.training.conftest import FixedPairs

from streetsense.images import IMAGENET
from streetsense_training.augment import FIRST, SECOND, AugmentParameters, augment, draw_parameters
from streetsense_training.batches import StepBatch, StepBatches
from streetsense_training.distributed import Ranks
from streetsense_training.loading import ViewLoader
from streetsense_training.metrics import read_metrics
from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards
from streetsense_training.trainer import Trainer

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
AllPairs = dict[str, FixedPairs]


def trainer_on(
    device: torch.device,
    folder: Path,
    shards: Shards,
    pairs: AllPairs,
    recipe: Recipe,
    objectives: tuple[str, ...] = ("temporal",),
) -> Trainer:
    batches = StepBatches({name: pairs[name] for name in objectives}, shards, recipe, Ranks())
    return Trainer(recipe, batches, folder / device.type, objectives=objectives, device=device)


def batches_of(trainer: Trainer, shards: Shards) -> list[StepBatch]:
    loader = ViewLoader(shards, workers=1, pin=trainer.device.type == "cuda")
    return list(trainer.batches.iterate(loader, 0, 6))


def losses_of(trainer: Trainer, batches: list[StepBatch]) -> list[float]:
    losses = []
    for batch in batches:
        losses.append(trainer._train_step(batch)[0])
        trainer.step += 1
    return torch.stack(losses).tolist()


@contextmanager
def no_waiting() -> Iterator[None]:
    """Let torch raise an error wherever the processor waits for the device."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
def test_losses_of_six_steps_are_those_of_the_processor_in_float32(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe, precision: str
) -> None:
    changed = recipe.model_copy(update={"batch": 24, "epochs": 8.0, "base_learning_rate": 3e-3})
    slow = trainer_on(CPU, tmp_path, shards, pairs, changed)
    fast = trainer_on(CUDA, tmp_path, shards, pairs, changed.model_copy(update={"precision": precision}))
    assert fast.learner.precision == precision
    expected, losses = (losses_of(trainer, batches_of(trainer, shards)) for trainer in (slow, fast))
    assert losses == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("micro_batch", [None, 5])
@pytest.mark.parametrize("objectives", [("temporal",), ("self", "temporal")])
def test_a_step_never_waits_for_the_device(
    tmp_path: Path,
    shards: Shards,
    pairs: AllPairs,
    recipe: Recipe,
    precision: str,
    micro_batch: int | None,
    objectives: tuple[str, ...],
) -> None:
    changed = recipe.model_copy(update={"precision": precision, "micro_batch": micro_batch})
    trainer = trainer_on(CUDA, tmp_path, shards, pairs, changed, objectives)
    first, *others = batches_of(trainer, shards)
    trainer._train_step(first)  # Libraries prepare themselves in the first one.
    with no_waiting():
        losses = [trainer._train_step(batch) for batch in others]
    assert bool(torch.stack(losses).isfinite().all())


def test_waiting_would_be_noticed() -> None:
    value = torch.ones(1, device=CUDA)
    with no_waiting(), pytest.raises(RuntimeError, match="synchroniz"):
        value.item()


@pytest.mark.parametrize(("side", "size"), [(256, 224), (40, 32)])
def test_augmented_images_are_those_of_the_processor(side: int, size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (64, side, side, 3), dtype=torch.uint8, generator=generator)
    aspects = torch.full((32,), 4 / 3)
    parameters = AugmentParameters.cat([draw_parameters(view, aspects, generator) for view in (FIRST, SECOND)])
    on_processor = augment(images, parameters, size, IMAGENET)
    on_device = augment(images.to(CUDA), parameters, size, IMAGENET)
    assert on_device.device.type == "cuda"
    apart = (on_device.cpu() - on_processor).abs()
    # A grey level is 0.017. Rounding may put a pixel on the other side of a threshold, which is worth a level.
    assert apart.mean() <= 1e-4
    assert (apart > 1e-3).float().mean() <= 1e-4


def test_augmenting_on_the_device_never_waits_for_it() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (64, 40, 40, 3), dtype=torch.uint8, generator=generator).to(CUDA)
    parameters = draw_parameters(SECOND, torch.full((64,), 4 / 3), generator)
    augment(images, parameters, 32, IMAGENET)
    with no_waiting():
        augment(images, parameters, 32, IMAGENET)


def test_a_whole_run_on_the_device_writes_metrics_and_goes_on_from_its_checkpoint(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    changed = recipe.model_copy(update={"precision": "bf16"})
    trainer = trainer_on(CUDA, tmp_path, shards, pairs, changed)
    trainer.run(ViewLoader(shards, workers=1, pin=True))
    assert len(read_metrics(trainer.folder / "metrics.jsonl")["loss"].dropna()) == trainer.total
    again = trainer_on(CUDA, tmp_path, shards, pairs, changed)
    assert again.resume() == again.total
    for one, two in zip(trainer.model.parameters(), again.model.parameters(), strict=True):
        assert torch.equal(one, two)
