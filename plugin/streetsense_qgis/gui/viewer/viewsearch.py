"""Finding views in layers, by place and by name, in layers of a million points too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsDistanceArea,
    QgsExpression,
    QgsFeatureRequest,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorLayerFeatureSource,
)

from ...layers.kinds import POINTS, STUDY, kind_of
from .neighbours import Neighbours, RoadPoint, neighbours
from .view import WGS84, View, ViewReader

#: Metres around a view that are searched for the next one along the road, step by step until it is found.
_REACHES_M = (40.0, 120.0, 400.0)
#: Most features that one look takes: reading that many does not hold up the window.
_MOST = 500
#: Metres of one degree of latitude, a little less than the least.
_DEGREE_M = 110_500.0


def nearest_view(
    layers: list[QgsVectorLayer], point: QgsPointXY, crs: QgsCoordinateReferenceSystem, reach: float
) -> tuple[str, int] | None:
    """Return the layer's id and the feature's id of the view nearest to a point of the map.

    Small rectangles are searched before large ones, so that a click where thousands lie reads a few.

    Parameters
    ----------
    layers : list of QgsVectorLayer
        Layers of views.
    point : QgsPointXY
        In ``crs``.
    crs : QgsCoordinateReferenceSystem
        Of the map.
    reach : float
        How far it may be, in units of ``crs``.
    """
    for part in (0.15, 0.4, 1.0):
        found: list[tuple[float, str, int]] = []
        for layer in layers:
            found += _within(layer, point, crs, reach * part)
        if found:
            _, layer_id, feature_id = min(found)
            return layer_id, feature_id
    return None


def _within(
    layer: QgsVectorLayer, point: QgsPointXY, crs: QgsCoordinateReferenceSystem, reach: float
) -> list[tuple[float, str, int]]:
    there = QgsCoordinateTransform(crs, layer.crs(), QgsProject.instance())
    back = QgsCoordinateTransform(layer.crs(), crs, QgsProject.instance())
    square = QgsRectangle(point.x() - reach, point.y() - reach, point.x() + reach, point.y() + reach)
    found = []
    try:
        request = QgsFeatureRequest(there.transformBoundingBox(square)).setNoAttributes().setLimit(_MOST)
        for feature in layer.getFeatures(request):
            geometry = feature.geometry()
            if geometry.isEmpty():
                continue
            distance = back.transform(geometry.boundingBox().center()).distance(point)
            if distance <= reach:
                found.append((distance, layer.id(), feature.id()))
    except QgsCsException:
        return []
    return found


def neighbours_of(view: View, layer: QgsVectorLayer, road_points: QgsVectorLayer | None = None) -> Neighbours:
    """Return what belongs to a view, looking around it in steps until there is a way on.

    Parameters
    ----------
    view : View
        One of the layer.
    layer : QgsVectorLayer
        Where to look.
    road_points : QgsVectorLayer, optional
        The sample points of the study, where the project has them.
    """
    if not view.has_place:
        return Neighbours()
    found: Neighbours | None = None
    for reach in _REACHES_M:
        views = views_around(view, layer, reach)
        points = _points_around(view, road_points, reach) if road_points is not None and not view.sequence_id else []
        now = neighbours(view, views, points)
        # What is near was all seen at the first look; a wide one that ends at the limit may lack it.
        found = now if found is None else replace(
            found, previous=found.previous or now.previous, next=found.next or now.next
        )  # fmt: skip
        if (found.previous is not None and found.next is not None) or len(views) >= _MOST:
            break
    return found or Neighbours()


def views_around(view: View, layer: QgsVectorLayer, reach: float) -> list[View]:
    """Return the views of a layer in a square of ``reach`` metres around a view."""
    square = _square(view, layer, reach)
    if square is None:
        return []
    reader = ViewReader(layer)
    return [reader.read(feature) for feature in layer.getFeatures(QgsFeatureRequest(square).setLimit(_MOST))]


def _points_around(view: View, layer: QgsVectorLayer, reach: float) -> list[RoadPoint]:
    square = _square(view, layer, reach)
    fields = layer.fields()
    names = [fields.indexOf(name) for name in ("point_id", "road_id", "road_bearing_deg")]
    if square is None or min(names) < 0:
        return []
    to_wgs84 = QgsCoordinateTransform(layer.crs(), QgsCoordinateReferenceSystem(WGS84), QgsProject.instance())
    points = []
    for feature in layer.getFeatures(QgsFeatureRequest(square).setLimit(_MOST)):
        place = to_wgs84.transform(feature.geometry().boundingBox().center())
        point_id, road_id, bearing = (feature.attribute(name) for name in names)
        if isinstance(bearing, (int, float)):
            points.append(RoadPoint(str(point_id), str(road_id), float(bearing), place.x(), place.y()))
    return points


def _square(view: View, layer: QgsVectorLayer, reach: float) -> QgsRectangle | None:
    area = QgsDistanceArea()
    area.setEllipsoid("WGS84")
    centre = QgsPointXY(view.longitude, view.latitude)
    north = reach / _DEGREE_M
    # A degree of longitude here, measured, in metres; near the poles it is nothing.
    degree = area.measureLine(centre, QgsPointXY(view.longitude + 0.01, view.latitude)) * 100
    east = min(180.0, reach / degree) if degree > 1 else 180.0
    box = QgsRectangle(centre.x() - east, centre.y() - north, centre.x() + east, centre.y() + north)
    to_layer = QgsCoordinateTransform(QgsCoordinateReferenceSystem(WGS84), layer.crs(), QgsProject.instance())
    try:
        return to_layer.transformBoundingBox(box)
    except QgsCsException:
        return None


def road_points_of(study: str) -> QgsVectorLayer | None:
    """Return the project's layer of the sample points of a study, if it has one."""
    for layer in QgsProject.instance().mapLayers().values():
        is_points = isinstance(layer, QgsVectorLayer) and kind_of(layer) == POINTS
        if is_points and layer.isValid() and layer.customProperty(STUDY) == study:
            return layer
    return None


def search_by_name(layer: QgsVectorLayer, view_id: str) -> Callable[[], int | None]:
    """Return a function that finds the feature of a view; it may run in any thread.

    A layer of a million points is read from its beginning for that, which takes too long for the window's thread.
    """
    source = QgsVectorLayerFeatureSource(layer)
    expression = QgsExpression.createFieldEqualityExpression("view_id", view_id)
    request = QgsFeatureRequest().setFilterExpression(expression).setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setNoAttributes().setLimit(1)

    def search() -> int | None:
        for feature in source.getFeatures(request):
            return feature.id()
        return None

    return search
