"""How samples are divided into those that a model learns from and those it is judged on.

The paper reports a 70/30 split and 5-fold cross-validation (section 4.3). Both put neighbours of a test sample into the
training data, and neighbours resemble each other; the spatially blocked split keeps whole square blocks of ground
apart. Where samples come in groups (several views of one place), every division keeps a group on one side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError

Indices = NDArray[np.int64]

#: Blocks that the automatic block size leaves at the least, so that five folds can be balanced.
_FEWEST_BLOCKS = 15


@dataclass(frozen=True)
class Split:
    """One division into training and test samples.

    Attributes
    ----------
    train, test : ndarray of int
        Row numbers.
    """

    train: Indices
    test: Indices


def random_split(
    n: int, *, test_size: float = 0.3, seed: int = 42, strata: Indices | None = None, groups: Indices | None = None
) -> list[Split]:
    """Return one random division: 70 % to learn from and 30 % to be judged on (section 4.3 of the paper).

    Parameters
    ----------
    n : int
        Number of samples.
    test_size : float
        Share of test samples (of test groups, where there are groups).
    seed : int
        Random seed.
    strata : ndarray of int, shape (n,), optional
        Classes whose shares are kept where each has two members or more.
    groups : ndarray of int, shape (n,), optional
        Samples with the same number stay on one side; a group counts for its most frequent class.
    """
    from sklearn.model_selection import train_test_split

    if groups is not None:
        members, classes = _members(groups, strata)
        return _expanded(random_split(int(members.max()) + 1, test_size=test_size, seed=seed, strata=classes), members)
    usable = strata if strata is not None and np.bincount(strata).min() >= 2 else None
    train, test = train_test_split(np.arange(n), test_size=test_size, random_state=seed, stratify=usable)
    return [Split(np.sort(train), np.sort(test))]


def k_folds(
    n: int, *, folds: int = 5, seed: int = 42, strata: Indices | None = None, groups: Indices | None = None
) -> list[Split]:
    """Return shuffled folds; with ``strata`` every fold keeps the shares of the classes.

    Parameters
    ----------
    n, folds, seed : int
        Number of samples and of folds (at most as many as there are groups), and the random seed.
    strata, groups : ndarray of int, shape (n,), optional
        As `random_split` takes them.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    if groups is not None:
        members, classes = _members(groups, strata)
        count = int(members.max()) + 1
        return _expanded(k_folds(count, folds=min(folds, count), seed=seed, strata=classes), members)
    rows = np.zeros((n, 1))
    if strata is not None and np.bincount(strata).min() >= folds:
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, strata)
    else:
        parts = KFold(folds, shuffle=True, random_state=seed).split(rows)
    return [Split(train, test) for train, test in parts]


def blocks_of(xy: NDArray[np.float64], size: float) -> Indices:
    """Return the number of the square block that each point lies in.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Positions in metres.
    size : float
        Side of a block (metres).

    Returns
    -------
    ndarray of int, shape (n,)
        Numbers 0..blocks-1; blocks are aligned to multiples of ``size``.
    """
    cells = np.floor(np.asarray(xy) / size).astype(np.int64)
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def automatic_block_size(xy: NDArray[np.float64]) -> float:
    """Return a block side for these points: an eighth of the shorter side of their extent (metres).

    It is halved until fifteen blocks hold samples, and never below one metre.
    """
    extent = np.ptp(np.asarray(xy), axis=0)
    size = float(max(extent.min() / 8, extent.max() / 64, 1.0))
    while size > 1.0 and blocks_of(xy, size).max() + 1 < _FEWEST_BLOCKS:
        size /= 2
    return max(size, 1.0)


def blocked_folds(blocks: Indices, *, folds: int = 5) -> list[Split]:
    """Return folds made of whole blocks, balanced by the number of samples.

    Raises
    ------
    InputError
        When there are fewer blocks than folds.
    """
    from sklearn.model_selection import GroupKFold

    count = int(blocks.max()) + 1
    if count < folds:
        raise InputError(f"block_size: it leaves {count} block(s) with samples; choose a smaller one, or 'auto'.")
    return [Split(train, test) for train, test in GroupKFold(folds).split(np.zeros((len(blocks), 1)), groups=blocks)]


def _members(groups: Indices, strata: Indices | None) -> tuple[Indices, Indices | None]:
    """Return the group of each sample as 0..groups-1, and the most frequent class of each group."""
    members = np.unique(groups, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if strata is None:
        return members, None
    counts = np.zeros((int(members.max()) + 1, int(strata.max()) + 1), dtype=np.int64)
    np.add.at(counts, (members, strata), 1)
    return members, counts.argmax(axis=1).astype(np.int64)


def _expanded(splits: list[Split], members: Indices) -> list[Split]:
    """Turn divisions of groups into divisions of their samples."""
    return [
        Split(np.flatnonzero(np.isin(members, split.train)), np.flatnonzero(np.isin(members, split.test)))
        for split in splits
    ]
