"""Drawing an area corner by corner."""

from __future__ import annotations

from qgis.core import QgsPointXY
from qgis.gui import QgsMapMouseEvent
from qgis.PyQt.QtCore import Qt

from ...i18n import tr
from .areatool import AreaTool


class PolygonTool(AreaTool):
    """Every click sets a corner; lines that cross themselves become several polygons."""

    def ring(self) -> list[QgsPointXY]:
        """Return the corners, and the mouse as the next one."""
        return [*self._corners, self._mouse] if self._mouse is not None and self._corners else list(self._corners)

    def hint(self) -> str:
        """Return what to do first."""
        return tr("Drawing", "Click the corners of the area; a right click or Enter ends, Backspace undoes, Esc stops.")

    def too_little(self) -> str:
        """Return what is missing."""
        return tr("Drawing", "An area needs three corners that do not lie on one line; click one more.")

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        """Set a corner, or end."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._corners.append(QgsPointXY(event.mapPoint()))
            self._mouse = None
            self._redraw()
        elif event.button() == Qt.MouseButton.RightButton:
            self.finish()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        """Show where the next corner would be."""
        if self._corners:
            self._mouse = QgsPointXY(event.mapPoint())
            self._redraw()

    def canvasDoubleClickEvent(self, event: QgsMapMouseEvent) -> None:
        """End; the first of the two clicks has set the last corner."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.finish()
