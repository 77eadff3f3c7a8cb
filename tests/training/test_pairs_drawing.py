"""What is drawn, against rules that are asked of every two views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from streetsense.progress import Silent
from streetsense_training.pairs import PairRule
from streetsense_training.pairs.candidates import Candidates, pair_facts
from streetsense_training.pairs.drawing import Drawing, with_partner
from streetsense_training.pairs.neighbourhoods import Neighbourhoods
from streetsense_training.pairs.views import MICRODEGREES

TEMPORAL = PairRule(objective="temporal", same_place_m=5.0, heading_tolerance_deg=15.0, min_months=1.0)
SPATIAL = PairRule(objective="spatial", buffer_m=10.0)


def views(count: int, side: float, seed: int, *, captures: int = 4) -> Candidates:
    """Scatter views over a square; positions, headings and days meet the limits of rules exactly now and then."""
    random = np.random.default_rng(seed)
    return Candidates(
        x=600_000 + random.integers(0, max(int(side), 1), count) * 1.0,
        y=5_200_000 + random.integers(0, max(int(side), 1), count) * 1.0,
        heading=(random.integers(0, 24, count) * 15 * MICRODEGREES).astype(np.int32),
        day=(2019 * 372 + random.integers(0, 8, count) * 31 // 2).astype(np.int32),
        panorama=random.integers(0, max(count // captures, 1), count).astype(np.int32),
        unit=random.integers(0, 3, count).astype(np.int32),
        quota=np.full(count, -1, dtype=np.int32),
    )


def steps_of_all_pairs(c: Candidates, rule: PairRule) -> list[NDArray[np.bool_]]:
    """Ask each step of the rule of every two views; the reference."""
    distance = np.hypot(c.x[:, None] - c.x, c.y[:, None] - c.y)
    if rule.units is not None:
        near = c.unit[:, None] == c.unit
    else:
        near = distance < rule.same_place_m if rule.same_place_m is not None else distance <= (rule.buffer_m or 0)
    steps = [near & ~np.eye(len(c), dtype=bool), c.panorama[:, None] != c.panorama]
    if rule.objective == "temporal":
        turn = np.abs((c.heading[:, None].astype(float) - c.heading) / 1e6)
        steps.append(np.minimum(turn, 360 - turn) <= (rule.heading_tolerance_deg or 0))
    apart = np.abs(c.day[:, None] - c.day) / 31
    if rule.min_months:
        steps.append(apart >= rule.min_months)
    if rule.max_month_gap is not None:
        steps.append(apart <= rule.max_month_gap)
    return steps


RULES = [
    TEMPORAL,
    SPATIAL,
    PairRule(objective="spatial", buffer_m=10.0, max_month_gap=1.0),
    PairRule(objective="spatial", units="districts"),
    PairRule(objective="spatial", units="districts", max_month_gap=0.5),
]


@settings(max_examples=200, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    count=st.integers(1, 160),
    side=st.sampled_from([4, 20, 60, 400]),
    captures=st.sampled_from([1, 4, 40]),
    seed=st.integers(0, 2**32),
)
def test_views_with_a_partner_are_exactly_those_that_a_look_at_every_two_views_finds(
    rule: PairRule, count: int, side: float, captures: int, seed: int
) -> None:
    candidates = views(count, side, seed, captures=captures)
    steps = steps_of_all_pairs(candidates, rule)
    reached = [np.logical_and.reduce(steps[: number + 1]).any(axis=1) for number in range(len(steps))]
    expected = {
        name: int((~now & before).sum())
        for name, now, before in zip(rule.steps, reached, [np.ones(count, bool), *reached], strict=False)
    }
    paired, failed = with_partner(candidates, rule, Silent())
    assert paired.tolist() == reached[-1].tolist()
    assert failed == expected


@settings(max_examples=100, deadline=None)
@given(
    rule=st.sampled_from(RULES),
    count=st.integers(2, 160),
    side=st.sampled_from([4, 20, 60]),
    seed=st.integers(0, 2**32),
    epoch=st.integers(0, 5),
)
def test_every_drawn_pair_satisfies_the_whole_rule(
    rule: PairRule, count: int, side: float, seed: int, epoch: int
) -> None:
    everything = views(count, side, seed)
    candidates = everything.take(with_partner(everything, rule, Silent())[0])
    if len(candidates) == 0:
        return
    allowed = np.logical_and.reduce(steps_of_all_pairs(candidates, rule))
    first, second = Drawing(candidates, rule, seed=seed, size=300).draw(epoch)
    assert first.shape == second.shape == (300,)
    assert allowed[first, second].all()


@pytest.mark.parametrize("rule", RULES[:4], ids=["temporal", "buffer", "gap", "units"])
@pytest.mark.parametrize("side", [6, 25], ids=["crowded", "sparse"])
def test_all_partners_that_the_rule_allows_are_drawn_equally_often(rule: PairRule, side: float) -> None:
    everything = views(120, side, seed=3)
    candidates = everything.take(with_partner(everything, rule, Silent())[0])
    allowed = np.logical_and.reduce(steps_of_all_pairs(candidates, rule))
    near = Neighbourhoods(candidates, rule)
    draws = 400
    at = np.repeat(np.arange(len(candidates)), draws)
    partner, _ = near.draw(at, np.random.default_rng(1))
    table = np.zeros((len(candidates), len(candidates)))
    np.add.at(table, (near.order[at], near.order[partner]), 1)
    partners = allowed.sum(axis=1)
    expected = draws / partners[:, None]
    assert table[~allowed].sum() == 0
    square = (np.where(allowed, (table - expected) ** 2 / expected, 0)).sum()
    freedom = int((partners - 1).sum())
    # Chi-square over all views at once: its mean is the freedom and its variance twice that.
    assert freedom > 20
    assert abs(square - freedom) < 4.5 * np.sqrt(2 * freedom)


def test_a_view_begins_no_second_pair_before_every_view_began_one() -> None:
    candidates = views(50, 4, seed=5, captures=1)
    rule = PairRule(objective="self")
    first, second = Drawing(candidates, rule, seed=1, size=120).draw(0)
    assert (first == second).all()
    assert set(np.bincount(first, minlength=50)) == {2, 3}
    assert len(set(Drawing(candidates, rule, seed=1, size=30).draw(0)[0].tolist())) == 30


def test_either_view_of_a_pair_comes_first_half_of_the_time() -> None:
    apart = Candidates(
        x=np.array([0.0, 3.0]), y=np.zeros(2), heading=np.zeros(2, np.int32), day=np.zeros(2, np.int32),
        panorama=np.arange(2, dtype=np.int32), unit=np.zeros(2, np.int32), quota=np.zeros(2, np.int32),
    )  # fmt: skip
    first, second = Drawing(apart, SPATIAL, seed=1, size=4000).draw(0)
    assert (first != second).all()
    assert abs(first.mean() - 0.5) < 0.04


def test_a_draw_depends_on_the_seed_and_the_epoch_and_on_nothing_else() -> None:
    candidates = views(120, 20, seed=3, captures=1)
    candidates = candidates.take(with_partner(candidates, SPATIAL, Silent())[0])

    def drawn(seed: int, epoch: int) -> bytes:
        return np.stack(Drawing(candidates, SPATIAL, seed=seed, size=80).draw(epoch)).tobytes()

    drawing = Drawing(candidates, SPATIAL, seed=7, size=80)
    later, earlier = drawing.draw(3), drawing.draw(0)
    assert np.stack(later).tobytes() == drawn(7, 3)
    assert np.stack(earlier).tobytes() == drawn(7, 0)
    assert len({drawn(7, 0), drawn(7, 1), drawn(8, 0), drawn(8, 1)}) == 4


def test_each_polygon_gets_its_quota_or_all_its_views() -> None:
    candidates = views(100, 4, seed=3, captures=1)
    quota = np.repeat(np.array([0, 2], np.int32), [90, 10])
    candidates = Candidates(**{**vars(candidates), "quota": quota})
    first, second = Drawing(candidates, PairRule(objective="self"), seed=0, size=1, quota=25).draw(0)
    assert np.bincount(quota[first]).tolist() == [25, 0, 10]
    assert (first == second).all()


def test_facts_of_pairs_are_metres_smaller_angles_and_months_and_unknown_ones_are_no_numbers() -> None:
    candidates = Candidates(
        x=np.array([600_000.0, 600_003.0, 600_000.0]), y=np.array([0.0, 4.0, 0.0]),
        heading=np.array([350 * MICRODEGREES, 20 * MICRODEGREES, -1], np.int32),
        day=np.array([31 * 24_000, 31 * 24_002 + 15, -1], np.int32),
        panorama=np.arange(3, dtype=np.int32), unit=np.zeros(3, np.int32), quota=np.zeros(3, np.int32),
    )  # fmt: skip
    facts = pair_facts(candidates, np.array([0, 0, 2]), np.array([1, 2, 2]))
    assert facts.distance_m.tolist() == [5.0, 0.0, 0.0]
    assert facts.heading_difference_deg.tolist() == pytest.approx([30.0, np.nan, 0.0], nan_ok=True)
    assert facts.months_apart.tolist() == pytest.approx([2 + 15 / 31, np.nan, 0.0], nan_ok=True)


def test_views_that_are_much_farther_apart_than_the_grid_has_cells_are_still_paired() -> None:
    x = np.array([0.0, 0.5, 9e6, 9e6 + 0.5])
    wide = Candidates(
        x=x, y=np.zeros(4), heading=np.zeros(4, np.int32), day=np.array([0, 40, 0, 40], np.int32),
        panorama=np.arange(4, dtype=np.int32), unit=np.zeros(4, np.int32), quota=np.zeros(4, np.int32),
    )  # fmt: skip
    rule = TEMPORAL.model_copy(update={"same_place_m": 1.0})
    assert with_partner(wide, rule, Silent())[0].all()
    first, second = Drawing(wide, rule, seed=0, size=4).draw(0)
    assert sorted(map(sorted, zip(first.tolist(), second.tolist(), strict=True))) == [[0, 1], [0, 1], [2, 3], [2, 3]]
