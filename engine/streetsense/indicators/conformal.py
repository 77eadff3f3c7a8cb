"""Intervals meant to hold a given share of new truths, from residuals of predictions that never saw their own truth.

Cross-conformal prediction in its "base" form (Barber et al. 2021, "Predictive inference with the jackknife+";
split-conformal when the residuals come from one held-out part), with residuals divided by how large they tend to be at
that prediction (Lei et al. 2018, "Distribution-free predictive inference for regression", section 5.2): indicators such
as income are harder to predict where they are high, and the width of an interval should say so.

There is no finite-sample guarantee. That of split-conformal prediction needs residuals and spread from data that had no
part in the model or in each other; here out-of-fold residuals of five models stand for those of the one model that is
kept, and the spread is fitted on these same residuals. The coverage is therefore measured, on test parts outside of
both (`validation`), and reported beside the share that was asked for. All of it holds for samples exchangeable with the
training ones; somewhere else nothing is said (`novelty`).

With equal spread everywhere the half-width is that of mapie's ``CrossConformalRegressor(method="base")``, which the
tests compare against. mapie is not used here because the same five models also give the scores, because an interval
must be a few numbers in a JSON file, and because it would keep and call the fold models.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float64]

#: The spread never falls below this share of the mean residual, so that no interval becomes a point.
_LEAST_SPREAD = 0.3


class Interval(BaseModel):
    """Half-widths as a function of the prediction: ``quantile * max(base + slope * (prediction - centre), least)``."""

    model_config = ConfigDict(frozen=True)

    quantile: float = Field(description="of the absolute residuals divided by their spread")
    base: float = Field(description="spread at the centre, in the target's unit")
    slope: float = Field(description="change of the spread per unit of the prediction")
    centre: float = Field(description="mean of the predictions it was calibrated on")
    lowest: float = Field(description="predictions below have the spread of this one")
    highest: float = Field(description="predictions above have the spread of this one")
    least: float = Field(description="the spread is never smaller, in the target's unit")

    @property
    def typical(self) -> float:
        """Half-width at the mean prediction, in the target's unit."""
        return float(self.half_widths(np.array([self.centre]))[0])

    def half_widths(self, predicted: ArrayLike) -> Floats:
        """Return the half-width at each prediction, in the target's unit."""
        return self.quantile * self.spread(predicted)

    def spread(self, predicted: ArrayLike) -> Floats:
        """Return how large residuals tend to be at each prediction, in the target's unit."""
        within = np.clip(np.asarray(predicted, dtype=np.float64), self.lowest, self.highest)
        return np.maximum(self.base + self.slope * (within - self.centre), self.least)


def fit_interval(predicted: ArrayLike, residuals: ArrayLike, coverage: float = 0.9) -> Interval | None:
    """Calibrate intervals.

    The spread is a straight line through the absolute residuals: two numbers from all samples, so that calibrating on
    the same residuals costs next to no coverage (which is measured on samples outside of both, see `validation`).

    Parameters
    ----------
    predicted, residuals : array_like, shape (n,)
        Out-of-fold predictions and truth minus prediction, exchangeable with new samples.
    coverage : float
        The share of new truths that intervals are meant to hold, in (0, 1): aimed at, not guaranteed.

    Returns
    -------
    Interval or None
        None when there are too few residuals for that share.
    """
    value, sizes = np.asarray(predicted, dtype=np.float64), np.abs(np.asarray(residuals, dtype=np.float64))
    centre, mean = float(value.mean()), float(sizes.mean())
    variance = float(np.mean((value - centre) ** 2))
    slope = float(np.mean((value - centre) * sizes)) / variance if variance > 0 else 0.0
    lowest, highest = np.quantile(value, [0.05, 0.95])
    line = Interval(
        quantile=1.0,
        base=mean,
        slope=slope,
        centre=centre,
        lowest=float(lowest),
        highest=float(highest),
        least=max(_LEAST_SPREAD * mean, np.finfo(np.float64).tiny),
    )
    quantile = half_width(sizes / line.spread(value), coverage)
    return line.model_copy(update={"quantile": quantile}) if math.isfinite(quantile) else None


def half_width(residuals: ArrayLike, coverage: float = 0.9) -> float:
    """Return the finite-sample quantile of absolute residuals, the half-width of an interval.

    Only with residuals of one model on a held-out part, exchangeable with new samples, does an interval of this
    half-width hold a new truth with probability ``coverage`` at the least (split-conformal). With out-of-fold residuals
    of several models, or residuals divided by a spread that was fitted on them, as `fit_interval` passes in, it comes
    close in practice and nothing is guaranteed.

    Parameters
    ----------
    residuals : array_like, shape (n,)
        Truth minus prediction of samples that their model was not fitted on.
    coverage : float
        The share of truths to hold, in (0, 1).

    Returns
    -------
    float
        The ``ceil((n + 1) * coverage)``-th smallest absolute residual; infinite when there are too few residuals.
    """
    sizes = np.sort(np.abs(np.asarray(residuals, dtype=np.float64)))
    # Rounding keeps (9 + 1) * 0.9 at 9 although the product is a little above it in binary.
    rank = math.ceil(round((sizes.size + 1) * coverage, 9))
    return float(sizes[rank - 1]) if rank <= sizes.size else math.inf
