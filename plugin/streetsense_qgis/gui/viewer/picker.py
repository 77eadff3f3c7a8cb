"""Choosing a view by clicking the map."""

from __future__ import annotations

from qgis.core import QgsMapLayer
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool
from qgis.PyQt.QtCore import Qt, pyqtSignal

from ...i18n import tr
from .view import is_views_layer, views_layers
from .viewsearch import nearest_view

#: How far from a view a click may be (pixels of a screen of 96 dots an inch).
_REACH = 12.0


class ViewPicker(QgsMapTool):
    """Finds the view nearest to a click, in the layers of views that the map shows.

    Parameters
    ----------
    canvas : QgsMapCanvas
        The map.
    """

    #: The layer's id, and the feature's.
    picked = pyqtSignal(str, "qint64")
    #: Why there is none.
    said = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        """Look for the view that was clicked."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        canvas = self.canvas()
        layers = [layer for layer in canvas.layers() if is_views_layer(layer)]
        if not layers:
            self.said.emit(self._why_no_layer())
            return
        reach = _REACH * canvas.logicalDpiX() / 96 * canvas.mapUnitsPerPixel()
        found = nearest_view(layers, event.mapPoint(), canvas.mapSettings().destinationCrs(), reach)
        if found is None:
            self.said.emit(tr("PhotoViewer", "No view lies here; click closer to one, or zoom in."))
        else:
            self.picked.emit(*found)

    def _why_no_layer(self) -> str:
        hidden: list[QgsMapLayer] = list(views_layers())
        if hidden:
            return tr("PhotoViewer", "The layer “{layer}” is hidden; switch it on in the list of layers.").format(
                layer=hidden[0].name()
            )
        return tr(
            "PhotoViewer", "This project has no layer of views; fetch street views or load a run's results first."
        )
