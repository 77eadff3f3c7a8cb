"""MoCo v3 the plain way: as one writes it from the paper with stock tools, to be measured against.

Pillow opens every photo anew and torchvision's transforms augment it, in the process that trains; timm's transformer as
it is, float32, one pass for each view and encoder, torch's AdamW with its defaults, a loop over parameters for the
momentum encoder, and the loss fetched in every step.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from bench_augmentation import pillow_recipe
from PIL import Image
from timm import create_model  # After bench_augmentation, which makes torchvision loadable beside any torch.
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from streetsense_training.recipe import Recipe


class PhotoPairs(Dataset[tuple[Tensor, Tensor]]):
    """Pairs of photos, each opened and augmented when it is asked for."""

    def __init__(self, pairs: list[tuple[Path, Path]], recipe: Recipe) -> None:
        self._pairs = pairs
        self._views = [pillow_recipe(view, recipe.image_size) for view in (recipe.first_view, recipe.second_view)]

    def __len__(self) -> int:
        """Return how many pairs there are."""
        return len(self._pairs)

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor]:
        """Return both views of a pair, ``[3, S, S]``."""
        first, second = (
            view(Image.open(path).convert("RGB")) for view, path in zip(self._views, self._pairs[number], strict=True)
        )
        return first, second


def head(width: int, hidden: int, out: int, layers: int) -> nn.Sequential:
    """Return a projector (three layers) or a predictor (two)."""
    widths = [width, *[hidden] * (layers - 1), out]
    parts: list[nn.Module] = []
    for number in range(layers):
        parts.append(nn.Linear(widths[number], widths[number + 1], bias=False))
        last = number == layers - 1
        parts.append(nn.BatchNorm1d(widths[number + 1], affine=not last))
        if not last:
            parts.append(nn.ReLU())
    return nn.Sequential(*parts)


class PlainMoco(nn.Module):
    """An encoder with its heads, and its momentum encoder."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        backbone = create_model(recipe.architecture, num_classes=0, img_size=recipe.image_size, **recipe.options)
        for frozen in (*backbone.patch_embed.parameters(), backbone.pos_embed):
            frozen.requires_grad = False
        self.base = nn.Sequential(backbone, head(backbone.num_features, recipe.hidden, recipe.projection, 3))
        self.predictor = head(recipe.projection, recipe.hidden, recipe.projection, 2)
        self.momentum = copy.deepcopy(self.base)
        for parameter in self.momentum.parameters():
            parameter.requires_grad = False
        self._temperature = recipe.temperature

    def forward(self, first: Tensor, second: Tensor, momentum: float) -> Tensor:
        """Update the momentum encoder and return the symmetric loss."""
        queries = self.predictor(self.base(first)), self.predictor(self.base(second))
        with torch.no_grad():
            for fast, slow in zip(self.base.parameters(), self.momentum.parameters(), strict=True):
                slow.data = slow.data * momentum + fast.data * (1.0 - momentum)
            keys = self.momentum(first), self.momentum(second)
        return self._contrast(queries[0], keys[1]) + self._contrast(queries[1], keys[0])

    def _contrast(self, queries: Tensor, keys: Tensor) -> Tensor:
        logits = F.normalize(queries, dim=1) @ F.normalize(keys, dim=1).T / self._temperature
        return F.cross_entropy(logits, torch.arange(len(logits))) * (2 * self._temperature)


class PlainRun:
    """A run that can be taken some steps further.

    Parameters
    ----------
    recipe : Recipe
        What to compute.
    pairs : list of (Path, Path)
        Photos.
    bf16 : bool
        Let torch's autocast choose bfloat16, the one line that many add.

    Attributes
    ----------
    seconds, data_seconds : float
        How long all steps took so far, and loading and augmenting among it.
    """

    def __init__(self, recipe: Recipe, pairs: list[tuple[Path, Path]], *, bf16: bool = False) -> None:
        torch.manual_seed(0)
        self._recipe, self._bf16, self._step = recipe, bf16, 0
        self.seconds, self.data_seconds = 0.0, 0.0
        self._loader = DataLoader(PhotoPairs(pairs, recipe), batch_size=recipe.batch, shuffle=True, drop_last=True)
        self._model = PlainMoco(recipe)
        trained = [parameter for parameter in self._model.parameters() if parameter.requires_grad]
        self._optimizer = torch.optim.AdamW(trained, weight_decay=recipe.weight_decay)
        self._batches = self._endless()

    def _endless(self) -> Iterator[list[Tensor]]:
        while True:
            yield from self._loader

    def steps(self, number: int) -> float:
        """Take some steps; return the last loss."""
        recipe, loss = self._recipe, math.nan
        for _ in range(number):
            begin = time.perf_counter()
            first, second = next(self._batches)
            self.data_seconds += time.perf_counter() - begin
            epoch = self._step / len(self._loader)
            for group in self._optimizer.param_groups:
                group["lr"] = recipe.peak_learning_rate * min(1.0, epoch / recipe.warmup_epochs)
            momentum = 1 - 0.5 * (1 + math.cos(math.pi * min(epoch / recipe.epochs, 1))) * (1 - recipe.momentum)
            with torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
                value = self._model(first, second, momentum)
            self._optimizer.zero_grad()
            value.backward()
            self._optimizer.step()
            self._step += 1
            loss = value.item()
            self.seconds += time.perf_counter() - begin
        return loss
