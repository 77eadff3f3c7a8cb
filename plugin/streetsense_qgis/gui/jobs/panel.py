"""The panel with all jobs of the connected engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import Qgis
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDockWidget,
    QHeaderView,
    QPlainTextEdit,
    QSplitter,
    QTableView,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from ... import resources
from ...connection.errors import EngineError
from ...connection.jobwatch import ACTIVE, JobWatch
from ...connection.session import Session
from ...i18n import tr
from .model import JOB_ROLE, MESSAGE, JobModel


class JobsPanel(QDockWidget):
    """Lists the jobs, with their log, and lets a person stop, repeat and load them.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    session : Session
        The connection.
    watch : JobWatch
        The jobs.
    load : callable
        Called with the status document of a successful job, to put its results on the map.
    parent : QWidget, optional
        Of this widget.
    """

    def __init__(
        self,
        iface: QgisInterface,
        session: Session,
        watch: JobWatch,
        load: Callable[[dict[str, Any]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Jobs", "StreetSense jobs"), parent)
        self.setObjectName("StreetSenseJobs")
        self._iface, self._session, self._watch, self._load = iface, session, watch, load
        self.model = JobModel(self)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(False)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.horizontalHeader().setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(5000)
        self.log.setPlaceholderText(tr("Jobs", "Choose a job to read its log."))
        self._shown, self._offset, self._is_reading = "", 0, False
        self._bar = QToolBar(self)
        self.actions_by_name = {}
        for name, text, act in (
            ("cancel", tr("Jobs", "Stop"), self._stop),
            ("retry", tr("Jobs", "Run again"), self._again),
            ("load", tr("Jobs", "Load results"), self._load_results),
            ("remove", tr("Jobs", "Take off the list"), self._remove),
        ):
            action = self._bar.addAction(QIcon(resources.path(f"icons/{name}.svg")), text)
            action.triggered.connect(lambda _=False, do=act: do())
            self.actions_by_name[name] = action
        self._bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.table)
        split.addWidget(self.log)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2, 2, 2, 2)
        layout.addWidget(self._bar)
        layout.addWidget(split)
        self.setWidget(inside)
        self.table.selectionModel().currentRowChanged.connect(self._on_chosen)
        watch.changed.connect(self._on_jobs)
        self._on_jobs(watch.jobs)

    def chosen(self) -> dict[str, Any] | None:
        """Return the status document of the chosen job."""
        index = self.table.selectionModel().currentIndex()
        return index.data(JOB_ROLE) if index.isValid() else None

    def choose(self, job_id: str) -> None:
        """Choose a job."""
        row = self.model.row_of(job_id)
        if row >= 0:
            self.table.selectRow(row)

    def close_panel(self) -> None:
        """Let go of everything outside this widget."""
        self._watch.changed.disconnect(self._on_jobs)

    def _on_jobs(self, jobs: list[dict[str, Any]]) -> None:
        chosen = self.chosen()
        self.model.set_jobs(jobs)
        if chosen is not None:
            self.choose(chosen["jobID"])
        self._on_chosen()

    def _on_chosen(self, *_: object) -> None:
        job = self.chosen()
        state = "" if job is None else job["status"]
        self.actions_by_name["cancel"].setEnabled(state in ACTIVE)
        self.actions_by_name["retry"].setEnabled(state in ("failed", "dismissed"))
        self.actions_by_name["load"].setEnabled(state == "successful")
        self.actions_by_name["remove"].setEnabled(bool(state) and state not in ACTIVE)
        job_id = "" if job is None else job["jobID"]
        if job_id != self._shown:
            self._shown, self._offset, self._is_reading = job_id, 0, False
            self.log.clear()
        self._read_log()

    def _read_log(self) -> None:
        client = self._session.client
        if client is None or not self._shown or self._is_reading:
            return
        self._is_reading = True
        shown = self._shown
        client.job_log(shown, self._offset).then(
            lambda part: self._on_log(shown, *part), lambda _: self._on_log(shown, "", self._offset)
        )

    def _on_log(self, job_id: str, text: str, offset: int) -> None:
        if job_id != self._shown:
            return
        self._is_reading = False
        has_more = offset > self._offset
        self._offset = offset
        if text:
            self.log.appendPlainText(text.rstrip("\n"))
        if has_more:
            self._read_log()

    def _stop(self) -> None:
        self._ask("dismiss")

    def _remove(self) -> None:
        self._ask("dismiss")

    def _ask(self, what: str) -> None:
        job, client = self.chosen(), self._session.client
        if job is not None and client is not None:
            getattr(client, what)(job["jobID"]).then(lambda _: self._watch.look(), self._say)

    def _again(self) -> None:
        job, client = self.chosen(), self._session.client
        if job is None or client is None:
            return

        def submit(inputs: dict[str, Any]) -> None:
            client.execute(job["processID"], job["study"], inputs).then(lambda _: self._watch.look(), self._say)

        client.inputs(job["jobID"]).then(submit, self._say)

    def _load_results(self) -> None:
        job = self.chosen()
        if job is None:
            return
        try:
            self._load(job)
        except EngineError as error:
            self._say(error)

    def _say(self, error: EngineError) -> None:
        self._iface.messageBar().pushMessage("StreetSense", str(error), Qgis.MessageLevel.Warning, 10)
