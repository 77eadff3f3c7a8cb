"""Intervals and what they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.indicators.conformal import fit_interval, half_width
from streetsense.indicators.validation import Recipe, Samples, out_of_fold_predictions, validate
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
    predicted = out_of_fold_predictions(samples, Recipe("lasso"), 0.05)
    ours = half_width(samples.target - predicted, 0.9)
    assert (bounds[:, 1, 0] - bounds[:, 0, 0]) / 2 == pytest.approx(ours, rel=1e-3)


def test_measured_coverage_on_new_samples_is_the_promised_one() -> None:
    covered = []
    for seed in range(20):
        samples, new = linear_samples(seed, 120), linear_samples(1000 + seed, 500)
        recipe = Recipe("ridge")
        model = recipe.fit(samples)
        own = out_of_fold_predictions(samples, recipe, model.penalty)
        interval = fit_interval(own, samples.target - own, 0.9)
        assert interval is not None
        predicted = model.predict(new.features)
        covered.append(np.mean(np.abs(new.target - predicted) <= interval.half_widths(predicted)))
    assert 0.88 < np.mean(covered) < 0.93


def test_intervals_are_wider_where_residuals_are_larger() -> None:
    random = np.random.default_rng(0)
    predicted = random.uniform(0, 10, 4000)
    residuals = random.normal(0, 1, 4000) * (0.5 + predicted)
    interval = fit_interval(predicted, residuals, 0.9)
    assert interval is not None
    narrow, wide = interval.half_widths([1.0, 9.0])
    assert wide / narrow == pytest.approx(9.5 / 1.5, rel=0.25)
    within = np.abs(residuals) <= interval.half_widths(predicted)
    assert within.mean() == pytest.approx(0.9, abs=0.01)
    # The promise holds for low and for high predictions by themselves, which one width for all would miss by far.
    assert within[predicted < 3].mean() == pytest.approx(0.9, abs=0.05)
    assert within[predicted > 7].mean() == pytest.approx(0.9, abs=0.05)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=20, max_size=100))
def test_calibrated_intervals_hold_the_promised_share_of_their_own_residuals(pairs: list[tuple[float, float]]) -> None:
    predicted, residuals = np.array(pairs).T
    interval = fit_interval(predicted, residuals, 0.8)
    assert interval is not None
    widths = interval.half_widths(predicted)
    assert (widths >= 0).all()
    assert np.mean(np.abs(residuals) <= widths * (1 + 1e-9)) >= 0.8


def test_every_protocol_reports_the_coverage_it_measured() -> None:
    results = validate(linear_samples(3, 300), Recipe("ridge"), Silent())
    assert [result.protocol for result in results] == ["split", "k_fold", "blocked"]
    for result in results:
        assert result.coverage is not None
        assert result.coverage.value == pytest.approx(0.9, abs=0.08)
