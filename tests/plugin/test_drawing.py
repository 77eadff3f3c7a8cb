"""Drawing an area on the map with the mouse and the keys."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtGui import QKeyEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from streetsense_qgis.gui.drawing import (
    AreaBand,
    AreaTool,
    PolygonTool,
    RectangleTool,
    area_from_extent,
    area_from_selection,
    area_km2,
)
from streetsense_qgis.gui.drawing.globe import to_globe

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
WHOLE_EARTH_KM2 = 510_065_622


@pytest.fixture
def canvas(qgis_app):
    shown = QgsMapCanvas()
    shown.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32630"))
    shown.resize(400, 400)
    shown.setExtent(QgsRectangle(635_000, 4_950_000, 639_000, 4_954_000))
    shown.show()
    QApplication.processEvents()
    yield shown
    shown.close()
    shown.deleteLater()


class Heard:
    """What a tool has said."""

    def __init__(self, tool: AreaTool) -> None:
        self.areas, self.sizes, self.sentences, self.cancelled = [], [], [], 0
        tool.finished.connect(self.areas.append)
        tool.changed.connect(self.sizes.append)
        tool.said.connect(self.sentences.append)
        tool.cancelled.connect(self._cancel)

    def _cancel(self) -> None:
        self.cancelled += 1


@pytest.fixture
def polygon(canvas):
    tool = PolygonTool(canvas)
    heard = Heard(tool)
    canvas.setMapTool(tool)
    yield canvas, heard, tool
    canvas.unsetMapTool(tool)


@pytest.fixture
def rectangle(canvas):
    tool = RectangleTool(canvas)
    heard = Heard(tool)
    canvas.setMapTool(tool)
    yield canvas, heard, tool
    canvas.unsetMapTool(tool)


def click(canvas, x, y, button=LEFT):
    QTest.mouseClick(canvas.viewport(), button, Qt.KeyboardModifier.NoModifier, QPoint(x, y))


def key(canvas, key_, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(canvas, key_, modifiers)


def clicks(canvas, *places):
    for place in places:
        click(canvas, *place)


def test_three_clicks_and_a_right_click_make_a_polygon_in_degrees(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100), (300, 300))
    click(canvas, 300, 300, RIGHT)
    (area,) = heard.areas
    to_map = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), canvas.mapSettings().destinationCrs(), QgsProject.instance()
    )
    back = QgsGeometry(area)
    back.transform(to_map)
    side = 200 * canvas.mapUnitsPerPixel()
    assert back.area() == pytest.approx(side * side / 2, rel=1e-4)
    assert -2 < area.boundingBox().xMinimum() < -1


def test_what_is_drawn_is_seen_at_every_corner(polygon):
    canvas, _, _ = polygon

    def pixels():
        picture = canvas.grab().toImage()
        return {picture.pixelColor(x, y).name() for x in (150, 200, 250) for y in (110, 120)}

    before = pixels()
    clicks(canvas, (100, 100), (300, 100))
    QTest.mouseMove(canvas.viewport(), QPoint(200, 300))
    assert pixels() != before
    key(canvas, Qt.Key.Key_Escape)
    assert pixels() == before


def test_enter_ends_the_polygon(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100), (300, 300))
    key(canvas, Qt.Key.Key_Return)
    assert len(heard.areas) == 1


def test_a_double_click_ends_the_polygon_with_the_corner_it_sets(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100))
    click(canvas, 300, 300)
    QTest.mouseDClick(canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(300, 300))
    (area,) = heard.areas
    assert len(area.asPolygon()[0]) == 4


def test_moving_the_mouse_shows_the_size_so_far(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100))
    QTest.mouseMove(canvas.viewport(), QPoint(300, 300))
    QApplication.processEvents()
    km2 = (200 * canvas.mapUnitsPerPixel() / 1000) ** 2 / 2
    assert heard.sizes[-1] == pytest.approx(km2, rel=0.01)
    assert "km²" in heard.sentences[-1]


@pytest.mark.parametrize(
    ("undo", "modifier"),
    [(Qt.Key.Key_Backspace, Qt.KeyboardModifier.NoModifier), (Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)],
)
def test_backspace_and_control_z_take_the_last_corner_back(polygon, undo, modifier):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100), (300, 300), (20, 390))
    key(canvas, undo, modifier)
    key(canvas, Qt.Key.Key_Return)
    (area,) = heard.areas
    assert len(area.asPolygon()[0]) == 4


def test_escape_gives_up_and_leaves_nothing_on_the_map(polygon):
    canvas, heard, _ = polygon
    items = len(canvas.scene().items())
    clicks(canvas, (100, 100), (300, 100), (300, 300))
    key(canvas, Qt.Key.Key_Escape)
    assert heard.cancelled == 1
    assert not heard.areas
    assert len(canvas.scene().items()) == items


def test_another_tool_ends_it_without_an_area(polygon):
    canvas, heard, tool = polygon
    items = len(canvas.scene().items())
    clicks(canvas, (100, 100), (300, 100), (300, 300))
    canvas.unsetMapTool(tool)
    assert not heard.areas
    assert len(canvas.scene().items()) == items


def test_two_corners_are_refused_with_a_sentence_and_drawing_goes_on(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 100))
    key(canvas, Qt.Key.Key_Return)
    assert not heard.areas
    assert "three corners" in heard.sentences[-1]
    click(canvas, 300, 300)
    key(canvas, Qt.Key.Key_Return)
    assert len(heard.areas) == 1


def test_corners_on_one_line_are_refused(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (200, 100), (300, 100))
    key(canvas, Qt.Key.Key_Return)
    assert not heard.areas


def test_lines_that_cross_themselves_become_two_polygons(polygon):
    canvas, heard, _ = polygon
    clicks(canvas, (100, 100), (300, 300), (300, 100), (100, 300))
    key(canvas, Qt.Key.Key_Return)
    (area,) = heard.areas
    assert area.isGeosValid()
    assert len(area.asMultiPolygon()) == 2


def test_the_window_does_not_get_the_keys_of_drawing(polygon):
    canvas, _, _ = polygon
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    event.ignore()
    QApplication.sendEvent(canvas, event)
    assert event.isAccepted()
    other = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    other.ignore()
    QApplication.sendEvent(canvas, other)
    assert not other.isAccepted()


def test_dragging_makes_a_rectangle(rectangle):
    canvas, heard, _ = rectangle
    QTest.mousePress(canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(100, 100))
    QTest.mouseMove(canvas.viewport(), QPoint(200, 200))
    QTest.mouseRelease(canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, QPoint(300, 200))
    (area,) = heard.areas
    assert area_km2(area) == pytest.approx(200 * 100 * canvas.mapUnitsPerPixel() ** 2 / 1e6, rel=2e-3)


def test_two_clicks_make_a_rectangle(rectangle):
    canvas, heard, _ = rectangle
    clicks(canvas, (100, 100), (300, 200))
    assert len(heard.areas) == 1


def test_a_rectangle_without_height_is_refused_and_the_first_corner_stays(rectangle):
    canvas, heard, _ = rectangle
    clicks(canvas, (100, 100), (300, 100))
    assert not heard.areas
    click(canvas, 300, 200)
    assert len(heard.areas) == 1


def box(west, south, east, north):
    return [QgsPointXY(west, south), QgsPointXY(east, south), QgsPointXY(east, north), QgsPointXY(west, north)]


def test_a_rectangle_over_the_antimeridian_is_cut_there():
    area = to_globe([box(179, -18, 181, -16)], QgsCoordinateReferenceSystem("EPSG:4326"))
    bounds = sorted((part[0][0].x() < 0) for part in area.asMultiPolygon())
    assert bounds == [False, True]
    assert area_km2(area) == pytest.approx(area_km2(QgsGeometry.fromRect(QgsRectangle(10, -18, 12, -16))), rel=1e-6)


def test_on_a_mercator_map_too():
    mercator = QgsCoordinateReferenceSystem("EPSG:3857")
    edge = 20_037_508.34
    area = to_globe([box(edge - 1e5, 0, edge + 1e5, 1e5)], mercator)
    plain = to_globe([box(-1e5, 0, 1e5, 1e5)], mercator)
    assert len(area.asMultiPolygon()) == 2
    assert area_km2(area) == pytest.approx(area_km2(plain), rel=1e-5)


@pytest.mark.parametrize(
    ("crs", "corners"),
    [
        ("EPSG:4326", box(-180, -90, 180, 90)),
        ("EPSG:4326", box(-400, -120, 300, 120)),
    ],
)
def test_the_whole_world_has_the_area_of_the_earth(crs, corners):
    area = to_globe([corners], QgsCoordinateReferenceSystem(crs))
    assert area.boundingBox() == QgsRectangle(-180, -90, 180, 90)
    assert area_km2(area) == pytest.approx(WHOLE_EARTH_KM2, rel=1e-4)


def test_more_than_the_world_on_a_mercator_map_is_the_world_once():
    area = to_globe([box(-3e7, -1e7, 3e7, 1e7)], QgsCoordinateReferenceSystem("EPSG:3857"))
    assert area.boundingBox().xMinimum() == -180
    assert area.boundingBox().xMaximum() == 180
    assert 0.6 * WHOLE_EARTH_KM2 < area_km2(area) < WHOLE_EARTH_KM2


def test_a_wide_polygon_of_many_corners_is_not_taken_for_one_over_the_edge():
    corners = [*box(-120, -40, 120, 40), QgsPointXY(-125, 0)]
    area = to_globe([corners], QgsCoordinateReferenceSystem("EPSG:4326"))
    assert area.boundingBox().width() == pytest.approx(245)


def test_a_straight_line_of_the_map_is_followed_on_the_globe():
    polar = QgsCoordinateReferenceSystem("EPSG:32630")
    area = to_globe([box(200_000, 4_500_000, 800_000, 5_000_000)], polar)
    back = QgsGeometry(area)
    back.transform(QgsCoordinateTransform(QgsCoordinateReferenceSystem("EPSG:4326"), polar, QgsProject.instance()))
    assert back.area() == pytest.approx(600_000 * 500_000, rel=1e-6)


def test_the_area_of_a_country_is_that_on_the_ellipsoid():
    # One degree by one degree at the equator: 12,309 km² (Snyder).
    assert area_km2(QgsGeometry.fromRect(QgsRectangle(10, 0, 11, 1))) == pytest.approx(12_308.8, rel=1e-4)


def test_what_the_map_shows_becomes_the_area(canvas):
    area = area_from_extent(canvas)
    extent = canvas.extent()
    assert area_km2(area) == pytest.approx(extent.width() * extent.height() / 1e6, rel=3e-3)


def test_selected_polygons_become_one_area_of_several_parts(qgis_new_project):
    layer = QgsVectorLayer("Polygon?crs=EPSG:32630", "units", "memory")
    for west in (635_000, 637_000, 639_000):
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(west, 4_950_000, west + 1000, 4_951_000)))
        layer.dataProvider().addFeatures([feature])
    layer.selectByIds([1, 3])
    area = area_from_selection(layer)
    assert len(area.asMultiPolygon()) == 2
    assert area_km2(area) == pytest.approx(2, rel=5e-3)


def test_no_selection_is_no_area(qgis_new_project):
    assert area_from_selection(QgsVectorLayer("Polygon?crs=EPSG:4326", "units", "memory")).isEmpty()


def test_the_band_stays_with_the_area_when_the_map_or_the_project_changes(canvas, qgis_new_project):
    band = AreaBand(canvas)
    band.show_area(area_from_extent(canvas))
    assert band.is_shown
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    assert band.is_shown
    QgsProject.instance().clear()
    assert band.is_shown
    band.zoom_to()
    assert canvas.extent().contains(canvas.mapSettings().layerToMapCoordinates(_layer(), QgsPointXY(-1.26, 44.71)))
    band.show_area(None)
    assert not band.is_shown
    band.close()


def _layer():
    return QgsVectorLayer("Point?crs=EPSG:4326", "points", "memory")


def test_closing_the_band_leaves_nothing_on_the_map(canvas):
    items = len(canvas.scene().items())
    band = AreaBand(canvas)
    band.show_area(area_from_extent(canvas))
    band.close()
    band.close()
    assert len(canvas.scene().items()) == items
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
