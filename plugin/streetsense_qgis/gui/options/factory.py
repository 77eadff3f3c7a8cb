"""The page of StreetSense in QGIS' settings, offered to QGIS."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis, QgsMessageLog
from qgis.gui import QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QWidget

from ...connection.session import Session
from ...resources import path
from .page import OptionsPage


def log_warning(sentence: str) -> None:
    """Tell a sentence in QGIS' message log, with a sign in the window."""
    QgsMessageLog.logMessage(sentence, "StreetSense", Qgis.MessageLevel.Warning, True)


class OptionsFactory(QgsOptionsWidgetFactory):
    """Makes the page when QGIS' settings are opened.

    Parameters
    ----------
    session : Session
        The connection that the settings are of.
    install : callable
        Opens the window that installs the engine.
    tell : callable, optional
        Shows a sentence when the settings' window is closing already.
    """

    def __init__(
        self, session: Session, install: Callable[[], None], tell: Callable[[str], None] = log_warning
    ) -> None:
        super().__init__()
        self.setTitle("StreetSense")
        self._session, self._install, self._tell = session, install, tell

    def icon(self) -> QIcon:
        """Return the icon in the list of pages."""
        return QIcon(path("icons/streetsense.svg"))

    def createWidget(self, parent: QWidget | None = None) -> QgsOptionsPageWidget:
        """Return the page."""
        return OptionsPage(self._session, self._install, self._tell, parent)
