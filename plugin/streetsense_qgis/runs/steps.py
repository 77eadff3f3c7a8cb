"""Work of several questions to the engine, one after the other, that is told as one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject

from ..connection.errors import EngineError
from ..connection.pending import Pending

#: Failures that concern one question alone; what else fails ends the whole.
_OF_ONE = ("missing", "refused", "server")


class Steps(QObject):
    """Asks step by step; `pending` is the answer to the whole, and cancelling it stops the step under way."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Pending | None = None
        self.pending = Pending(self._stop)

    def ask(self, asked: Pending, then: Callable[[Any], None], without: Callable[[], None] | None = None) -> None:
        """Go on with the answer to a question.

        Parameters
        ----------
        asked : Pending
            The question.
        then : callable
            Called with its answer.
        without : callable, optional
            Called where the engine does not have what was asked for; otherwise that ends the whole.
        """
        if self.pending.is_decided:
            asked.cancel()
            return
        self._asked = asked

        def on_failure(error: EngineError) -> None:
            if without is not None and error.kind in _OF_ONE:
                without()
            else:
                self.pending.fail(error)

        asked.then(then, on_failure)

    def _stop(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
