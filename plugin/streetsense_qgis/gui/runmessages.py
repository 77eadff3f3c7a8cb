"""A run in QGIS' message bar: its progress, how it ended, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable

from qgis.core import Qgis
from qgis.gui import QgisInterface, QgsMessageBarItem
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QProgressBar, QPushButton

from ..i18n import tr
from ..runs import record as states
from ..runs.record import RunRecord
from ..runs.runner import Runner


class RunMessages(QObject):
    """Shows runs in the message bar.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    runner : Runner
        Carries them out.
    show : callable
        Opens the dock.
    """

    def __init__(self, iface: QgisInterface, runner: Runner, show: Callable[[], None]) -> None:
        super().__init__()
        self._iface, self._runner, self._show = iface, runner, show
        self._items: dict[str, tuple[QgsMessageBarItem, QProgressBar]] = {}
        #: Runs whose item somebody closed; they go on without one.
        self._closed: set[str] = set()
        runner.changed.connect(self._on_changed)

    def close(self) -> None:
        """Take everything off the bar."""
        self._runner.changed.disconnect(self._on_changed)
        for run_id in list(self._items):
            self._remove(run_id)

    def _on_changed(self, run: RunRecord) -> None:
        if run.state in states.UNFINISHED:
            if run.id in self._closed:
                return
            if run.id not in self._items:
                self._add(run)
            item, bar = self._items[run.id]
            share, told = self._runner.progress(run)
            bar.setValue(round(1000 * share))
            item.setText(f"{run.plan.name}: {told}")
            return
        was_shown = run.id in self._items or run.id in self._closed
        self._remove(run.id)
        self._closed.discard(run.id)
        if not was_shown:
            return
        levels = {
            states.DONE: Qgis.MessageLevel.Success,
            states.READY: Qgis.MessageLevel.Success,
            states.FAILED: Qgis.MessageLevel.Critical,
        }
        level = levels.get(run.state, Qgis.MessageLevel.Info) if run.is_usable else Qgis.MessageLevel.Warning
        seconds = 0 if run.state == states.FAILED or not run.is_usable else 15
        self._iface.messageBar().pushMessage("StreetSense", f"{run.plan.name}: {run.message}", level, seconds)

    def _add(self, run: RunRecord) -> None:
        item = self._iface.messageBar().createMessage("StreetSense", "")
        bar = QProgressBar(item)
        bar.setRange(0, 1000)
        bar.setMaximumWidth(200)
        stop = QPushButton(tr("Dock", "Stop"), item)
        stop.clicked.connect(lambda: self._runner.cancel(run))
        show = QPushButton(tr("Dock", "Show"), item)
        show.clicked.connect(lambda: self._show())
        for widget in (bar, stop, show):
            item.layout().addWidget(widget)
        item.destroyed.connect(lambda _=None, run_id=run.id: self._on_closed(run_id))
        self._items[run.id] = (item, bar)
        self._iface.messageBar().pushWidget(item, Qgis.MessageLevel.Info)

    def _on_closed(self, run_id: str) -> None:
        if self._items.pop(run_id, None) is not None:
            self._closed.add(run_id)

    def _remove(self, run_id: str) -> None:
        found = self._items.pop(run_id, None)
        if found is not None:
            self._iface.messageBar().popWidget(found[0])
