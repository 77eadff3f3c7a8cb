"""How long to wait before asking again, and when to give a host up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Waits:
    """Times and counts that are the same for all hosts.

    Attributes
    ----------
    first_s, most_s : float
        Seconds between two attempts after an error, at first and at most; they double in between.
    busy_first_s, busy_most_s : float
        Seconds for which a host rests that says it has too much to do and not for how long; they double too.
    told_most_s : float
        The longest ``Retry-After`` that is kept to.
    busy_attempts : int
        How often a question may be put off by a busy host, for each of its attempts.
    recovery_s : float
        Seconds of good answers after which a host that was busy is asked as fast as before.
    failures : int
        Failures in a row after which a host counts as down...
    failing_s : float
        ...when the first of them is at least so many seconds ago: a server that starts anew fails all the requests
        that are under way, and is back soon.
    down_s : float
        Seconds before a host that is down gets one question to see whether it is back; doubles each time.
    trials : int
        How often a host may be found down, with no answer in between, until it is left alone for good.
    """

    first_s: float = 0.2
    most_s: float = 20.0
    busy_first_s: float = 1.0
    busy_most_s: float = 60.0
    told_most_s: float = 120.0
    busy_attempts: int = 4
    recovery_s: float = 60.0
    failures: int = 12
    failing_s: float = 5.0
    down_s: float = 30.0
    trials: int = 3
