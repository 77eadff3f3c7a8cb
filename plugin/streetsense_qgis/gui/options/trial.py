"""A try of settings for this computer that are not the ones in use: the engine is started, asked and stopped."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...connection.session import Session
from ...connection.settings import ConnectionSettings

#: Tries that go on although their page was closed, so that the engine is stopped in an orderly way.
_under_way: set[LocalTrial] = set()


class LocalTrial(QObject):
    """One try; it takes care of itself.

    Parameters
    ----------
    settings : ConnectionSettings
        What to try.
    """

    #: A sentence about how it went, and whether it went well.
    told = pyqtSignal(str, bool)

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._session = Session(settings=lambda: settings)
        self._session.changed.connect(self._look)
        _under_way.add(self)

    def begin(self) -> None:
        """Start the engine."""
        self._session.connect_engine()

    def _look(self) -> None:
        if self._session.state == "starting" or self not in _under_way:
            return
        _under_way.discard(self)
        sentence, is_good = self._session.describe(), self._session.state == "connected"
        self._session.close()
        self.told.emit(sentence, is_good)
