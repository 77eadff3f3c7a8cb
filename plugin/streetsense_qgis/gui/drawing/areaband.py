"""The chosen area on the map, for as long as it is the chosen one."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem, QgsCsException, QgsGeometry, QgsRectangle, QgsReferencedRectangle
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt

from .areatool import area_rubber_band
from .globe import WGS84


class AreaBand(QObject):
    """Shows an area on a canvas. It belongs to no layer, so opening another project does not touch it.

    Parameters
    ----------
    canvas : QgsMapCanvas
        The map.
    """

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._area = QgsGeometry()
        self._band: QgsRubberBand | None = area_rubber_band(canvas)
        self._band.setLineStyle(Qt.PenStyle.DashLine)
        self._band.setFillColor(Qt.GlobalColor.transparent)  # results lie inside
        canvas.destinationCrsChanged.connect(self._redraw)

    @property
    def area(self) -> QgsGeometry:
        """The area (EPSG:4326); empty when there is none."""
        return self._area

    @property
    def is_shown(self) -> bool:
        """Whether there is an area on the map."""
        return self._band is not None and self._band.isVisible() and self._band.numberOfVertices() > 0

    def show_area(self, area: QgsGeometry | None) -> None:
        """Show an area (EPSG:4326), or none."""
        self._area = QgsGeometry() if area is None else QgsGeometry(area)
        self._redraw()

    def hide(self) -> None:
        """Take it off the map until it is shown again: somebody draws another one."""
        if self._band is not None:
            self._band.setVisible(False)

    def zoom_to(self) -> None:
        """Move the map so that the whole area is seen."""
        if self._area.isEmpty():
            return
        box = QgsRectangle(self._area.boundingBox())
        box.scale(1.1)
        self._canvas.setReferencedExtent(QgsReferencedRectangle(box, QgsCoordinateReferenceSystem(WGS84)))
        self._canvas.refresh()

    def close(self) -> None:
        """Take it off the map for good."""
        if self._band is None:
            return
        self._canvas.destinationCrsChanged.disconnect(self._redraw)
        self._canvas.scene().removeItem(self._band)
        self._band = None

    def _redraw(self) -> None:
        if self._band is None:
            return
        self._band.setVisible(False)
        if self._area.isEmpty():
            return
        try:
            self._band.setToGeometry(self._area, QgsCoordinateReferenceSystem(WGS84))
        except QgsCsException:  # this map does not reach there
            return
        self._band.setVisible(True)
