"""The fourth step: its names, how much it will be, and go."""

from __future__ import annotations

import re
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDate, pyqtSignal
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from ... import resources
from ...i18n import tr
from ...runs.missing import name_problem
from ...runs.plan import APPEARANCE, RunPlan
from ...runs.sources import Sources
from .step import Step


class RunStep(Step):
    """Names the run and starts it."""

    #: Somebody wants to begin.
    begun = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(4, tr("Dock", "Run"), parent)
        self.study = QLineEdit(self)
        self.study.setToolTip(tr("Dock", "The engine keeps photos and results under this name; use it again to add"))
        self.form.addRow(tr("Dock", "Study"), self.study)
        self.name = QLineEdit(self)
        self.name.setToolTip(tr("Dock", "What the layers are called"))
        self.form.addRow(tr("Dock", "Result"), self.name)
        self.estimate = QLabel(self)
        self.estimate.setWordWrap(True)
        self.form.addRow(self.estimate)
        self.button = QPushButton(QIcon(resources.path("icons/run.svg")), tr("Dock", "Run"), self)
        self.button.setObjectName("streetsense-run")
        self.button.clicked.connect(self.begun)
        self.form.addRow(self.button)
        self._is_study_own = self._is_name_own = False
        #: Areas of the studies that were begun here: a name that is suggested must not be another area's.
        self._begun: dict[str, dict[str, Any]] = {}
        self.study.textEdited.connect(self._on_study)
        self.name.textEdited.connect(self._on_name)
        self.suggest(RunPlan())

    def suggest(self, plan: RunPlan) -> None:
        """Suggest names, unless somebody chose them."""
        if not self._is_study_own:
            title = QgsProject.instance().baseName() or "study"
            if plan.provider == "democity":
                title = "democity"
            self._set(self.study, self._free(f"{_plain(title)}-{QDate.currentDate().toString('yyyy-MM-dd')}", plan))
        if not self._is_name_own:
            self._set(self.name, "appearance" if plan.goal == APPEARANCE else _plain(plan.labels.field) or "prediction")

    def remember(self, plan: RunPlan) -> None:
        """Remember that the study of a plan is made, so that another area is suggested another name."""
        self._begun.setdefault(plan.study, plan.area)

    def fill(self, plan: RunPlan, sources: Sources) -> None:
        """Write the names into a plan."""
        plan.study, plan.name = self.study.text().strip(), self.name.text().strip()

    def missing(self, plan: RunPlan) -> str:
        """Return what is missing."""
        return name_problem(plan.study) or name_problem(plan.name)

    def set_ready(self, sentence: str) -> None:
        """Allow to begin, or say why not."""
        self.button.setEnabled(not sentence)
        self.button.setToolTip(sentence)

    def _free(self, name: str, plan: RunPlan) -> str:
        """Return the name, with a number behind it where that study is of another area."""
        names = (name, *(f"{name}-{number}" for number in range(2, 1000)))
        return next((one for one in names if self._begun.get(one, plan.area) == plan.area), name)

    def _on_study(self) -> None:
        self._is_study_own = bool(self.study.text())
        self.changed.emit()

    def _on_name(self) -> None:
        self._is_name_own = bool(self.name.text())
        self.changed.emit()

    def _set(self, field: QLineEdit, text: str) -> None:
        if field.text() != text:
            field.setText(text)


def _plain(name: str) -> str:
    """Return a name with nothing but what names of studies may have."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:40]
