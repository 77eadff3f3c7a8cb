"""StreetSense in QGIS' window: its toolbar, menu, docks, settings page, and who knows whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget, QMenu, QToolBar

from .. import resources
from ..connection.jobwatch import JobWatch
from ..connection.session import Session
from ..connection.settings import ConnectionSettings
from ..i18n import tr
from ..layers.results import ResultLayers
from ..runs import record as states
from ..runs.folders import results_folder
from ..runs.runner import Runner
from .dock.dock import StreetSenseDock
from .install.dialog import InstallDialog
from .jobs.panel import JobsPanel
from .options.factory import OptionsFactory
from .reporting import Reporting
from .runmessages import RunMessages
from .viewer.dock import PhotoViewer

#: The name by which QGIS knows our page of its settings.
OPTIONS_PAGE = "mOptionsPageStreetSense"


class Window(QObject):
    """Everything of StreetSense that is in the window; `close` takes it out again.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    session : Session
        The connection.
    """

    def __init__(self, iface: QgisInterface, session: Session) -> None:
        super().__init__()
        self._iface, self._session = iface, session
        self._install: InstallDialog | None = None
        self.watch = JobWatch(session, self)
        self.layers = ResultLayers(QgsProject.instance(), iface)
        self.runner = Runner(session, self.watch, self.layers, results_folder, self)
        self.reporting = Reporting(iface, session, self.runner)
        self.viewer = PhotoViewer(session, iface)
        actions: dict[str, Any] = {
            "install": self.show_install,
            "settings": self.show_settings,
            "report": self.reporting.make_report,
            "atlas": self.reporting.make_atlas,
        }
        self.dock = StreetSenseDock(iface, session, self.runner, self.layers, actions)
        self.jobs = JobsPanel(iface, session, self.watch, self.runner.load_job)
        self.messages = RunMessages(iface, self.runner, self.show_dock)
        self.options = OptionsFactory(session, self.show_install, self._warn)
        iface.registerOptionsWidgetFactory(self.options)
        self._toolbar: QToolBar = iface.addToolBar("StreetSense")
        self._toolbar.setObjectName("StreetSenseToolbar")
        # A menu of our own: QGIS keeps the one that it makes for `addPluginToMenu`.
        self._menu = QMenu("StreetSense", iface.mainWindow())
        self._menu.setIcon(QIcon(resources.path("icons/streetsense.svg")))
        iface.pluginMenu().addMenu(self._menu)
        self._actions: list[QAction] = []
        self._add_docks()
        self._add_actions()
        if any(run.state in states.UNFINISHED for run in self.runner.runs()):
            session.connect_engine(False)

    def show_dock(self) -> None:
        """Show the path, and connect to the engine."""
        _raise(self.dock)

    def pick_view(self) -> None:
        """Open the viewer; the next click on the map chooses a view."""
        if self._session.state == "off":
            self._session.connect_engine()
        _raise(self.viewer)
        self._iface.mapCanvas().setMapTool(self.viewer.picker)

    def show_install(self) -> None:
        """Offer to install or update the engine."""
        if self._install is None:
            self._install = InstallDialog(ConnectionSettings.load(), parent=self._iface.mainWindow())
            self._install.installed.connect(lambda _: self._session.reconnect_engine())
        self._install.use(ConnectionSettings.load())
        self._install.show()
        self._install.raise_()
        self._install.activateWindow()

    def show_settings(self) -> None:
        """Show our page of QGIS' settings."""
        self._iface.showOptionsDialog(self._iface.mainWindow(), OPTIONS_PAGE)

    def _warn(self, sentence: str) -> None:
        self._iface.messageBar().pushWarning("StreetSense", sentence)

    def close(self) -> None:
        """Take everything out of the window."""
        self._iface.unregisterOptionsWidgetFactory(self.options)
        self.messages.close()
        self.reporting.close()
        self.runner.close()
        self.watch.close()
        self.layers.close()
        self.dock.close_dock()
        self.jobs.close_panel()
        self.viewer.unload()
        for action in self._actions:
            action.deleteLater()
        self._iface.pluginMenu().removeAction(self._menu.menuAction())
        self._menu.deleteLater()
        for dock in (self.dock, self.jobs, self.viewer):
            self._iface.removeDockWidget(dock)
            dock.deleteLater()
        if self._install is not None:
            self._install.shut_down()
        self._iface.mainWindow().removeToolBar(self._toolbar)
        self._toolbar.deleteLater()
        self.deleteLater()

    def _add_docks(self) -> None:
        right, bottom = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        for dock, where in ((self.dock, right), (self.viewer, right), (self.jobs, bottom)):
            self._iface.addDockWidget(where, dock)
            dock.hide()
        self._iface.mainWindow().tabifyDockWidget(self.dock, self.viewer)
        self.dock.visibilityChanged.connect(self._on_dock)

    def _add_actions(self) -> None:
        window = self._iface.mainWindow()
        for icon, text, key, trigger in (
            ("streetsense", tr("Window", "Map street views…"), "Ctrl+Alt+S", self.show_dock),
            ("photo", tr("Window", "Photo viewer"), "Ctrl+Alt+P", lambda: _raise(self.viewer)),
            ("views", tr("Window", "See a photo: click a view on the map"), "Ctrl+Alt+V", self.pick_view),
            ("jobs", tr("Window", "Jobs of the engine"), "Ctrl+Alt+J", lambda: _raise(self.jobs)),
            ("report", tr("Window", "Report about the newest result"), "", self.reporting.make_newest_report),
            ("settings", tr("Window", "Settings of StreetSense…"), "", self.show_settings),
        ):
            action = QAction(QIcon(resources.path(f"icons/{icon}.svg")), text, window)
            action.setObjectName(f"StreetSense-{icon}")
            if key:
                action.setShortcut(key)
            action.triggered.connect(_without_arguments(trigger))
            self._toolbar.addAction(action)
            self._menu.addAction(action)
            self._actions.append(action)

    def _on_dock(self, is_visible: bool) -> None:
        if is_visible and self._session.state == "off":
            self._session.connect_engine(False)


def _raise(dock: QDockWidget) -> None:
    dock.show()
    dock.raise_()


def _without_arguments(function: Callable[[], None]) -> Callable[[bool], None]:
    """Return a slot for ``triggered``, whose argument nobody wants."""
    return lambda _=False: function()
