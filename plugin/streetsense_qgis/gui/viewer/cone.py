"""What a view sees, on the map: a cone at its position that opens by its field of view."""

from __future__ import annotations

import math

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsDistanceArea,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt
from qgis.PyQt.QtGui import QColor

from .view import WGS84, View

#: How far a cone reaches: so many metres, and never less than so many pixels of the screen.
REACH_M, LEAST_PIXELS = 30.0, 40.0
#: The field of view that is drawn, dashed, where the true one is unknown (degrees).
_USUAL_FOV_DEG = 90.0
#: Degrees between two points of the arc.
_STEP_DEG = 6.0


def cone(
    view: View, crs: QgsCoordinateReferenceSystem, units_per_pixel: float, project: QgsProject | None = None
) -> QgsGeometry:
    """Return the cone of a view as a polygon in the map's CRS; an empty geometry where it cannot be drawn.

    Every edge is the way along its bearing on the ellipsoid, so the cone is right wherever the map's grid is turned
    against north. Where 30 m are too small to be seen it is enlarged as it is.

    Parameters
    ----------
    view : View
        Without a heading it becomes a circle.
    crs : QgsCoordinateReferenceSystem
        Of the map.
    units_per_pixel : float
        Units of ``crs`` in a pixel of the screen.
    project : QgsProject, optional
        Whose transformations hold; the open one unless given.
    """
    if not view.has_place or not crs.isValid():
        return QgsGeometry()
    wgs84 = QgsCoordinateReferenceSystem(WGS84)
    to_map = QgsCoordinateTransform(wgs84, crs, project or QgsProject.instance())
    rays = _Rays(QgsPointXY(view.longitude, view.latitude), to_map)
    try:
        edge = [rays.towards(bearing) for bearing in _bearings(view)]
        centre = rays.centre
    except QgsCsException:
        return QgsGeometry()
    longest = max(math.hypot(x, y) for x, y in edge)
    if not math.isfinite(longest) or longest <= 0:
        return QgsGeometry()
    grown = max(1.0, LEAST_PIXELS * units_per_pixel / longest)
    arc = [QgsPointXY(centre.x() + grown * x, centre.y() + grown * y) for x, y in edge]
    ring = arc if view.heading_deg is None else [centre, *arc]
    return QgsGeometry.fromPolygonXY([[*ring, ring[0]]])


def _bearings(view: View) -> list[float]:
    if view.heading_deg is None:
        return [_STEP_DEG * number for number in range(int(360 / _STEP_DEG))]
    width = min(360.0, max(1.0, view.fov_deg or _USUAL_FOV_DEG))
    steps = max(2, math.ceil(width / _STEP_DEG))
    return [view.heading_deg - width / 2 + width * number / steps for number in range(steps + 1)]


class _Rays:
    """Goes the cone's reach from a place, and says where on the map that is, relative to the place."""

    def __init__(self, place: QgsPointXY, to_map: QgsCoordinateTransform) -> None:
        self._place, self._to_map = place, to_map
        self._ellipsoid = QgsDistanceArea()
        self._ellipsoid.setEllipsoid("WGS84")
        self._ellipsoid.setSourceCrs(to_map.sourceCrs(), QgsProject.instance().transformContext())
        self.centre = to_map.transform(place)

    def towards(self, bearing_deg: float) -> tuple[float, float]:
        x, y = self._step(bearing_deg)
        back_x, back_y = self._step(bearing_deg + 180)
        # A step over the edge of the world map lands at its other end; the step back does not.
        return (x, y) if math.hypot(x, y) <= 10 * math.hypot(back_x, back_y) else (-back_x, -back_y)

    def _step(self, bearing_deg: float) -> tuple[float, float]:
        there = self._ellipsoid.computeSpheroidProject(self._place, REACH_M, math.radians(bearing_deg))
        point = self._to_map.transform(there)
        return point.x() - self.centre.x(), point.y() - self.centre.y()


class ViewCone(QObject):
    """The cone on a canvas; it follows the map's scale, extent and CRS.

    Parameters
    ----------
    canvas : QgsMapCanvas
        Where it is drawn.
    colour : QColor
        Of its line; the fill is the same, fainter.
    """

    def __init__(self, canvas: QgsMapCanvas, colour: QColor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._view: View | None = None
        self._band: QgsRubberBand | None = QgsRubberBand(canvas, QgsWkbTypes.PolygonGeometry)
        fill = QColor(colour)
        fill.setAlpha(70)
        self._band.setFillColor(fill)
        self._band.setStrokeColor(colour)
        self._band.setSecondaryStrokeColor(QColor(255, 255, 255, 200))
        self._band.setWidth(2)
        canvas.extentsChanged.connect(self.redraw)
        canvas.destinationCrsChanged.connect(self.redraw)

    @property
    def is_shown(self) -> bool:
        """Whether there is a cone on the map."""
        return self._band is not None and self._band.isVisible() and self._band.numberOfVertices() > 0

    @property
    def is_dashed(self) -> bool:
        """Whether its opening or its direction is a guess."""
        return self._view is not None and (self._view.fov_deg is None or self._view.heading_deg is None)

    def show_view(self, view: View | None) -> None:
        """Draw the cone of a view, or none."""
        self._view = view
        self.redraw()

    def redraw(self) -> None:
        """Draw again for the map as it is now."""
        if self._band is None:
            return
        self._band.reset(QgsWkbTypes.PolygonGeometry)
        if self._view is None:
            return
        crs = self._canvas.mapSettings().destinationCrs()
        shape = cone(self._view, crs, self._canvas.mapUnitsPerPixel())
        if shape.isEmpty():
            return
        self._band.setLineStyle(Qt.PenStyle.DashLine if self.is_dashed else Qt.PenStyle.SolidLine)
        self._band.setToGeometry(shape)
        self._band.setVisible(True)

    def close(self) -> None:
        """Take it off the map for good."""
        if self._band is None:
            return
        self._canvas.extentsChanged.disconnect(self.redraw)
        self._canvas.destinationCrsChanged.disconnect(self.redraw)
        self._canvas.scene().removeItem(self._band)
        self._band = None
