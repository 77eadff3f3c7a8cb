"""How often one question is asked again, and how long to wait in between."""

from __future__ import annotations

import random
import time

from streetsense.web.answers import OutOfTime, TryAgain
from streetsense.web.limits import HostLimits
from streetsense.web.waits import Waits


class Patience:
    """What is left for one question.

    Parameters
    ----------
    limits : HostLimits
        How often it may be asked.
    waits : Waits
        How long to wait.
    deadline : float or None
        Monotonic seconds at which the time is over.

    Attributes
    ----------
    host : str
        Who was asked last.
    """

    def __init__(self, limits: HostLimits, waits: Waits, deadline: float | None) -> None:
        self._waits, self._deadline = waits, deadline
        self._attempts = limits.attempts
        self._most_put_off = limits.attempts * waits.busy_attempts
        self._failed = self._put_off = 0
        self.host = ""

    def after(self, error: Exception) -> bool | float:
        """Return for how many seconds to wait after an error, or False to give up.

        Raises
        ------
        OutOfTime
            When the time is over before the next attempt could begin.
        """
        if not isinstance(error, TryAgain):
            return False
        if error.is_busy:
            # All questions wait at the host's own queue until it has rested.
            self._put_off += 1
            return 0.0 if self._put_off < self._most_put_off else False
        self._failed += 1
        if self._failed >= self._attempts:
            return False
        if error.after is not None:
            wait = min(error.after, self._waits.told_most_s)
        else:
            wait = min(self._waits.first_s * 2.0 ** (self._failed - 1), self._waits.most_s) * random.uniform(0.75, 1.25)
        if self._deadline is not None and time.monotonic() + wait >= self._deadline:
            raise OutOfTime(self.host)
        return wait
