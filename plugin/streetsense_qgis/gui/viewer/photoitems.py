"""What lies over a photo: the frame of a patch, and sentences."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QPainter, QPen
from qgis.PyQt.QtWidgets import QGraphicsRectItem, QGraphicsView, QLabel, QWidget


class PatchFrame(QGraphicsRectItem):
    """A frame that shows on any colour, equally thin at any zoom."""

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        """Draw a black frame and a white one inside it."""
        for colour, width in ((QColor(0, 0, 0), 4), (QColor(255, 255, 255), 2)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawRect(self.rect())


def message_label(parent: QGraphicsView) -> QLabel:
    """Return a label for a sentence over a photo."""
    label = QLabel(parent.viewport())
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setAutoFillBackground(True)
    label.setMargin(8)
    label.setVisible(False)
    return label
