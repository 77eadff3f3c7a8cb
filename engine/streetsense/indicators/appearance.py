"""Where places look alike, without any label: the principal components of their mean embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Appearance:
    """Components of n places.

    Attributes
    ----------
    components : ndarray, shape (n, k)
        Scores, each column with mean 0 and standard deviation 1. They order places and have no unit; their sign is
        fixed so that the same embeddings give the same map.
    explained : ndarray, shape (k,)
        Share of the variance between places that each column stands for.
    """

    components: Floats
    explained: Floats


def appearance(means: NDArray[np.floating], count: int = 3) -> Appearance:
    """Return the first principal components of mean embeddings.

    Parameters
    ----------
    means : ndarray, shape (n, d)
        One mean embedding a place.
    count : int
        How many components; missing ones (fewer places than components) are 0.

    Raises
    ------
    InputError
        For fewer than two places.
    """
    x = np.asarray(means, dtype=np.float64)
    if len(x) < 2:
        raise InputError(f"units: only {len(x)} holds embedded views; at least 2 are needed to compare them.")
    centred = x - x.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(np.take_along_axis(right, np.abs(right).argmax(axis=1)[:, None], axis=1))[:, 0]
    rank = min(count, int((sizes > sizes[0] * 1e-9).sum())) if sizes[0] > 0 else 0
    components, explained = np.zeros((len(x), count)), np.zeros(count)
    components[:, :rank] = left[:, :rank] * signs[:rank] * np.sqrt(len(x))
    explained[:rank] = sizes[:rank] ** 2 / (sizes**2).sum()
    return Appearance(components, explained)
