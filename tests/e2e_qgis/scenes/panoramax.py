"""A provider of the internet for the first time: its terms, what it has, the years that are wanted, and the map."""

from __future__ import annotations

from typing import Any

import qgis.utils
from installer import PACKAGE, install
from qgis.core import QgsCoordinateReferenceSystem, QgsProject, QgsVectorLayer
from qgis.PyQt.QtCore import QDate, Qt
from qgis.PyQt.QtGui import QColor
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
    scene.wait_for(lambda: window.dock.views.provider.findData("panoramax") >= 0, 20, "the providers are told")

    scene.step("draw")
    draw(scene, window)

    scene.step("choose the provider")
    choose(scene, window)

    scene.step("read the terms")
    terms(scene, window)

    scene.step("preview")
    preview(scene, window)
    scene.tell(found=counts(window), on_map=captures())
    scene.screenshot("preview")
    scene.screenshot("step", window.dock.views)

    scene.step("narrow the dates")
    narrow(scene, window)

    scene.step("preview again")
    preview(scene, window)
    scene.tell(found_since_2020=counts(window), on_map_since_2020=captures())
    scene.screenshot("preview-since-2020")

    scene.step("choose the rest")
    choose_rest(scene, window)

    scene.step("run")
    run = start(scene, window)
    follow(scene, window, run)

    scene.step("read the map")
    scene.wait_for(lambda: "mapper_ada" in label(), 20, "the producers are named on the map")
    read(scene, run)
    scene.tell(label=label(), views=views())

    scene.step("look at a photo")
    # Only panoramas have another direction to turn to.
    look(scene, window, """"licence" = 'etalab-2.0'""")

    scene.step("report")
    report(scene, window, run)

    scene.step("leave")
    QgsProject.instance().write(str(scene.folder / "project.qgz"))


def draw(scene: Scene, window: Any) -> None:
    """Draw a rectangle around the streets."""
    streets = QgsVectorLayer(scene.given["streets"], "Streets", "ogr")
    streets.renderer().symbol().setColor(QColor(120, 120, 120))
    streets.renderer().symbol().setWidth(0.5)
    QgsProject.instance().addMapLayer(streets)
    scene.spin(1.0)  # QGIS takes over the reference system and the extent of a project's first layer
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    box = streets.extent().buffered(0.0003)
    canvas = iface.mapCanvas()
    to_map = canvas.mapSettings().layerTransform(streets)
    canvas.setExtent(to_map.transformBoundingBox(box.buffered(0.0004)))
    scene.wait_for_map()
    QTest.mouseClick(window.dock.area.buttons["rectangle"], Qt.MouseButton.LeftButton)
    scene.drag((box.xMinimum(), box.yMinimum()), (box.xMaximum(), box.yMaximum()))
    scene.spin(0.3)
    scene.tell(drawn_km2=window.dock.area.km2)
    scene.screenshot("draw")


def choose(scene: Scene, window: Any) -> None:
    """Choose Panoramax; nothing else is needed to ask what it has."""
    views = window.dock.views
    views.choose(views.provider, "panoramax")
    scene.spin(0.5)
    online = views.online
    scene.tell(
        asks_key=bool(online.keys),
        asks_consent=online.consent.isVisible(),
        can_preview=window.dock.coverage.button.isEnabled(),
    )
    window.dock._scroll.ensureWidgetVisible(online)
    scene.screenshot("provider")


def terms(scene: Scene, window: Any) -> None:
    """Follow the link to the terms, read them, close them."""
    from streetsense_qgis.gui.dock.termsdialog import TermsDialog

    window.dock.views.online.about.linkActivated.emit("terms")
    scene.spin(0.5)
    dialog = window.dock.findChild(TermsDialog)
    scene.tell(terms=dialog.windowTitle())
    scene.screenshot("terms")
    dialog.close()


def preview(scene: Scene, window: Any) -> None:
    """Ask, and wait for the answer on the map."""
    coverage = window.dock.coverage
    QTest.mouseClick(coverage.button, Qt.MouseButton.LeftButton)
    scene.wait_for(lambda: not coverage.is_busy, 90, "the provider has answered")
    scene.wait_for(lambda: captures() >= 0, 20, "the captures are on the map")
    scene.spin(0.5)
    scene.wait_for_map()


def counts(window: Any) -> list[object]:
    """Return what the panel says of the answer: a sentence, and the bars."""
    coverage = window.dock.coverage
    return [coverage.said.text(), coverage.bars.accessibleDescription()]


def captures() -> int:
    """Return how many captures are on the map; -1 where no layer of them is, or more than one."""
    layers = layers_of("coverage")
    return int(layers[0].featureCount()) if len(layers) == 1 else -1


def narrow(scene: Scene, window: Any) -> None:
    """Want no photos from before 2020; the answer that is there is then one to another question."""
    window.dock.views.online.since.setDate(QDate(2020, 1, 1))
    scene.spin(0.5)
    scene.tell(outdated=window.dock.coverage.said.text())
    scene.screenshot("narrowed")


def choose_rest(scene: Scene, window: Any) -> None:
    """Choose the streets as roads, and an encoder that needs no network."""
    views, model = window.dock.views, window.dock.model
    views.choose(views.roads, "layer")
    model.choose_encoder("random")
    model.architecture.setCurrentIndex(model.architecture.findData("vit_tiny_patch16_224"))
    scene.spin(0.5)
    scene.tell(estimate=window.dock.run.estimate.text(), missing=window.dock.run.button.toolTip())
    window.dock._scroll.ensureWidgetVisible(window.dock.run)
    scene.screenshot("chosen")


def label() -> str:
    """Return what the map's copyright label says."""
    return str(QgsProject.instance().readEntry("CopyrightLabel", "/Label")[0])


def views() -> dict[str, list[str]]:
    """Return whom the layer of views names, and on what terms."""
    layer = layers_of("views")[0]
    names = ("provider", "attribution", "licence")
    found = {name: sorted({str(feature[name]) for feature in layer.getFeatures()}) for name in names}
    years = sorted({str(feature["captured_at"])[:4] for feature in layer.getFeatures()})
    return {**found, "years": years, "count": [str(layer.featureCount())]}


def layers_of(kind: str) -> list[QgsVectorLayer]:
    """Return the project's layers of a kind."""
    from streetsense_qgis.layers.kinds import kind_of

    return [layer for layer in QgsProject.instance().mapLayers().values() if kind_of(layer) == kind]
