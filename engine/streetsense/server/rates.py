"""How often an address may ask: token buckets, one an address, in bounded memory."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

#: Addresses that are remembered; the one that was quiet longest is forgotten first.
MAX_ADDRESSES = 10_000


class Buckets:
    """Allow each address so many events a second, and a burst of them at once.

    Parameters
    ----------
    per_second : float
        How fast an empty bucket fills.
    burst : float
        How much a full bucket holds.
    clock : callable, optional
        Seconds that never go backwards.
    """

    def __init__(self, per_second: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._burst, self._clock = per_second, max(burst, 1.0), clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> float:
        """Count one event of ``address``.

        Returns
        -------
        float
            0 when it is allowed, else the seconds until the next one is.
        """
        now, key = self._clock(), neighbourhood(address)
        level, since = self._levels.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._per_second)
        allowed = level >= 1.0
        self._levels[key] = (level - 1.0 if allowed else level, now)
        if len(self._levels) > MAX_ADDRESSES:
            self._levels.popitem(last=False)
        return 0.0 if allowed else (1.0 - level) / self._per_second

    def __len__(self) -> int:
        return len(self._levels)


def neighbourhood(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network that one holder of IPv6 is given."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
