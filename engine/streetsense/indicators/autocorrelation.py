"""Moran's I: whether neighbours have similar residuals, that is, whether a model missed something spatial."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, Field

#: Neighbour values that are held at once (doubles): 64 MB.
_CHUNK = 8_000_000


class MoranI(BaseModel):
    """Moran's I with a permutation test."""

    i: float = Field(description="about 0 without spatial pattern, towards 1 when neighbours are alike")
    expected: float = Field(description="the mean of I without spatial pattern: -1 / (n - 1)")
    p: float = Field(description="share of random arrangements with an I at least as high (one-sided)")
    neighbours: int
    permutations: int


def moran_i(
    values: ArrayLike, xy: ArrayLike, *, neighbours: int = 8, permutations: int = 999, seed: int = 42
) -> MoranI | None:
    """Compute Moran's I with row-standardised weights of the k nearest neighbours.

    Parameters
    ----------
    values : array_like, shape (n,)
        One value a place, such as an out-of-fold residual.
    xy : array_like, shape (n, 2)
        Positions in metres.
    neighbours : int
        Nearest neighbours of a place; at most n - 1 are used.
    permutations : int
        Random arrangements of the values over the places.
    seed : int
        Random seed of the arrangements.

    Returns
    -------
    MoranI or None
        None for fewer than four places or values without spread, where it is not defined.
    """
    z = np.asarray(values, dtype=np.float64)
    z = z - z.mean() if z.size else z
    if z.size < 4 or not np.any(np.abs(z) > 1e-12 * max(1.0, float(np.abs(values).max()))):
        return None
    near = nearest(np.asarray(xy, dtype=np.float64), min(neighbours, z.size - 1))
    total = float(z @ z)
    observed = float(z @ z[near].mean(axis=1)) / total
    random = np.random.default_rng(seed)
    higher = 0
    step = max(1, _CHUNK // near.size)
    for start in range(0, permutations, step):
        shuffled = random.permuted(np.tile(z, (min(step, permutations - start), 1)), axis=1)
        lagged = shuffled[:, near].mean(axis=2)
        higher += int(((shuffled * lagged).sum(axis=1) / total >= observed).sum())
    return MoranI(
        i=observed,
        expected=-1 / (z.size - 1),
        p=(higher + 1) / (permutations + 1),
        neighbours=near.shape[1],
        permutations=permutations,
    )


def nearest(xy: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Return the row numbers of the ``k`` nearest other points of each point, shape (n, k).

    Several points may share one place (the views of a panorama): each has the others as neighbours, never itself.
    """
    from scipy.spatial import cKDTree

    found = np.asarray(cKDTree(xy).query(xy, k=k + 1)[1], dtype=np.int64)
    own = found == np.arange(len(xy))[:, None]
    own[~own.any(axis=1), -1] = True  # crowded out by points at the same place: drop the farthest instead
    others: NDArray[np.int64] = found[~own].reshape(len(xy), k)
    return others
