"""Novelty: how far a sample lies outside what a predictor was trained on.

The training samples are described by a Gaussian with a few principal directions and one common variance for all the
others (probabilistic principal components; Tipping and Bishop 1999). The distance of a sample is its Mahalanobis
distance under that Gaussian: far along a known direction counts, and so does anything in a direction never seen. The
limit is the 99th percentile of the training samples' own distances, each measured by a description that was made
without that sample's fold. Novelty is distance divided by limit, so that more than 1 means outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streetsense.indicators.splits import k_folds

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NoveltyModel:
    """What standardised training samples look like.

    Attributes
    ----------
    directions : ndarray, shape (r, d)
        Principal directions, orthonormal rows.
    deviations : ndarray, shape (r,)
        Standard deviation along each.
    rest : float
        Standard deviation of each remaining dimension (1.0 when there is none).
    limit : float
        Distance beyond which a sample is outside.
    """

    directions: Floats
    deviations: Floats
    rest: float
    limit: float

    def novelty(self, standardised: Floats) -> Floats:
        """Return the distance of each row to the training samples, in units of the limit; shape (n,).

        Parameters
        ----------
        standardised : ndarray, shape (n, d)
            Features after the predictor's own standardisation.
        """
        return _distance(standardised, self.directions, self.deviations, self.rest) / self.limit


def fit_novelty(standardised: Floats, *, percentile: float = 99.0, seed: int = 42) -> NoveltyModel:
    """Describe training samples.

    Parameters
    ----------
    standardised : ndarray, shape (n, d)
        Training features, each column with mean 0.
    percentile : float
        Share of training samples (in percent) that count as inside when judged by the others.
    seed : int
        Random seed of the ten folds.
    """
    n = len(standardised)
    held_out = np.empty(n)
    for split in k_folds(n, folds=min(10, n), seed=seed):
        part = standardised[split.train]
        centre = part.mean(axis=0)
        held_out[split.test] = _distance(standardised[split.test] - centre, *_describe(part - centre))
    limit = float(np.percentile(held_out, percentile))
    directions, deviations, rest = _describe(standardised)
    return NoveltyModel(directions, deviations, rest, limit if limit > 0 else 1.0)


def _describe(centred: Floats) -> tuple[Floats, Floats, float]:
    """Return principal directions, their deviations and the deviation of the other dimensions.

    As many directions as reach 95 % of the variance, but at most 64 and at most a fifth of the samples: the variance
    along more directions than that cannot be told from so few samples.
    """
    n, d = centred.shape
    variances, vectors = np.linalg.eigh(centred.T @ centred / max(n - 1, 1))
    variances, vectors = np.clip(variances[::-1], 0, None), vectors[:, ::-1]
    total = variances.sum()
    if total == 0:
        return np.zeros((0, d)), np.zeros(0), 1.0
    enough = int(np.searchsorted(np.cumsum(variances) / total, 0.95)) + 1
    r = max(1, min(enough, 64, n // 5, d))
    remaining = float(variances[r:].mean()) if r < d else 0.0
    floor = 1e-6 * float(np.sqrt(variances[0]))
    deviations = np.maximum(np.sqrt(variances[:r]), floor)
    return vectors[:, :r].T.copy(), deviations, max(float(np.sqrt(remaining)), floor)


def _distance(centred: Floats, directions: Floats, deviations: Floats, rest: float) -> Floats:
    along = centred @ directions.T
    # The squared length outside the directions; the difference of two squares may be a hair below zero.
    outside = np.clip((centred**2).sum(axis=1) - (along**2).sum(axis=1), 0, None)
    return np.asarray(np.sqrt(((along / deviations) ** 2).sum(axis=1) + outside / rest**2))
