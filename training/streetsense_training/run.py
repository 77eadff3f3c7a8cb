"""One pre-training run in a study: pairs and photos in, an encoder with its record, metrics and curves out."""

from __future__ import annotations

import datetime as dt
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psutil
import torch
from torch import nn

from streetsense.embedding import embed_photos
from streetsense.encoders import (
    Encoder,
    EncoderConfig,
    describe,
    find_device,
    save_encoder,
)
from streetsense.errors import InputError, StreetSenseError
from streetsense.images import IMAGENET
from streetsense.progress import Progress, Stage
from streetsense.study import Study, checked_name
from streetsense_training.batches import StepBatches
from streetsense_training.curves import draw_curves
from streetsense_training.distributed import Ranks, join, leave, wait_for_all
from streetsense_training.evaluation.probe import RetrievalProbe
from streetsense_training.loading import ViewLoader
from streetsense_training.metrics import read_metrics
from streetsense_training.moco import MomentumContrast
from streetsense_training.order import steps_per_epoch
from streetsense_training.pairs import PairSet, load_pairs
from streetsense_training.recipe import Recipe
from streetsense_training.runfolder import Identity, RunFolder
from streetsense_training.shards import Shards, make_shards
from streetsense_training.trainer import Habits, Trainer
from streetsense_training.vit import build_backbone
from streetsense_training.warmstart import describe_source, require_source, warm_start

if TYPE_CHECKING:
    from streetsense_training.processes.pretrain import Settings

#: JPEG quality of the shrunk photos.
_QUALITY = 95
#: Photos that the probe's encoder sees at once.
_PROBE_BATCH = 64


class PretrainingRun:
    """A run by name: ``encoders/<name>/`` with the encoder, and ``pretraining/`` in it with everything of the run.

    Parameters
    ----------
    study : Study
        Where pairs and photos are.
    name : str
        Of the encoder.
    recipe : Recipe
        What to compute.
    settings : Settings
        What from, and how it behaves (`streetsense_training.processes.pretrain`).
    job : Progress
        Who hears of it.
    """

    def __init__(self, study: Study, name: str, recipe: Recipe, settings: Settings, job: Progress) -> None:
        self.study, self.name, self.recipe, self.settings, self.job = study, name, recipe, settings, job
        self._place = RunFolder(study.encoders_dir / name)
        self.folder = self._place.folder
        self.ranks = Ranks.from_environment()
        self.device = _own_device(settings.device, self.ranks)

    def execute(self) -> dict[str, Any]:
        """Do it all; return the figures of the outputs.

        Raises
        ------
        InputError, StreetSenseError, Cancelled
            As `streetsense_training.processes.pretrain.run`.
        """
        self._check_batch()
        self._check_model()
        if not self.settings.again and (figures := self._place.finished(self._asked)):
            return figures
        join(self.ranks, self.device)
        try:
            return self._execute()
        finally:
            leave()

    def _execute(self) -> dict[str, Any]:
        if self.ranks.leads:
            if not self.settings.again:
                self._place.check(self._asked)
            self._shrink_photos(Stage(self.job, 0.0, 0.1))
        wait_for_all()
        shards = Shards.open(self._shards_folder)
        usable = self.study.views(columns=["view_id"])["view_id"].to_numpy()
        batches = StepBatches(self.pairs, shards, self.recipe, self.ranks, usable)
        for objective, number in batches.without_photo.items():
            if number and self.ranks.leads:
                self.job.warn(f"{number} {objective} pairs lack a photo; the other view, or another pair, stands in.")
        source = self.settings.warm_start
        trainer = Trainer(
            self.recipe,
            batches,
            self.folder,
            objectives=tuple(self.pairs),
            pairs=self._asked.pairs,
            started_from=self._asked.warm_start,
            device=self.device,
            ranks=self.ranks,
            habits=Habits(
                checkpoint_every=self.settings.checkpoint_every,
                keep=self.settings.keep,
                log_every=self.settings.log_every,
                probe_every=self.settings.probe_every,
                tensorboard=self.settings.tensorboard,
            ),
            probe=self._probe_of() if self.ranks.leads else None,
            prepare=(lambda backbone: warm_start(backbone, source, self.study.encoders_dir)) if source else None,
        )
        # Only now, when all inputs have proved good and every process has read them, may anything be replaced.
        wait_for_all()
        if self.ranks.leads:
            self._place.begin(self._asked, again=self.settings.again)
        wait_for_all()
        resumed, began = trainer.resume(), time.monotonic()
        if resumed and self.ranks.leads:
            self.job.report(0.1, 1, f"going on after step {resumed} of {trainer.total}")
        loader = ViewLoader(
            shards,
            workers=self.settings.workers,
            in_memory=self._fits_in_memory(shards),
            pin=self.device.type == "cuda",
        )
        try:
            trainer.run(loader, Stage(self.job, 0.1, 0.99))
        except torch.OutOfMemoryError as error:
            raise StreetSenseError(
                "pretrain: the device's memory is used up; give --micro-batch 256 (the same result) or "
                "--checkpoint-blocks."
            ) from error
        seconds = time.monotonic() - began
        figures = self._figures(trainer, resumed, seconds)
        if self.ranks.leads:
            curves = self._draw()
            figures["curves"] = curves.relative_to(self.study.root).as_posix() if curves else None
            self._save(trainer.model.backbone, figures)
        return figures

    @cached_property
    def pairs(self) -> dict[str, PairSet]:
        """The pairs by objective, sorted."""
        found: dict[str, PairSet] = {}
        for name in self.settings.pairs:
            own = load_pairs(self.study.root / "pairs" / checked_name(name, "pairs"))
            if own.objective in found:
                raise InputError(
                    f"pairs: '{name}' and '{found[own.objective].name}' are both {own.objective}; give one for each "
                    "objective."
                )
            found[own.objective] = own
        # The order decides random numbers, so it is not that of the command line.
        return dict(sorted(found.items()))

    def _check_batch(self) -> None:
        """Refuse a batch that cannot work, before anything is made."""
        shares = len(self.pairs) * self.ranks.world
        each = self.recipe.batch // len(self.pairs)
        if self.recipe.batch % shares:
            near = max(self.recipe.batch // shares, 1) * shares
            among = [f"{len(self.pairs)} objectives"] if len(self.pairs) > 1 else []
            among += [f"{self.ranks.world} processes"] if self.ranks.world > 1 else []
            raise InputError(
                f"batch: {self.recipe.batch} pairs cannot be shared equally by {' and '.join(among)}; use {near} or "
                f"{near + shares}."
            )
        for own in self.pairs.values():
            steps_per_epoch(len(own), each)

    def _check_model(self) -> None:
        """Refuse an architecture or a warm start that cannot be, before photos are shrunk; no weights are made."""
        with torch.device("meta"):
            build_backbone(self.recipe.architecture, self.recipe.image_size, dict(self.recipe.options))
        if self.settings.warm_start:
            require_source(self.settings.warm_start, self.study.encoders_dir)

    @cached_property
    def _asked(self) -> Identity:
        """What makes this run the one that it is."""
        source = self.settings.warm_start
        return Identity(
            self.recipe,
            {objective: own.record.fingerprint for objective, own in self.pairs.items()},
            describe_source(source, self.study.encoders_dir) if source else None,
        )

    @property
    def _shards_folder(self) -> Path:
        return self.study.root / "shards" / f"{self.recipe.stored_side}px"

    def _shrink_photos(self, progress: Progress) -> None:
        """Make the shards of all views that pairs refer to; those that are there are kept."""
        wanted = np.unique(np.concatenate([np.asarray(own.view_ids, dtype=np.str_) for own in self.pairs.values()]))
        views = self.study.views(columns=["view_id", "path", "sha256"])
        views = views[views["view_id"].isin(wanted)]
        photos = [
            (view_id, self.study.photo_path(path), sha256 or "")
            for view_id, path, sha256 in views.itertuples(index=False)
        ]
        if not photos:
            raise InputError("photos: none of the pairs' views has a photo; run 'streetsense fetch' again.")
        make_shards(
            self._shards_folder,
            photos,
            side=self.recipe.stored_side,
            quality=_QUALITY,
            workers=self.settings.workers,
            progress=progress,
        )

    def _fits_in_memory(self, shards: Shards) -> bool:
        if self.settings.in_memory is not None:
            return self.settings.in_memory
        share = psutil.virtual_memory().available / 4 / self.ranks.world
        return bool(len(shards) * 3 * shards.side**2 < share)

    def _probe_of(self) -> Any:  # noqa: ANN401 - a function or None
        """Return what measures the encoder on held-out views; None where there are too few."""
        held_out = np.unique(np.concatenate([np.asarray(own.held_out, dtype=np.str_) for own in self.pairs.values()]))
        paired = np.unique(np.concatenate([np.asarray(own.view_ids, dtype=np.str_) for own in self.pairs.values()]))
        held_out = np.setdiff1d(held_out, paired)
        limit = 1000 if self.device.type == "cuda" else 300
        probe = RetrievalProbe.from_study(self.study, held_out, limit=limit) if len(held_out) else None
        if probe is None:
            if len(held_out):
                self.job.warn("no probe: too few places of the held-out views were seen twice; hold out more.")
            return None
        paths = dict(self.study.views(columns=["view_id", "path"]).itertuples(index=False))
        photos = [(str(view_id), self.study.photo_path(paths[view_id])) for view_id in probe.view_ids]

        def measure(model: MomentumContrast) -> dict[str, float]:
            encoder = Encoder(model.backbone, self._config(model.backbone, {}), str(self.device), self.recipe.precision)
            parts = list(embed_photos(encoder, photos, batch_size=_PROBE_BATCH, workers=self.settings.workers))
            found = {v: row for part in parts for v, row in zip(part.view_ids, part.embeddings, strict=True)}
            blank = np.zeros(encoder.dimension, np.float32)
            return probe.score(np.stack([found.get(view_id, blank) for view_id, _ in photos])).as_metrics()

        return measure

    def _figures(self, trainer: Trainer, resumed: int, seconds: float) -> dict[str, Any]:
        probes = losses = pd.Series(dtype=float)
        if self.ranks.leads and (self.folder / "metrics.jsonl").is_file():
            metrics = read_metrics(self.folder / "metrics.jsonl")
            probes, losses = (
                metrics[name].dropna() if name in metrics else probes for name in ("probe_recall_at_1", "loss")
            )
        done = trainer.total - resumed
        return {
            "encoder": self.name,
            "objectives": list(self.pairs),
            "pairs": trainer.batches.steps_per_epoch * self.recipe.batch,
            "steps": trainer.total,
            "resumed_from": resumed,
            "loss": float(losses.iloc[-1]) if len(losses) else None,
            "chance": round(trainer.learner.chance, 6),
            "probe_before": float(probes.iloc[0]) if len(probes) else None,
            "probe": float(probes.iloc[-1]) if len(probes) else None,
            "pairs_per_second": round(done * self.recipe.batch / max(seconds, 1e-9), 1) if done else 0.0,
            "precision": trainer.learner.precision,
            "device": str(self.device),
            "curves": None,
        }

    def _draw(self) -> Path | None:
        path = self.folder / "curves.png"
        if not (self.folder / "metrics.jsonl").is_file():
            return None
        draw_curves(self.folder / "metrics.jsonl", path, f"Pre-training of {self.name}")
        return path

    def _save(self, backbone: nn.Module, figures: dict[str, Any]) -> None:
        """Write the encoder with the record of how it came about."""
        record = {
            "objective": " + ".join(self.pairs),
            "method": "MoCo v3",
            "recipe": self.recipe.model_dump(mode="json"),
            "pairs": {objective: own.record.model_dump(mode="json") for objective, own in self.pairs.items()},
            "warm start": self._asked.warm_start,
            "figures": {key: value for key, value in figures.items() if key not in ("encoder", "curves")},
            "processes": self.ranks.world,
            "torch": torch.__version__,
            "finished": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
        save_encoder(self.folder.parent, backbone, self._config(backbone, record))

    def _config(self, backbone: nn.Module, record: dict[str, Any]) -> EncoderConfig:
        licences = self.study.photo_licences() if record else []
        return describe(
            self.name,
            self.recipe.architecture,
            backbone,
            {"img_size": self.recipe.image_size, **self.recipe.options},
            f"pre-trained on the study '{self.study.record.name}'",
            IMAGENET,
            f"trained on photos under {', '.join(licences)}" if licences else "unknown",
            record,
        )


def _own_device(device: str, ranks: Ranks) -> torch.device:
    """Return this process's device: with several processes, the GPU of its local number."""
    found = find_device(device)
    if found.type == "cuda" and ranks.world > 1:
        found = find_device(f"cuda:{ranks.local}")
    if found.type == "cuda":
        torch.cuda.set_device(found)
    return found
