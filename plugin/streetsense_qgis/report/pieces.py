"""The pieces that report pages are made of: texts, pictures, maps, legends, tables, at places in millimetres."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsLayoutFrame,
    QgsLayoutItem,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemManualTable,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutMeasurement,
    QgsLayoutObject,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsLayoutTable,
    QgsLegendStyle,
    QgsMapLayer,
    QgsPrintLayout,
    QgsProject,
    QgsProperty,
    QgsScaleBarSettings,
    QgsTableCell,
    QgsTextFormat,
    QgsUnitTypes,
)
from qgis.PyQt.QtGui import QColor, QFont

from ..i18n import tr

_MM, _POINTS = QgsUnitTypes.LayoutUnit.LayoutMillimeters, QgsUnitTypes.RenderUnit.RenderPoints
_FRAME = QColor("#9a9a9a")


@dataclass(frozen=True)
class Box:
    """A place on a page (millimetres from its upper left corner)."""

    left: float
    top: float
    width: float
    height: float


class Page:
    """Puts pieces on the first page of a layout.

    Parameters
    ----------
    layout : QgsPrintLayout
        Which.
    """

    def __init__(self, layout: QgsPrintLayout) -> None:
        self._layout = layout

    def text(self, words: str, box: Box, size: float = 9, *, bold: bool = False, name: str = "") -> QgsLayoutItemLabel:
        """Put a text, which may hold expressions in ``[% %]``."""
        label = QgsLayoutItemLabel(self._layout)
        label.setText(words)
        _set_format(label, text_format(size, bold=bold))
        return self._put(label, box, name)

    def picture(self, box: Box, path: str = "", expression: str = "", name: str = "") -> QgsLayoutItemPicture:
        """Put a picture by its path, or by an expression that gives the path."""
        item = QgsLayoutItemPicture(self._layout)
        item.setResizeMode(QgsLayoutItemPicture.ResizeMode.Zoom)
        if path:
            item.setPicturePath(path)
        if expression:
            where = QgsProperty.fromExpression(expression)
            item.dataDefinedProperties().setProperty(QgsLayoutObject.DataDefinedProperty.PictureSource, where)
        return self._put(item, box, name)

    def map(self, layers: list[QgsMapLayer], box: Box, name: str) -> QgsLayoutItemMap:
        """Put a map of certain layers; its extent is set by the caller."""
        item = QgsLayoutItemMap(self._layout)
        self._put(item, box, name)
        item.setLayers(layers)
        item.setKeepLayerSet(True)
        item.setFrameEnabled(True)
        item.setFrameStrokeColor(_FRAME)
        item.setFrameStrokeWidth(QgsLayoutMeasurement(0.2, _MM))
        return item

    def north_arrow(self, map_item: QgsLayoutItemMap, box: Box) -> None:
        """Put an arrow that points to the map's north; QGIS' own picture."""
        arrow = QgsLayoutItemPicture(self._layout)
        arrow.setPicturePath(":/images/north_arrows/layout_default_north_arrow.svg")
        arrow.setLinkedMap(map_item)
        arrow.setBackgroundEnabled(True)
        arrow.setBackgroundColor(QColor(255, 255, 255, 200))
        self._put(arrow, box, "north arrow")

    def scale_bar(self, map_item: QgsLayoutItemMap, box: Box) -> None:
        """Put a scale bar in metres or kilometres, whichever suits the map."""
        bar = QgsLayoutItemScaleBar(self._layout)
        bar.setStyle("Single Box")
        bar.setLinkedMap(map_item)
        bar.applyDefaultSize(bar.guessUnits())
        # Its length follows the map's scale, which differs from page to page of an atlas.
        bar.setSegmentSizeMode(QgsScaleBarSettings.SegmentSizeMode.SegmentSizeFitWidth)
        bar.setMinimumBarWidth(20)
        bar.setMaximumBarWidth(60)
        bar.setNumberOfSegmentsLeft(0)
        bar.setTextFormat(text_format(8))
        bar.setHeight(1.6)
        # It lies on the map, whose colours may be dark.
        bar.setBackgroundEnabled(True)
        bar.setBackgroundColor(QColor(255, 255, 255, 200))
        self._put(bar, box, "scale bar")
        bar.resizeToMinimumWidth()  # its ground covers no more of the map than it needs

    def legend(self, layers: list[QgsMapLayer], map_item: QgsLayoutItemMap, box: Box) -> QgsLayoutItemLegend:
        """Put a legend of certain layers."""
        legend = QgsLayoutItemLegend(self._layout)
        legend.setTitle(tr("Report", "Legend"))
        legend.setLinkedMap(map_item)
        legend.setAutoUpdateModel(False)
        root = legend.model().rootGroup()
        root.removeAllChildren()
        for layer in layers:
            root.addLayer(layer)
        sizes = {
            QgsLegendStyle.Style.Title: 10,
            QgsLegendStyle.Style.Subgroup: 9,
            QgsLegendStyle.Style.SymbolLabel: 8,
        }
        for component, size in sizes.items():
            style = legend.style(component)
            _set_format(style, text_format(size, bold=component != QgsLegendStyle.Style.SymbolLabel))
            legend.setStyle(component, style)
        legend.setSymbolHeight(3.5)
        legend.setSymbolWidth(6)
        legend.setBoxSpace(0)
        legend.setWrapString("\n")
        return self._put(legend, box, "legend")

    def table(self, rows: list[list[str]], widths: list[float], box: Box, name: str) -> None:
        """Put a table; the first row is its heading, widths are in millimetres."""
        table = QgsLayoutItemManualTable.create(self._layout)
        self._layout.addMultiFrame(table)
        cells = []
        for number, row in enumerate(rows):
            cells.append([QgsTableCell(text) for text in row])
            for cell in cells[-1]:
                cell.setTextFormat(text_format(7, bold=number == 0))
        table.setTableContents(cells)
        table.setColumnWidths(widths)
        table.setWrapBehavior(QgsLayoutTable.WrapBehavior.WrapText)
        table.setGridColor(_FRAME)
        table.setGridStrokeWidth(0.15)
        table.setCellMargin(0.6)
        frame = QgsLayoutFrame(self._layout, table)
        self._put(frame, box, name)
        table.addFrame(frame)

    def _put(self, item: QgsLayoutItem, box: Box, name: str) -> QgsLayoutItem:
        if item.scene() is None and not isinstance(item, QgsLayoutFrame):
            self._layout.addLayoutItem(item)
        item.attemptMove(QgsLayoutPoint(box.left, box.top, _MM))
        item.attemptResize(QgsLayoutSize(box.width, box.height, _MM))
        if name:
            item.setId(name)
        return item


def text_format(size: float, *, bold: bool = False) -> QgsTextFormat:
    """Return black text of a size in points, in the family that QGIS itself uses."""
    font = QFont()
    font.setBold(bold)
    form = QgsTextFormat()
    form.setFont(font)
    form.setSize(size)
    form.setSizeUnit(_POINTS)
    form.setColor(QColor("#1a1a1a"))
    return form


def new_layout(project: QgsProject, name: str) -> QgsPrintLayout:
    """Return an A4 page, upright, in a layout of this name; an older one is replaced."""
    manager = project.layoutManager()
    old = manager.layoutByName(name)
    if old is not None:
        manager.removeLayout(old)
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName(name)
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(210, 297, _MM))
    manager.addLayout(layout)
    return layout


def _set_format(item: QgsLayoutItemLabel | QgsLegendStyle, form: QgsTextFormat) -> None:
    """Set the font: with QGIS' newer function where it is there."""
    if hasattr(item, "setTextFormat"):
        item.setTextFormat(form)
        return
    font = form.toQFont()
    font.setPointSizeF(form.size())
    item.setFont(font)
    if hasattr(item, "setFontColor"):
        item.setFontColor(form.color())
