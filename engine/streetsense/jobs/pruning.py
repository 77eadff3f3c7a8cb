"""Which ended jobs leave the list: those that are old, and those beyond a number."""

from __future__ import annotations

import datetime as dt
import time

from streetsense.jobs.job import Job
from streetsense.jobs.store import JobStore

#: Seconds between two prunings, and jobs that are taken at once: those that run are looked at in between.
_EVERY, _AT_ONCE = 3600.0, 20
#: Seconds that the clock may be set by before ages mean nothing any more.
_STEADY = 600.0


class Pruning:
    """Says which jobs to take off the list.

    A job's age is how much later than its end anything else happened, and counts only while the clock has run steadily:
    a clock that is set wrong must not make everything old.

    Parameters
    ----------
    store : JobStore
        The list.
    days : float
        Ended jobs leave it after so many.
    jobs : int
        Ended jobs that stay.
    """

    def __init__(self, store: JobStore, days: float, jobs: int) -> None:
        self._store, self._age, self._jobs = store, dt.timedelta(days=days), jobs
        self._due, self._clock = float("-inf"), time.time() - time.monotonic()

    def due(self, now: float) -> list[Job]:
        """Return some of the jobs that leave now, at ``now`` seconds of the monotonic clock; mostly none."""
        if now < self._due:
            return []
        oldest = ""
        if abs(time.time() - time.monotonic() - self._clock) < _STEADY and (newest := self._store.newest()) is not None:
            oldest = (dt.datetime.fromisoformat(newest) - self._age).isoformat(timespec="milliseconds")
        found = self._store.outdated(oldest, self._jobs, limit=_AT_ONCE)
        self._due = now if len(found) == _AT_ONCE else now + _EVERY
        return found
