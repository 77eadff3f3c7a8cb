"""Recall@k."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from streetsense.errors import InputError
from streetsense_training.evaluation import first_right_rank, recall_at, retrieval

AXES = np.eye(4)


def compressed(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.r_[0, np.cumsum(mask.sum(axis=1))], np.nonzero(mask)[1]


def brute_force(queries: np.ndarray, gallery: np.ndarray, right: np.ndarray, hidden: np.ndarray) -> list[int]:
    """Sort every query's visible gallery by distance; return the place of the first right entry."""
    ranks = []
    for query, good, covered in zip(queries, right, hidden, strict=True):
        seen = np.flatnonzero(~covered)
        order = seen[np.argsort(((gallery[seen] - query) ** 2).sum(axis=1))]
        places = np.flatnonzero(good[order])
        ranks.append(int(places[0]) if len(places) else len(gallery))
    return ranks


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 40), st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_ranks_are_those_of_sorting_the_gallery(queries: int, gallery: int, width: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    q, g = random.normal(size=(queries, width)), random.normal(size=(gallery, width))
    right = random.random((queries, gallery)) < 0.2
    hidden = random.random((queries, gallery)) < 0.2
    ranks = first_right_rank(q, g, right, exclude=hidden, metric="euclidean")
    expected = brute_force(q, g, right, hidden)
    # Wrong entries ahead of the first right one is its place in the sorted gallery.
    assert ranks.tolist() == expected
    unit_q, unit_g = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (q, g))
    assert first_right_rank(q, g, right, exclude=hidden).tolist() == brute_force(unit_q, unit_g, right, hidden)


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1))
def test_csr_and_boolean_entries_say_the_same(number: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    q, g = random.normal(size=(number, 3)), random.normal(size=(17, 3))
    right, hidden = random.random((2, number, 17)) < 0.3
    plain = first_right_rank(q, g, right, exclude=hidden)
    assert first_right_rank(q, g, compressed(right), exclude=compressed(hidden)).tolist() == plain.tolist()


def test_recall_counts_the_queries_that_are_found_among_the_nearest_k() -> None:
    gallery = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    right = np.array([[True, False, False], [False, True, False], [False, False, True]])
    recall = recall_at(np.array([[1.0, 0.0]] * 3), gallery, right, (1, 2, 3, 50))
    assert [recall[k].value for k in (1, 2, 3, 50)] == pytest.approx([1 / 3, 2 / 3, 1.0, 1.0])


def test_the_interval_is_that_of_wilson() -> None:
    right = np.zeros((10, 4), dtype=bool)
    right[:, 1] = True
    right[:4] = AXES.astype(bool)[0]
    found = recall_at(np.tile(AXES[0], (10, 1)), AXES, right, (1,))[1]
    assert found.value == pytest.approx(0.4)
    assert (found.low, found.high) == (pytest.approx(0.16818, abs=1e-5), pytest.approx(0.68733, abs=1e-5))


def test_the_interval_has_a_width_when_every_query_is_found() -> None:
    found = recall_at(AXES, AXES, np.eye(4, dtype=bool), (1,))[1]
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.5101, abs=1e-4)


def test_an_encoder_that_maps_everything_to_one_point_finds_nothing() -> None:
    same = np.ones((6, 5), dtype=np.float32)
    assert recall_at(same, same, np.eye(6, dtype=bool), (1, 5))[5].value == 0.0


def test_excluded_entries_are_not_in_the_way() -> None:
    gallery, right = np.array([[1.0, 0.0], [0.8, 0.2]]), np.array([[False, True]])
    hidden = np.array([[True, False]])
    query = np.array([[1.0, 0.0]])
    assert first_right_rank(query, gallery, right).tolist() == [1]
    assert first_right_rank(query, gallery, right, exclude=hidden).tolist() == [0]


def test_a_query_whose_right_entries_are_all_excluded_is_not_found() -> None:
    right = np.array([[True, False, False, False]])
    assert first_right_rank(AXES[:1], AXES, right, exclude=right).tolist() == [4]


def test_cosine_ignores_length_and_euclidean_does_not() -> None:
    gallery, right = np.array([[10.0, 1.0], [1.0, 0.6]]), np.array([[True, False]])
    query = np.array([[1.0, 0.0]])
    assert first_right_rank(query, gallery, right, metric="cosine").tolist() == [0]
    assert first_right_rank(query, gallery, right, metric="euclidean").tolist() == [1]


def test_the_answer_does_not_depend_on_which_queries_are_asked_together(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    gallery = random.normal(size=(300, 32)).astype(np.float32)
    gallery[150:] = gallery[:150]  # exact duplicates, where rounding would decide
    queries = gallery[:100] + random.normal(scale=0.4, size=(100, 32)).astype(np.float32)
    right = np.zeros((100, 300), dtype=bool)
    right[np.arange(100), np.arange(100)] = True
    whole = first_right_rank(queries, gallery, compressed(right))
    monkeypatch.setattr(retrieval, "_CHUNK", 300 * 7)
    assert first_right_rank(queries, gallery, compressed(right)).tolist() == whole.tolist()
    alone = [first_right_rank(queries[i : i + 1], gallery, right[i : i + 1])[0] for i in range(100)]
    assert alone == whole.tolist()


def test_tensors_are_taken_as_arrays_are() -> None:
    values = torch.randn(8, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert first_right_rank(values, values, np.eye(8, dtype=bool)).tolist() == [0] * 8


def test_no_queries_have_no_recall() -> None:
    found = recall_at(np.empty((0, 4)), AXES, np.empty((0, 4), dtype=bool), (1,))[1]
    assert (found.value, found.low, found.high) == (None, None, None)


@pytest.mark.parametrize(
    ("queries", "gallery", "positives", "ks", "sentence"),
    [
        (AXES * np.nan, AXES, AXES > 0, (1,), "queries: 4 of 4 embeddings are not finite; leave them out."),
        (AXES[:, :3], AXES, AXES > 0, (1,), "queries: they have 3 dimensions and the gallery 4; use one encoder."),
        (AXES[0], AXES, AXES > 0, (1,), "queries: their shape is (4,); give one row an embedding."),
        (AXES, AXES, AXES[:2] > 0, (1,), "positives: their shape is (2, 4); it must be (4, 4)."),
        (AXES, AXES, AXES > 0, (0, 1), "ks: 0 is no number of neighbours; use 1 or more."),
        (
            AXES,
            AXES,
            (np.array([0, 1, 1, 1, 1]), np.array([4])),
            (1,),
            "positives: indptr and indices do not describe 4 queries and 4 entries.",
        ),
    ],
)
def test_what_does_not_fit_is_one_sentence(
    queries: np.ndarray, gallery: np.ndarray, positives: retrieval.Entries, ks: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(InputError) as raised:
        recall_at(queries, gallery, positives, ks)
    assert str(raised.value) == sentence
