"""Finding partners by the rule, exactly, without ever listing all neighbours.

Views are sorted by the cell of a grid (or by unit), so that all that can be near a view lies in a few stretches of the
sorted views. A partner is drawn by picking from these stretches and asking the rule, again and again: whatever it
accepts first is distributed evenly over all that it accepts. Where the stretches are short, or luck was bad, everything
in them is looked at instead, and one of the partners is drawn: the same distribution, and certainty that there is none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetsense_training.pairs.candidates import Candidates, Rows, heading_difference
from streetsense_training.pairs.rules import PairRule

#: Up to so many views in its stretches a view's partners are listed at once, which is faster than picking.
_SHORT = 16
#: So many picks are tried before the partners are listed.
_PICKS = 24
#: Views that are listed at the same time, for many views together.
_LISTED = 2_000_000
#: Cells along a side at most, so that the number of a cell and a day fits into 64 bits.
_MOST_CELLS = 2**20


class Neighbourhoods:
    """Candidates sorted by place.

    Parameters
    ----------
    candidates : Candidates
        Views with finite positions, and headings and times where the rule needs them.
    rule : PairRule
        Temporal or spatial.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Row of ``candidates`` at each sorted position. Everything else here speaks of sorted positions.
    """

    def __init__(self, candidates: Candidates, rule: PairRule) -> None:
        self.rule = rule
        self._by_unit = rule.radius is None
        self._earliest = int(candidates.day.min(initial=0) if len(candidates) else 0)
        # With a largest gap, only the stretches of time around a view are searched: days are part of the sort key.
        self._gap = rule.most_days
        self._days = int(candidates.day.max(initial=0)) - self._earliest + 1 if self._gap is not None else 1
        keys = candidates.unit.astype(np.int64) if self._by_unit else self._cells(candidates)
        if self._gap is not None:
            keys = keys * self._days + (candidates.day - self._earliest)
        self.order: Rows = np.argsort(keys, kind="stable")
        self._keys = keys[self.order]
        self._sorted = candidates.take(self.order)

    def __len__(self) -> int:
        return len(self.order)

    def draw(self, at: Rows, random: np.random.Generator) -> tuple[Rows, NDArray[np.int8]]:
        """Draw a partner for each view, evenly among all that the rule allows.

        Parameters
        ----------
        at : ndarray of int64, shape (k,)
            Sorted positions; ascending ones are much faster.
        random : numpy.random.Generator
            What decides.

        Returns
        -------
        partner : ndarray of int64, shape (k,)
            Sorted position of the partner, -1 where there is none.
        passed : ndarray of int8, shape (k,)
            How many steps of the rule (`PairRule.steps`) some view passes together; all of them with a partner.
        """
        low, width = self._stretches(at)
        total = width.sum(axis=1)
        partner = np.full(len(at), -1, dtype=np.int64)
        passed = np.zeros(len(at), dtype=np.int8)
        trying = np.flatnonzero(total > _SHORT)
        for _ in range(_PICKS):
            if len(trying) == 0:
                break
            pick = (random.random(len(trying)) * total[trying]).astype(np.int64)
            picked = _nth(low[trying], width[trying], np.minimum(pick, total[trying] - 1))
            accepted = self._passed(at[trying], picked) == len(self.rule.steps)
            partner[trying[accepted]] = picked[accepted]
            trying = trying[~accepted]
        passed[partner >= 0] = len(self.rule.steps)
        rest = np.flatnonzero((partner < 0) & (total > 0))
        for part in _parts(total[rest]):
            rows = rest[part]
            partner[rows], passed[rows] = self._from_list(at[rows], low[rows], width[rows], random)
        return partner, passed

    def _from_list(
        self, at: Rows, low: Rows, width: Rows, random: np.random.Generator
    ) -> tuple[Rows, NDArray[np.int8]]:
        """Draw as `draw` does, looking at everything in the stretches."""
        total, flat = width.sum(axis=1), width.ravel()
        owner = np.repeat(np.arange(len(at)), total)
        begin = np.cumsum(flat) - flat
        listed = np.arange(int(flat.sum())) - np.repeat(begin - low.ravel(), flat)
        passed = self._passed(at[owner], listed)
        most = np.maximum.reduceat(passed, np.cumsum(total) - total)
        eligible = np.flatnonzero(passed == len(self.rule.steps))
        count = np.bincount(owner[eligible], minlength=len(at))
        pick = np.minimum((random.random(len(at)) * count).astype(np.int64), count - 1)
        some = count > 0
        partner = np.full(len(at), -1, dtype=np.int64)
        partner[some] = listed[eligible[(np.cumsum(count) - count + pick)[some]]]
        return partner, most

    def _passed(self, a: Rows, b: Rows) -> NDArray[np.int8]:
        """Return how many steps of the rule each two views pass before the first that they fail."""
        views, rule = self._sorted, self.rule
        near = a != b
        if rule.radius is not None:
            square = (views.x[a] - views.x[b]) ** 2 + (views.y[a] - views.y[b]) ** 2
            limit = rule.radius**2
            near &= square < limit if rule.objective == "temporal" else square <= limit
        passed: NDArray[np.int8] = near.astype(np.int8)
        # Each further step looks only at those that are left.
        left = np.flatnonzero(near)
        a, b = a[left], b[left]
        for step in rule.steps[1:]:
            if step == "same_panorama":
                good = views.panorama[a] != views.panorama[b]
            elif step == "other_heading":
                good = heading_difference(views.heading[a], views.heading[b]) <= (rule.heading_limit or 0)
            elif step == "too_close_in_time":
                good = np.abs(views.day[a] - views.day[b]) >= rule.fewest_days
            else:
                good = np.abs(views.day[a] - views.day[b]) <= (rule.most_days or 0)
            left, a, b = left[good], a[good], b[good]
            passed[left] += 1
        return passed

    def _cells(self, candidates: Candidates) -> Rows:
        """Return the number of each view's grid cell; a view's partners lie in its cell and the eight around it."""
        x, y = candidates.x, candidates.y
        self._west, self._south = float(x.min(initial=np.inf)), float(y.min(initial=np.inf))
        extent = max(float(np.ptp(x)), float(np.ptp(y))) if len(candidates) else 0.0
        # A trifle more than the radius, so that no rounding puts a partner two cells away.
        self._cell = max((self.rule.radius or 1.0) * (1 + 1e-9), extent / _MOST_CELLS)
        column, row = self._column_and_row(x, y)
        self._columns = int(column.max(initial=0)) + 2  # with an empty one at either end
        return row * self._columns + column

    def _column_and_row(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Rows, Rows]:
        column = np.floor((x - self._west) / self._cell).astype(np.int64) + 1
        return column, np.floor((y - self._south) / self._cell).astype(np.int64) + 1

    def _stretches(self, at: Rows) -> tuple[Rows, Rows]:
        """Return where all possible partners of each view lie: starts and lengths of stretches, (k, stretches)."""
        if self._by_unit:
            cells = self._sorted.unit[at].astype(np.int64)[:, None]
            first, last = cells, cells
        else:
            column, row = self._column_and_row(self._sorted.x[at], self._sorted.y[at])
            rows = (row[:, None] + np.array([-1, 0, 1])) * self._columns + column[:, None]
            if self._gap is None:
                first, last = rows - 1, rows + 1  # Cells beside each other are one stretch.
            else:
                first = last = (rows[:, :, None] + np.array([-1, 0, 1])).reshape(len(at), 9)
        if self._gap is not None:
            day = (self._sorted.day[at] - self._earliest).astype(np.int64)[:, None]
            first = first * self._days + np.maximum(day - self._gap, 0)
            last = last * self._days + np.minimum(day + self._gap, self._days - 1)
        low = np.searchsorted(self._keys, first, side="left")
        return low, np.searchsorted(self._keys, last, side="right") - low


def _nth(low: Rows, width: Rows, number: Rows) -> Rows:
    """Return the sorted position of element ``number`` of the stretches of each row."""
    ends = np.cumsum(width, axis=1)
    stretch = (number[:, None] >= ends).sum(axis=1)
    rows = np.arange(len(number))
    position: Rows = low[rows, stretch] + number - (ends - width)[rows, stretch]
    return position


def _parts(total: Rows) -> list[slice]:
    """Divide rows into slices whose totals sum up to about `_LISTED` at most, or that hold one row."""
    parts, begin, ends = [], 0, np.cumsum(total)
    while begin < len(total):
        before = int(ends[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(ends, before + _LISTED, side="right")), begin + 1)
        parts.append(slice(begin, end))
        begin = end
    return parts
