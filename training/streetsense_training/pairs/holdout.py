"""Which views are kept out of all pairs, so that what was learnt can be probed where nothing was seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError

_MASK = np.uint64(0xFFFFFFFFFFFFFFFF)


def held_out_blocks(xy: NDArray[np.float64], share: float, size: float, seed: int) -> NDArray[np.bool_]:
    """Tell which views lie in held-out blocks.

    Blocks are ordered by a number that depends on the seed and on where they lie, not on the views: a study that grows
    holds out the same ground, apart from the few blocks by which its share grows.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Finite positions (metres).
    share : float
        Share of the blocks with views that are held out, 0..0.9; at least one block, when it is above 0.
    size : float
        Side of a block (metres); corners are multiples of it.
    seed : int
        Random seed.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    InputError
        When all views lie in one block, so that holding it out leaves nothing.
    """
    if share <= 0 or len(xy) == 0:
        return np.zeros(len(xy), dtype=bool)
    cells = np.floor(xy / size).astype(np.int64)
    keys = _scrambled(cells[:, 0], cells[:, 1], seed)
    blocks, block_of = np.unique(keys, return_inverse=True)
    if len(blocks) < 2:
        raise InputError(
            f"hold_out_block: all views lie in one block of {size:g} m and none would be left; choose smaller ones."
        )
    count = min(max(round(share * len(blocks)), 1), len(blocks) - 1)
    held: NDArray[np.bool_] = block_of < count  # np.unique sorts: the first are those with the smallest numbers
    return held


def _scrambled(column: NDArray[np.int64], row: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """Mix block coordinates and seed into 64 bits that look random (the finaliser of SplitMix64, three times)."""
    value = np.full(len(column), seed & int(_MASK), dtype=np.uint64)
    for part in (column.view(np.uint64), row.view(np.uint64), np.uint64(0)):
        value = (value ^ part) + np.uint64(0x9E3779B97F4A7C15)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value = value ^ (value >> np.uint64(31))
    return value
