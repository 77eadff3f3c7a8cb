"""The runs of the past and of now: how far they are, and what can be done with them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ... import resources
from ...connection.errors import EngineError
from ...connection.providerkeys import unlock_keys
from ...i18n import tr
from ...runs import record as states
from ...runs.record import RunRecord
from ...runs.runner import Runner

#: So many of the newest are shown.
_SHOWN = 8


class RunList(QWidget):
    """Shows the newest runs.

    Parameters
    ----------
    runner : Runner
        Knows them.
    make_report, make_atlas : callable
        Called with a run whose layers are on the map.
    parent : QWidget, optional
        Of this widget.
    """

    def __init__(
        self,
        runner: Runner,
        make_report: Callable[[RunRecord], None],
        make_atlas: Callable[[RunRecord], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._runner, self._report, self._atlas = runner, make_report, make_atlas
        self._rows: dict[str, _Row] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._none = QLabel(tr("Dock", "Results will be listed here."), self)
        self._layout.addWidget(self._none)
        runner.changed.connect(self._on_changed)
        self.show_runs()

    def show_runs(self) -> None:
        """Show the runs as they are now."""
        runs = self._runner.runs()[:_SHOWN]
        for run_id in set(self._rows) - {run.id for run in runs}:
            row = self._rows.pop(run_id)
            self._layout.removeWidget(row)
            row.hide()
            row.deleteLater()
        for place, run in enumerate(runs):
            if run.id not in self._rows:
                self._rows[run.id] = _Row(self._runner, self._report, self._atlas, self)
                self._layout.insertWidget(place, self._rows[run.id])
            self._rows[run.id].show_run(run)
        self._none.setVisible(not runs)

    def _on_changed(self, run: RunRecord) -> None:
        row = self._rows.get(run.id)
        if row is not None and run.state in states.UNFINISHED:
            row.show_run(run)
        else:
            self.show_runs()


class _Row(QFrame):
    """One run."""

    def __init__(
        self,
        runner: Runner,
        report: Callable[[RunRecord], None],
        atlas: Callable[[RunRecord], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._runner = runner
        self._run: RunRecord | None = None
        self._title = QLabel(self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self._said = QLabel(self)
        self._said.setWordWrap(True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line = QHBoxLayout()
        line.addWidget(self._title, 1)
        self._buttons: dict[str, QToolButton] = {}
        for name, tip, action in (
            ("cancel", tr("Dock", "Stop"), runner.cancel),
            ("retry", tr("Dock", "Go on; what is finished is not repeated"), self._again),
            ("load", tr("Dock", "Put the layers on the map"), runner.load),
            ("report", tr("Dock", "Make a report"), report),
            ("atlas", tr("Dock", "Make an atlas of the chosen units"), atlas),
            ("remove", tr("Dock", "Take it off this list; layers and files stay"), runner.forget),
        ):
            button = QToolButton(self)
            button.setObjectName(f"streetsense-run-{name}")
            button.setIcon(QIcon(resources.path(f"icons/{name}.svg")))
            button.setIconSize(QSize(16, 16))
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setAutoRaise(True)
            button.clicked.connect(lambda _=False, act=action: self._act(act))
            line.addWidget(button)
            self._buttons[name] = button
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.addLayout(line)
        layout.addWidget(self._bar)
        layout.addWidget(self._said)

    def show_run(self, run: RunRecord) -> None:
        """Show a run as it is."""
        self._run = run
        self._title.setText(f"{run.plan.name} · {run.plan.study}")
        share, told = self._runner.progress(run)
        is_under_way = run.state in states.UNFINISHED
        self._bar.setVisible(is_under_way)
        self._bar.setValue(round(1000 * share))
        self._said.setText(told if is_under_way else run.message)
        shown = {
            "cancel": is_under_way,
            "retry": run.state in (states.FAILED, states.STOPPED),
            "load": run.state in (states.READY, states.DONE),
            "report": run.state == states.DONE,
            "atlas": run.state == states.DONE,
            "remove": not is_under_way,
        }
        for name, button in self._buttons.items():
            button.setVisible(shown[name])

    def _again(self, run: RunRecord) -> None:
        # Somebody is here to enter the master password; where it stays unknown the run itself says so.
        with contextlib.suppress(EngineError):
            unlock_keys(run.plan.provider)
        self._runner.again(run)

    def _act(self, action: Callable[[RunRecord], None]) -> None:
        if self._run is not None:
            action(self._run)
