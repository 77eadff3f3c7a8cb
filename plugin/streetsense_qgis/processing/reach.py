"""Where the engine is, for algorithms, which run in threads of their own and with or without a window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..connection.errors import EngineError
from ..i18n import tr
from .following import nap
from .headless import HeadlessEngine

if TYPE_CHECKING:
    from ..connection.session import Session

#: Seconds between two looks at how the connection is.
_LOOK_EVERY = 0.05


class Reach(QObject):
    """The way to the engine; it lives on the window's thread, and any thread may ask it.

    The token is copied here on the window's thread: what keeps it must not be read by another one.

    Parameters
    ----------
    session : Session or None
        The connection of this QGIS; None where there is no window.
    """

    _asked = pyqtSignal()

    def __init__(self, session: Session | None = None) -> None:
        super().__init__()
        self._session = session
        self._headless = HeadlessEngine()
        self._state, self._at, self._error = "off", ("", ""), ""
        self._wanted, self._begun = 0, 0
        self._asked.connect(self._begin)
        if session is not None:
            session.changed.connect(self._look)
            self._look()

    def close(self) -> None:
        """Let go of the connection, and stop an engine that was started for a command line."""
        if self._session is not None:
            self._session.changed.disconnect(self._look)
            self._session = None
        self._headless.close()

    def want(self) -> None:
        """Begin to connect, without waiting; from any thread."""
        if self._session is not None and self._state != "connected":
            self._wanted += 1
            self._asked.emit()

    def wait(self, feedback: QgsProcessingFeedback) -> tuple[str, str]:
        """Return address and token of the engine once it can be reached.

        Raises
        ------
        EngineError
            When it cannot be reached, or somebody stopped it.
        """
        if self._session is None:
            return self._headless.find(feedback)
        self.want()
        while self._begun < self._wanted or self._state not in ("connected", "failed", "missing-engine"):
            if feedback.isCanceled():
                raise EngineError(tr("Processing", "This was stopped."), "cancelled")
            nap(_LOOK_EVERY)
        if self._state == "connected":
            return self._at
        if self._state == "missing-engine":
            sentence = tr("Processing", "There is no engine on this computer yet; install it in the StreetSense panel.")
            raise EngineError(sentence, "environment")
        raise EngineError(self._error, "network")

    def _begin(self) -> None:
        if self._session is not None and self._session.state not in ("connected", "starting"):
            self._session.connect_engine()
        self._begun = self._wanted
        self._look()

    def _look(self) -> None:
        session = self._session
        if session is None:
            return
        if session.client is not None:
            self._at = (session.client.address, session.client.token)
        self._error = str(session.error or tr("Processing", "The engine cannot be reached."))
        self._state = session.state
