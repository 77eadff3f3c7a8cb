"""Photos of one's own: a folder with a table, the lines that were driven as roads, and no known values."""

from __future__ import annotations

from typing import Any

import qgis.utils
from installer import PACKAGE, install
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface
from scene import Scene

from scenes.demo_city import follow, look, read, report, start, trigger, use_given_engine


def play(scene: Scene) -> None:
    scene.step("install")
    install(scene)
    use_given_engine(scene)
    window = qgis.utils.plugins[PACKAGE]._window

    scene.step("open the panel")
    trigger("StreetSense-streetsense")
    scene.wait_for(lambda: window._session.state == "connected", 90, "the engine is connected")

    scene.step("draw")
    lines = QgsVectorLayer(scene.given["roads"], "lines", "ogr")
    QgsProject.instance().addMapLayer(lines)
    box = lines.extent().buffered(0.0005)
    iface.mapCanvas().setExtent(box.buffered(0.001))
    scene.wait_for_map()
    QTest.mouseClick(window.dock.area.buttons["rectangle"], Qt.MouseButton.LeftButton)
    scene.drag((box.xMinimum(), box.yMinimum()), (box.xMaximum(), box.yMaximum()))
    scene.spin(0.3)
    scene.tell(drawn_km2=window.dock.area.km2)
    scene.screenshot("draw")

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

    scene.step("leave")
    QgsProject.instance().write(str(scene.folder / "project.qgz"))


def choose(scene: Scene, window: Any) -> None:
    """Choose the folder, its table and the roads; an encoder that needs no network."""
    views, model = window.dock.views, window.dock.model
    views.choose(views.provider, "folder")
    views.photos.setFilePath(scene.given["photos"])
    views.table.setFilePath(scene.given["table"])
    views.choose(views.roads, "layer")
    scene.wait_for(lambda: views.number_of_photos, 20, "the photos are counted")
    model.choose_encoder("random")
    model.architecture.setCurrentIndex(model.architecture.findData("vit_tiny_patch16_224"))
    scene.spin(0.5)
    scene.tell(
        photos=views.number_of_photos,
        estimate=window.dock.run.estimate.text(),
        missing=window.dock.run.button.toolTip(),
    )
    scene.screenshot("chosen")
