"""The first step: where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QToolButton, QWidget

from ... import resources
from ...i18n import tr
from ...runs.missing import missing_of_area
from ...runs.plan import RunPlan
from ...runs.sources import Sources
from ...runs.studies import geometry_of
from ..drawing.areaband import AreaBand
from ..drawing.areatool import size_in_words
from ..drawing.globe import area_from_extent, area_from_selection, area_km2
from ..drawing.polygontool import PolygonTool
from ..drawing.rectangletool import RectangleTool
from .step import Step

#: From here on somebody is asked whether the area is meant (km²): a city, not a country.
LARGE_KM2 = 500.0


class AreaStep(Step):
    """Lets a person choose the area.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    parent : QWidget, optional
        Of this widget.
    """

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(1, tr("Dock", "Area"), parent)
        self._iface = iface
        self._geometry = QgsGeometry()
        self._band = AreaBand(iface.mapCanvas())
        self._tools = {"polygon": PolygonTool(iface.mapCanvas()), "rectangle": RectangleTool(iface.mapCanvas())}
        self._before = None
        for tool in self._tools.values():
            tool.finished.connect(self.set_area)
            tool.finished.connect(self._leave_tool)
            tool.cancelled.connect(self._leave_tool)
            tool.said.connect(self._iface.statusBarIface().showMessage)
            tool.changed.connect(self._on_size)
        buttons = QGridLayout()
        offered = [
            ("polygon", tr("Dock", "Draw polygon"), tr("Dock", "Click the corners; Enter or right click ends, "
             "Backspace takes the last corner back, Esc cancels"), lambda: self._draw("polygon")),
            ("rectangle", tr("Dock", "Draw rectangle"), tr("Dock", "Drag from corner to corner; Esc cancels"),
             lambda: self._draw("rectangle")),
            ("extent", tr("Dock", "Map extent"), tr("Dock", "Take what the map shows now"), self._take_extent),
            ("selection", tr("Dock", "Selected features"),
             tr("Dock", "Take the selected polygons of the active layer"),
             self._take_selection),
        ]  # fmt: skip
        self.buttons: dict[str, QToolButton] = {}
        for number, (name, text, tip, action) in enumerate(offered):
            button = QToolButton(self)
            button.setText(text)
            button.setToolTip(tip)
            button.setIcon(QIcon(resources.path(f"icons/{name}.svg")))
            button.setIconSize(QSize(20, 20))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setSizePolicy(button.sizePolicy().Policy.Expanding, button.sizePolicy().Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(action)
            buttons.addWidget(button, number // 2, number % 2)
            self.buttons[name] = button
        self.demo = QPushButton(tr("Dock", "Try it with a synthetic city"), self)
        self.demo.setToolTip(
            tr("Dock", "A made-up city with made-up people: every step works without photos, keys or the network")
        )
        buttons.addWidget(self.demo, 2, 0, 1, 2)
        self.form.addRow(buttons)
        self._size = QLabel(self)
        self._size.setWordWrap(True)
        self.form.addRow(self._size)

    @property
    def km2(self) -> float:
        """The size of the area (square kilometres on the ellipsoid); 0 without one."""
        return 0.0 if self._geometry.isEmpty() else area_km2(self._geometry)

    @property
    def geometry(self) -> QgsGeometry:
        """The area (EPSG:4326); empty without one."""
        return QgsGeometry(self._geometry)

    def set_area(self, geometry: QgsGeometry) -> None:
        """Take an area (EPSG:4326)."""
        self._geometry = QgsGeometry(geometry)
        self._band.show_area(self._geometry)
        self._show_size()
        self.changed.emit()

    def set_demo_city(self) -> None:
        """Take the area of the synthetic city, and look at it."""
        self._show_map()
        area = Path(resources.path("democity_area.geojson")).read_text(encoding="utf-8")
        self.set_area(geometry_of(json.loads(area)))
        self.zoom()

    def zoom(self) -> None:
        """Show the area on the map."""
        project = QgsProject.instance()
        if not project.mapLayers():
            project.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
        self._band.zoom_to()

    def fill(self, plan: RunPlan, sources: Sources) -> None:
        """Write the area into a plan."""
        plan.area = {} if self._geometry.isEmpty() else json.loads(self._geometry.asJson(7))

    def missing(self, plan: RunPlan) -> str:
        """Return what is missing."""
        return missing_of_area(plan)

    def close_tools(self) -> None:
        """Take everything off the canvas."""
        for tool in self._tools.values():
            self._iface.mapCanvas().unsetMapTool(tool)
            tool.deleteLater()
        self._band.close()

    def _show_map(self) -> None:
        """Leave QGIS' welcome page, behind which there is no map to see."""
        if not self._iface.mapCanvas().isVisible() and not QgsProject.instance().mapLayers():
            self._iface.newProject(False)

    def _draw(self, name: str) -> None:
        self._show_map()
        self._band.hide()
        canvas = self._iface.mapCanvas()
        if canvas.mapTool() not in self._tools.values():
            self._before = canvas.mapTool()
        canvas.setMapTool(self._tools[name])
        canvas.setFocus()

    def _leave_tool(self, _: object = None) -> None:
        canvas = self._iface.mapCanvas()
        if self._before is not None:
            canvas.setMapTool(self._before)
        else:
            canvas.unsetMapTool(canvas.mapTool())
        self._before = None
        self._band.show_area(self._geometry)
        self._show_size()
        # What the tool said last was the size a moment ago, or what to do.
        self._iface.statusBarIface().showMessage("")

    def _take_extent(self) -> None:
        self._take(
            lambda: area_from_extent(self._iface.mapCanvas()),
            tr("Dock", "The map shows nothing; add a layer or draw the area."),
        )

    def _take_selection(self) -> None:
        layer = self._iface.activeLayer()
        if not isinstance(layer, QgsVectorLayer) or layer.geometryType() != QgsWkbTypes.PolygonGeometry:
            self._say(tr("Dock", "Choose a polygon layer in the list of layers first."))
            return
        self._take(
            lambda: area_from_selection(layer), tr("Dock", "No polygon of the layer is selected; select one or more.")
        )

    def _take(self, how: Callable[[], QgsGeometry], nothing: str) -> None:
        """Take an area over, or say why there is none."""
        try:
            area = how()
        except QgsCsException:
            self._say(tr("Dock", "This reaches beyond the world; zoom in, or draw the area."))
            return
        if area.isEmpty():
            self._say(nothing)
        else:
            self.set_area(area)

    def _say(self, sentence: str) -> None:
        self._iface.messageBar().pushMessage("StreetSense", sentence, Qgis.MessageLevel.Warning, 8)

    def _on_size(self, km2: float) -> None:
        self._size.setText(size_in_words(km2))

    def _show_size(self) -> None:
        km2 = self.km2
        if not km2:
            self._size.setText("")
            return
        self._on_size(km2)
        if km2 > LARGE_KM2:
            self._size.setText(
                tr(
                    "Dock", "{km2} km²: that is a whole region. A run of that size takes days; a town has 5 to 200 km²."
                ).format(km2=f"{km2:,.0f}")
            )
