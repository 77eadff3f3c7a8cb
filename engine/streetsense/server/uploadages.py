"""How long an upload has been still, by a clock that nobody can set."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from streetsense.server.uploaddatabase import UploadDatabase

#: Seconds between two looks.
_LOOK_EVERY = 3600.0
#: Seconds that the time between two runs of the server counts at most: it is known from the system's clock alone.
_MOST_BETWEEN_RUNS = 86400.0


class UploadAges:
    """The ages of uploads: how long they have been seen unchanged.

    The system's clock may jump, by months when a computer had forgotten the date; an upload's bytes must not be lost to
    that. So the time is counted here: while the server runs by a clock that never jumps, and between two runs by the
    system's, up to a day each time. An upload may be kept longer than was said, never shorter.

    Parameters
    ----------
    database : UploadDatabase
        Where the counted time is kept.
    wall, steady : callable
        The system's clock and the one that never jumps, in seconds.
    """

    def __init__(
        self,
        database: UploadDatabase,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._wall, self._steady = database, wall, steady
        self._lock = threading.Lock()
        rows = database.run("SELECT elapsed, wall FROM clock")
        elapsed, before = rows[0] if rows else (0.0, wall())
        self._at_start = elapsed + min(max(wall() - before, 0.0), _MOST_BETWEEN_RUNS)
        self._started = steady()
        self._looked: float | None = None

    def still_for(self, seconds: float, states: Callable[[], Mapping[str, str]]) -> list[str]:
        """Return the uploads that have not changed for so long; nothing when it was asked a short while ago.

        Parameters
        ----------
        seconds : float
            How long.
        states : callable
            Returns the state of each upload by its id; another state means that something was heard of it.
        """
        with self._lock:
            now = self._at_start + self._steady() - self._started
            if self._looked is not None and now - self._looked < _LOOK_EVERY:
                return []
            current = states()
            seen = {row[0]: row[1:] for row in self._database.run("SELECT id, state, since FROM seen")}
            since = {name: seen[name][1] if name in seen and seen[name][0] == state else now
                     for name, state in current.items()}  # fmt: skip
            self._database.change(
                ("INSERT OR REPLACE INTO clock VALUES (1, ?, ?)", [(now, self._wall())]),
                ("DELETE FROM seen WHERE id = ?", [(name,) for name in seen.keys() - current.keys()]),
                (
                    "INSERT OR REPLACE INTO seen VALUES (?, ?, ?)",
                    [(name, state, since[name]) for name, state in current.items() if since[name] == now],
                ),
            )
            self._looked = now
            return [name for name, begin in since.items() if now - begin > seconds]
