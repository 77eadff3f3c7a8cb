"""What the chosen provider has in the area: asked before anything is fetched, counted by year, put on the map."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDateTime, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ...connection.errors import EngineError
from ...connection.pending import Pending
from ...connection.providerkeys import unlock_keys
from ...connection.session import Session
from ...i18n import tr
from ...layers.coverage import remove_coverage
from ...layers.results import ResultLayers
from ...layers.run import RunFacts
from ...runs.coverage import Coverage, CoveragePreview
from ...runs.estimate import coverage_in_words
from ...runs.folders import results_folder
from ...runs.plan import RunPlan
from ...runs.providers import Provider
from .yearbars import YearBars


class CoverageBox(QWidget):
    """The button, the progress and the answer.

    Parameters
    ----------
    session : Session
        The connection.
    layers : ResultLayers
        Puts the captures on the map.
    parent : QWidget
        Of this widget.
    """

    #: Somebody wants to know.
    asked = pyqtSignal()
    #: There is an answer, or none any more.
    changed = pyqtSignal()

    def __init__(self, session: Session, layers: ResultLayers, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._layers = session, layers
        self._preview: CoveragePreview | None = None
        self._pending: Pending | None = None
        self._coverage: Coverage | None = None
        #: Whether the study has had no run since the answer, and whether it is one to the choices as well.
        self._is_fresh = self._is_current = True
        self.button = QPushButton(tr("Dock", "Preview coverage"), self)
        self.button.setObjectName("streetsense-preview")
        self.button.clicked.connect(self.asked)
        self.stop = QPushButton(tr("Dock", "Stop"), self)
        self.stop.clicked.connect(self.cancel)
        self._bar = QProgressBar(self)
        self._bar.setRange(0, 1000)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.bars = YearBars(self)
        line = QHBoxLayout()
        line.addWidget(self.button, 1)
        line.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        for part in (self._bar, self.bars, self.said):
            layout.addWidget(part)
        self._show()

    @property
    def is_busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._pending is not None

    def coverage_for(self, plan: RunPlan) -> Coverage | None:
        """Return the answer where it is one to what a plan asks."""
        is_one = self._coverage is not None and self._is_fresh and self._coverage.fits(plan)
        return self._coverage if is_one else None

    def outdate(self, study: str) -> None:
        """Take the answer for an old one: a run has brought photos and sample points into its study."""
        if self._coverage is not None and self._coverage.question.get("study") == study:
            self._is_fresh = False

    def show_for(self, plan: RunPlan, lacking: str) -> None:
        """Show whether the provider can be asked, and whether the answer that is there still belongs to the choices.

        Parameters
        ----------
        plan : RunPlan
            The choices.
        lacking : str
            What is missing to ask, in a sentence; empty when nothing.
        """
        self._is_current = self._coverage is None or self.coverage_for(plan) is not None
        self.button.setEnabled(not lacking and not self.is_busy)
        hint = tr(
            "Dock",
            "Counts what there is before anything is fetched. As long as the study has no sample points, all captures "
            "in the area are counted; a run places the points first, and takes what is near them.",
        )
        self.button.setToolTip(lacking or hint)
        self._show()

    def begin(self, plan: RunPlan, provider: Provider) -> None:
        """Ask."""
        client = self._session.client
        if client is None or self.is_busy:
            return
        self._coverage = None
        try:
            unlock_keys(provider.name)
        except EngineError as error:
            self._fail(error)
            return
        now = QDateTime.currentDateTimeUtc().toString("yyyyMMdd-HHmmss")
        # A folder of its own: files that QGIS has open cannot be replaced everywhere.
        folder = str(Path(results_folder(plan.study), f"preview-{now}"))
        self._preview = CoveragePreview(client, plan, folder, needs_points=provider.needs_points)
        self._pending = self._preview.begin()
        self._pending.progressed.connect(self._on_progress)
        self._pending.then(lambda found: self._on_found(found, plan, provider), self._fail)
        self._on_progress(0.0, tr("Dock", "Asking…"))
        self.changed.emit()

    def cancel(self) -> None:
        """Ask no more."""
        if self._pending is not None:
            self._pending.cancel()

    def _on_progress(self, share: float, told: str) -> None:
        self._bar.setValue(round(1000 * share))
        self.said.setText(told)
        self._show()

    def _on_found(self, found: Coverage, plan: RunPlan, provider: Provider) -> None:
        self._pending, self._coverage, self._is_fresh, self._is_current = None, found, True, True
        remove_coverage(QgsProject.instance(), plan.study, provider.name)
        if found.file:
            file = Path(found.file)
            facts = RunFacts(
                tr("Dock", "Coverage of {provider}").format(provider=provider.title),
                plan.study,
                self._session.describe(),
                attribution=provider.attribution,
                licence=provider.licence,
            )
            self._layers.load_in_steps(str(file.parent), [file.name], facts)
        self._show()
        self.changed.emit()

    def _fail(self, error: EngineError) -> None:
        self._pending = None
        self.said.setText(str(error))
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        if self._coverage is not None:
            words = coverage_in_words(self._coverage)
            outdated = tr("Dock", "That was for other choices; preview again.")
            if not self._is_fresh:
                outdated = tr("Dock", "That was before the last run; preview again.")
            self.said.setText(words if self._is_current else f"{words} {outdated}")
            self.bars.show_counts(self._coverage.by_year)
        self.bars.setVisible(self._coverage is not None and bool(self._coverage.by_year))
        self.bars.setEnabled(self._is_current)
        self._bar.setVisible(self.is_busy)
        self.stop.setVisible(self.is_busy)
        self.said.setVisible(bool(self.said.text()))
