"""Schedules and the loss at chance are those of the published code."""

from __future__ import annotations

import math

import pytest
import torch

from streetsense_training.moco import info_nce
from streetsense_training.schedules import chance_loss, learning_rate, momentum

PEAK = 1.5e-4 * 1024 / 256


@pytest.mark.parametrize(("epoch", "rate"), [(0.5, 7.5e-6), (20, 3e-4), (40, 6e-4), (150, 3.717947e-4), (300, 0.0)])
def test_the_learning_rate_rises_for_40_epochs_and_falls_by_a_cosine(epoch: float, rate: float) -> None:
    assert learning_rate(epoch, peak=PEAK, epochs=300, warmup_epochs=40) == pytest.approx(rate, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("epoch", "value"), [(0, 0.99), (20, 0.990109), (40, 0.990432), (150, 0.995), (300, 1.0)])
def test_the_momentum_rises_from_its_start_to_one(epoch: float, value: float) -> None:
    assert momentum(epoch, start=0.99, epochs=300) == pytest.approx(value, abs=5e-7)


def test_without_a_warm_up_the_rate_begins_at_its_peak() -> None:
    assert learning_rate(0, peak=0.1, epochs=10, warmup_epochs=0) == pytest.approx(0.1)


def test_a_warm_up_as_long_as_the_run_never_divides_by_zero() -> None:
    assert learning_rate(5, peak=0.1, epochs=5, warmup_epochs=5) == pytest.approx(0.1)


def test_the_loss_of_equal_embeddings_is_that_of_chance() -> None:
    same = torch.ones(64, 8)
    symmetric = info_nce(same, same, 0.2) + info_nce(same, same, 0.2)
    assert float(symmetric) == pytest.approx(2 * 0.4 * math.log(64), rel=1e-6)
    assert chance_loss(0.2, 64) == pytest.approx(2 * 0.4 * math.log(64))


def test_the_loss_of_matching_orthogonal_embeddings_is_nearly_zero() -> None:
    views = torch.eye(8)
    assert float(info_nce(views, views, 0.2)) == pytest.approx(0.4 * math.log(1 + 7 * math.exp(-5)), rel=1e-5)


def test_the_length_of_embeddings_does_not_change_the_loss() -> None:
    one, two = torch.randn(16, 8), torch.randn(16, 8)
    assert float(info_nce(3 * one, 0.1 * two, 0.2)) == pytest.approx(float(info_nce(one, two, 0.2)), rel=1e-5)
