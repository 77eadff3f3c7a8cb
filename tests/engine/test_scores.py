"""Scores, their confidence intervals and the spatial pattern of residuals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from streetsense.indicators.autocorrelation import moran_i, nearest
from streetsense.indicators.scores import (
    Confusion,
    classification_scores,
    coverage_score,
    estimate,
    regression_scores,
)

#: tp, fp, fn, tn on 424 photos, and Table 3 of the paper (percent): accuracy, recall, F1, "AUC".
TABLE_3 = {
    "ImageNet-Self": ((109, 25, 46, 244), (83.25, 70.32, 75.43, 80.51)),
    "GSV-Temporal": ((101, 10, 54, 259), (84.91, 65.16, 75.94, 80.72)),
    "GSV-Spatial": ((106, 10, 49, 259), (86.08, 68.39, 78.23, 82.33)),
    "GSV-Self": ((120, 13, 35, 256), (88.68, 77.42, 83.33, 86.29)),
}
#: R² of the paper's Table 2 (ImageNet-Self last) by group, and the printed totals.
TABLE_2_POVERTY = {
    "rows": ((0.6561, 0.6816, 0.6735, 0.6096), (0.1948, 0.2227, 0.1833, 0.1718), (0.6154, 0.6377, 0.6401, 0.5893)),
    "total": (0.4888, 0.5140, 0.4990, 0.4569),
}


def everything(n: int) -> np.ndarray:
    return np.ones((1, n))


@pytest.mark.parametrize("model", TABLE_3)
def test_confusion_counts_give_the_scores_of_table_3(model: str) -> None:
    counts, printed = TABLE_3[model]
    scores = Confusion(*counts).scores()
    ours = [100 * float(scores[name]) for name in ("accuracy", "recall", "f1", "balanced_accuracy")]
    assert ours == pytest.approx(printed, abs=0.006)


def test_totals_of_table_2_are_plain_means_of_their_rows() -> None:
    assert np.mean(TABLE_2_POVERTY["rows"], axis=0) == pytest.approx(TABLE_2_POVERTY["total"], abs=0.00006)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 80))
def test_regression_scores_agree_with_scikit_learn(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth, guess = random.normal(50_000, 9_000, n), random.normal(50_000, 9_000, n)
    ours = {name: float(score(everything(n))[0]) for name, score in regression_scores(truth, guess).items()}
    assert ours["r2"] == pytest.approx(metrics.r2_score(truth, guess), rel=1e-9)
    assert ours["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, guess), rel=1e-9)
    assert ours["mae"] == pytest.approx(metrics.mean_absolute_error(truth, guess), rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(4, 80))
def test_classification_scores_agree_with_scikit_learn_also_with_ties_and_weights(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[0, 1, random.integers(0, 2, n - 2)]
    chance = np.round(random.random(n), 1)
    weights = random.integers(1, 4, n).astype(float)
    ours = {name: float(s(weights[None])[0]) for name, s in classification_scores(truth, chance).items()}
    hit = (chance >= 0.5).astype(int)
    assert ours["accuracy"] == pytest.approx(metrics.accuracy_score(truth, hit, sample_weight=weights))
    assert ours["recall"] == pytest.approx(metrics.recall_score(truth, hit, sample_weight=weights))
    assert ours["f1"] == pytest.approx(metrics.f1_score(truth, hit, sample_weight=weights))
    assert ours["auc"] == pytest.approx(metrics.roc_auc_score(truth, chance, sample_weight=weights))
    balanced = metrics.balanced_accuracy_score(truth, hit, sample_weight=weights)
    assert ours["balanced_accuracy"] == pytest.approx(balanced)


def test_auc_of_hard_predictions_is_balanced_accuracy() -> None:
    truth, hit = np.array([1, 1, 1, 0, 0, 0, 0]), np.array([1, 0, 1, 0, 1, 0, 0])
    scores = classification_scores(truth, hit.astype(float))
    assert scores["auc"](everything(7)) == pytest.approx(scores["balanced_accuracy"](everything(7)))


def test_scores_that_are_not_defined_are_none() -> None:
    constant = regression_scores(np.full(12, 3.0), np.arange(12.0))
    assert estimate(constant["r2"], 12).value is None
    one_class = classification_scores(np.ones(12), np.linspace(0, 1, 12))
    assert estimate(one_class["auc"], 12).value is None


def test_the_confidence_interval_of_an_accuracy_is_as_wide_as_the_binomial_one() -> None:
    # Table 3 has 424 test photos: its accuracies are known to 3.0 to 3.6 points.
    truth = np.r_[np.ones(155), np.zeros(269)]
    chance = np.r_[np.ones(120), np.zeros(35), np.ones(13), np.zeros(256)]
    found = estimate(classification_scores(truth, chance)["accuracy"], 424, draws=2000)
    assert found.low is not None and found.high is not None
    assert 100 * (found.high - found.low) / 2 == pytest.approx(3.0, abs=0.25)


def test_resampling_whole_blocks_widens_the_interval_of_clustered_errors() -> None:
    random = np.random.default_rng(0)
    blocks = np.repeat(np.arange(20), 25)
    inside = np.repeat(random.random(20) < 0.8, 25)
    alone, grouped = (estimate(coverage_score(inside), 500, groups=g) for g in (None, blocks))
    assert grouped.high - grouped.low > 3 * (alone.high - alone.low)  # type: ignore[operator]


def test_the_fold_mean_is_the_mean_of_the_folds_own_scores() -> None:
    random = np.random.default_rng(1)
    truth, guess, folds = random.normal(size=60), random.normal(size=60), np.arange(60) % 5
    found = estimate(regression_scores(truth, guess)["r2"], 60, folds=folds)
    assert found.fold_mean == pytest.approx(
        np.mean([metrics.r2_score(truth[folds == k], guess[folds == k]) for k in range(5)])
    )


def test_the_same_seed_gives_the_same_interval() -> None:
    random = np.random.default_rng(4)
    score = regression_scores(random.normal(size=50), random.normal(size=50))["rmse"]
    assert estimate(score, 50, seed=7) == estimate(score, 50, seed=7)
    assert estimate(score, 50, seed=7) != estimate(score, 50, seed=8)


def test_moran_i_agrees_with_esda() -> None:
    esda = pytest.importorskip("esda")
    weights = pytest.importorskip("libpysal.weights")
    random = np.random.default_rng(3)
    xy = random.random((200, 2)) * 1000
    values = np.sin(xy[:, 0] / 200) + random.normal(0, 0.5, 200)
    knn = weights.KNN.from_array(xy, k=8)
    knn.transform = "r"
    theirs = esda.Moran(values, knn, permutations=999)
    ours = moran_i(values, xy)
    assert ours is not None
    assert ours.i == pytest.approx(theirs.I, rel=1e-9)
    assert ours.expected == pytest.approx(theirs.EI)
    assert ours.p == pytest.approx(theirs.p_sim, abs=0.01)


def test_values_without_spatial_pattern_have_no_small_p() -> None:
    random = np.random.default_rng(5)
    found = moran_i(random.normal(size=300), random.random((300, 2)))
    assert found is not None
    assert abs(found.i) < 0.1
    assert found.p > 0.05


def test_views_of_one_panorama_are_neighbours_of_each_other_and_never_of_themselves() -> None:
    xy = np.repeat(np.random.default_rng(2).random((6, 2)), 12, axis=0)  # more at one place than k + 1
    near = nearest(xy, 8)
    assert near.shape == (72, 8)
    assert not (near == np.arange(72)[:, None]).any()
    assert (near // 12 == np.arange(72)[:, None] // 12).all()


def test_moran_i_of_a_constant_is_not_defined() -> None:
    assert moran_i(np.full(20, 4.2), np.random.default_rng(0).random((20, 2))) is None
