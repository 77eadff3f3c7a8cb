"""Token buckets."""

from __future__ import annotations

import pytest

from streetsense.server import rates
from streetsense.server.rates import Buckets, neighbourhood


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_full_bucket_allows_its_burst_and_then_says_when_it_allows_more() -> None:
    buckets = Buckets(per_second=2, burst=3, clock=_Clock())
    assert [buckets.take("192.0.2.1") for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_bucket_fills_with_time_up_to_its_burst() -> None:
    clock = _Clock()
    buckets = Buckets(per_second=2, burst=3, clock=clock)
    for _ in range(3):
        buckets.take("192.0.2.1")
    clock.now = 1000.0
    assert [buckets.take("192.0.2.1") > 0 for _ in range(4)] == [False, False, False, True]


def test_each_address_has_a_bucket_of_its_own() -> None:
    buckets = Buckets(per_second=1, burst=1, clock=_Clock())
    assert (buckets.take("192.0.2.1"), buckets.take("192.0.2.2")) == (0, 0)
    assert buckets.take("192.0.2.1") > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::2:3", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_one_holder_of_ipv6_addresses_is_one_client(one: str, other: str, same: bool) -> None:
    assert (neighbourhood(one) == neighbourhood(other)) is same


def test_many_addresses_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MAX_ADDRESSES", 100)
    buckets = Buckets(per_second=1, burst=1, clock=_Clock())
    for number in range(1000):
        buckets.take(f"192.0.{number // 250}.{number % 250}")
    assert len(buckets) == 100
