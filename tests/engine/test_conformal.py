"""Intervals and what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.indicators.conformal import half_width
from streetsense.indicators.validation import Recipe, Samples, out_of_fold_residuals, validate
from streetsense.progress import Silent


def linear_samples(seed: int, n: int, noise: float = 1.0) -> Samples:
    random = np.random.default_rng(seed)
    features = random.normal(size=(n, 12))
    target = features[:, :3] @ [2.0, -1.0, 0.5] + random.normal(0, noise, n)
    return Samples(features, target, random.random((n, 2)) * 10_000)


def test_the_half_width_is_the_finite_sample_quantile() -> None:
    assert half_width(np.arange(1, 100), 0.9) == 90
    assert half_width([-3, 1, 2, -4, 5, 6, 7, 8, 9], 0.9) == 9


def test_too_few_residuals_promise_nothing() -> None:
    assert half_width(np.ones(8), 0.9) == math.inf


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=200), st.floats(0.5, 0.9))
def test_at_least_the_promised_share_of_residuals_lies_within(residuals: list[float], coverage: float) -> None:
    assert np.mean(np.abs(residuals) <= half_width(residuals, coverage)) >= coverage


def test_the_half_width_agrees_with_mapie() -> None:
    from mapie.regression import CrossConformalRegressor
    from sklearn.linear_model import Lasso
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    samples = linear_samples(0, 200)
    theirs = CrossConformalRegressor(
        make_pipeline(StandardScaler(), Lasso(alpha=0.05)),
        confidence_level=0.9,
        method="base",
        cv=KFold(5, shuffle=True, random_state=42),
    )
    theirs.fit_conformalize(samples.features, samples.target)
    _, bounds = theirs.predict_interval(samples.features[:5])
    ours = half_width(out_of_fold_residuals(samples, Recipe("lasso"), 0.05), 0.9)
    assert (bounds[:, 1, 0] - bounds[:, 0, 0]) / 2 == pytest.approx(ours, rel=1e-3)


def test_measured_coverage_on_new_samples_is_the_promised_one() -> None:
    covered = []
    for seed in range(20):
        samples, new = linear_samples(seed, 120), linear_samples(1000 + seed, 500)
        recipe = Recipe("ridge")
        model = recipe.fit(samples)
        width = half_width(out_of_fold_residuals(samples, recipe, model.penalty), 0.9)
        covered.append(np.mean(np.abs(new.target - model.predict(new.features)) <= width))
    assert 0.88 < np.mean(covered) < 0.93


def test_every_protocol_reports_the_coverage_it_measured() -> None:
    results = validate(linear_samples(3, 300), Recipe("ridge"), Silent())
    assert [result.protocol for result in results] == ["split", "k_fold", "blocked"]
    for result in results:
        assert result.coverage is not None
        assert result.coverage.value == pytest.approx(0.9, abs=0.08)
