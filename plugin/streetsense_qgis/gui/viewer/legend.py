"""What the colours of an overlay mean: a bar from low to high, and a sentence."""

from __future__ import annotations

from qgis.PyQt.QtCore import QRect, QSize, Qt
from qgis.PyQt.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ...i18n import tr
from .attention import WHOLE_VIEW, Answer
from .overlay import colour_table


class ColourLegend(QWidget):
    """Explains an overlay, and on a click on ? what it does not tell."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel(self)
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._limits = QLabel(limits(), self)
        self._limits.setWordWrap(True)
        self._limits.setTextFormat(Qt.TextFormat.PlainText)
        self._limits.setVisible(False)
        self.why = QToolButton(self)
        self.why.setText("?")
        self.why.setCheckable(True)
        self.why.setAutoRaise(True)
        self.why.setToolTip(tr("PhotoViewer", "What these colours do not tell"))
        self.why.setAccessibleName(self.why.toolTip())
        self.why.toggled.connect(self._limits.setVisible)
        bar = QHBoxLayout()
        bar.addWidget(QLabel(tr("PhotoViewer", "less"), self))
        bar.addWidget(_Bar(self), 1)
        bar.addWidget(QLabel(tr("PhotoViewer", "more"), self))
        bar.addWidget(self.why)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(bar)
        layout.addWidget(self._sentence)
        layout.addWidget(self._limits)

    @property
    def sentence(self) -> str:
        """What is explained now."""
        return self._sentence.text()

    def explain(self, answer: Answer | None) -> None:
        """Say what the colours of an answer mean."""
        self._sentence.setText("" if answer is None else meaning(answer))
        self._sentence.setVisible(answer is not None)


class _Bar(QWidget):
    """The colours from low to high."""

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() * 2 // 3)

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        height = self.sizeHint().height()
        bar = QRect(0, (self.height() - height) // 2, self.width() - 1, height)
        gradient = QLinearGradient(bar.left(), 0, bar.right(), 0)
        table = colour_table()
        for index in range(0, 256, 15):
            gradient.setColorAt(index / 255, QColor.fromRgb(table[index]))
        painter = QPainter(self)
        painter.setPen(self.palette().mid().color())
        painter.setBrush(gradient)
        painter.drawRect(bar)
        painter.end()


def meaning(answer: Answer) -> str:
    """Return what the bright colours of an answer mark, for planners."""
    question = answer.question
    if question.predictor is not None:
        return tr(
            "PhotoViewer", "Bright: what pushed the estimate of “{indicator}” for this photo up the most."
        ).format(indicator=question.predictor)
    is_patch = question.query != WHOLE_VIEW
    if question.method == "raw":
        sentence = (
            tr("PhotoViewer", "Bright: what layer {layer} related to the framed square.")
            if is_patch
            else tr("PhotoViewer", "Bright: what layer {layer} looked at in this photo.")
        )
        return sentence.format(layer=answer.layer + 1)
    if question.method == "rollout":
        if is_patch:
            return tr(
                "PhotoViewer", "Bright: where the information in the framed square came from, through all layers."
            )
        return tr("PhotoViewer", "Bright: where the model's summary of this photo took its information from.")
    if is_patch:
        return tr("PhotoViewer", "Bright: what mattered to the model together with the framed square.")
    return tr("PhotoViewer", "Bright: what shaped the model's summary of this photo the most.")


def limits() -> str:
    """Return what an overlay does not tell."""
    return tr(
        "PhotoViewer",
        "The colours show where the model looked, not why, and not what causes anything in the street. They compare "
        "parts of this one photo; two photos can be compared only side by side, where both have the same scale. The "
        "darkened edges were not seen by the model. One square is the finest detail; what lies between is smoothed. "
        "A model with random weights looks at nothing in particular.",
    )
