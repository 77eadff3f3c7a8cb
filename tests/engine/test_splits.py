"""Divisions into training and test samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.indicators.splits import (
    Split,
    automatic_block_size,
    blocked_folds,
    blocks_of,
    k_folds,
    random_split,
)


def positions(seed: int, n: int, extent: float = 8000.0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 2)) * extent + [500_000, 4_000_000]


def is_partition(splits: list[Split], n: int) -> bool:
    tested = np.sort(np.concatenate([split.test for split in splits]))
    apart = all(np.intersect1d(split.train, split.test).size == 0 for split in splits)
    whole = all(len(split.train) + len(split.test) == n for split in splits)
    return bool(np.array_equal(tested, np.arange(n)) and apart and whole)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(10, 200))
def test_every_sample_is_tested_once_in_folds_and_in_blocked_folds(seed: int, n: int) -> None:
    xy = positions(seed, n)
    assert is_partition(k_folds(n, seed=seed), n)
    assert is_partition(blocked_folds(blocks_of(xy, automatic_block_size(xy))), n)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(60, 300))
def test_no_block_has_samples_on_both_sides(seed: int, n: int) -> None:
    blocks = blocks_of(positions(seed, n), 1000.0)
    for split in blocked_folds(blocks):
        assert np.intersect1d(blocks[split.train], blocks[split.test]).size == 0


def test_blocks_are_squares_of_the_given_side() -> None:
    xy = positions(0, 2000)
    blocks = blocks_of(xy, 1000.0)
    spans = np.array([np.ptp(xy[blocks == block], axis=0) for block in np.unique(blocks)])
    assert spans.max() <= 1000.0
    assert blocks.max() + 1 == 64


def test_blocked_folds_have_similar_sizes() -> None:
    sizes = [len(split.test) for split in blocked_folds(blocks_of(positions(1, 1000), 1000.0))]
    assert max(sizes) - min(sizes) < 100


def test_the_random_split_tests_30_percent_and_is_the_same_for_the_same_seed() -> None:
    (first,), (again,), (other,) = random_split(200), random_split(200), random_split(200, seed=1)
    assert len(first.test) == 60
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_classes_keep_their_share_in_every_part() -> None:
    strata = np.r_[np.ones(20, dtype=np.int64), np.zeros(80, dtype=np.int64)]
    assert strata[random_split(100, strata=strata)[0].test].sum() == 6
    assert [strata[split.test].sum() for split in k_folds(100, strata=strata)] == [4] * 5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(10, 60), st.booleans())
def test_views_of_one_place_are_never_on_both_sides(seed: int, places: int, classify: bool) -> None:
    random = np.random.default_rng(seed)
    groups = random.permutation(np.repeat(np.arange(places) * 7, random.integers(1, 6, places)))
    strata = random.integers(0, 2, len(groups)) if classify else None
    folds = k_folds(len(groups), seed=seed, strata=strata, groups=groups)
    assert is_partition(folds, len(groups))
    for split in [*folds, *random_split(len(groups), seed=seed, strata=strata, groups=groups)]:
        assert np.intersect1d(groups[split.train], groups[split.test]).size == 0
        assert len(split.train) + len(split.test) == len(groups)


def test_places_with_one_view_each_are_divided_as_samples_without_places_are() -> None:
    strata, alone = np.arange(100) % 3 % 2, np.arange(100)
    for divide in (k_folds, random_split):
        for plain, grouped in zip(divide(100, strata=strata), divide(100, strata=strata, groups=alone), strict=True):
            assert np.array_equal(plain.test, grouped.test)
            assert np.array_equal(plain.train, grouped.train)


def test_places_keep_the_share_of_their_classes_in_every_fold() -> None:
    groups = np.repeat(np.arange(50), 4)
    strata = (groups < 10).astype(np.int64)
    folds = k_folds(200, strata=strata, groups=groups)
    assert [strata[split.test].sum() for split in folds] == [8] * 5


def test_the_automatic_block_size_is_an_eighth_of_the_shorter_side() -> None:
    xy = positions(2, 3000) * [1, 2]
    assert automatic_block_size(xy) == pytest.approx(1000, rel=0.02)


def test_the_automatic_block_size_shrinks_until_there_are_enough_blocks() -> None:
    centres = np.random.default_rng(0).random((20, 2)) * 100
    xy = np.vstack([centres, [[100_000.0, 100_000.0]]])
    assert blocks_of(xy, automatic_block_size(xy)).max() + 1 >= 15


def test_blocks_that_are_too_large_are_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match=r"^block_size: it leaves 1 block\(s\)"):
        blocked_folds(blocks_of(positions(3, 50) - [500_000, 4_000_000], 1e6))
