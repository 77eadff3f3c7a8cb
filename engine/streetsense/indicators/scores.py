"""Scores of predictions, each with a 95 % confidence interval from a vectorised bootstrap.

Every score is a function of a few weighted sums, so that resampling is one matrix product: a bootstrap sample is a
vector of how often each prediction was drawn. Predictions can be resampled in groups (the blocks of a spatial split),
because neighbours are not independent evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, Field

Floats = NDArray[np.float64]
#: Takes weights (draws, samples) and returns scores (draws,).
WeightedScore = Callable[[Floats], Floats]

#: Values of the weight matrix that are held at once (doubles): 32 MB.
_CHUNK = 4_000_000


class Estimate(BaseModel):
    """A score with its uncertainty."""

    value: float | None = Field(description="from all test predictions together; null where it is not defined")
    low: float | None = Field(default=None, description="lower end of the 95 % bootstrap interval")
    high: float | None = Field(default=None, description="upper end of the 95 % bootstrap interval")
    fold_mean: float | None = Field(default=None, description="mean of the folds' own scores")


@dataclass(frozen=True)
class Confusion:
    """Counts of a binary classification (positive = 1).

    Attributes
    ----------
    tp, fp, fn, tn : float
        True positives, false positives, false negatives, true negatives. They may be arrays of equal shape.
    """

    tp: Floats | float
    fp: Floats | float
    fn: Floats | float
    tn: Floats | float

    def scores(self) -> dict[str, Floats]:
        """Return accuracy, recall, F1 and balanced accuracy; NaN where a denominator is zero.

        Balanced accuracy is the mean of recall and specificity. The area under the ROC curve of 0/1 predictions is the
        same number: it is what Table 3 of the paper calls "AUC".
        """
        tp, fp, fn, tn = (np.asarray(count, dtype=np.float64) for count in (self.tp, self.fp, self.fn, self.tn))
        recall = _ratio(tp, tp + fn)
        return {
            "accuracy": _ratio(tp + tn, tp + fp + fn + tn),
            "recall": recall,
            "f1": _ratio(2 * tp, 2 * tp + fp + fn),
            "balanced_accuracy": (recall + _ratio(tn, tn + fp)) / 2,
        }


def regression_scores(truth: ArrayLike, predicted: ArrayLike) -> dict[str, WeightedScore]:
    """Return R², RMSE and MAE as functions of sample weights.

    Parameters
    ----------
    truth, predicted : array_like, shape (n,)
        Indicator values in its own unit.

    Returns
    -------
    dict of str to callable
        ``r2``, ``rmse``, ``mae``; R² is NaN where the weighted truth is constant.
    """
    y = np.asarray(truth, dtype=np.float64)
    error = y - np.asarray(predicted, dtype=np.float64)
    centred = y - y.mean() if y.size else y  # sums of squares of large numbers would cancel
    columns = np.column_stack([np.ones_like(y), centred, centred**2, error**2, np.abs(error)])

    def r2(weights: Floats) -> Floats:
        n, total, squares, errors, _ = (weights @ columns).T
        spread = squares - total**2 / np.maximum(n, 1e-300)  # a fold whose samples were not drawn has n = 0
        return 1 - _ratio(errors, np.where(spread > 1e-12 * np.maximum(squares, 1e-300), spread, 0.0))

    def rmse(weights: Floats) -> Floats:
        sums = weights @ columns
        return np.sqrt(_ratio(sums[:, 3], sums[:, 0]))

    def mae(weights: Floats) -> Floats:
        sums = weights @ columns
        return _ratio(sums[:, 4], sums[:, 0])

    return {"r2": r2, "rmse": rmse, "mae": mae}


def classification_scores(truth: ArrayLike, probability: ArrayLike) -> dict[str, WeightedScore]:
    """Return accuracy, recall, F1, AUC and balanced accuracy as functions of sample weights.

    Parameters
    ----------
    truth : array_like, shape (n,)
        Classes 0 and 1 (1 = positive).
    probability : array_like, shape (n,)
        Predicted probability of class 1. The predicted class is 1 where it is at least 0.5; AUC uses the probability.

    Returns
    -------
    dict of str to callable
        ``accuracy``, ``recall``, ``f1``, ``auc``, ``balanced_accuracy``; NaN where a class is absent.
    """
    y = np.asarray(truth, dtype=np.float64)
    p = np.asarray(probability, dtype=np.float64)
    hit = (p >= 0.5).astype(np.float64)
    columns = np.column_stack([y * hit, (1 - y) * hit, y * (1 - hit), (1 - y) * (1 - hit)])
    order = np.argsort(p, kind="stable")
    sorted_y = y[order]
    starts = np.flatnonzero(np.r_[True, np.diff(p[order]) > 0]) if p.size else np.zeros(0, dtype=np.int64)

    def from_confusion(name: str) -> WeightedScore:
        def score(weights: Floats) -> Floats:
            return Confusion(*(weights @ columns).T).scores()[name]

        return score

    def auc(weights: Floats) -> Floats:
        # Probability that a positive ranks above a negative; ties count half (Mann-Whitney).
        drawn = weights[:, order]
        positive = np.add.reduceat(drawn * sorted_y, starts, axis=1)
        negative = np.add.reduceat(drawn * (1 - sorted_y), starts, axis=1)
        below = np.cumsum(negative, axis=1) - negative / 2
        return _ratio((positive * below).sum(axis=1), positive.sum(axis=1) * negative.sum(axis=1))

    scores = {name: from_confusion(name) for name in ("accuracy", "recall", "f1")}
    return {**scores, "auc": auc, "balanced_accuracy": from_confusion("balanced_accuracy")}


def coverage_score(inside: ArrayLike) -> WeightedScore:
    """Return the share of samples whose interval held the truth, as a function of sample weights."""
    covered = np.asarray(inside, dtype=np.float64)

    def coverage(weights: Floats) -> Floats:
        return _ratio(weights @ covered, weights.sum(axis=1))

    return coverage


def estimate(
    score: WeightedScore,
    n: int,
    *,
    folds: NDArray[np.int64] | None = None,
    groups: NDArray[np.int64] | None = None,
    seed: int = 42,
    draws: int = 1000,
) -> Estimate:
    """Evaluate one score with a 95 % percentile bootstrap interval.

    Parameters
    ----------
    score : callable
        From `regression_scores`, `classification_scores` or `coverage_score`.
    n : int
        Number of samples.
    folds : ndarray of int, shape (n,), optional
        Fold of each sample; gives ``fold_mean``.
    groups : ndarray of int, shape (n,), optional
        Samples with the same number are drawn together.
    seed, draws : int
        The random seed and the number of bootstrap samples.
    """
    value = float(score(np.ones((1, n)))[0])
    drawn = np.concatenate([score(weights) for weights in _bootstrap(n, groups, seed, draws)])
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.percentile(drawn, [2.5, 97.5]) if drawn.size >= draws / 2 else (np.nan, np.nan)
    per_fold = np.array([np.nan])
    if folds is not None:
        per_fold = score((folds == np.unique(folds)[:, None]).astype(np.float64))
    fold_mean = float(per_fold[np.isfinite(per_fold)].mean()) if np.isfinite(per_fold).any() else np.nan
    return Estimate(value=_finite(value), low=_finite(low), high=_finite(high), fold_mean=_finite(fold_mean))


def _bootstrap(n: int, groups: NDArray[np.int64] | None, seed: int, draws: int) -> Iterator[Floats]:
    """Yield weights (chunk of draws, n): how often each sample is in each bootstrap sample."""
    random = np.random.default_rng(seed)
    members = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    size = max(1, min(draws, _CHUNK // n))
    for start in range(0, draws, size):
        rows = min(size, draws - start)
        picks = random.integers(0, count, (rows, count)) + np.arange(rows)[:, None] * count
        times = np.bincount(picks.ravel(), minlength=rows * count).reshape(rows, count).astype(np.float64)
        yield times if groups is None else times[:, members]


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
