"""The photo viewer with a real engine: photos, where a model looked, and the ways to other views."""

from __future__ import annotations

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsField,
    QgsGeometry,
    QgsPointXY,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QPoint, QPointF, Qt, QVariant, pyqtSignal
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.errors import EngineError
from streetsense_qgis.connection.pending import Pending
from streetsense_qgis.gui.viewer import PhotoViewer
from streetsense_qgis.gui.viewer.attention import AttentionStore, Question
from streetsense_qgis.gui.viewer.view import View

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
TEXTS = ("view_id", "provider", "captured_at", "pano_id", "sequence_id", "point_id", "licence", "attribution",
         "source_url", "photo")  # fmt: skip


class Connection(QObject):
    """What the viewer needs of a connection."""

    changed = pyqtSignal()

    def __init__(self, client=None, state="connected"):
        super().__init__()
        self.client, self.state = client, state


class Window:
    def __init__(self, canvas):
        self._canvas = canvas

    def mapCanvas(self):
        return self._canvas


@pytest.fixture
def canvas(qgis_app, qgis_new_project):
    shown = QgsMapCanvas()
    shown.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    shown.resize(300, 300)
    shown.show()
    yield shown
    shown.close()
    shown.deleteLater()


@pytest.fixture
def client(engine, qgis_app):
    made = EngineClient(engine.url, engine.token)
    yield made
    made.close()


@pytest.fixture(scope="session")
def places(engine, qgis_app):
    """Return the views of the town as the engine lists them."""
    listing = EngineClient(engine.url, engine.token)
    features = listing.views("town", limit=10_000).wait()["features"]
    listing.close()
    return features


@pytest.fixture
def layer(places, canvas, tmp_path):
    """Return the layer of the town's views, in a file of its own, in the project and on the map."""
    memory = QgsVectorLayer("Point?crs=EPSG:4326", "views", "memory")
    fields = [QgsField(name, QVariant.String) for name in TEXTS]
    fields += [QgsField(name, QVariant.Double) for name in ("heading_deg", "fov_deg")]
    memory.dataProvider().addAttributes(fields)
    memory.updateFields()
    features = []
    for place in places:
        feature = QgsFeature(memory.fields())
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*place["geometry"]["coordinates"])))
        about = place["properties"]
        for name in ("view_id", "provider", "captured_at", "heading_deg"):
            feature[name] = about[name]
        feature["fov_deg"], feature["licence"], feature["attribution"] = 90.0, "CC0", "City of Demo"
        feature["photo"] = f"photos/aa/{about['view_id']}.jpg"
        feature["source_url"] = "https://example.org/photo"
        features.append(feature)
    memory.dataProvider().addFeatures(features)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "views"
    path = str(tmp_path / "views.gpkg")
    QgsVectorFileWriter.writeAsVectorFormatV3(memory, path, QgsProject.instance().transformContext(), options)
    loaded = QgsVectorLayer(f"{path}|layername=views", "Views", "ogr")
    loaded.setCustomProperty("streetsense/kind", "views")
    loaded.setCustomProperty("streetsense/study", "town")
    QgsProject.instance().addMapLayer(loaded)
    canvas.setLayers([loaded])
    return loaded


@pytest.fixture
def open_viewer(canvas):
    """Return a function that opens a viewer with a connection; all are taken back at the end."""
    opened = []

    def open_one(connection):
        made = PhotoViewer(connection, Window(canvas))
        made.resize(480, 700)
        made.show()
        opened.append(made)
        return made

    yield open_one
    for made in opened:
        made.unload()
        made.close()
        made.deleteLater()


@pytest.fixture
def viewer(open_viewer, client):
    return open_viewer(Connection(client))


def at_two_dates(layer):
    """Return the id of a feature whose place was photographed at two dates, the earlier one."""
    return min(layer.getFeatures(), key=lambda feature: (feature["captured_at"], feature.id())).id()


def overlaid(viewer):
    return lambda: viewer.pane.photo.has_overlay


def shown(viewer, layer, wait_for, feature_id=None):
    viewer.show_view(layer.id(), at_two_dates(layer) if feature_id is None else feature_id)
    wait_for(lambda: viewer.pane.photo.has_photo)
    QApplication.processEvents()


def with_overlay(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    wait_for(lambda: viewer.bar.model.count() > 0)
    viewer.bar.shown.setChecked(True)
    wait_for(overlaid(viewer), 60)


def test_clicking_a_view_on_the_map_shows_its_photo(viewer, layer, canvas, wait_for):
    feature = next(layer.getFeatures())
    point = canvas.mapSettings().layerToMapCoordinates(layer, feature.geometry().asPoint())
    canvas.setExtent(QgsRectangle(point.x() - 50, point.y() - 50, point.x() + 50, point.y() + 50))
    viewer.navigation.pick.trigger()
    pixel = canvas.getCoordinateTransform().transform(point)
    QTest.mouseClick(canvas.viewport(), LEFT, PLAIN, QPoint(round(pixel.x()) + 3, round(pixel.y()) - 3))
    wait_for(lambda: viewer.pane.photo.has_photo)
    assert abs(viewer.view.longitude - feature.geometry().asPoint().x()) < 1e-6


def test_a_click_beside_all_views_says_so(viewer, layer, canvas):
    canvas.setExtent(QgsRectangle(0, 0, 100, 100))
    viewer.navigation.pick.trigger()
    QTest.mouseClick(canvas.viewport(), LEFT, PLAIN, QPoint(150, 150))
    assert "No view lies here" in viewer.status


def test_without_a_layer_of_views_a_click_says_what_to_do(viewer, canvas):
    viewer.navigation.pick.trigger()
    QTest.mouseClick(canvas.viewport(), LEFT, PLAIN, QPoint(150, 150))
    assert "no layer of views" in viewer.status


def test_date_direction_author_and_licence_are_always_said(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    assert "July 2019" in viewer.pane.caption
    assert "looking" in viewer.pane.caption
    assert viewer.pane.rights == "Photo: City of Demo · CC0"


def test_a_photo_from_the_engine_is_kept_beside_the_layer_and_needs_no_engine_then(
    viewer, open_viewer, layer, wait_for
):
    shown(viewer, layer, wait_for)
    (place,) = viewer.view.photo_places()
    assert place.is_file()
    assert not list(place.parent.glob("*.part"))
    alone = open_viewer(Connection(None, "off"))
    alone.show_view(layer.id(), viewer.view.feature_id)
    wait_for(lambda: alone.pane.photo.has_photo)


def test_without_an_engine_it_says_so_and_the_photo_comes_when_one_is_connected(open_viewer, layer, client, wait_for):
    connection = Connection(None, "off")
    viewer = open_viewer(connection)
    viewer.show_view(layer.id(), at_two_dates(layer))
    wait_for(lambda: viewer.pane.is_without_photo)
    assert "connect the engine" in viewer.pane.photo._message.text()
    viewer.bar.shown.setChecked(True)
    assert "Connect the engine" in viewer.status
    connection.client, connection.state = client, "connected"
    connection.changed.emit()
    wait_for(overlaid(viewer), 60)
    assert viewer.pane.photo.has_photo


def test_a_view_that_the_engine_does_not_have_is_a_sentence(viewer, layer, wait_for):
    viewer.show_by_view_id("town", "no such view")
    wait_for(lambda: viewer.pane.is_without_photo)
    assert "has no photo of this view" in viewer.pane.photo._message.text()


def test_where_the_model_looked_is_laid_over_the_photo_and_explained(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    assert "shaped the model's summary" in viewer.legend.sentence
    assert viewer.pane.answer.grid == (4, 4)


def test_the_opacity_changes_at_once_without_asking(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    answer = viewer.pane.answer
    viewer.bar.opacity.setValue(15)
    assert viewer.pane.photo._overlay.opacity() == pytest.approx(0.15)
    assert viewer.pane.answer is answer


def test_a_click_on_the_photo_asks_about_that_square_and_escape_about_the_whole(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    photo = viewer.pane.photo
    place = photo.mapFromScene(QPointF(620, 380))  # of four by four squares: the second row, the third column
    QTest.mouseClick(photo.viewport(), LEFT, PLAIN, place)
    wait_for(lambda: viewer.pane.answer.question.query == "1,2", 60)
    assert photo._square.isVisible()
    assert photo._square.rect().x() == pytest.approx(500)
    assert "framed square" in viewer.legend.sentence
    QTest.keyClick(photo, Qt.Key.Key_Escape)
    wait_for(lambda: viewer.pane.answer.question.query == "embedding", 60)
    assert not photo._square.isVisible()


def test_dragging_the_photo_is_no_click(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    port = viewer.pane.photo.viewport()
    middle = port.rect().center()
    QTest.mousePress(port, LEFT, PLAIN, middle)
    QTest.mouseMove(port, middle + QPoint(30, 0))
    QTest.mouseRelease(port, LEFT, PLAIN, middle + QPoint(40, 0))
    assert viewer.bar.question.query == "embedding"


def test_one_layer_by_itself_can_be_chosen(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    viewer.bar.method.setCurrentIndex(viewer.bar.method.findData("raw"))
    viewer.bar.layer.setCurrentIndex(viewer.bar.layer.findData(2))
    wait_for(lambda: viewer.pane.answer is not None and viewer.pane.answer.question.layer == 2, 60)
    assert "layer 3" in viewer.legend.sentence
    assert viewer.bar.layer.count() == 13


def test_an_indicator_is_explained_for_the_whole_photo(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    names = [viewer.bar.model.itemData(index) for index in range(viewer.bar.model.count())]
    predictors = [index for index, (kind, _) in enumerate(names) if kind == "predictor"]
    if not predictors:
        pytest.skip("the town has no predictor")
    viewer.bar.model.setCurrentIndex(predictors[0])
    wait_for(lambda: viewer.pane.answer is not None and viewer.pane.answer.question.predictor is not None, 60)
    assert "pushed the estimate" in viewer.legend.sentence
    assert not viewer.bar.method.isEnabled()
    photo = viewer.pane.photo
    QTest.mouseClick(photo.viewport(), LEFT, PLAIN, photo.mapFromScene(QPointF(500, 500)))
    assert "choose an encoder" in viewer.status


def test_switching_the_overlay_off_takes_it_away(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    QTest.keyClick(viewer.pane.photo, Qt.Key.Key_T)
    assert not viewer.pane.photo.has_overlay
    assert not viewer.legend.isVisible()


def test_a_model_that_is_gone_is_a_sentence(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    wait_for(lambda: viewer.bar.model.count())  # or the engine's answer would replace what follows
    viewer.bar.set_models([{"name": "lost"}], [])
    viewer.bar.shown.setChecked(True)
    wait_for(lambda: "lost" in viewer.status)
    assert not viewer.pane.photo.has_overlay


def test_the_same_place_at_a_later_date_and_back(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    first = viewer.view
    assert viewer.navigation.can("later")
    assert not viewer.navigation.can("earlier")
    QTest.keyClick(viewer.pane.photo, Qt.Key.Key_Up)
    assert viewer.view.captured_at > first.captured_at
    QApplication.processEvents()
    QTest.keyClick(viewer.pane.photo, Qt.Key.Key_Down)
    assert viewer.view == first


def test_two_dates_side_by_side_move_as_one_and_share_their_colours(viewer, layer, wait_for):
    with_overlay(viewer, layer, wait_for)
    viewer.navigation.compare.trigger()
    wait_for(lambda: viewer.second.photo.has_overlay, 60)
    assert viewer.second.view.captured_at != viewer.view.captured_at
    viewer.pane.photo.zoom(2.0)
    assert viewer.second.photo.place().zoom == pytest.approx(2.0)
    low, high = viewer.comparison.common_scale()
    assert low == min(viewer.pane.answer.scale[0], viewer.second.answer.scale[0])
    assert high == max(viewer.pane.answer.scale[1], viewer.second.answer.scale[1])
    assert all(cone.is_shown for cone in viewer._cones)
    viewer.navigation.compare.trigger()
    assert viewer.second.isHidden()
    assert not viewer._cones[1].is_shown


def test_turning_shows_the_other_directions_of_the_panorama_in_a_circle(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    first = viewer.view
    seen = [first.heading_deg]
    for _ in range(len(viewer._around.headings)):
        QTest.keyClick(viewer.pane.photo, Qt.Key.Key_PageDown)
        QApplication.processEvents()
        seen.append(viewer.view.heading_deg)
    assert len(set(seen)) == 4
    assert viewer.view == first


def test_along_the_road_there_is_a_next_view_elsewhere(viewer, layer, wait_for):
    ahead = None
    for feature in layer.getFeatures():
        viewer.show_view(layer.id(), feature.id())
        QApplication.processEvents()
        if viewer.navigation.can("next"):
            here, ahead = viewer.view, viewer._around.next
            break
    assert ahead is not None
    QTest.keyClick(viewer.pane.photo, Qt.Key.Key_Right)
    assert viewer.view == ahead
    assert (viewer.view.longitude, viewer.view.latitude) != (here.longitude, here.latitude)


def test_of_photos_asked_for_in_haste_the_last_one_is_shown(viewer, open_viewer, layer, wait_for):
    ids = [feature.id() for feature in layer.getFeatures()][:12]
    for feature_id in ids:
        viewer.show_view(layer.id(), feature_id)
    wait_for(lambda: viewer.pane.photo.has_photo)
    for _ in range(20):
        QApplication.processEvents()
    wanted = open_viewer(viewer._session)
    wanted.show_view(layer.id(), ids[-1])
    wait_for(lambda: wanted.pane.photo.has_photo)
    one, two = (each.pane.photo._photo.pixmap().toImage() for each in (viewer, wanted))
    assert one == two


def test_a_view_is_found_by_its_name(viewer, layer, wait_for):
    feature = list(layer.getFeatures())[7]
    viewer.show_by_view_id("town", feature["view_id"])
    wait_for(lambda: viewer.view is not None)
    assert viewer.view.feature_id == feature.id()
    assert viewer._cones[0].is_shown


def test_without_its_layer_a_view_still_has_its_photo(viewer, places, wait_for):
    viewer.show_by_view_id("town", places[0]["id"])
    wait_for(lambda: viewer.pane.photo.has_photo)
    assert "Load the layer of views" in viewer.status


def test_when_the_layer_goes_the_photo_goes(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    QgsProject.instance().removeMapLayer(layer.id())
    assert viewer.view is None
    assert not viewer._cones[0].is_shown
    assert "click a view" in viewer.pane.photo._message.text()


def test_only_secure_addresses_are_offered_to_open(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    assert viewer.navigation.can("open")
    layer.dataProvider().changeAttributeValues(
        {viewer.view.feature_id: {layer.fields().indexOf("source_url"): "file:///etc/passwd"}}
    )
    viewer.show_view(layer.id(), viewer.view.feature_id)
    assert not viewer.navigation.can("open")


def test_closing_the_dock_takes_the_cone_off_the_map(viewer, layer, wait_for):
    shown(viewer, layer, wait_for)
    assert viewer._cones[0].is_shown
    viewer.close()
    QApplication.processEvents()
    assert not viewer._cones[0].is_shown
    viewer.show()
    QApplication.processEvents()
    assert viewer._cones[0].is_shown


def test_unloaded_ten_times_it_leaves_nothing_behind(canvas, layer, client, wait_for):
    connection = Connection(client)
    items, tool = len(canvas.scene().items()), canvas.mapTool()
    project = QgsProject.instance()
    listeners = project.receivers(project.layersWillBeRemoved)
    for _ in range(10):
        viewer = PhotoViewer(connection, Window(canvas))
        viewer.navigation.pick.trigger()
        viewer.show_view(layer.id(), at_two_dates(layer))
        viewer.bar.shown.setChecked(True)
        QApplication.processEvents()
        viewer.unload()
        viewer.unload()
        viewer.deleteLater()
    QApplication.processEvents()
    assert len(canvas.scene().items()) == items
    assert canvas.mapTool() is tool
    assert project.receivers(project.layersWillBeRemoved) == listeners
    assert connection.receivers(connection.changed) == 0


class BusyOnce:
    """Answers that it is busy, then answers."""

    def __init__(self):
        self.times = 0

    def attention_map(self, study, view_id, **question):
        self.times += 1
        pending = Pending()
        if self.times == 1:
            pending.fail(EngineError("The engine is busy.", "network", 503))
        else:
            pending.succeed({"values": [[0.0, 1.0]], "scale": [0, 1], "seen": [0, 0, 1, 1], "layer": 11})
        return pending


def test_a_busy_engine_is_asked_again_by_itself(qgis_app, wait_for):
    client = BusyOnce()
    store = AttentionStore(Connection(client))
    answers, waits, failures = [], [], []
    store.ask(View("", -1, "town", "v"), Question("tiny"), answers.append, failures.append, waits.append)
    wait_for(lambda: answers or failures)
    assert (client.times, len(answers), len(failures)) == (2, 1, 0)
    assert "busy" in waits[0]
