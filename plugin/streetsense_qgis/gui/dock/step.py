"""A step of the path: a box that folds, says what it still needs, and fills in its part of the plan."""

from __future__ import annotations

from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...runs.plan import RunPlan
from ...runs.sources import Sources

#: Pixels in which a number is still legible.
_NARROW = 90


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
        #: All fields from top to bottom, also hidden ones, with their labels.
        self._rows: dict[QWidget, QWidget | None] = {}
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
        for box in [*self.findChildren(QSpinBox), *self.findChildren(QDoubleSpinBox)]:
            box.setMinimumWidth(_NARROW)
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for button in self.findChildren(QToolButton):
            if button.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonTextBesideIcon:  # others are small already
                button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for label in self.findChildren(QLabel):
            if label.wordWrap():
                label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_row(self, field: QWidget, is_shown: bool) -> None:
        """Show or hide a row of the form, with its label. A hidden one is taken out, or it would leave a gap."""
        self._learn_rows()
        is_there, label = self.form.indexOf(field) >= 0, self._rows[field]
        if is_there and not is_shown:
            row, _role = self.form.getWidgetPosition(field)
            # `takeRow` would leave an item to the field that keeps its size of now.
            for widget in (label, field):
                if widget is not None:
                    self.form.removeWidget(widget)
            self.form.removeRow(row)
        elif is_shown and not is_there:
            order = list(self._rows)
            place = sum(self.form.indexOf(other) >= 0 for other in order[: order.index(field)])
            self.form.insertRow(place, *([field] if label is None else [label, field]))
        field.setVisible(is_shown)
        if label is not None:
            label.setVisible(is_shown)

    def _learn_rows(self) -> None:
        """Note the rows that were added since, with their labels."""
        for row in range(self.form.rowCount()):
            for role in (QFormLayout.ItemRole.FieldRole, QFormLayout.ItemRole.SpanningRole):
                item = self.form.itemAt(row, role)
                field = item.widget() if item is not None else None
                if field is not None and field not in self._rows:
                    self._rows[field] = self.form.labelForField(field)

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
