"""An answer that is still to come, told by signals in the thread that asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsFeedback
from qgis.PyQt.QtCore import QEventLoop, QObject, QTimer, pyqtSignal

from ..i18n import tr
from .errors import EngineError

#: Milliseconds between two looks at whether somebody wants to stop.
_LOOK_EVERY = 100
#: Whoever asked need not keep what was returned: it lives until it has said how it ended.
_under_way: set[Pending] = set()


class Pending(QObject):
    """An answer under way. It lives on the thread that made it, and ends once: with `succeeded` or with `failed`.

    Neither is emitted before control is back in the event loop, so there is always time to connect.

    Parameters
    ----------
    stop : callable, optional
        Breaks off the work; called by `cancel`, once.
    """

    #: With the answer.
    succeeded = pyqtSignal(object)
    #: With an `EngineError`.
    failed = pyqtSignal(object)
    #: Share that is done (0 to 1), and what is being done.
    progressed = pyqtSignal(float, str)

    def __init__(self, stop: Callable[[], None] | None = None) -> None:
        super().__init__()
        self._stop = stop
        self._value: Any = None
        self._error: EngineError | None = None
        self._is_decided = False
        self._has_ended = False
        _under_way.add(self)

    @property
    def is_decided(self) -> bool:
        """Whether it is known how it ends, be it told already or not."""
        return self._is_decided

    def succeed(self, value: Any) -> None:  # noqa: ANN401 - whatever was asked for
        """End with an answer; what comes after an end is ignored."""
        self._decide(value, None)

    def fail(self, error: EngineError) -> None:
        """End with an error; what comes after an end is ignored."""
        self._decide(None, error)

    def cancel(self) -> None:
        """Break off; it ends in ``failed`` with an error of kind ``cancelled``, unless it has ended already."""
        if self._is_decided:
            return
        stop = self._stop
        self._decide(None, EngineError(tr("Connection", "This was stopped."), "cancelled"))
        if stop is not None:
            stop()

    def on_cancel(self, stop: Callable[[], None]) -> None:
        """Set what breaks off the work that is now being done for this answer."""
        self._stop = stop

    def then(
        self, on_success: Callable[[Any], None], on_failure: Callable[[EngineError], None] | None = None
    ) -> Pending:
        """Call one of two functions at the end.

        Methods of Qt objects are not called any more once their object was deleted; that is Qt's own rule for signals.

        Returns
        -------
        Pending
            This one.
        """
        if self._has_ended:  # too late for the signals
            late = Pending()
            late.then(on_success, on_failure)
            late._decide(self._value, self._error)
            return self
        self.succeeded.connect(on_success)
        if on_failure is not None:
            self.failed.connect(on_failure)
        return self

    def wait(self, feedback: QgsFeedback | None = None) -> Any:  # noqa: ANN401 - whatever was asked for
        """Let this thread's events run until the end, and return the answer.

        For Processing's threads, command lines and tests; the window's thread uses the signals.

        Parameters
        ----------
        feedback : QgsFeedback, optional
            When it is cancelled, so is this.

        Raises
        ------
        EngineError
            How it failed.
        """
        if not self._has_ended:
            loop = QEventLoop()
            self.succeeded.connect(loop.quit)
            self.failed.connect(loop.quit)
            looking = QTimer()
            if feedback is not None:
                # A look now and then instead of its signal, which comes from another thread.
                looking.timeout.connect(lambda: self.cancel() if feedback.isCanceled() else None)
                looking.start(_LOOK_EVERY)
            loop.exec()
            looking.stop()
            self.succeeded.disconnect(loop.quit)
            self.failed.disconnect(loop.quit)
        if self._error is not None:
            raise self._error
        return self._value

    def _decide(self, value: Any, error: EngineError | None) -> None:  # noqa: ANN401 - whatever was asked for
        if self._is_decided:
            return
        self._is_decided, self._value, self._error, self._stop = True, value, error, None
        QTimer.singleShot(0, self._end)

    def _end(self) -> None:
        self._has_ended = True
        _under_way.discard(self)
        if self._error is None:
            self.succeeded.emit(self._value)
        else:
            self.failed.emit(self._error)
