"""A job's log on the server, read as it grows."""

from __future__ import annotations

import re
import time
from urllib.parse import quote

from streetsense.client.connection import Connection
from streetsense.progress import Progress

_WARNING = re.compile(r"\S+ warning: (.*)")


class JobLog:
    """Reads a job's log as it grows, for its warnings."""

    _EVERY = 2.0

    def __init__(self, connection: Connection, job_id: str) -> None:
        self._connection, self._path = connection, f"/jobs/{quote(job_id, safe='')}/log"
        self._offset, self._rest, self._asked = 0, "", 0.0

    def warn(self, screen: Progress, *, at_once: bool) -> None:
        """Pass new warnings on."""
        if not at_once and time.monotonic() - self._asked < self._EVERY:
            return
        self._asked = time.monotonic()
        while True:
            answer = self._connection.ask("GET", self._path, query={"offset": self._offset})
            reached = int(answer.headers["Next-Offset"])
            *lines, self._rest = (self._rest + answer.text).split("\n")
            for line in lines:
                if found := _WARNING.fullmatch(line):
                    screen.warn(found[1])
            if reached == self._offset or not at_once:
                self._offset = reached
                return
            self._offset = reached
