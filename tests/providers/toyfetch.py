"""Fetches from the toy provider: where its captures are, whoever listens, and what its server was asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streetsense.errors import Cancelled
from streetsense.processes import fetch
from streetsense.study import Study

from .loopback import LoopbackHost

WEST, SOUTH, STEP = 7.0, 50.0, 2e-4


class Listener:
    """Keeps what it is told, and stops when it is told to."""

    def __init__(self, stop: Callable[[], bool] = lambda: False) -> None:
        self._stop = stop
        self.messages: list[str] = []
        self.warnings: list[str] = []

    def report(self, done: float, total: float, message: str = "") -> None:
        """Keep a message."""
        self.messages.append(message)
        if self._stop():
            raise Cancelled("interrupted.")

    def warn(self, message: str) -> None:
        """Keep a warning."""
        self.warnings.append(message)


def run(study: Study, host: LoopbackHost, job: Listener | None = None, **inputs: Any) -> fetch.Outputs:
    """Fetch from the toy provider."""
    values = {"provider": "toy", "api_url": host.url, **inputs}
    return fetch.run(study, fetch.PROCESS.parse(values), job or Listener())


def photos_asked(host: LoopbackHost) -> list[str]:
    """Return the captures whose photos the server was asked for, as often as it was."""
    return [seen.path.rpartition("/")[2] for seen in host.requests if seen.path.startswith("/photo/")]
