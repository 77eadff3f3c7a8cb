"""The published regression protocol, for comparison with the paper's Table 2.

The public code standardises all rows, reduces them by principal components that keep 99 % of their variance, and only
then divides them into five shuffled folds: the test rows have influenced the features. The number it reports is the
mean of the folds' R². It divides single
samples whatever place they show. Nothing else in this package is computed this way.
"""

from __future__ import annotations

import numpy as np

from streetsense.indicators.linear_model import fit_linear
from streetsense.indicators.scores import Floats, WeightedScore, estimate, regression_scores
from streetsense.indicators.splits import k_folds
from streetsense.indicators.validation import ProtocolScores, Samples
from streetsense.progress import Progress


def urbanstcl_protocol(samples: Samples, progress: Progress, *, penalties: int = 100, seed: int = 42) -> ProtocolScores:
    """Score LASSO as the published code does (``economic/4regression_fold/lasso.py``): a leak, said so in the result.

    Parameters
    ----------
    samples : Samples
        Features and indicator values.
    progress : Progress
        Told after every fold.
    penalties, seed : int
        100 and 42 in the published code.

    Returns
    -------
    ProtocolScores
        With ``leaks`` set; each score is the mean over the five test folds.
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    n = len(samples.target)
    scaled = StandardScaler().fit_transform(samples.features)
    reduced = PCA(n_components=0.99, random_state=seed).fit_transform(scaled)
    guess, naive, folds = np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    for number, split in enumerate(k_folds(n, seed=seed)):
        progress.report(number, 5, f"published protocol: fold {number + 1} of 5")
        # The published folds see components as they are; scaling them again would change the penalty's meaning.
        model = fit_linear(
            reduced[split.train], samples.target[split.train], "lasso", penalties=penalties, seed=seed, rescale=False
        )
        guess[split.test] = model.predict(reduced[split.test])
        naive[split.test] = samples.target[split.train].mean()
        folds[split.test] = number
    scores = {key: _mean_over_folds(s, folds) for key, s in regression_scores(samples.target, guess).items()}
    everything = np.ones((1, n))
    baseline = {key: float(s(everything)[0]) for key, s in regression_scores(samples.target, naive).items()}
    return ProtocolScores(
        protocol="urbanstcl",
        leaks=True,
        n_test=n,
        folds=5,
        scores={
            key: estimate(score, n, folds=folds, groups=samples.groups, seed=seed) for key, score in scores.items()
        },
        baseline={key: value if np.isfinite(value) else None for key, value in baseline.items()},
    )


def _mean_over_folds(score: WeightedScore, folds: np.ndarray[tuple[int], np.dtype[np.int64]]) -> WeightedScore:
    masks = (folds == np.arange(folds.max() + 1)[:, None]).astype(np.float64)

    def mean(weights: Floats) -> Floats:
        values = np.stack([score(weights * mask) for mask in masks])
        return np.asarray(np.nanmean(values, axis=0)) if np.isfinite(values).any() else np.full(len(weights), np.nan)

    return mean
