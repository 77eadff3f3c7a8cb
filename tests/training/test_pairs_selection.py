"""Which views rules are asked of: days, panoramas, headings, held-out blocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streetsense.errors import InputError
from streetsense.streetview.capturetime import capture_times
from streetsense_training.pairs import PairRule
from streetsense_training.pairs.days import DAYS_A_MONTH, UNKNOWN_DAY, day_numbers, limit, middle_days
from streetsense_training.pairs.holdout import held_out_blocks
from streetsense_training.pairs.making import no_pairs
from streetsense_training.pairs.views import UNKNOWN_HEADING, heading_numbers


def days(*texts: str | None) -> list[tuple[int, int]]:
    first, last = day_numbers(pa.array(texts, pa.string()))
    return list(zip(first.tolist(), last.tolist(), strict=True))


def test_a_day_is_one_day_a_month_thirty_one_and_a_year_twelve_months() -> None:
    day, month, year, nothing, nonsense = days("2019-07-15T08:00:00.000Z", "2019-07", "2019", None, "soon")
    july = (2019 * 12 + 6) * DAYS_A_MONTH
    assert day == (july + 14, july + 14)
    assert month == (july, july + 30)
    assert year == (july - 6 * DAYS_A_MONTH, july + 6 * DAYS_A_MONTH - 1)
    assert nothing == nonsense == (UNKNOWN_DAY, UNKNOWN_DAY)


@given(st.integers(1900, 2100), st.integers(1, 12), st.integers(1, 28), st.integers(0, 400))
def test_the_same_day_of_a_later_month_is_whole_months_later(year: int, month: int, day: int, later: int) -> None:
    there = year * 12 + month - 1 + later
    first, _ = day_numbers(pa.array([f"{year}-{month:02}-{day:02}", f"{there // 12}-{there % 12 + 1:02}-{day:02}"]))
    assert first[1] - first[0] == later * DAYS_A_MONTH


def test_a_month_stands_for_its_middle_and_a_year_for_the_first_of_july() -> None:
    first, last = day_numbers(pa.array(["2019-07", "2019-07-16", "2019", "2019-07-01", None]))
    middle = middle_days(first, last).tolist()
    assert middle[0] == middle[1]
    assert middle[2] == middle[3]
    assert middle[4] == UNKNOWN_DAY


@given(st.datetimes(min_value=pd.Timestamp(1950, 1, 1), max_value=pd.Timestamp(2100, 1, 1)))
def test_days_follow_the_calendar(moment: pd.Timestamp) -> None:
    text = capture_times(pd.Series([pd.Timestamp(moment)]))[0]
    number = days(text)[0][0]
    assert divmod(number, DAYS_A_MONTH) == (moment.year * 12 + moment.month - 1, moment.day - 1)


def test_limits_are_written_as_years_months_or_days() -> None:
    assert limit("2019-07", "since") == days("2019-07")[0]
    assert limit("2019-07-15", "since") == days("2019-07-15")[0]
    assert limit(None, "since") is None
    with pytest.raises(InputError, match=r"^until: 'last summer' is no date; write a year, month or day, as in"):
        limit("last summer", "until")


def test_headings_are_whole_millionths_so_that_a_tolerance_includes_its_limit() -> None:
    numbers = heading_numbers(np.array([359.9, 14.9, -10.0, 360.0, np.nan, 359.99999999]))
    assert numbers.tolist() == [359_900_000, 14_900_000, 350_000_000, 0, UNKNOWN_HEADING, 0]


def test_whole_blocks_are_held_out_and_about_the_share_of_them() -> None:
    random = np.random.default_rng(0)
    xy = random.uniform(-3000, 3000, (5000, 2)) + np.array([600_000, 5_000_000])
    held = held_out_blocks(xy, 0.25, 200.0, seed=1)
    block = pd.Series(list(map(tuple, np.floor(xy / 200).astype(int).tolist())))
    share_of_block = pd.Series(held).groupby(block).mean()
    assert set(share_of_block) == {0.0, 1.0}
    assert share_of_block.mean() == pytest.approx(0.25, abs=0.002)


def test_held_out_blocks_follow_the_seed_and_do_not_depend_on_the_order_or_number_of_views() -> None:
    random = np.random.default_rng(0)
    xy = random.uniform(0, 4000, (3000, 2))
    held = held_out_blocks(xy, 0.3, 200.0, seed=1)
    order = random.permutation(3000)
    assert (held_out_blocks(xy[order], 0.3, 200.0, seed=1) == held[order]).all()
    twice = np.concatenate([xy, xy])
    assert (held_out_blocks(twice, 0.3, 200.0, seed=1) == np.tile(held, 2)).all()
    assert (held_out_blocks(xy, 0.3, 200.0, seed=2) != held).any()


def test_at_least_one_block_is_held_out_and_never_all() -> None:
    xy = np.array([[0.0, 0.0], [1000.0, 0.0], [2000.0, 0.0]])
    assert held_out_blocks(xy, 0.01, 200.0, seed=0).sum() == 1
    assert held_out_blocks(xy, 0.9, 200.0, seed=0).sum() == 2
    assert not held_out_blocks(xy, 0.0, 200.0, seed=0).any()
    with pytest.raises(
        InputError, match=r"^hold_out_block: all views lie in one block of 5000 m and none would be left"
    ):
        held_out_blocks(xy, 0.5, 5000.0, seed=0)


def test_a_rule_says_itself_in_words_and_leaves_out_what_does_not_limit_it() -> None:
    rule = PairRule(objective="temporal", same_place_m=5.0, heading_tolerance_deg=15.0, min_months=1.0)
    assert rule.words() == (
        "Two panoramas of one place (less than 5 m apart), headings at most 15° apart, taken at least 1 month apart."
    )
    free = PairRule(objective="temporal", same_place_m=5.0, heading_tolerance_deg=180.0, min_months=0.0)
    assert free.words() == "Two panoramas of one place (less than 5 m apart)."
    assert free.steps == ("alone", "same_panorama")
    assert not free.needs_day
    gap = PairRule(objective="spatial", buffer_m=100.0, max_month_gap=2.0)
    assert gap.words() == "Two panoramas at most 100 m apart, any heading, taken at most 2 months apart."


def test_no_pairs_is_one_sentence_with_the_reasons_and_advice_about_the_commonest() -> None:
    rule = PairRule(objective="temporal", same_place_m=5.0, heading_tolerance_deg=15.0, min_months=1.0)
    counts = {
        "views": 3764, "no_position": 0, "held_out": 0, "alone": 3700, "same_panorama": 40, "other_heading": 24,
        "too_close_in_time": 0, "usable": 0,
    }  # fmt: skip
    assert no_pairs(rule, counts) == (
        "pairs: no temporal pairs: of 3,764 views, 3,700 have no other view within 5 m, 40 only views of the same "
        "panorama, 24 none with a heading within 15°, 0 none taken 1 month or more apart; fetch more views, other "
        "dates of the same places among them, or allow a larger distance."
    )
