"""Linear models on standardised features: LASSO, ridge and logistic regression with the penalty chosen inside.

Everything that is learnt (mean, scale, penalty, coefficients) comes from the rows that are passed in, so that a fold
which is left out has no influence: the published code standardises and reduces all rows first (`published`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from streetsense.indicators.splits import Split, k_folds

Floats = NDArray[np.float64]
ModelName = Literal["lasso", "ridge", "logistic"]

#: The paper's code leaves room for slow convergence at small penalties (LassoCV with 5,000 iterations).
_MAX_ITERATIONS = 5000
#: With fewer samples than features the smallest penalties interpolate, converge very slowly and lose the comparison
#: whether they converge or not: fewer iterations chose the same penalty in a tenth of the time.
_WIDE_ITERATIONS = 500
#: A LASSO counts as converged when its loss is this close to the best, as a share of the target's variance.
_GAP = 0.01
_RIDGE_PENALTIES = np.logspace(-1, 5, 25)
#: How many more are tried beyond the end of the grid, at its spacing, when the best one is the last.
_RIDGE_MORE = 10
_LOGISTIC_STRENGTHS = np.logspace(-4, 1, 6)


@dataclass(frozen=True)
class LinearModel:
    """A fitted model: ``((x - mean) / scale) @ coefficients + intercept``.

    Attributes
    ----------
    kind : {"lasso", "ridge", "logistic"}
        What it is; the linear output of ``logistic`` is the log-odds of class 1.
    mean, scale, coefficients : ndarray, shape (d,)
        Standardisation and weights of the standardised features.
    intercept : float
        The output at the mean features.
    penalty : float
        What the inner cross-validation chose: alpha (lasso, ridge) or C (logistic).
    converged : bool
        Whether the solver came close to the best coefficients.
    penalty_at_end : bool
        Whether the chosen penalty is the last one tried (ridge), so that a better one may lie beyond.
    """

    kind: ModelName
    mean: Floats
    scale: Floats
    coefficients: Floats
    intercept: float
    penalty: float
    converged: bool = True
    penalty_at_end: bool = False

    def standardise(self, features: Floats) -> Floats:
        """Return features (n, d) on the scale the coefficients are for."""
        return (np.asarray(features, dtype=np.float64) - self.mean) / self.scale

    def predict(self, features: Floats) -> Floats:
        """Return indicator values, or probabilities of class 1 (logistic); shape (n,)."""
        output = self.standardise(features) @ self.coefficients + self.intercept
        if self.kind != "logistic":
            return np.asarray(output)
        from scipy.special import expit

        return np.asarray(expit(output))


def fit_linear(
    features: Floats,
    target: NDArray[Any],
    kind: ModelName,
    *,
    penalty: float | None = None,
    penalties: int = 100,
    seed: int = 42,
    rescale: bool = True,
    groups: NDArray[np.int64] | None = None,
) -> LinearModel:
    """Fit one model.

    Parameters
    ----------
    features : ndarray, shape (n, d)
        Training features.
    target : ndarray, shape (n,)
        Values, or classes 0 and 1 for ``logistic``.
    kind : {"lasso", "ridge", "logistic"}
        The model.
    penalty : float, optional
        Use this penalty instead of choosing one by inner cross-validation.
    penalties : int
        How many penalties LASSO tries (scikit-learn's path from the smallest that zeroes everything to 1/1000 of it).
    seed : int
        Random seed of the inner folds.
    rescale : bool
        Whether to standardise the features with these rows' mean and standard deviation first.
    groups : ndarray of int, shape (n,), optional
        Rows with the same number stay on one side of the inner folds that choose the penalty.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(with_mean=rescale, with_std=rescale).fit(features)
    x, y = scaler.transform(features), np.asarray(target)
    folds = None if groups is None else _grouped_folds(y, groups, seed, classify=kind == "logistic")
    at_end = False
    with warnings.catch_warnings():
        # The smallest penalties of the path rarely converge and are rarely chosen; the chosen one is checked below.
        warnings.simplefilter("ignore", ConvergenceWarning)
        if kind == "logistic":
            estimator, chosen = _logistic(features, x, y, penalty, seed, folds)
        elif kind == "lasso":
            estimator, chosen = _lasso(x, y, penalty, penalties, seed, folds)
        else:
            estimator, chosen, at_end = _ridge(x, y, penalty, folds)
    return LinearModel(
        kind=kind,
        mean=np.asarray(scaler.mean_, dtype=np.float64) if rescale else np.zeros(x.shape[1]),
        scale=np.asarray(scaler.scale_, dtype=np.float64) if rescale else np.ones(x.shape[1]),
        coefficients=np.asarray(estimator.coef_, dtype=np.float64).ravel(),
        intercept=float(np.ravel(estimator.intercept_)[0]),
        penalty=float(chosen),
        converged=_is_close_to_best(estimator, y),
        penalty_at_end=at_end,
    )


def _is_close_to_best(estimator: Any, y: Floats) -> bool:  # noqa: ANN401 - scikit-learn's classes have no types
    """Tell whether a solver stopped near the optimum: embeddings are nearly collinear, and small penalties are slow."""
    if hasattr(estimator, "dual_gap_"):
        return float(np.max(estimator.dual_gap_)) <= _GAP * float(np.var(y))
    iterations = getattr(estimator, "n_iter_", None)
    return iterations is None or int(np.max(iterations)) < _MAX_ITERATIONS


def _grouped_folds(y: NDArray[Any], groups: NDArray[np.int64], seed: int, *, classify: bool) -> list[Split]:
    """Return inner folds that keep groups whole; of classes, only folds that hold both on either side."""
    found = k_folds(len(y), seed=seed, strata=y.astype(np.int64) if classify else None, groups=groups)
    if not classify:
        return found
    return [s for s in found if min(np.unique(y[s.train]).size, np.unique(y[s.test]).size) > 1]


def _lasso(
    x: Floats, y: Floats, penalty: float | None, penalties: int, seed: int, folds: list[Split] | None
) -> tuple[Any, float]:
    from sklearn.linear_model import Lasso, LassoCV

    tall = x.shape[0] > x.shape[1]
    if penalty is None:
        # precompute="auto" gives the published choice of penalty (precompute=False) in a fifteenth of the time.
        search = LassoCV(
            alphas=penalties,
            cv=min(5, len(y)) if folds is None else [(split.train, split.test) for split in folds],
            max_iter=_MAX_ITERATIONS if tall else _WIDE_ITERATIONS,
            random_state=seed,
            precompute="auto",
        ).fit(x, y)
        if tall:
            return search, search.alpha_
        penalty = float(search.alpha_)
    return Lasso(alpha=penalty, max_iter=_MAX_ITERATIONS, precompute=tall).fit(x, y), penalty


def _ridge(x: Floats, y: Floats, penalty: float | None, folds: list[Split] | None) -> tuple[Any, float, bool]:
    from sklearn.linear_model import Ridge

    if penalty is not None:
        return Ridge(alpha=penalty).fit(x, y), penalty, False
    estimator, chosen = _best_ridge(x, y, _RIDGE_PENALTIES, folds)
    if _RIDGE_PENALTIES[0] < chosen < _RIDGE_PENALTIES[-1]:
        return estimator, chosen, False
    step = _RIDGE_PENALTIES[1] / _RIDGE_PENALTIES[0]
    outwards = 1.0 if chosen == _RIDGE_PENALTIES[-1] else -1.0
    further = chosen * step ** (outwards * np.arange(_RIDGE_MORE + 1))
    estimator, chosen = _best_ridge(x, y, further, folds)
    return estimator, chosen, chosen == further[-1]


def _best_ridge(x: Floats, y: Floats, tried: Floats, folds: list[Split] | None) -> tuple[Any, float]:
    """Fit with the penalty of the smallest squared error on left-out rows, or on left-out folds where they are given.

    All penalties of a fold share one eigendecomposition of the smaller Gram matrix.
    """
    from sklearn.linear_model import Ridge, RidgeCV

    if folds is None:
        search = RidgeCV(alphas=tried).fit(x, y)
        return search, float(search.alpha_)
    errors = np.zeros(len(tried))
    for split in folds:
        centre, mean = x[split.train].mean(axis=0), float(y[split.train].mean())
        inner, outer, target = x[split.train] - centre, x[split.test] - centre, y[split.train] - mean
        tall = inner.shape[0] > inner.shape[1]
        sizes, vectors = np.linalg.eigh(inner.T @ inner if tall else inner @ inner.T)
        left = outer @ vectors if tall else outer @ (inner.T @ vectors)
        right = vectors.T @ (inner.T @ target if tall else target)
        guess = mean + left @ (right[:, None] / (np.maximum(sizes, 0.0)[:, None] + tried))
        errors += ((y[split.test, None] - guess) ** 2).sum(axis=0)
    chosen = float(tried[int(errors.argmin())])
    return Ridge(alpha=chosen).fit(x, y), chosen


def _logistic(
    raw: Floats, x: Floats, y: Floats, penalty: float | None, seed: int, folds: list[Split] | None
) -> tuple[Any, float]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    smallest = int(np.bincount(y.astype(np.int64), minlength=2).min())
    if penalty is None and smallest >= 2 and (folds is None or folds):
        search = GridSearchCV(
            make_pipeline(StandardScaler(), LogisticRegression(max_iter=_MAX_ITERATIONS)),
            {"logisticregression__C": _LOGISTIC_STRENGTHS},
            scoring="neg_log_loss",
            cv=StratifiedKFold(min(5, smallest), shuffle=True, random_state=seed)
            if folds is None
            else [(split.train, split.test) for split in folds],
            refit=False,
        ).fit(raw, y)
        penalty = float(search.best_params_["logisticregression__C"])
    chosen = 0.01 if penalty is None else penalty
    return LogisticRegression(C=chosen, max_iter=_MAX_ITERATIONS).fit(x, y), chosen
