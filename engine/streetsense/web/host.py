"""What is known of one host while it is asked."""

from __future__ import annotations

import ipaddress
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from streetsense.web.answers import TryAgain
from streetsense.web.breaker import Breaker
from streetsense.web.limits import HostLimits
from streetsense.web.pace import Pace
from streetsense.web.waits import Waits

#: Seconds that a connection may take to come about.
_CONNECT_S = 15.0


class Host:
    """One host: its name, how it may be asked, how it is.

    Parameters
    ----------
    name : str
        As in the limits, and for people.
    url : yarl.URL
        An address there.
    limits : HostLimits
        How it may be asked.
    waits : Waits
        For pauses.
    """

    def __init__(self, name: str, url: URL, limits: HostLimits, waits: Waits) -> None:
        self.name, self.limits = name, limits
        self.pace = Pace(limits, waits)
        self.breaker = Breaker(name, waits)
        self.proxy = _proxy(url)
        self.timeout = aiohttp.ClientTimeout(total=limits.timeout_s, sock_connect=min(_CONNECT_S, limits.timeout_s))

    def succeed(self, began: float) -> None:
        """Say that it answered a request which began at that time."""
        self.breaker.succeed()
        self.pace.go_well(began)

    def fail(self, trouble: TryAgain, began: float, *, on_trial: bool) -> None:
        """Say that it did not."""
        if trouble.is_busy and not self.pace.be_busy(began, trouble.after) and not on_trial:
            return
        if self.breaker.fail(trouble.reason, on_trial=on_trial):
            self.pace.turn_away(self.breaker.error)


def _proxy(url: URL) -> str | None:
    """Return the proxy that this computer's settings name for an address."""
    host = url.host or ""
    try:
        is_here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if is_here or proxy_bypass(host):
        return None
    return getproxies().get(url.scheme)
