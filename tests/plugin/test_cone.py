"""The cone of a view on the map."""

from __future__ import annotations

import math

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDistanceArea,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QApplication
from streetsense_qgis.gui.viewer.cone import ViewCone, cone
from streetsense_qgis.gui.viewer.view import View


def view(longitude=-1.1, latitude=44.7, heading=40.0, fov=60.0):
    return View("layer", 1, "town", "v", longitude, latitude, heading, fov)


def crs(name):
    return QgsCoordinateReferenceSystem(name)


def ground(shape: QgsGeometry, map_crs, centre):
    """Return the bearing (degrees) and distance (metres) of every corner but the first, on the ellipsoid."""
    back = QgsCoordinateTransform(map_crs, crs("EPSG:4326"), QgsProject.instance())
    measure = QgsDistanceArea()
    measure.setEllipsoid("WGS84")
    measure.setSourceCrs(crs("EPSG:4326"), QgsProject.instance().transformContext())
    corners = [back.transform(QgsPointXY(point)) for point in shape.asPolygon()[0][1:-1]]
    return [
        (math.degrees(measure.bearing(centre, corner)) % 360, measure.measureLine(centre, corner)) for corner in corners
    ]


@pytest.mark.parametrize(
    ("map_crs", "place"),
    [
        ("EPSG:3857", (-1.1, 44.7)),
        ("EPSG:32630", (-1.1, 44.7)),
        ("EPSG:4326", (-1.1, 44.7)),
        ("EPSG:2154", (8.0, 48.9)),  # its grid is turned by some four degrees here
        ("EPSG:3031", (100.0, -75.0)),  # polar: grid north is nowhere north
        ("EPSG:3413", (20.0, 79.0)),
    ],
)
def test_it_points_by_the_compass_and_is_thirty_metres_long_in_every_crs(qgis_app, map_crs, place):
    shape = cone(view(*place), crs(map_crs), 1e-9)
    bearings = ground(shape, crs(map_crs), QgsPointXY(*place))
    assert bearings[0][0] == pytest.approx(10, abs=0.05)
    assert bearings[-1][0] == pytest.approx(70, abs=0.05)
    assert all(distance == pytest.approx(30, rel=2e-3) for _, distance in bearings)


def test_far_away_it_stays_forty_pixels_long_and_points_the_same_way(qgis_app):
    shape = cone(view(), crs("EPSG:3857"), 1000.0)
    start, *arc = (QgsPointXY(point) for point in shape.asPolygon()[0][:-1])
    assert max(start.distance(point) for point in arc) == pytest.approx(40_000, rel=1e-6)
    middle = arc[len(arc) // 2]
    assert math.degrees(math.atan2(middle.x() - start.x(), middle.y() - start.y())) == pytest.approx(40, abs=0.1)


@pytest.mark.parametrize("heading", [0, 90, 180, 270])
@pytest.mark.parametrize("map_crs", ["EPSG:3857", "EPSG:4326"])
def test_at_the_antimeridian_it_is_not_stretched_over_the_world(qgis_app, map_crs, heading):
    at = view(179.99999, -17.0, heading)
    per_pixel = 0.5 if map_crs == "EPSG:3857" else 5e-6
    box = cone(at, crs(map_crs), per_pixel).boundingBox()
    assert max(box.width(), box.height()) < 200 * per_pixel


def test_without_a_heading_it_is_a_circle(qgis_app):
    shape = cone(view(heading=None), crs("EPSG:32630"), 1e-9)
    assert shape.area() == pytest.approx(math.pi * 900, rel=0.01)


def test_without_a_place_there_is_none(qgis_app):
    assert cone(view(math.nan, math.nan), crs("EPSG:3857"), 1).isEmpty()


@pytest.fixture
def canvas(qgis_app):
    shown = QgsMapCanvas()
    shown.setDestinationCrs(crs("EPSG:32630"))
    shown.resize(300, 300)
    shown.setExtent(QgsRectangle(650_000, 4_950_000, 650_300, 4_950_300))
    shown.show()
    QApplication.processEvents()
    yield shown
    shown.close()
    shown.deleteLater()


def test_it_follows_the_scale_and_the_crs_of_the_map(canvas):
    drawn = ViewCone(canvas, QColor("blue"))
    drawn.show_view(view())
    near = drawn._band.asGeometry().boundingBox().width()
    canvas.zoomByFactor(200)
    QApplication.processEvents()
    assert drawn._band.asGeometry().boundingBox().width() > 20 * near
    canvas.setDestinationCrs(crs("EPSG:4326"))
    assert drawn._band.asGeometry().boundingBox().width() < 90
    drawn.close()


def test_it_is_dashed_where_the_field_of_view_is_not_known(canvas):
    drawn = ViewCone(canvas, QColor("blue"))
    drawn.show_view(view(fov=None))
    assert drawn.is_dashed
    drawn.show_view(view(fov=50))
    assert not drawn.is_dashed
    bearings = ground(cone(view(fov=None), crs("EPSG:32630"), 1e-9), crs("EPSG:32630"), QgsPointXY(-1.1, 44.7))
    assert bearings[-1][0] - (bearings[0][0] - 360) == pytest.approx(90, abs=0.1)
    drawn.close()


def test_closed_it_leaves_nothing_on_the_map_and_hears_nothing(canvas):
    items = len(canvas.scene().items())
    drawn = ViewCone(canvas, QColor("blue"))
    drawn.show_view(view())
    assert drawn.is_shown
    drawn.close()
    drawn.close()
    assert len(canvas.scene().items()) == items
    canvas.zoomByFactor(2)
    assert not drawn.is_shown


def test_no_view_is_no_cone(canvas):
    drawn = ViewCone(canvas, QColor("blue"))
    drawn.show_view(view())
    drawn.show_view(None)
    assert not drawn.is_shown
    drawn.close()
