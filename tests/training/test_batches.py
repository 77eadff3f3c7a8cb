"""What each step sees: it follows from the seed, treats both views alike, and survives photos that are missing."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.training.conftest import FixedPairs

from streetsense.errors import InputError
from streetsense_training.batches import StepBatch, StepBatches
from streetsense_training.distributed import Ranks
from streetsense_training.loading import ViewLoader
from streetsense_training.recipe import Recipe
from streetsense_training.shards import Shards

CPU = torch.device("cpu")
AllPairs = dict[str, FixedPairs]


def _batches(shards: Shards, pairs: AllPairs, recipe: Recipe, *names: str, ranks: Ranks | None = None) -> StepBatches:
    return StepBatches({name: pairs[name] for name in names}, shards, recipe, ranks or Ranks())


def _all(batches: StepBatches, shards: Shards, start: int = 0, workers: int = 1) -> list[StepBatch]:
    return list(batches.iterate(ViewLoader(shards, workers=workers), start, 9))


def test_an_epoch_shows_every_pair_once_and_the_next_one_in_another_order(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    batches = _batches(shards, pairs, recipe, "temporal")
    assert batches.steps_per_epoch == 3
    seen = [
        np.concatenate([batches.pairs_of(step)["temporal"][0] for step in steps]) for steps in ((0, 1, 2), (3, 4, 5))
    ]
    assert sorted(seen[0]) == sorted(seen[1]) == sorted(shards.rows(pairs["temporal"].view_ids[::2]))
    assert not np.array_equal(seen[0], seen[1])


def test_either_view_of_a_pair_gets_either_augmentation(shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    batches = _batches(shards, pairs, recipe, "temporal")
    firsts = np.concatenate([batches.parameters_of(step)[1]["temporal"][0] for step in range(9)])
    is_earlier = np.char.endswith(batches.view_ids(firsts), "-0")
    assert 0.25 < is_earlier.mean() < 0.75


def test_batches_are_the_same_with_any_number_of_workers_and_from_any_step(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    batches = _batches(shards, pairs, recipe, "self", "spatial")
    whole = _all(batches, shards)
    for one, two in zip(whole[4:], _all(batches, shards, start=4, workers=3), strict=True):
        assert (one.step, one.sizes) == (two.step, two.sizes)
        assert torch.equal(one.images(CPU), two.images(CPU))
        for field in dataclasses.fields(one.parameters):
            assert torch.equal(getattr(one.parameters, field.name), getattr(two.parameters, field.name))


def test_two_processes_see_the_two_halves_of_each_objectives_pairs(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    names = ("self", "spatial")
    whole = _all(_batches(shards, pairs, recipe, *names), shards)
    halves = [_all(_batches(shards, pairs, recipe, *names, ranks=Ranks(rank, 2)), shards) for rank in range(2)]
    for step, batch in enumerate(whole):
        parts = [half[step].images(CPU).unflatten(0, (4, 2)) for half in halves]  # view and objective, then pairs
        assert torch.equal(torch.cat(parts, dim=1).flatten(0, 1), batch.images(CPU))


def test_where_one_photo_is_missing_the_other_view_stands_in(shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    own = pairs["temporal"]
    ids = np.where(own.view_ids == "03-1", "gone", own.view_ids)
    batches = _batches(shards, {"temporal": dataclasses.replace(own, view_ids=ids)}, recipe, "temporal")
    assert batches.without_photo == {"temporal": 1}
    first, second = (
        np.concatenate(rows) for rows in zip(*(batches.pairs_of(s)["temporal"] for s in range(3)), strict=True)
    )
    alone = np.flatnonzero(first == shards.rows(["03-0"])[0])
    assert list(second[alone]) == [shards.rows(["03-0"])[0]]


def test_where_both_are_missing_another_pair_is_taken(shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    own = pairs["temporal"]
    ids = np.where(np.char.startswith(own.view_ids, "03"), "gone", own.view_ids)
    batches = _batches(shards, {"temporal": dataclasses.replace(own, view_ids=ids)}, recipe, "temporal")
    first = np.concatenate([batches.pairs_of(step)["temporal"][0] for step in range(3)])
    assert (len(first), len(np.unique(first))) == (24, 23)
    assert (first >= 0).all()


def test_pairs_without_any_photo_are_refused(shards: Shards, pairs: AllPairs, recipe: Recipe) -> None:
    gone = dataclasses.replace(pairs["temporal"], view_ids=np.full(48, "gone"))
    with pytest.raises(InputError, match="no view of the temporal pairs has a photo; run 'streetsense fetch' again"):
        _batches(shards, {"temporal": gone}, recipe, "temporal")


def test_a_photo_that_is_damaged_in_the_middle_of_an_epoch_is_replaced_by_its_partner(
    tmp_path: Path, shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    import shutil

    copy = Shards.open(Path(shutil.copytree(shards.folder, tmp_path / "copy")))
    row = int(copy.rows(["05-0"])[0])
    record = copy.read(row)
    archive = next(copy.folder.glob("*.tar"))
    archive.write_bytes(archive.read_bytes().replace(record, b"\0" * len(record)))
    reopened = Shards.open(copy.folder)
    steps = _all(_batches(reopened, pairs, recipe, "temporal"), reopened)
    failed = [(batch, number) for batch in steps[:3] for number in np.flatnonzero(batch.rows < 0)]
    assert len(failed) == 1
    batch, number = failed[0]
    images = batch.images(CPU)
    assert torch.equal(images[number], images[(number + 8) % 16])
    assert images[number].any()


def test_a_batch_that_objectives_cannot_share_equally_is_refused(
    shards: Shards, pairs: AllPairs, recipe: Recipe
) -> None:
    with pytest.raises(InputError, match="batch: 8 pairs cannot be shared equally by 3 objectives"):
        _batches(shards, pairs, recipe, "self", "temporal", "spatial")
