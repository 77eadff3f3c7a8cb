"""Drawing pairs: first the view that begins a pair, then its partner.

What is drawn depends on the candidates, the rule, the seed and the epoch alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streetsense.progress import Progress, Silent
from streetsense_training.pairs.candidates import Candidates, Rows
from streetsense_training.pairs.neighbourhoods import Neighbourhoods
from streetsense_training.pairs.rules import PairRule

#: Views whose partners are looked for at once. It is part of what makes a draw repeatable.
_CHUNK = 131_072
#: Tells the random numbers of the search for partners from those of any draw.
_SEARCH = 2**63


class Drawing:
    """Draws pairs of candidates that all have a partner.

    Parameters
    ----------
    candidates : Candidates
        Views that have a partner (`with_partner`).
    rule : PairRule
        What makes two of them a pair.
    seed : int
        Random seed.
    size : int
        Pairs a draw has, unless there is a quota.
    quota : int, optional
        Pairs for each polygon instead; fewer where there are fewer views.
    """

    def __init__(
        self, candidates: Candidates, rule: PairRule, *, seed: int, size: int, quota: int | None = None
    ) -> None:
        self.candidates, self.seed, self.size, self.quota = candidates, seed, size, quota
        self._near = None if rule.objective == "self" else Neighbourhoods(candidates, rule)
        if self._near is not None:
            self._position = np.empty(len(candidates), dtype=np.int64)
            self._position[self._near.order] = np.arange(len(candidates))

    def draw(self, epoch: int, progress: Progress | None = None) -> tuple[Rows, Rows]:
        """Return the pairs of an epoch as two arrays of rows of the candidates, shape (pairs,), in random order."""
        random = np.random.default_rng([self.seed, epoch])
        first = self._beginnings(random)
        second = first if self._near is None else self._partners(first, self._near, random, progress or Silent())
        swapped = random.random(len(first)) < 0.5
        return np.where(swapped, second, first), np.where(swapped, first, second)

    def _beginnings(self, random: np.random.Generator) -> Rows:
        """Draw the views that begin pairs: none twice before all were drawn."""
        if self.quota is None:
            rounds, rest = divmod(self.size, len(self.candidates))
            whole = [random.permutation(len(self.candidates)) for _ in range(rounds)]
            drawn = np.concatenate([*whole, random.choice(len(self.candidates), rest, replace=False)])
            return drawn.astype(np.int64)
        groups = self.candidates.quota
        order = np.argsort(groups, kind="stable")
        ends = np.cumsum(np.bincount(groups))
        members = [order[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
        chosen = [random.choice(rows, min(self.quota, len(rows)), replace=False) for rows in members]
        return random.permutation(np.concatenate(chosen)).astype(np.int64)

    def _partners(self, first: Rows, near: Neighbourhoods, random: np.random.Generator, progress: Progress) -> Rows:
        """Draw a partner of each view; neighbours are asked for together."""
        positions = self._position[first]
        order = np.argsort(positions, kind="stable")
        second = np.empty_like(first)
        for start in range(0, len(first), _CHUNK):
            progress.report(start, len(first), "drawing pairs")
            part = order[start : start + _CHUNK]
            second[part] = near.order[near.draw(positions[part], random)[0]]
        return second


def with_partner(
    candidates: Candidates, rule: PairRule, progress: Progress
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Tell which views have a partner, and count the others by the first step of the rule that leaves them none.

    Returns
    -------
    paired : ndarray of bool, shape (n,)
        Views with at least one partner. Partnership goes both ways, so that partners of these are among these.
    failed : dict
        `PairRule.steps` to the number of views that fail there.
    """
    paired = np.ones(len(candidates), dtype=bool)
    if rule.objective == "self" or len(candidates) == 0:
        return paired, dict.fromkeys(rule.steps, 0)
    passed = _passed(candidates, rule, np.ones(len(candidates), dtype=bool), progress)
    paired = passed == len(rule.steps)
    if rule.most_days is not None and not paired.all():
        # The search above sees no view outside the gap; which earlier step a view fails is asked without it.
        passed = _passed(candidates, rule.model_copy(update={"max_month_gap": None}), ~paired, progress)
    counts = np.bincount(passed[~paired], minlength=len(rule.steps))
    return paired, {step: int(count) for step, count in zip(rule.steps, counts, strict=False)}


def _passed(candidates: Candidates, rule: PairRule, asked: NDArray[np.bool_], progress: Progress) -> NDArray[np.int8]:
    """Return how many steps of the rule each of the views that are asked for passes with its best partner."""
    near = Neighbourhoods(candidates, rule)
    random = np.random.default_rng(_SEARCH)
    passed = np.zeros(len(candidates), dtype=np.int8)
    positions = np.flatnonzero(asked[near.order])
    for start in range(0, len(positions), _CHUNK):
        progress.report(start, len(positions), "looking for partners")
        part = positions[start : start + _CHUNK]
        passed[near.order[part]] = near.draw(part, random)[1]
    return passed
