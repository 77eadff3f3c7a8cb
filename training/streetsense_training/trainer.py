"""The training loop: one process or many, on a CPU or GPUs, resumable at any step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from streetsense.atomic import atomic_path
from streetsense.errors import Cancelled, StreetSenseError
from streetsense.images import IMAGENET
from streetsense.progress import Progress, Silent
from streetsense_training.augment import augment
from streetsense_training.batches import StepBatch, StepBatches
from streetsense_training.checkpoint import CheckpointRecord, checkpoint_steps, load_checkpoint, save_checkpoint
from streetsense_training.distributed import Ranks, any_rank, mean_over_ranks, wait_for_all
from streetsense_training.learner import Learner, describe_architecture
from streetsense_training.loading import ViewLoader
from streetsense_training.metrics import MetricsLog
from streetsense_training.moco import MomentumContrast
from streetsense_training.recipe import Recipe
from streetsense_training.schedules import learning_rate, momentum


@dataclass(frozen=True)
class Habits:
    """What a run does besides computing; none of it changes the numbers.

    Attributes
    ----------
    checkpoint_every : int
        Steps between checkpoints.
    keep : int
        Checkpoints that stay.
    log_every : int
        Steps whose losses are fetched from the device together: a fetch makes the device wait.
    probe_every : float
        Epochs between probes; 0 for none but the one at the end.
    tensorboard : bool
        Mirror the metrics.
    """

    checkpoint_every: int = 500
    keep: int = 2
    log_every: int = 10
    probe_every: float = 1.0
    tensorboard: bool = False


@dataclass
class _Pending:
    """Steps whose losses are still on the device."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)


class Trainer:
    """Pre-trains one encoder.

    Parameters
    ----------
    recipe : Recipe
        What to compute.
    batches : StepBatches
        On what, for this process.
    folder : Path
        Where metrics and checkpoints go; a run that was stopped goes on from its last checkpoint there.
    pairs : dict of str to str
        Objective to the fingerprint of its pairs, for the record.
    started_from : str, optional
        What the warm start came from, for the record.
    device : torch.device
        Where.
    ranks : Ranks
        Which process this is.
    habits : Habits
        Checkpoints, metrics, probes.
    probe : callable, optional
        Given the model, returns figures of the encoder on held-out views; called by the leading process.
    prepare : callable, optional
        Called once with the fresh model, before anything is copied from it: a warm start.

    Attributes
    ----------
    learner : Learner
        Model and optimizer.
    step : int
        Steps that are done.
    total : int
        Steps of the whole run.
    """

    def __init__(
        self,
        recipe: Recipe,
        batches: StepBatches,
        folder: Path,
        *,
        objectives: tuple[str, ...],
        pairs: dict[str, str] | None = None,
        started_from: str | None = None,
        device: torch.device | None = None,
        ranks: Ranks | None = None,
        habits: Habits | None = None,
        probe: Callable[[MomentumContrast], dict[str, float]] | None = None,
        prepare: Callable[[torch.nn.Module], None] | None = None,
    ) -> None:
        self.recipe, self.batches, self.folder = recipe, batches, folder
        self.device, self.ranks, self.habits = device or torch.device("cpu"), ranks or Ranks(), habits or Habits()
        self._pairs, self._probe, self._objectives = pairs or {}, probe, objectives
        self._started_from = started_from
        self.learner = Learner(recipe, objectives, self.device, prepare)
        self.step, self.total = 0, max(1, round(recipe.epochs * batches.steps_per_epoch))

    @property
    def model(self) -> MomentumContrast:
        """What is trained."""
        return self.learner.model

    @property
    def checkpoints(self) -> Path:
        """Where the checkpoints are."""
        return self.folder / "checkpoints"

    @property
    def architecture(self) -> str:
        """What the model is, in a line."""
        return describe_architecture(self.recipe)

    def resume(self) -> int:
        """Go back to the last checkpoint, where there is one; return the steps that are done.

        Raises
        ------
        InputError
            When it is damaged or of another architecture.
        """
        if steps := checkpoint_steps(self.checkpoints):
            load_checkpoint(
                self.checkpoints, steps[-1], self.model, self.learner.optimizer, architecture=self.architecture
            )
            self.step = steps[-1]
        return self.step

    def run(self, loader: ViewLoader, progress: Progress | None = None) -> dict[str, float]:
        """Train from the current step to the end; return the last figures.

        Raises
        ------
        StreetSenseError
            When the loss is no number any more; the step's batch is kept in ``folder``.
        Cancelled
            When the user stops; a checkpoint is written first.
        """
        progress, log = progress or Silent(), None
        if self.ranks.leads:
            log = MetricsLog(self.folder / "metrics.jsonl", tensorboard=self.habits.tensorboard)
            log.truncate_after(self.step or -1)  # a run that begins writes its first probe anew
        last: dict[str, float] = {}
        pending = _Pending()
        began, first = time.monotonic(), self.step
        failures = 0
        if self.step == 0:
            last |= self._run_probe(log)
        steps = self.batches.iterate(loader, self.step, self.total)
        with contextlib.closing(steps):  # type: ignore[type-var]
            for batch in steps:
                if stop := self._report(progress, last, began, first):
                    self._flush(pending, log)
                    self._save()
                    raise stop
                pending.rows.append(self._schedule())
                pending.losses.append(self._train_step(batch))
                failures += int((batch.rows < 0).sum())
                self.step += 1
                is_last = self.step == self.total
                if is_last or self.step % self.habits.log_every == 0 or self.device.type == "cpu":
                    last |= self._flush(pending, log)
                if self._probe_is_due(is_last):
                    last |= self._flush(pending, log)
                    last |= self._run_probe(log)
                    pending.began = time.monotonic()
                if is_last or self.step % self.habits.checkpoint_every == 0:
                    last |= self._flush(pending, log)
                    self._save()
                    pending.began = time.monotonic()
        if failures:
            progress.warn(
                f"photos in the shards could not be read {failures:,} times; the pair's other view stood in, or "
                "another view for self pairs."
            )
        if log is not None:
            log.close()
        return last

    def _train_step(self, batch: StepBatch) -> Tensor:
        """Augment a batch and learn from it; nothing here waits for the device."""
        images = augment(batch.images(self.device), batch.parameters, self.recipe.image_size, IMAGENET)
        epoch = self.step / self.batches.steps_per_epoch
        return self.learner.step(
            images, batch.sizes, learning_rate=self._learning_rate(epoch), momentum=self._momentum(epoch)
        )

    def _momentum(self, epoch: float) -> float:
        return momentum(epoch, start=self.recipe.momentum, epochs=self.recipe.epochs)

    def _learning_rate(self, epoch: float) -> float:
        recipe = self.recipe
        return learning_rate(
            epoch, peak=recipe.peak_learning_rate, epochs=recipe.epochs, warmup_epochs=recipe.warmup_epochs
        )

    def _schedule(self) -> dict[str, Any]:
        epoch = self.step / self.batches.steps_per_epoch
        return {
            "step": self.step + 1,
            "epoch": round(epoch, 6),
            "learning_rate": self._learning_rate(epoch),
            "momentum": self._momentum(epoch),
            "chance": self.learner.chance,
        }

    def _report(self, progress: Progress, last: dict[str, float], began: float, first: int) -> Cancelled | None:
        """Tell how far it is; return what stops the run, once all processes have heard of it."""
        stop: Cancelled | None = None
        rate = (self.step - first) * self.recipe.batch / max(time.monotonic() - began, 1e-9)
        epoch = self.step / self.batches.steps_per_epoch
        message = f"epoch {epoch:.1f} of {self.recipe.epochs:g}, {rate:.0f} pairs/s"
        message += f", loss {last['loss']:.3f} (chance {self.learner.chance:.3f})" if "loss" in last else ""
        try:
            progress.report(self.step, self.total, message)
        except Cancelled as error:
            stop = error
        if self.ranks.world > 1 and self.step % self.habits.log_every:
            return None  # Processes stop together, at steps where they meet anyway: the next report cancels again.
        if any_rank(stop is not None, self.device):
            return stop or Cancelled("another process of this run was stopped; what is finished is kept.")
        return None

    def _flush(self, pending: _Pending, log: MetricsLog | None) -> dict[str, float]:
        """Fetch the pending losses, write them, and stop where one is no number."""
        if not pending.rows:
            return {}
        names = ["loss", *(f"loss_{objective}" for objective in self._objectives)]
        values = mean_over_ranks(torch.stack(pending.losses)).tolist()
        seconds = (time.monotonic() - pending.began) / len(values)
        for row, losses in zip(pending.rows, values, strict=True):
            row |= dict(zip(names, losses, strict=True))
            row["pairs_per_second"] = round(self.recipe.batch / max(seconds, 1e-9), 1)
            if log is not None:
                log.write(row)
            if not all(value == value and abs(value) != float("inf") for value in losses):
                self._keep_bad_batch(int(row["step"]))
        last = {name: value for name, value in pending.rows[-1].items() if isinstance(value, int | float)}
        pending.rows, pending.losses, pending.began = [], [], time.monotonic()
        return last

    def _keep_bad_batch(self, step: int) -> None:
        """Save the pairs of a step whose loss is no number, and stop."""
        import numpy as np

        path = self.folder / f"bad-batch-step-{step}.npz"
        if self.ranks.leads:
            chosen = self.batches.parameters_of(step - 1)[1]
            names = {
                f"{objective}_{member}": self.batches.view_ids(rows)
                for objective, pair in chosen.items()
                for member, rows in zip(("first", "second"), pair, strict=True)
            }
            with contextlib.suppress(StreetSenseError), atomic_path(path) as temporary:
                np.savez(temporary, step=np.int64(step), **names)  # type: ignore[arg-type]
        raise StreetSenseError(
            f"pretrain: the loss of step {step} is not a number, or left weights that are none; its pairs are in "
            f"{path}. Lower the learning rate (or use precision fp32) under a new name; checkpoints are from before."
        )

    def _probe_is_due(self, is_last: bool) -> bool:
        every = round(self.habits.probe_every * self.batches.steps_per_epoch)
        return is_last or (every > 0 and self.step % every == 0)

    def _run_probe(self, log: MetricsLog | None) -> dict[str, float]:
        figures: dict[str, float] = {}
        if self.ranks.leads and self._probe is not None:
            figures = self._probe(self.model)
            self.model.train()
            if log is not None:
                log.write({"step": self.step, "epoch": self.step / self.batches.steps_per_epoch, **figures})
        wait_for_all()
        return figures

    def _save(self) -> None:
        finite = torch.stack([parameter.detach().isfinite().all() for parameter in self.model.trainable()])
        if not bool(finite.all()):
            self._keep_bad_batch(self.step)
        if self.ranks.leads:
            record = CheckpointRecord(
                step=self.step,
                architecture=self.architecture,
                recipe=self.recipe.model_dump(mode="json"),
                pairs=self._pairs,
                warm_start=self._started_from,
            )
            save_checkpoint(self.checkpoints, record, self.model, self.learner.optimizer, keep=self.habits.keep)
        wait_for_all()
