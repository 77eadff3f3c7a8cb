"""What every step sees: which pairs, in which order, with which augmentations. All of it follows from the seed.

Nothing here depends on how many workers decode, nor on how many processes share a batch: each process takes its rows of
the global batch, and the augmentations of the whole batch are drawn everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from streetsense.errors import InputError
from streetsense_training.augment import AugmentParameters, draw_parameters
from streetsense_training.distributed import Ranks
from streetsense_training.loading import LoadedBatch, ViewLoader
from streetsense_training.order import batch_rows, epoch_order, rank_slice, steps_per_epoch
from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards

Rows = NDArray[np.int64]


class Pairs(Protocol):
    """Pairs of one objective (`streetsense_training.pairs.PairSet`)."""

    @property
    def view_ids(self) -> NDArray[Any]:
        """The views that pairs refer to."""
        ...

    def draw(self, epoch: int) -> tuple[Rows, Rows]:
        """Return both views of each pair, as rows of ``view_ids``."""
        ...


@dataclass(frozen=True)
class StepBatch:
    """What one process computes in one step.

    Attributes
    ----------
    step : int
        From 0.
    photos : Tensor
        ``[m, S, S, 3]`` uint8, each photo of the step once.
    source : Tensor
        ``[2n]`` int64 rows of ``photos``: the first views of all objectives' pairs, then the second ones.
    parameters : AugmentParameters
        Of the 2n images.
    sizes : dict of str to int
        Objective to its number of pairs here, in their order; they sum to n.
    rows : numpy.ndarray
        ``[2n]`` rows of the shards, -1 where the photo could not be read and the other view of the pair stands in.
    """

    step: int
    photos: Tensor
    source: Tensor
    parameters: AugmentParameters
    sizes: dict[str, int]
    rows: Rows

    def images(self, device: torch.device) -> Tensor:
        """Return the ``[2n, S, S, 3]`` uint8 views on a device; what crosses over is each photo once."""
        photos = self.photos.to(device, non_blocking=True)
        return photos.index_select(0, self.source.to(device, non_blocking=True))


class StepBatches:
    """The batches of a run.

    Parameters
    ----------
    pairs : mapping of str to Pairs
        Objective to its pairs.
    shards : Shards
        Where the photos are. Where one of a pair's photos is missing there, the other view stands in for it; where
        both are, another pair does.
    recipe : Recipe
        Batch, augmentations and seed.
    ranks : Ranks
        Which rows this process takes.
    usable : numpy.ndarray of str, optional
        The views that may be used; all unless given. A photo that was withdrawn may still be in the shards.

    Attributes
    ----------
    steps_per_epoch : int
        Until every objective that has fewest pairs has been through (the rest of an epoch that fills no batch is left
        out).
    without_photo : dict of str to int
        Objective to how many of its pairs had to do with one photo or another pair.

    Raises
    ------
    InputError
        When a batch is larger than the pairs, or cannot be divided by the objectives and processes.
    """

    def __init__(
        self,
        pairs: Mapping[str, Pairs],
        shards: Shards,
        recipe: Recipe,
        ranks: Ranks,
        usable: NDArray[Any] | None = None,
    ) -> None:
        self._pairs, self._shards, self._recipe, self._ranks = dict(pairs), shards, recipe, ranks
        if recipe.batch % len(pairs):
            raise InputError(
                f"batch: {recipe.batch} pairs cannot be shared equally by {len(pairs)} objectives; use a multiple."
            )
        self._each = recipe.batch // len(pairs)
        if self._each < 2:
            raise InputError(f"batch: {recipe.batch} leaves each objective a single pair; use a larger one.")
        self._mine = rank_slice(self._each, ranks.rank, ranks.world)
        self._where = {objective: shards.rows(own.view_ids) for objective, own in self._pairs.items()}
        if usable is not None:
            for objective, own in self._pairs.items():
                self._where[objective][~np.isin(own.view_ids.astype(str), usable.astype(str))] = -1
        self._epochs: dict[str, tuple[int, Rows, Rows, Rows]] = {}
        self.without_photo: dict[str, int] = {}
        numbers = {objective: len(self._epoch(objective, 0)[0]) for objective in self._pairs}
        self.steps_per_epoch = min(steps_per_epoch(number, self._each) for number in numbers.values())

    def view_ids(self, rows: Rows) -> NDArray[np.str_]:
        """Return the view ids of rows of the shards."""
        return self._shards.view_ids[rows].astype(np.str_)

    def pairs_of(self, step: int) -> dict[str, tuple[Rows, Rows]]:
        """Return both views of the global batch's pairs, as rows of the shards, by objective."""
        epoch, inside = divmod(step, self.steps_per_epoch)
        chosen = {}
        for objective in self._pairs:
            first, second, order = self._epoch(objective, epoch)
            rows = batch_rows(order, self._each, inside)
            chosen[objective] = (first[rows], second[rows])
        return chosen

    def parameters_of(self, step: int) -> tuple[AugmentParameters, dict[str, tuple[Rows, Rows]]]:
        """Return the augmentations of the global batch (all first views, then all second ones) and its pairs.

        Which view of a pair gets which of the two augmentations is drawn anew each time, so the pairs are returned in
        the order in which they are augmented.
        """
        generator = torch.Generator().manual_seed(_state(self._recipe.seed, step))
        chosen = self.pairs_of(step)
        for objective, (first, second) in chosen.items():
            swap = (torch.rand(len(first), generator=generator) < 0.5).numpy()
            chosen[objective] = (np.where(swap, second, first), np.where(swap, first, second))
        drawn = []
        for member, view in ((0, self._recipe.first_view), (1, self._recipe.second_view)):
            rows = np.concatenate([pair[member] for pair in chosen.values()])
            drawn.append(draw_parameters(view, torch.from_numpy(self._shards.aspects[rows]), generator))
        return AugmentParameters.cat(drawn), chosen

    def iterate(self, loader: ViewLoader, start: int, end: int) -> Iterator[StepBatch]:
        """Yield this process's part of the batches of the steps from ``start`` to ``end``, loaded ahead."""
        plans: list[tuple[AugmentParameters, Rows, NDArray[np.int64]]] = []

        def requests() -> Iterator[Rows]:
            for step in range(start, end):
                parameters, chosen = self.parameters_of(step)
                rows = np.concatenate([pair[member][self._mine] for member in (0, 1) for pair in chosen.values()])
                distinct, inverse = np.unique(rows, return_inverse=True)
                plans.append((parameters.rows(self._own_rows()), rows, inverse))
                yield distinct

        for step, loaded in enumerate(loader.batches(requests()), start=start):
            yield self._assemble(step, loaded, *plans.pop(0))

    def _own_rows(self) -> Tensor:
        """Return which of the global batch's 2B images this process computes."""
        number, each = len(self._pairs), self._each
        grid = torch.arange(2 * number * each).view(2 * number, each)
        return grid[:, self._mine].flatten()

    def _assemble(
        self, step: int, loaded: LoadedBatch, parameters: AugmentParameters, rows: Rows, inverse: NDArray[np.int64]
    ) -> StepBatch:
        failed = loaded.failed[inverse]
        half = len(rows) // 2
        partner = np.concatenate([inverse[half:], inverse[:half]])
        lost = failed & np.concatenate([failed[half:], failed[:half]])
        source = np.where(failed, partner, inverse)
        if lost.any():
            good = np.flatnonzero(~loaded.failed)
            if not len(good):
                raise InputError("photos: none of a whole batch could be read from the shards; delete their folder.")
            source = np.where(lost, good[0], source)
        share = len(self._pairs)
        return StepBatch(
            step,
            loaded.images,
            torch.from_numpy(source),
            parameters,
            dict.fromkeys(self._pairs, half // share),
            np.where(failed, -1, rows),
        )

    def _epoch(self, objective: str, epoch: int) -> tuple[Rows, Rows, Rows]:
        """Return the pairs of an epoch as rows of the shards, and their order; the last epoch asked for is kept."""
        if objective not in self._epochs or self._epochs[objective][0] != epoch:
            where = self._where[objective]
            first, second = (where[rows] for rows in self._pairs[objective].draw(epoch))
            seed = _state(self._recipe.seed, sorted(self._pairs).index(objective))
            first, second, missing = _with_photos(first, second, seed, epoch, objective)
            self.without_photo[objective] = max(missing, self.without_photo.get(objective, 0))
            self._epochs[objective] = (epoch, first, second, epoch_order(len(first), seed, epoch))
        return self._epochs[objective][1:]


def _with_photos(first: Rows, second: Rows, seed: int, epoch: int, objective: str) -> tuple[Rows, Rows, int]:
    """Let the other view stand in where one has no photo, and another pair where both have none."""
    missing = (first < 0) | (second < 0)
    if not missing.any():
        return first, second, 0
    one, two = np.where(first < 0, second, first), np.where(second < 0, first, second)
    none = one < 0
    if none.all():
        raise InputError(f"photos: no view of the {objective} pairs has a photo; run 'streetsense fetch' again.")
    instead = np.random.default_rng([seed, epoch]).choice(np.flatnonzero(~none), none.sum())
    one[none], two[none] = one[instead], two[instead]
    return one, two, int(missing.sum())


def _state(*numbers: int) -> int:
    """Return a well-mixed seed of 63 bits for these numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
