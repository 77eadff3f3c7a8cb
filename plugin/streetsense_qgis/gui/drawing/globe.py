"""From a shape on the map to one on the globe, and how large it is there."""

from __future__ import annotations

import math

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDistanceArea,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas

WGS84 = "EPSG:4326"
_WHOLE_WORLD = QgsRectangle(-180, -90, 180, 90)
#: A straight line of the map is followed on the globe to this many degrees, with at most 2 ** `_HALVINGS` pieces.
_EXACT_DEG, _HALVINGS = 1e-5, 7
#: The widest piece whose area is measured at once (degrees): the formula knows no more than half the globe.
_PIECE_DEG = 60
#: The formula goes the shortest way from corner to corner, the area's sides go straight in degrees: so many apart (of
#: longitude or latitude) there is no difference that counts.
_SIDE_DEG = 0.25


def to_globe(rings: list[list[QgsPointXY]], crs: QgsCoordinateReferenceSystem) -> QgsGeometry:
    """Return polygons drawn on a map as the area they cover on the globe.

    Lines follow what was straight on the map. What crosses the 180th meridian is cut there, what goes round the world
    becomes all of it, and lines that cross themselves become several polygons.

    Parameters
    ----------
    rings : list of lists of QgsPointXY
        Outer rings in ``crs``, open or closed.
    crs : QgsCoordinateReferenceSystem
        Of the map.

    Returns
    -------
    QgsGeometry
        A polygon or several (EPSG:4326), valid; empty when they cover nothing.

    Raises
    ------
    QgsCsException
        When a place on the map is none on the globe.
    """
    to_wgs84 = QgsCoordinateTransform(crs, QgsCoordinateReferenceSystem(WGS84), QgsProject.instance())
    parts = [_ring_to_globe(ring, to_wgs84) for ring in rings if len(ring) >= 3]
    return _united([part for part in parts if not part.isEmpty()])


def area_km2(geometry: QgsGeometry) -> float:
    """Return the area on the ellipsoid of polygons in EPSG:4326, in square kilometres."""
    if geometry.isNull() or geometry.isEmpty():
        return 0.0
    ellipsoid = QgsDistanceArea()
    ellipsoid.setSourceCrs(QgsCoordinateReferenceSystem(WGS84), QgsProject.instance().transformContext())
    ellipsoid.setEllipsoid("WGS84")
    return sum(ellipsoid.measureArea(piece.densifyByDistance(_SIDE_DEG)) for piece in _pieces(geometry)) / 1e6


def area_from_extent(canvas: QgsMapCanvas) -> QgsGeometry:
    """Return what a map canvas shows as polygons in EPSG:4326, also where the map is rotated.

    Raises
    ------
    QgsCsException
        When the map shows places that are none on the globe.
    """
    settings = canvas.mapSettings()
    corners = [QgsPointXY(point) for point in settings.visiblePolygon()]
    return to_globe([corners], settings.destinationCrs())


def area_from_selection(layer: QgsVectorLayer) -> QgsGeometry:
    """Return the selected polygons of a layer as one area in EPSG:4326; empty when none are selected.

    Raises
    ------
    QgsCsException
        When the layer has places that are none on the globe.
    """
    to_wgs84 = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem(WGS84), QgsProject.instance())
    parts = []
    for feature in layer.getSelectedFeatures():
        geometry = QgsGeometry(feature.geometry())
        if geometry.isEmpty() or geometry.type() != QgsWkbTypes.PolygonGeometry:
            continue
        geometry.convertToStraightSegment()
        geometry.transform(to_wgs84)
        parts.append(_polygons(geometry))
    return _united(parts)


def _ring_to_globe(ring: list[QgsPointXY], to_wgs84: QgsCoordinateTransform) -> QgsGeometry:
    is_closed = ring[0] == ring[-1]
    corners = ring if is_closed else [*ring, ring[0]]
    path: list[QgsPointXY] = []
    for index, start in enumerate(corners[:-1]):
        path += _followed(start, corners[index + 1], to_wgs84)
    if not to_wgs84.isShortCircuited():
        path = _unwrapped(path)
    path = [QgsPointXY(point.x(), min(90.0, max(-90.0, point.y()))) for point in path]
    west, east = min(point.x() for point in path), max(point.x() for point in path)
    if east - west >= 360 - 1e-6:
        south, north = min(point.y() for point in path), max(point.y() for point in path)
        return QgsGeometry.fromRect(QgsRectangle(-180, max(-90, south), 180, min(90, north)))
    return _cut(_polygons(QgsGeometry.fromPolygonXY([[*path, path[0]]])), west, east)


def _followed(start: QgsPointXY, end: QgsPointXY, to_wgs84: QgsCoordinateTransform) -> list[QgsPointXY]:
    """Return the points on the globe of a straight line of the map, without its end."""

    def go(one: QgsPointXY, two: QgsPointXY, from_: QgsPointXY, to: QgsPointXY, halvings: int) -> list[QgsPointXY]:
        middle = QgsPointXY((one.x() + two.x()) / 2, (one.y() + two.y()) / 2)
        place = to_wgs84.transform(middle)
        # At the second halving at the latest it shows whether a line is bent, or goes round the globe.
        off_x, off_y = abs(place.x() - (from_.x() + to.x()) / 2), abs(place.y() - (from_.y() + to.y()) / 2)
        is_straight = max(off_x, off_y) < _EXACT_DEG and abs(from_.x() - to.x()) < 90
        if not halvings or is_straight:
            return [from_]
        return go(one, middle, from_, place, halvings - 1) + go(middle, two, place, to, halvings - 1)

    if to_wgs84.isShortCircuited():
        return [start]
    return go(start, end, to_wgs84.transform(start), to_wgs84.transform(end), _HALVINGS)


def _unwrapped(path: list[QgsPointXY]) -> list[QgsPointXY]:
    """Return the points with longitudes that go on beyond 180 instead of jumping to the world's other end."""
    points = [path[0]]
    for point in path[1:]:
        turns = round((point.x() - points[-1].x()) / 360)
        points.append(QgsPointXY(point.x() - 360 * turns, point.y()))
    return points


def _cut(geometry: QgsGeometry, west: float, east: float) -> QgsGeometry:
    """Return polygons with longitudes of any turn as polygons of the world, cut at the 180th meridian."""
    if _WHOLE_WORLD.contains(geometry.boundingBox()):
        return geometry
    parts = []
    for turn in range(math.floor((west + 180) / 360), math.floor((east + 180) / 360) + 1):
        world = QgsRectangle(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        part = geometry.intersection(QgsGeometry.fromRect(world))
        part.translate(-360 * turn, 0)
        parts.append(_polygons(part))
    return _united([part for part in parts if not part.isEmpty()])


def _polygons(geometry: QgsGeometry) -> QgsGeometry:
    """Return the valid polygons of a geometry; lines and points that repairing leaves are dropped."""
    valid = geometry if geometry.isGeosValid() else geometry.makeValid()
    parts = [
        part for part in valid.asGeometryCollection() if part.type() == QgsWkbTypes.PolygonGeometry and part.area() > 0
    ]
    return _united(parts)


def _united(parts: list[QgsGeometry]) -> QgsGeometry:
    if not parts:
        return QgsGeometry()
    return parts[0] if len(parts) == 1 else QgsGeometry.unaryUnion(parts)


def _pieces(geometry: QgsGeometry) -> list[QgsGeometry]:
    """Return a geometry in pieces whose areas can be measured."""
    box = geometry.boundingBox()
    if max(box.width(), box.height()) <= _PIECE_DEG:
        return [geometry]
    pieces = []
    for west in range(math.floor(box.xMinimum()), math.ceil(box.xMaximum()), _PIECE_DEG):
        for south in range(math.floor(box.yMinimum()), math.ceil(box.yMaximum()), _PIECE_DEG):
            tile = QgsGeometry.fromRect(QgsRectangle(west, south, west + _PIECE_DEG, south + _PIECE_DEG))
            piece = geometry.intersection(tile)
            if not piece.isEmpty():
                pieces.append(piece)
    return pieces
