"""Which pairs come when. The order follows from the seed and the epoch alone, so a run can go on at any step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError


def epoch_order(number: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """Return the order in which an epoch goes through the pairs.

    The numbers behind it are the raw output of PCG64, which stays the same from release to release of numpy. What
    ``Generator.permutation`` makes of them may change, and a run that continues after an update would change its order.

    Parameters
    ----------
    number : int
        How many pairs there are.
    seed, epoch : int
        From 0. Different epochs have independent orders.

    Returns
    -------
    numpy.ndarray
        ``[number]`` int64: each of 0..number-1 once.
    """
    keys = np.random.PCG64(np.random.SeedSequence([seed, epoch])).random_raw(number)
    return np.argsort(keys, kind="stable").astype(np.int64, copy=False)


def batch_rows(order: NDArray[np.int64], batch: int, step: int) -> NDArray[np.int64]:
    """Return the pairs of a step of the epoch: a view of ``order``.

    Parameters
    ----------
    order : numpy.ndarray
        ``[N]`` int64, from `epoch_order`.
    batch : int
        Pairs a step. The rest of the epoch that fills no batch is left out.
    step : int
        From 0, within the epoch.

    Raises
    ------
    IndexError
        When the epoch has no such step.
    """
    if not 0 <= step < len(order) // batch:
        raise IndexError(f"step {step} of an epoch of {len(order) // batch}")
    return order[step * batch : (step + 1) * batch]


def steps_per_epoch(number: int, batch: int) -> int:
    """Return how many whole batches ``number`` pairs make.

    Raises
    ------
    InputError
        When they do not make one.
    """
    if batch < 1:
        raise InputError(f"batch: {batch} is not a number of pairs; use 1 or more.")
    if batch > number:
        raise InputError(f"batch: {batch} pairs are wanted at a time, but there are {number}; use at most that many.")
    return number // batch


def rank_slice(batch: int, rank: int, world: int) -> slice:
    """Return which pairs of the global batch a process computes.

    Parameters
    ----------
    batch : int
        Pairs of all processes together.
    rank, world : int
        The number of the process, from 0, and how many there are.

    Raises
    ------
    InputError
        When the processes cannot have equal shares.
    """
    if batch % world:
        raise InputError(f"batch: {batch} pairs cannot be shared equally by {world} processes; use a multiple.")
    share = batch // world
    return slice(rank * share, (rank + 1) * share)
