"""A step of the path: a box that folds, says what it still needs, and fills in its part of the plan."""

from __future__ import annotations

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ...runs.plan import RunPlan
from ...runs.sources import Sources


class Step(QgsCollapsibleGroupBox):
    """One step.

    Parameters
    ----------
    number : int
        Which.
    title : str
        For people.
    parent : QWidget, optional
        Of this widget.
    """

    #: Something was chosen.
    changed = pyqtSignal()

    def __init__(self, number: int, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = f"{number}  {title}"
        self.setTitle(self._title)
        self.setObjectName(f"streetsense-step-{number}")
        self._needs = QLabel(self)
        self._needs.setWordWrap(True)
        font = self._needs.font()
        font.setItalic(True)
        self._needs.setFont(font)
        self.form = QFormLayout()
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        layout.addWidget(self._needs)

    def fill(self, plan: RunPlan, sources: Sources) -> None:
        """Write the choices of this step into a plan."""
        raise NotImplementedError

    def missing(self, plan: RunPlan) -> str:
        """Return what this step lacks, in a sentence; empty when nothing."""
        raise NotImplementedError

    def let_shrink(self) -> None:
        """Let long choices be cut rather than make the dock wide."""
        for box in self.findChildren(QComboBox):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for button in self.findChildren(QToolButton):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for label in self.findChildren(QLabel):
            if label.wordWrap():
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_missing(self, plan: RunPlan) -> str:
        """Show what is missing and return it."""
        sentence = self.missing(plan)
        self._needs.setText(f"→ {sentence}")
        self._needs.setVisible(bool(sentence))
        self.setTitle(self._title if sentence else f"{self._title}  ✓")
        return sentence


def uploaded(path: str) -> str:
    """Return what the study calls a file that is sent; empty for no file."""
    return f"uploads/{path.replace(chr(92), '/').rsplit('/', 1)[-1]}" if path else ""
