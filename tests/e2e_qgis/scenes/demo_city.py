"""A planner's first quarter of an hour: draw, run, read the map, look at photos, make the report."""

from __future__ import annotations

import time
from typing import Any

import qgis.utils
from installer import PACKAGE, install
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QAction
from qgis.utils import iface
from scene import Scene

#: Corners of the area that is drawn, inside the city (degrees).
CORNERS = ((-29.506, 44.9965), (-29.4945, 44.9965), (-29.4935, 45.0035), (-29.5005, 45.0045), (-29.5065, 45.0025))


def play(scene: Scene) -> None:
    scene.step("install")
    install(scene)
    use_given_engine(scene)
    window = qgis.utils.plugins[PACKAGE]._window

    scene.step("open the panel")
    trigger("StreetSense-streetsense")
    scene.spin(1.0)
    scene.screenshot("panel")
    scene.wait_for(lambda: window._session.state == "connected", 90, "the engine is connected")
    scene.tell(connection=window._session.describe())

    scene.step("draw")
    draw(scene, window)

    scene.step("choose")
    choose(scene, window)

    scene.step("run")
    run = start(scene, window)
    follow(scene, window, run)

    scene.step("read the map")
    read(scene, run)

    scene.step("look at a photo")
    look(scene, window)

    scene.step("report")
    report(scene, window, run)

    scene.step("atlas")
    atlas(scene, window, run)

    scene.step("leave")
    QgsProject.instance().write(str(scene.folder / "project.qgz"))
    scene.tell(project=str(scene.folder / "project.qgz"))


def use_given_engine(scene: Scene) -> None:
    """Let StreetSense use the Python that the test names, and keep its data in the scene's folder."""
    from streetsense_qgis.connection.settings import ConnectionSettings

    settings = ConnectionSettings.load()
    settings.mode, settings.python = "local", scene.given["python"]
    settings.data_folder = str(scene.folder / "data")
    settings.save()


def trigger(name: str) -> None:
    """Press a button of the toolbar."""
    iface.mainWindow().findChild(QAction, name).trigger()


def draw(scene: Scene, window: Any) -> None:
    """Take the synthetic city, then draw an own area over it with the mouse."""
    QTest.mouseClick(window.dock.area.demo, Qt.MouseButton.LeftButton)
    scene.wait_for_map()
    scene.tell(city_km2=window.dock.area.km2, is_map_seen=iface.mapCanvas().isVisible())
    QTest.mouseClick(window.dock.area.buttons["polygon"], Qt.MouseButton.LeftButton)
    for corner in CORNERS[:-1]:
        scene.click(*corner)
    scene.move(*CORNERS[-1])
    scene.screenshot("draw")
    scene.click(*CORNERS[-1])
    QTest.keyClick(iface.mapCanvas(), Qt.Key.Key_Return)
    scene.spin(0.3)
    scene.tell(drawn_km2=window.dock.area.km2)
    if scene.given.get("area") == "city":  # for pictures of the whole of it
        QTest.mouseClick(window.dock.area.demo, Qt.MouseButton.LeftButton)
        scene.wait_for_map()


def choose(scene: Scene, window: Any) -> None:
    """Choose the encoder that the test wants, and no more views than it has time for."""
    model = window.dock.model
    wanted = scene.given.get("encoder", "random")
    for row in range(model.encoder.count()):
        if model.encoder.itemData(row)[0] == wanted:
            model.encoder.setCurrentIndex(row)
    model.architecture.setCurrentIndex(model.architecture.findData("vit_tiny_patch16_224"))
    window.dock.views.cap.setValue(int(scene.given.get("views", "200")))
    scene.spin(0.5)
    scene.tell(estimate=window.dock.run.estimate.text(), missing=window.dock.run.button.toolTip())
    scene.screenshot("chosen")


def start(scene: Scene, window: Any) -> Any:
    """Press Run."""
    begun: list[Any] = []
    window.dock.begun.connect(begun.append)
    QTest.mouseClick(window.dock.run.button, Qt.MouseButton.LeftButton)
    scene.wait_for(lambda: begun, 5, "the run begins")
    return begun[0]


def follow(scene: Scene, window: Any, run: Any) -> None:
    """Wait until the run is over."""
    since, is_shown = time.monotonic(), False
    limit = float(scene.given.get("limit_s", "240"))
    while run_now(window, run).state not in ("ready", "done", "failed", "stopped"):
        scene.spin(0.5)
        if not is_shown and time.monotonic() - since > 8:
            scene.screenshot("run")
            is_shown = True
        if time.monotonic() - since > limit:
            break
    ended = run_now(window, run)
    scene.tell(state=ended.state, message=ended.message, run_s=time.monotonic() - since)
    if ended.state != "done":
        raise RuntimeError(f"The run is {ended.state}: {ended.message}")


def run_now(window: Any, run: Any) -> Any:
    """Return the record of the run as it is now."""
    return next(record for record in window.runner.runs() if record.id == run.id)


def read(scene: Scene, run: Any) -> None:
    """Look at the layers."""
    layers = list(QgsProject.instance().mapLayers().values())
    scene.tell(
        layers={layer.name(): [type(layer).__name__, layer.isValid()] for layer in layers},
        groups=[group.name() for group in QgsProject.instance().layerTreeRoot().findGroups()],
    )
    scene.wait_for_map()
    scene.screenshot("map")


def look(scene: Scene, window: Any, which: str = "true") -> None:
    """Click a view, see its photo, and where the model looked; ``which`` is an expression that holds for the view."""
    layer = next(layer for layer in QgsProject.instance().mapLayers().values() if is_views(layer))
    feature = next(layer.getFeatures(which))
    place = feature.geometry().asPoint()
    canvas = iface.mapCanvas()
    trigger("StreetSense-views")
    canvas.zoomScale(2000)
    canvas.setCenter(canvas.mapSettings().layerTransform(layer).transform(place))
    canvas.refresh()
    scene.wait_for_map()
    scene.click(place.x(), place.y())
    photo = window.viewer.pane.photo
    scene.wait_for(lambda: photo.has_photo, 20, "the photo is there")
    scene.screenshot("photo-alone")
    window.viewer.bar.shown.setChecked(True)
    scene.wait_for(lambda: photo.has_overlay, 90, "the attention is there")
    scene.tell(view=window.viewer.view.view_id, caption=window.viewer.pane.caption)
    scene.screenshot("photo")
    since = time.monotonic()
    scene.wait_for(lambda: window.viewer.navigation.can("right"), 10, "there is another direction")
    window.viewer.navigation._ways["right"].trigger()
    scene.wait_for(lambda: window.viewer.view.view_id != scene.facts["view"], 10, "the next direction is shown")
    scene.wait_for(lambda: photo.has_overlay, 30, "its attention is there")
    scene.tell(next_overlay_s=time.monotonic() - since)


def is_views(layer: object) -> bool:
    """Say whether a layer has views."""
    return isinstance(layer, QgsVectorLayer) and layer.fields().indexOf("view_id") >= 0


def report(scene: Scene, window: Any, run: Any) -> None:
    """Make the report of the run, as the button of its row does after it has asked for the file's name."""
    file = scene.folder / "report.pdf"
    window.reporting.write_report(run_now(window, run), str(file))
    scene.wait_for(file.exists, 60, "the report is written")
    layouts = QgsProject.instance().layoutManager().printLayouts()
    scene.tell(layouts=[layout.name() for layout in layouts], pdf_bytes=file.stat().st_size)
    with scene.unwatched():
        designer = iface.openLayoutDesigner(layouts[0])
        designer.window().setGeometry(0, 0, 1500, 950)
        scene.spin(4.0)
        scene.screenshot("report")
        designer.close()


def atlas(scene: Scene, window: Any, run: Any) -> None:
    """Make the atlas of three units, with photos and where the model looked in them."""
    layer = window.reporting._layer(run_now(window, run))
    layer.selectByIds([feature.id() for feature in layer.getFeatures()][:3])
    file = scene.folder / "atlas.pdf"
    window.reporting.write_atlas(run_now(window, run), str(file))
    scene.wait_for(file.exists, 120, "the atlas is written")
    scene.tell(atlas_bytes=file.stat().st_size)
