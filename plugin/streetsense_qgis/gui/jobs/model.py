"""The jobs of the engine as a table."""

from __future__ import annotations

from typing import Any

from qgis.PyQt.QtCore import QAbstractTableModel, QDateTime, QLocale, QModelIndex, QObject, Qt
from qgis.PyQt.QtGui import QBrush, QColor

from ...i18n import tr

STATE, PROCESS, STUDY, PROGRESS, MESSAGE, CREATED = range(6)
#: What the roles beyond Qt's own give: the whole status document of a row.
JOB_ROLE = Qt.ItemDataRole.UserRole
_COLOURS = {"failed": "#c0392b", "successful": "#2e8b57", "running": "#2f74c0"}


def state_in_words(state: str) -> str:
    """Return a state of OGC API - Processes as people say it."""
    return {
        "accepted": tr("Jobs", "waiting"),
        "running": tr("Jobs", "running"),
        "successful": tr("Jobs", "done"),
        "failed": tr("Jobs", "failed"),
        "dismissed": tr("Jobs", "stopped"),
    }.get(state, state)


class JobModel(QAbstractTableModel):
    """Rows are jobs, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs: list[dict[str, Any]] = []

    def set_jobs(self, jobs: list[dict[str, Any]]) -> None:
        """Show these jobs; where the same ones are listed, only what changed is drawn again."""
        if [job["jobID"] for job in jobs] == [job["jobID"] for job in self._jobs]:
            self._jobs = list(jobs)
            if jobs:
                self.dataChanged.emit(self.index(0, 0), self.index(len(jobs) - 1, self.columnCount() - 1))
            return
        self.beginResetModel()
        self._jobs = list(jobs)
        self.endResetModel()

    def row_of(self, job_id: str) -> int:
        """Return the row of a job, -1 when it is not listed."""
        return next((row for row, job in enumerate(self._jobs) if job["jobID"] == job_id), -1)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        """Return the number of jobs."""
        return 0 if parent.isValid() else len(self._jobs)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's
        """Return the number of columns."""
        return 0 if parent.isValid() else 6

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's
        """Return the name of a column."""
        if orientation != Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            tr("Jobs", "State"), tr("Jobs", "Process"), tr("Jobs", "Study"), tr("Jobs", "Progress"),
            tr("Jobs", "Message"), tr("Jobs", "Begun"),
        )[section]  # fmt: skip

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401 - Qt's
        """Return what a cell shows."""
        job = self._jobs[index.row()]
        if role == JOB_ROLE:
            return job
        if role == Qt.ItemDataRole.ToolTipRole:
            return job["message"]
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == STATE and job["status"] in _COLOURS:
            return QBrush(QColor(_COLOURS[job["status"]]))
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(job, index.column())
        return None

    def _text(self, job: dict[str, Any], column: int) -> str:
        if column == STATE:
            return state_in_words(job["status"])
        if column == PROGRESS:
            return _progress(job)
        if column == CREATED:
            return _moment(job["created"])
        return str(job[{PROCESS: "processID", STUDY: "study", MESSAGE: "message"}[column]])


def _progress(job: dict[str, Any]) -> str:
    if job["status"] == "accepted":
        return ""
    text = f"{job['progress']} %"
    done = job.get("estimatedCompletion")
    if job["status"] == "running" and done:
        left = QDateTime.currentDateTimeUtc().secsTo(QDateTime.fromString(done, Qt.DateFormat.ISODate))
        if left > 0:
            minutes, seconds = divmod(left, 60)
            text += tr("Jobs", ", {left} left").format(left=f"{minutes} min" if minutes else f"{seconds} s")
    return text


def _moment(text: str) -> str:
    moment = QDateTime.fromString(text, Qt.DateFormat.ISODate).toLocalTime()
    return QLocale().toString(moment, QLocale.FormatType.ShortFormat)
