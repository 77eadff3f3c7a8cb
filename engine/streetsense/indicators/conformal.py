"""Intervals with a promised coverage, from the residuals of predictions that never saw their own truth.

The half-width is the finite-sample quantile of absolute out-of-fold residuals (cross-conformal prediction in its "base"
form; Barber et al. 2021, "Predictive inference with the jackknife+"; split-conformal when the residuals come from one
held-out part). mapie's ``CrossConformalRegressor(method="base")`` gives the same half-width and is what the tests
compare against. It is not used here because the same five models also give the scores, because an interval must be one
number in a JSON file, and because it would keep and call the fold models.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def half_width(residuals: ArrayLike, coverage: float = 0.9) -> float:
    """Return the half-width of an interval that holds a new truth with probability ``coverage`` at the least.

    Parameters
    ----------
    residuals : array_like, shape (n,)
        Truth minus prediction of samples that the model was not fitted on, exchangeable with the new ones.
    coverage : float
        The promised share, in (0, 1).

    Returns
    -------
    float
        The ``ceil((n + 1) * coverage)``-th smallest absolute residual; infinite when there are too few residuals to
        promise that much.
    """
    sizes = np.sort(np.abs(np.asarray(residuals, dtype=np.float64)))
    # Rounding keeps (9 + 1) * 0.9 at 9 although the product is a little above it in binary.
    rank = math.ceil(round((sizes.size + 1) * coverage, 9))
    return float(sizes[rank - 1]) if rank <= sizes.size else math.inf
