"""A small retrieval task that the trainer asks every few epochs: does the encoder recognise places it never saw?

Where the views have several dates, a query must be found in views of other months, which is what temporal pre-training
is for (section 3 of the paper); where they have one date, in views of other panoramas. It also watches for collapse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from streetsense.errors import InputError
from streetsense.progress import Silent
from streetsense_training.evaluation.retrieval import first_right_rank, recall_of_ranks
from streetsense_training.pairs.days import DAYS_A_MONTH
from streetsense_training.pairs.views import MICRODEGREES, UNKNOWN_HEADING, read_views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from streetsense.study import Study

Rows = NDArray[np.int64]

#: Fewer queries say nothing: the interval of their recall is wider than half of the range.
_FEWEST_QUERIES = 10
#: Right entries of each query that are put into the gallery, so that it also holds views of other places.
_RIGHT_EACH = 3
#: Queries whose neighbours are looked up at once.
_CHUNK = 4096


@dataclass(frozen=True)
class ProbeScore:
    """What the probe says of an encoder.

    Attributes
    ----------
    recall_at_1, recall_at_5 : float
        Share of queries with a right view among the nearest 1 and 5, 0 to 1.
    low, high : float
        95 % interval of ``recall_at_1``.
    queries, gallery : int
        Views that were looked for, and that were looked in.
    spread : float
        Mean standard deviation of the dimensions of unit-length embeddings, times the root of their number: 1 where
        embeddings fill the sphere evenly, 0 where all are one point (collapse).
    """

    recall_at_1: float
    recall_at_5: float
    low: float
    high: float
    queries: int
    gallery: int
    spread: float

    def as_metrics(self) -> dict[str, float]:
        """Return the numbers under the names that `streetsense_training.curves` draws."""
        names = ("recall_at_1", "recall_at_5", "low", "high", "spread")
        return {f"probe_{name}": float(getattr(self, name)) for name in names}


class RetrievalProbe:
    """Queries and a gallery, drawn once from views; the same seed and views give the same probe.

    A view is right for a query when it lies within ``radius``, looks the same way within ``heading_tolerance``
    (unknown headings look every way) and belongs to another panorama. Where the views have several months, it must also
    be of another month than the query, and what lies within ``radius`` of the query and was taken in the query's month,
    or nobody knows when, is hidden from it. Views of the query's own panorama are always hidden from it.

    Parameters
    ----------
    view_ids : sequence of str, length n
        The views to draw from, held out of the pairs.
    positions_xy : array_like, shape (n, 2)
        Metres, in the study's working CRS.
    headings : array_like, shape (n,)
        Degrees clockwise from north; NaN where unknown.
    months : array_like, shape (n,)
        Capture time in whole months since any one month; NaN where unknown.
    panoramas : sequence, length n
        What tells panoramas apart; a view where it is missing (None) is a panorama of its own.
    radius : float
        Metres.
    heading_tolerance : float
        Degrees.
    limit : int
        Most queries.
    gallery : int
        Most gallery entries: at least one right entry a query, and views of other places as far as there is room; five
        times ``limit`` by default.
    seed : int
        Random seed of the draw.

    Raises
    ------
    InputError
        When fewer than ten views have a right one.
    """

    def __init__(
        self,
        view_ids: Sequence[str] | NDArray[np.object_] | NDArray[np.str_],
        positions_xy: ArrayLike,
        headings: ArrayLike,
        months: ArrayLike,
        panoramas: ArrayLike,
        *,
        radius: float = 25.0,
        heading_tolerance: float = 45.0,
        limit: int = 1000,
        gallery: int | None = None,
        seed: int = 0,
    ) -> None:
        self._xy = np.asarray(positions_xy, dtype=np.float64)
        self._headings = np.asarray(headings, dtype=np.float64)
        self._months = np.asarray(months, dtype=np.float64)
        self._panoramas = _numbered(panoramas)
        self._radius, self._tolerance = radius, heading_tolerance
        known = self._months[np.isfinite(self._months)]
        #: Whether places must be found in views of other months.
        self.across_time = bool(known.size and known.min() < known.max())
        random = np.random.default_rng(seed)
        drawn, kept = self._draw(random, limit, 5 * limit if gallery is None else gallery)
        if len(drawn) < _FEWEST_QUERIES:
            wanted = "in another month" if self.across_time else "in another panorama"
            raise InputError(
                f"probe: {len(drawn)} of {len(self._xy)} views were seen again within {radius:g} m {wanted}, and "
                f"{_FEWEST_QUERIES} are needed; hold out more views."
            )
        rows, places = np.unique(np.concatenate([drawn, kept]), return_inverse=True)
        self._view_ids: NDArray[np.object_] = np.asarray(view_ids, dtype=object)[rows]
        self._queries, self._gallery = places[: len(drawn)], places[len(drawn) :]
        self._right, self._hidden = self._entries(drawn, kept)

    @classmethod
    def from_study(
        cls,
        study: Study,
        view_ids: Sequence[str] | NDArray[np.object_] | NDArray[np.str_],
        *,
        limit: int = 1000,
        seed: int = 0,
    ) -> RetrievalProbe | None:
        """Make a probe of some of a study's usable views; None where too few of them show a place twice.

        Parameters
        ----------
        study : Study
            Where the views are.
        view_ids : sequence of str
            The views to draw from; those that the study lacks are passed over.
        limit, seed : int
            As for the class.
        """
        views = read_views(study, Silent())
        ids = views.view_ids.to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(np.isin(ids.astype(str), np.asarray(view_ids, dtype=str)))
        headings = np.where(views.heading == UNKNOWN_HEADING, np.nan, views.heading / MICRODEGREES)[rows]
        first, last = views.first_day[rows] // DAYS_A_MONTH, views.last_day[rows] // DAYS_A_MONTH
        months = np.where((first == last) & (first >= 0), first, np.nan)  # a year alone is no month
        ids, xy, panoramas = ids[rows], views.xy[rows], views.panorama[rows]
        try:
            return cls(ids, xy, headings, months, panoramas, limit=limit, seed=seed)
        except InputError:
            return None

    @property
    def view_ids(self) -> NDArray[np.object_]:
        """The views that must be embedded, in the order in which `score` takes them."""
        return self._view_ids.copy()

    def score(self, embeddings: NDArray[np.floating] | Tensor) -> ProbeScore:
        """Judge an encoder.

        Parameters
        ----------
        embeddings : ndarray or Tensor, shape (n, d)
            A row a view of `view_ids`.

        Raises
        ------
        InputError
            When the number of rows is wrong or a number is not finite.
        """
        import torch

        values = torch.as_tensor(embeddings).detach().float()
        if values.ndim != 2 or len(values) != len(self._view_ids):
            raise InputError(
                f"embeddings: their shape is {tuple(values.shape)}; the probe has {len(self._view_ids)} views."
            )
        asked, offered = (values[torch.as_tensor(rows)] for rows in (self._queries, self._gallery))
        recall = recall_of_ranks(first_right_rank(asked, offered, self._right, exclude=self._hidden), (1, 5))
        unit = torch.nn.functional.normalize(values.double())
        spread = float(unit.std(dim=0, correction=0).mean() * values.shape[1] ** 0.5)
        at_1, at_5 = recall[1], recall[5]
        return ProbeScore(
            recall_at_1=_number(at_1.value),
            recall_at_5=_number(at_5.value),
            low=_number(at_1.low),
            high=_number(at_1.high),
            queries=len(self._queries),
            gallery=len(self._gallery),
            spread=spread,
        )

    def _draw(self, random: np.random.Generator, limit: int, gallery: int) -> tuple[Rows, Rows]:
        """Return the rows of queries that have a right view, and of the gallery."""
        order = random.permutation(len(self._xy)).astype(np.int64)
        tree = cKDTree(self._xy)
        query, entry = np.empty(0, np.int64), np.empty(0, np.int64)
        for first in range(0, len(order), _CHUNK):
            candidates = order[first : first + _CHUNK]
            number, near = self._near(tree, candidates)
            near_query = candidates[number]
            right = self._is_right(near_query, near)
            shuffled = random.permutation(int(right.sum()))
            found, partner = near_query[right][shuffled], near[right][shuffled]
            few = pd.Series(found).groupby(found).cumcount().to_numpy() < _RIGHT_EACH
            query, entry = np.concatenate([query, found[few]]), np.concatenate([entry, partner[few]])
            if len(pd.unique(query)) >= limit:
                break
        number, queries = pd.factorize(query)
        # As many queries as their right entries leave room for in the gallery.
        by_query = np.argsort(number, kind="stable")
        _, appears = np.unique(entry[by_query], return_index=True)
        new = np.bincount(number[by_query][appears], minlength=len(queries))
        room = int((np.cumsum(new) <= gallery).sum())
        queries = queries[: min(room, limit)]
        kept = pd.unique(entry[number < len(queries)])
        others = order[~np.isin(order, kept)]
        filled = np.concatenate([kept, random.permutation(others)[: gallery - len(kept)]])
        return np.asarray(queries, dtype=np.int64), np.sort(filled)

    def _near(self, tree: cKDTree, rows: Rows) -> tuple[Rows, Rows]:
        """Return all (number in ``rows``, entry of the tree) within the radius, sorted."""
        found = cKDTree(self._xy[rows]).sparse_distance_matrix(tree, self._radius, output_type="ndarray")
        order = np.lexsort((found["j"], found["i"]))
        return found["i"][order].astype(np.int64), found["j"][order].astype(np.int64)

    def _is_right(self, query: Rows, entry: Rows) -> NDArray[np.bool_]:
        """Tell which of the (query, near entry) are right."""
        turn = np.abs((self._headings[query] - self._headings[entry] + 180.0) % 360.0 - 180.0)
        same_way = np.isnan(turn) | (turn <= self._tolerance)
        other_capture = self._panoramas[query] != self._panoramas[entry]
        right: NDArray[np.bool_] = same_way & other_capture & ~self._is_hidden_by_time(query, entry)
        return right

    def _is_hidden_by_time(self, query: Rows, entry: Rows) -> NDArray[np.bool_]:
        """Tell which of the (query, near entry) nobody knows to be of different months."""
        if not self.across_time:
            return np.zeros(len(query), dtype=np.bool_)
        hidden: NDArray[np.bool_] = ~(np.abs(self._months[query] - self._months[entry]) >= 1)
        return hidden

    def _entries(self, queries: Rows, gallery: Rows) -> tuple[tuple[Rows, Rows], tuple[Rows, Rows]]:
        """Return the right and the hidden gallery entries of the queries, as (indptr, indices)."""
        number, near = self._near(cKDTree(self._xy[gallery]), queries)
        query, entry = queries[number], gallery[near]
        right = self._is_right(query, entry)
        hidden = (self._panoramas[query] == self._panoramas[entry]) | self._is_hidden_by_time(query, entry)
        size = len(queries)
        return _compressed(number[right], near[right], size), _compressed(number[hidden], near[hidden], size)


def _compressed(query: Rows, entry: Rows, number: int) -> tuple[Rows, Rows]:
    """Return sorted (query, entry) as (indptr, indices)."""
    return np.concatenate([[0], np.cumsum(np.bincount(query, minlength=number))]).astype(np.int64), entry


def _numbered(panoramas: ArrayLike) -> Rows:
    codes = pd.factorize(pd.Series(np.asarray(panoramas, dtype=object)))[0].astype(np.int64)
    return np.where(codes < 0, -1 - np.arange(len(codes)), codes)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value
