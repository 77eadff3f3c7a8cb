"""The one interface through which long work tells how far it is, and hears that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a process and the slow functions below it are handed.

    ``report`` is also where cancellation arrives: call it often (several times a second) and let the exception pass.
    """

    def report(self, done: float, total: float, message: str = "") -> None:
        """Say that ``done`` of ``total`` units of work are finished.

        Raises
        ------
        streetsense.errors.Cancelled
            When the user asked to stop.
        """
        ...

    def warn(self, message: str) -> None:
        """Tell the user something that does not stop the work, in one sentence."""
        ...


class Silent:
    """A `Progress` that tells nobody: for library use."""

    def report(self, done: float, total: float, message: str = "") -> None:
        """Do nothing."""

    def warn(self, message: str) -> None:
        """Do nothing."""


class Stage:
    """A `Progress` that maps its whole range onto a part of another one.

    Parameters
    ----------
    parent : Progress
        Where the reports go.
    start, end : float
        The share of the parent's work, in 0..1, that this stage stands for.
    """

    def __init__(self, parent: Progress, start: float, end: float) -> None:
        self._parent, self._start, self._span = parent, start, end - start

    def report(self, done: float, total: float, message: str = "") -> None:
        """Report to the parent, scaled into this stage's range."""
        share = done / total if total else 1.0
        self._parent.report(self._start + self._span * share, 1.0, message)

    def warn(self, message: str) -> None:
        """Pass the warning on unchanged."""
        self._parent.warn(message)
