"""Days, months and years as spans of time."""

from __future__ import annotations

import pytest

from streetsense.streetview.online.timespan import first_day, first_instant, instant_after, last_day


@pytest.mark.parametrize(
    ("said", "first", "after"),
    [
        ("2019-07-15", "2019-07-15", "2019-07-16"),
        ("2019-07", "2019-07-01", "2019-08-01"),
        ("2019", "2019-01-01", "2020-01-01"),
        ("2020-02", "2020-02-01", "2020-03-01"),
        ("2019-02-31", "2019-02-28", "2019-03-01"),
        ("2019-12-31", "2019-12-31", "2020-01-01"),
    ],
)
def test_a_span_begins_with_its_first_instant_and_ends_before_the_next_one(said: str, first: str, after: str) -> None:
    assert first_instant(said) == f"{first}T00:00:00Z"
    assert instant_after(said) == f"{after}T00:00:00Z"


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020-02-03", "2020-02-03", "2020-02-03"),
    ],
)
def test_a_span_has_a_first_and_a_last_day(said: str, first: str, last: str) -> None:
    assert (first_day(said), last_day(said)) == (first, last)


def test_time_ends_with_the_year_9999() -> None:
    assert instant_after("9999") == "9999-12-31T23:59:59Z"
