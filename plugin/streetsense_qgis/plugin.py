"""What QGIS loads: puts StreetSense into the window and takes it out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qgis.core import QgsApplication

from .processing.provider import StreetSenseProvider

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


class StreetSense:
    """StreetSense in one QGIS.

    Under ``qgis_process`` there is no window: then only the Processing provider is made.

    Parameters
    ----------
    iface : QgisInterface or None
        The window.
    """

    def __init__(self, iface: QgisInterface | None) -> None:
        self._iface = iface
        self._provider: StreetSenseProvider | None = None
        self._session: Any = None
        self._window: Any = None

    def initProcessing(self) -> None:
        """Add the algorithms to Processing."""
        if self._provider is None:
            self._provider = StreetSenseProvider(self._session)
            QgsApplication.processingRegistry().addProvider(self._provider)

    def initGui(self) -> None:
        """Put everything into the window."""
        from .connection.session import Session
        from .gui.window import Window

        self._session = Session()
        self.initProcessing()
        self._window = Window(self._iface, self._session)

    def unload(self) -> None:
        """Take everything out of the window; the engine goes on while it has jobs."""
        if self._window is not None:
            self._window.close()
            self._window = None
        if self._provider is not None:
            QgsApplication.processingRegistry().removeProvider(self._provider)
            self._provider = None
        if self._session is not None:
            self._session.close()
            self._session.deleteLater()
            self._session = None
