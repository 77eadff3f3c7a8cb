"""The circuit breaker: a host that fails again and again is left alone, and tried with one question now and then."""

from __future__ import annotations

import math
import time

from streetsense.web.answers import HostDown
from streetsense.web.waits import Waits


class Breaker:
    """Whether one host may be asked at all.

    Parameters
    ----------
    host : str
        Its name, for the error.
    waits : Waits
        When it counts as down, and for how long.
    """

    def __init__(self, host: str, waits: Waits) -> None:
        self._host, self._waits = host, waits
        self._failures = 0
        self._failing_since = 0.0
        self._reason = ""
        self._trips = 0
        #: When a host that is down gets its next question; None while it is not down.
        self._tried_at: float | None = None
        self._is_on_trial = False

    def down(self) -> HostDown | None:
        """Return the error of a host that is down and not to be tried now; None when a question may go to it."""
        if self._tried_at is None:
            return None
        rest = self._tried_at - time.monotonic()
        if rest <= 0 and not self._is_on_trial:
            return None
        return self.error()

    def error(self) -> HostDown:
        """Return the error of a host that is down."""
        rest = (self._tried_at or 0.0) - time.monotonic()
        return HostDown(self._host, self._reason, max(rest, 0.0) if math.isfinite(rest) else None)

    def begin(self) -> bool:
        """Say that a question goes to the host now.

        Returns
        -------
        bool
            Whether it is the one that tries a host that was down; `end_trial` follows then, whatever comes of it.

        Raises
        ------
        HostDown
            When the host is down and not to be tried now.
        """
        error = self.down()
        if error is not None:
            raise error
        self._is_on_trial = self._tried_at is not None
        return self._is_on_trial

    def end_trial(self) -> None:
        """Say that the question is over that tried the host; the next may try it when this one learned nothing."""
        self._is_on_trial = False

    def succeed(self) -> None:
        """Say that the host gave an answer."""
        self._failures = self._trips = 0
        self._tried_at = None

    def fail(self, reason: str, *, on_trial: bool) -> bool:
        """Say that the host gave none.

        Parameters
        ----------
        reason : str
            A few words.
        on_trial : bool
            Whether the question was the one that tried it.

        Returns
        -------
        bool
            Whether the host is down from now on.
        """
        now = time.monotonic()
        if self._tried_at is not None and not on_trial:
            return False  # a question from before the host was found down
        if self._failures == 0:
            self._failing_since = now
        self._failures += 1
        is_lasting = self._failures >= self._waits.failures and now - self._failing_since >= self._waits.failing_s
        if not on_trial and not is_lasting:
            return False
        self._trips += 1
        self._failures = 0
        self._reason = reason
        pause = self._waits.down_s * 2 ** (self._trips - 1) if self._trips < self._waits.trials else math.inf
        self._tried_at = now + pause
        return True
