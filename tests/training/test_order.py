"""The order of the pairs: each once an epoch, the same for the same seed, shared equally by the processes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense_training.order import batch_rows, epoch_order, rank_slice, steps_per_epoch

SEEDS = st.integers(0, 2**63 - 1)


@given(st.integers(0, 500), SEEDS, st.integers(0, 1000))
def test_an_epoch_has_every_pair_once(number: int, seed: int, epoch: int) -> None:
    order = epoch_order(number, seed, epoch)
    assert order.dtype == np.int64
    assert np.array_equal(np.sort(order), np.arange(number))


@given(st.integers(1, 500), SEEDS, st.integers(0, 1000))
def test_the_same_seed_and_epoch_give_the_same_order(number: int, seed: int, epoch: int) -> None:
    assert np.array_equal(epoch_order(number, seed, epoch), epoch_order(number, seed, epoch))


def test_the_order_of_a_seed_never_changes() -> None:
    """A run that continues after an update of numpy has to find the order that it began with."""
    assert epoch_order(10, 7, 3).tolist() == [2, 4, 7, 3, 5, 1, 8, 9, 0, 6]


def test_seeds_and_epochs_have_orders_of_their_own() -> None:
    orders = {tuple(epoch_order(50, seed, epoch)) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400


def test_every_pair_is_equally_likely_at_every_place() -> None:
    orders = np.stack([epoch_order(8, 0, epoch) for epoch in range(4000)])
    counts = np.stack([np.bincount(orders[:, place], minlength=8) for place in range(8)])
    chi_squared = ((counts - 500) ** 2 / 500).sum()
    # 49 degrees of freedom: mean 49, standard deviation 10.
    assert chi_squared < 49 + 5 * 10


@given(st.integers(1, 300), st.integers(1, 40), SEEDS)
def test_the_steps_of_an_epoch_share_no_pair(number: int, batch: int, seed: int) -> None:
    batch = min(batch, number)
    order = epoch_order(number, seed, 0)
    steps = [batch_rows(order, batch, step) for step in range(steps_per_epoch(number, batch))]
    seen = np.concatenate(steps)
    assert {len(step) for step in steps} == {batch}
    assert len(np.unique(seen)) == len(seen) > number - batch


@pytest.mark.parametrize("step", [-1, 3])
def test_a_step_outside_the_epoch_is_an_error(step: int) -> None:
    with pytest.raises(IndexError, match=f"step {step} of an epoch of 3"):
        batch_rows(epoch_order(10, 0, 0), 3, step)


def test_a_batch_larger_than_the_pairs_is_refused_with_both_figures() -> None:
    message = r"^batch: 1024 pairs are wanted at a time, but there are 300; use at most that many\.$"
    with pytest.raises(InputError, match=message):
        steps_per_epoch(300, 1024)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(InputError, match=r"^batch: 0 is not a number of pairs; use 1 or more\.$"):
        steps_per_epoch(300, 0)


@given(st.integers(1, 64), st.integers(1, 16))
def test_the_processes_partition_a_batch_equally(share: int, world: int) -> None:
    batch = np.arange(share * world)
    parts = [batch[rank_slice(len(batch), rank, world)] for rank in range(world)]
    assert np.array_equal(np.concatenate(parts), batch)
    assert {len(part) for part in parts} == {share}


def test_a_batch_that_cannot_be_shared_equally_is_refused() -> None:
    message = r"^batch: 10 pairs cannot be shared equally by 4 processes; use a multiple\.$"
    with pytest.raises(InputError, match=message):
        rank_slice(10, 0, 4)
