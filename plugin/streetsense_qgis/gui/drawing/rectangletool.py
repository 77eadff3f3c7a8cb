"""Drawing a rectangle by two opposite corners."""

from __future__ import annotations

from qgis.core import QgsPointXY
from qgis.gui import QgsMapMouseEvent
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtWidgets import QApplication

from ...i18n import tr
from .areatool import AreaTool


class RectangleTool(AreaTool):
    """Drag from corner to corner, or click both; its sides are those of the map."""

    _pressed_at: QPoint | None = None

    def ring(self) -> list[QgsPointXY]:
        """Return the four corners, counter-clockwise."""
        opposite = self._corners[1] if len(self._corners) > 1 else self._mouse
        if not self._corners or opposite is None:
            return list(self._corners)
        first = self._corners[0]
        return [first, QgsPointXY(opposite.x(), first.y()), opposite, QgsPointXY(first.x(), opposite.y())]

    def hint(self) -> str:
        """Return what to do first."""
        return tr("Drawing", "Drag a rectangle, or click two opposite corners; Backspace undoes, Esc stops.")

    def too_little(self) -> str:
        """Return what is missing."""
        return tr("Drawing", "A rectangle needs two corners that are apart in both directions; click the other one.")

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Set a corner; the second one ends it, as a right click does."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.pos()
            self._set_corner(event)
        elif event.button() == Qt.MouseButton.RightButton and self._corners:
            self._set_corner(event)

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show the rectangle as it would be."""
        if self._corners:
            self._mouse = QgsPointXY(event.mapPoint())
            self._redraw()

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """End when the mouse was dragged; a click leaves the first corner and waits for the second."""
        if event.button() != Qt.MouseButton.LeftButton or self._pressed_at is None:
            return
        dragged = (event.pos() - self._pressed_at).manhattanLength()
        self._pressed_at = None
        if dragged >= QApplication.startDragDistance() and len(self._corners) == 1:
            self._set_corner(event)

    def _set_corner(self, event: QgsMapMouseEvent) -> None:
        self._corners = [*self._corners[:1], QgsPointXY(event.mapPoint())]
        if len(self._corners) == 2:
            self.finish()
            self._corners = self._corners[:1]  # it was too little: the second corner is set again
        self._redraw_if_drawing()

    def _redraw_if_drawing(self) -> None:
        if self._corners:
            self._redraw()
