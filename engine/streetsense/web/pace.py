"""How fast one host is asked: so many requests at once, so many a second, fewer when it says that it is busy."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable

from streetsense.web.limits import HostLimits
from streetsense.web.waits import Waits

#: Requests start this much further apart than the rate would have it, because the way to the host takes some of them
#: longer than others: in no second do more arrive than may.
_MARGIN = 1.1
#: Seconds that a start may be late (timers are, on a busy computer) without the next ones being late as well.
_CATCH_UP_S = 0.02
#: A busy host without a limit is taken to have been asked at least so often in a second, and any at least so often.
_LEAST_RATE, _LOWEST_RATE = 10.0, 0.1


class Pace:
    """The queue in front of one host. Requests start in the order in which they came.

    Parameters
    ----------
    limits : HostLimits
        Never exceeded.
    waits : Waits
        How long a busy host rests, and how soon it is asked faster again.
    """

    def __init__(self, limits: HostLimits, waits: Waits) -> None:
        self._waits = waits
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._under_way = 0
        self._most_connections = self._connections = float(limits.connections)
        self._limit = self._most_rate = self._rate = limits.per_second
        self._next_start = self._rests_until = 0.0
        # Since when and how often the host has been busy, with no good answer in between.
        self._busy_at, self._busy_rounds = -1.0, 0
        self._recovered_at = 0.0
        # Starts of this second and of the one before, to know how fast a host was asked that has no limit.
        self._second, self._starts, self._starts_before = 0, 0, 0

    async def turn(self) -> float:
        """Wait for this request's turn; `done` follows when it is answered.

        Returns
        -------
        float
            When it began, in the event loop's time.
        """
        now = self._loop.time()
        if not self._waiting and self._under_way < int(self._connections) and now >= self._opens_at():
            self._begin(now)
            return now
        turn = self._loop.create_future()
        self._waiting.append(turn)
        self._start_waiting()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.done()
            raise
        return self._loop.time()

    def done(self) -> None:
        """Say that a request is over."""
        self._under_way -= 1
        if self._waiting:
            self._start_waiting()

    def turn_away(self, error: Callable[[], Exception]) -> None:
        """End the waiting of all with an error."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def be_busy(self, began: float, after: float | None) -> bool:
        """Let the host rest, and ask it half as fast from then on.

        Parameters
        ----------
        began : float
            When the request began that was told so. Those that were under way together count as one.
        after : float or None
            Seconds for which the host wants to rest, if it said so.

        Returns
        -------
        bool
            Whether this is news.
        """
        now = self._loop.time()
        is_news = began >= self._busy_at
        if is_news:
            self._busy_at = self._recovered_at = now
            self._busy_rounds += 1
            self._slow_down()
            growing = 2.0 ** min(self._busy_rounds - 1, 30) * random.uniform(1.0, 1.25)
            if after is None:
                rest = min(self._waits.busy_first_s * growing, self._waits.busy_most_s)
            else:
                rest = max(after, min(self._waits.first_s * growing, self._waits.busy_most_s))
        else:
            rest = after or 0.0
        self._rests_until = max(self._rests_until, now + min(rest, self._waits.told_most_s))
        return is_news

    def go_well(self, began: float) -> None:
        """Say that a request which began at that time was answered: a host that was busy is asked faster again."""
        if self._busy_at < 0 or began < self._busy_at:
            return
        self._busy_rounds = 0
        now = self._loop.time()
        share = min(now - self._recovered_at, 1.0) / self._waits.recovery_s
        self._recovered_at = now
        self._connections = min(self._connections + self._most_connections * share, self._most_connections)
        if self._rate is not None and self._most_rate is not None:
            self._rate = min(self._rate + self._most_rate * share, self._most_rate)
            if self._rate == self._most_rate and self._limit is None:
                self._rate = self._most_rate = None
        if self._connections == self._most_connections and self._rate == self._most_rate:
            self._busy_at = -1.0

    def _opens_at(self) -> float:
        return max(self._next_start, self._rests_until)

    def _begin(self, now: float) -> None:
        self._under_way += 1
        if int(now) != self._second:
            self._starts_before = self._starts if int(now) == self._second + 1 else 0
            self._second, self._starts = int(now), 0
        self._starts += 1
        if self._rate is not None:
            self._next_start = max(self._next_start, now - _CATCH_UP_S) + _MARGIN / self._rate

    def _start_waiting(self) -> None:
        """Start those whose turn it is, and come back when it is the next one's."""
        while self._waiting and self._under_way < int(self._connections):
            now, opens_at = self._loop.time(), self._opens_at()
            if now < opens_at:
                if self._timer is None:
                    self._timer = self._loop.call_at(opens_at, self._on_time)
                return
            turn = self._waiting.popleft()
            if not turn.done():
                self._begin(now)
                turn.set_result(None)

    def _on_time(self) -> None:
        self._timer = None
        self._start_waiting()

    def _slow_down(self) -> None:
        self._connections = max(self._connections / 2, 1.0)
        if self._rate is None:
            self._most_rate = self._rate = max(self._starts, self._starts_before, _LEAST_RATE)
        self._rate = max(self._rate / 2, _LOWEST_RATE)
