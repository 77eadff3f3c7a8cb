"""The dock: a short path from an area to a map."""

from __future__ import annotations

from typing import Any

from qgis.core import Qgis
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ... import resources
from ...connection.errors import EngineError
from ...connection.pending import Pending
from ...connection.providerkeys import unlock_keys
from ...connection.session import Session
from ...i18n import tr
from ...layers.results import ResultLayers
from ...runs import record as states
from ...runs.estimate import estimate, in_words
from ...runs.missing import missing_of_area, name_problem
from ...runs.plan import RunPlan
from ...runs.providers import offered
from ...runs.record import RunRecord
from ...runs.runner import Runner
from ...runs.sources import Sources
from ..drawing.areatool import size_in_words
from .areastep import LARGE_KM2, AreaStep
from .coveragebox import CoverageBox
from .modelstep import ModelStep
from .runlist import RunList
from .runstep import RunStep
from .viewsstep import ViewsStep

#: Milliseconds after the last change in which nothing is worked out yet.
_LATER = 150
#: The narrowest the dock gets where the words of a language do not need more (pixels).
_WIDTH = 380


class StreetSenseDock(QDockWidget):
    """Area, street views, model, run, results.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    session : Session
        The connection.
    runner : Runner
        Carries runs out.
    layers : ResultLayers
        Puts previews on the map.
    actions : dict
        What happens for ``install``, ``settings``, ``report`` and ``atlas``.
    parent : QWidget, optional
        Of this widget.
    """

    #: A run was begun.
    begun = pyqtSignal(object)

    def __init__(
        self,
        iface: QgisInterface,
        session: Session,
        runner: Runner,
        layers: ResultLayers,
        actions: dict[str, Any],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(tr("Dock", "StreetSense"), parent)
        self.setObjectName("StreetSenseDock")
        self.setAllowedAreas(Qt.DockWidgetArea.LeftDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._iface, self._session, self._runner, self._actions = iface, session, runner, actions
        self._engine = QLabel(self)
        self._engine.setWordWrap(True)
        self._engine.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._engine.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._connect = QPushButton(QIcon(resources.path("icons/engine.svg")), "", self)
        self._connect.clicked.connect(self._on_connect)
        self.area, self.views = AreaStep(iface, self), ViewsStep(self)
        self.model, self.run = ModelStep(self), RunStep(self)
        self.steps = (self.area, self.views, self.model, self.run)
        self.coverage = CoverageBox(session, layers, self.views)
        self.coverage.asked.connect(self.preview)
        self.coverage.changed.connect(self._on_coverage)
        self.views.form.addRow(self.coverage)
        self.runs = RunList(runner, actions["report"], actions["atlas"], self)
        self._study_asked = ""
        self._asked: Pending | None = None
        self._providers_asked: Pending | None = None
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._update)
        for step in self.steps:
            step.changed.connect(self._on_changed)
            step.let_shrink()
        self.area.demo.clicked.connect(self.set_demo_city)
        self.run.begun.connect(self.begin)
        runner.changed.connect(self._on_run)
        session.changed.connect(self._on_session)
        self._lay_out()
        self._on_session()

    def _lay_out(self) -> None:
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        top = QHBoxLayout()
        top.addWidget(self._engine, 1)
        top.addWidget(self._connect)
        layout.addLayout(top)
        for step in self.steps:
            layout.addWidget(step)
        layout.addWidget(QLabel(f"<b>{tr('Dock', 'Results')}</b>", self))
        layout.addWidget(self.runs)
        layout.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(inside)
        bar = self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setMinimumWidth(max(_WIDTH, inside.minimumSizeHint().width() + bar))
        self.setWidget(self._scroll)

    def plan(self) -> tuple[RunPlan, Sources]:
        """Return what is chosen now."""
        plan, sources = RunPlan(), Sources()
        for step in (self.run, self.area, self.views, self.model):
            step.fill(plan, sources)
        return plan, sources

    def set_demo_city(self) -> None:
        """Fill in all steps for the synthetic city; Run is then all that is left to press."""
        self.area.set_demo_city()
        self.views.set_demo_city()
        self.model.set_demo_city()
        self._update()

    def begin(self) -> None:
        """Begin the run that is chosen."""
        self._update()
        plan, sources = self.plan()
        if any(step.missing(plan) for step in self.steps) or self._runner.is_under_way(plan) or not self._is_meant():
            return
        try:
            unlock_keys(plan.provider)
        except EngineError as error:
            self._iface.messageBar().pushMessage("StreetSense", str(error), Qgis.MessageLevel.Warning, 8)
            return
        self.run.remember(plan)
        self.begun.emit(self._runner.start(plan, sources))
        self._update()

    def preview(self) -> None:
        """Ask what the chosen provider has in the area."""
        self._update()
        plan, _ = self.plan()
        provider = self.views.chosen
        if provider is None or self._missing_of_preview(plan):
            return
        self.run.remember(plan)
        self.coverage.begin(plan, provider)

    def _is_meant(self) -> bool:
        """Ask whether a very large area is meant: a slip of the mouse can take a country."""
        if self.area.km2 <= LARGE_KM2:
            return True
        question = tr("Dock", "{size}: a run of that size takes days and a lot of disk. Begin anyway?")
        yes, no = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
        text = question.format(size=size_in_words(self.area.km2))
        return QMessageBox.question(self, "StreetSense", text, yes | no, no) == yes

    def close_dock(self) -> None:
        """Let go of everything outside this widget."""
        self._later.stop()
        self.coverage.cancel()
        self._session.changed.disconnect(self._on_session)
        self._runner.changed.disconnect(self._on_run)
        self.area.close_tools()

    def _on_coverage(self) -> None:
        self._on_changed()
        QTimer.singleShot(_LATER, self._look_at_coverage)

    def _look_at_coverage(self) -> None:
        """Show the answer, which is below what was pressed, once it has its place."""
        self._scroll.ensureWidgetVisible(self.coverage)

    def _on_changed(self) -> None:
        self._later.start(_LATER)

    def _on_run(self, run: RunRecord) -> None:
        if run.state not in states.UNFINISHED:
            self.coverage.outdate(run.plan.study)
            self._on_changed()

    def _update(self) -> None:
        """Say what is missing and how much it will be."""
        self._later.stop()
        self.model.set_provider(self.views.provider.currentData())
        plan, _ = self.plan()
        self.run.suggest(plan)
        plan, _ = self.plan()
        missing = [step.show_missing(plan) for step in self.steps]
        first = next((sentence for sentence in missing if sentence), "")
        if not first and self._session.client is None:
            first = tr("Dock", "Connect an engine first.")
        if not first and self._runner.is_under_way(plan):
            first = tr("Dock", "A run with this name is under way in this study; wait for it, or change the name.")
        self.run.set_ready(first)
        self._show_preview(plan)
        if plan.area and plan.provider:
            known = {"provider": self.views.chosen, "coverage": self.coverage.coverage_for(plan)}
            found = estimate(plan, self.area.km2, photos=self.views.number_of_photos, **known)
            self.run.estimate.setText(in_words(found, plan))
        else:
            self.run.estimate.setText("")
        self._look_at_study(plan.study)

    def _show_preview(self, plan: RunPlan) -> None:
        """Offer the preview where the provider is one of the internet."""
        provider = self.views.chosen
        self.views.show_row(self.coverage, provider is not None and provider.is_online)
        self.coverage.show_for(plan, self._missing_of_preview(plan))

    def _missing_of_preview(self, plan: RunPlan) -> str:
        lacking = missing_of_area(plan) or self.views.missing_of_preview(plan) or name_problem(plan.study)
        if not lacking and self._session.client is None:
            lacking = tr("Dock", "Connect an engine first.")
        return lacking

    def _look_at_study(self, name: str) -> None:
        """Offer the encoders of a study that is there already."""
        client = self._session.client
        if client is None or name == self._study_asked or not name:
            return
        self._study_asked = name
        if self._asked is not None:
            self._asked.cancel()
        self._asked = client.encoders(name).then(self._on_encoders, lambda _: self._on_encoders([]))

    def _on_encoders(self, encoders: list[dict[str, Any]]) -> None:
        self._asked = None
        self.model.set_encoders(encoders)

    def _on_session(self) -> None:
        state = self._session.state
        warning = self._session.warning
        self._engine.setText(f"{self._session.describe()}\n⚠ {warning}" if warning else self._session.describe())
        texts = {
            "off": tr("Dock", "Connect"),
            "failed": tr("Dock", "Connect again"),
            "missing-engine": tr("Dock", "Install the engine…"),
            "connected": tr("Dock", "Settings…"),
            "starting": tr("Dock", "Settings…"),
        }
        self._connect.setText(texts.get(state, tr("Dock", "Connect")))
        self._study_asked = ""
        self._ask_providers()
        self._on_changed()

    def _ask_providers(self) -> None:
        """Ask the engine which providers it has; older ones have no list."""
        client = self._session.client
        if self._providers_asked is not None:
            self._providers_asked.cancel()
            self._providers_asked = None
        if client is not None:
            self._providers_asked = client.providers().then(self._on_providers, self._on_no_providers)

    def _on_providers(self, told: list[dict[str, Any]]) -> None:
        self._providers_asked = None
        self.views.offer(offered(told))

    def _on_no_providers(self, error: EngineError) -> None:
        if error.kind in ("missing", "version"):
            self._on_providers([])

    def _on_connect(self) -> None:
        state = self._session.state
        if state == "missing-engine":
            self._actions["install"]()
        elif state in ("connected", "starting"):
            self._actions["settings"]()
        else:
            self._session.connect_engine()
