"""Predictions: the styles of their file under readable names, legends in the user's numbers, the warning explained."""

from __future__ import annotations

from qgis.core import (
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLinePatternFillSymbolLayer,
    QgsLineSymbol,
    QgsMapLayer,
    QgsMarkerSymbol,
    QgsProperty,
    QgsReadWriteContext,
    QgsRendererRange,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtXml import QDomDocument

from ..i18n import tr
from .fieldnames import show_decimals
from .numbers import decimals_for, in_words

#: No indicator reaches it, so that the range which explains the warning in the legend takes in no unit.
_NEVER = 1e300
_ENDS = ("lower", "upper")
#: In a table, values are told apart that differ by this part of their whole range.
_STEPS = 20
# The name without its enumeration is the one that every QGIS since 3.22 knows.
_STROKE = QgsSymbolLayer.PropertyStrokeColor


def style_predictions(layer: QgsVectorLayer, unit: str) -> list[str]:
    """Put the styles that the layer's file carries into its list of styles; the first is drawn.

    Everything else of the layer (names of fields, map tips and so on) should be set before: every style keeps a copy.

    Parameters
    ----------
    layer : QgsVectorLayer
        A GeoPackage as the engine writes it.
    unit : str
        Shown behind the numbers of the legend.

    Returns
    -------
    list of str
        The names of the styles, as the user sees them.
    """
    documents = _styles_in_file(layer)
    manager = layer.styleManager()
    if not documents:
        _make_readable(layer, unit)
        return list(manager.styles())
    show_decimals(layer, _decimals_of(documents[0][1]))
    names = [_in_words(name) for name, _text in documents]
    # The first comes last, because the style that was made last is the current one.
    for number in reversed(range(len(documents))):
        if number == len(documents) - 1:
            manager.renameStyle(manager.currentStyle(), names[number])
        else:
            manager.addStyleFromLayer(names[number])
            manager.setCurrentStyle(names[number])
        _read_symbology(layer, documents[number][1])
        _make_readable(layer, unit)
    return names


def _decimals_of(text: str) -> dict[str, int]:
    """Return how many decimals tell the values apart that a style has classes for."""
    document = QDomDocument()
    document.setContent(text)
    ranges = document.elementsByTagName("range")
    edges = [float(ranges.at(n).toElement().attribute(end, "0")) for n in range(ranges.count()) for end in _ENDS]
    step = (max(edges, default=0.0) - min(edges, default=0.0)) / _STEPS
    return dict.fromkeys(("prediction", "lower", "upper"), decimals_for(step)) if step > 0 else {}


def limits_of(layer: QgsVectorLayer) -> tuple[float, float] | None:
    """Return lowest and highest value of the classes that a layer is drawn with; None when it has no classes."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsGraduatedSymbolRenderer):
        return None
    known = [classed for classed in renderer.ranges() if classed.lowerValue() < _NEVER]
    if not known:
        return None
    low, high = min(r.lowerValue() for r in known), max(r.upperValue() for r in known)
    return (low, high) if high > low else None


def _styles_in_file(layer: QgsVectorLayer) -> list[tuple[str, str]]:
    """Return name and document of the styles inside the layer's file, in the order in which they were written."""
    count, ids, names, _descriptions, _error = layer.listStylesInDatabase()
    own = sorted((int(ids[index]), names[index]) for index in range(max(count, 0)))
    return [(name, layer.getStyleFromDatabase(str(number))[0]) for number, name in own]


def _read_symbology(layer: QgsVectorLayer, text: str) -> None:
    document = QDomDocument()
    document.setContent(text)
    root = document.documentElement()
    layer.readSymbology(root, "", QgsReadWriteContext(), QgsMapLayer.StyleCategory.Symbology)


def _make_readable(layer: QgsVectorLayer, unit: str) -> None:
    """Write the legend in the user's numbers, and explain the mark of units that are not to be relied on."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsGraduatedSymbolRenderer):
        return
    renderer = renderer.clone()
    ranges = renderer.ranges()
    steps = [r.upperValue() - r.lowerValue() for r in ranges if r.upperValue() > r.lowerValue()]
    decimals = decimals_for(min(steps, default=0.0))
    # Appearance is ordered, but in no unit.
    behind = "" if renderer.classAttribute().startswith("component_") else unit
    words = tr("Layers", "{low} to {high}")
    for index, found in enumerate(ranges):
        renderer.updateRangeSymbol(index, _without_mark_in_legend(found.symbol()))
        low, high = in_words(found.lowerValue(), decimals), in_words(found.upperValue(), decimals, behind)
        renderer.updateRangeLabel(index, words.format(low=low, high=high))
    if layer.fields().lookupField("outside") >= 0:
        note = tr("Layers", "Marked: unlike the training data, do not rely on it")
        renderer.addClassRange(QgsRendererRange(_NEVER, _NEVER, _mark(layer), note))
    layer.setRenderer(renderer)


def _without_mark_in_legend(symbol: QgsSymbol) -> QgsSymbol:
    """Return a symbol whose mark shows on the map alone.

    Legends draw symbols without any feature, and all layers of a symbol, even those that an expression switches off.
    They do ask the expression of a colour, though.
    """
    symbol = symbol.clone()
    for index in range(1, symbol.symbolLayerCount()):
        old = symbol.symbolLayer(index)
        if isinstance(old, QgsSimpleMarkerSymbolLayer):
            old.setDataDefinedProperty(_STROKE, _colour_outside("0, 0, 0, 220"))
        else:
            hatch = _hatch(only_outside=True)
            hatch.setDataDefinedProperties(old.dataDefinedProperties())
            symbol.changeSymbolLayer(index, hatch)
    return symbol


def _hatch(*, only_outside: bool = False) -> QgsLinePatternFillSymbolLayer:
    """Return black lines on white ones, seen on every colour; Qt's own hatch grows finer the sharper the print."""
    line = QgsLineSymbol.createSimple({})
    line.deleteSymbolLayer(0)
    for colour, width in (("255,255,255,170", "0.6"), ("0,0,0,230", "0.3")):
        stroke = QgsSimpleLineSymbolLayer.create({"line_color": colour, "line_width": width})
        if only_outside:
            stroke.setDataDefinedProperty(_STROKE, _colour_outside(colour))
        line.appendSymbolLayer(stroke)
    hatch = QgsLinePatternFillSymbolLayer()
    hatch.setLineAngle(45)
    hatch.setDistance(1.9)
    hatch.setSubSymbol(line)
    return hatch


def _colour_outside(colour: str) -> QgsProperty:
    """Return a colour for units outside the training data, and none for others and where there is no unit at all."""
    return QgsProperty.fromExpression(
        f"""if(coalesce(try("outside", 0), 0) = 1, color_rgba({colour}), color_rgba(0, 0, 0, 0))"""
    )


def _mark(layer: QgsVectorLayer) -> QgsSymbol:
    """Return what units outside the training data are marked with, alone."""
    if layer.geometryType() == QgsWkbTypes.PointGeometry:
        cross = {"name": "cross2", "size": "2.2", "color": "0,0,0,0", "outline_color": "0,0,0,220"}
        return QgsMarkerSymbol.createSimple({**cross, "outline_width": "0.3"})
    symbol = QgsFillSymbol.createSimple({"style": "no", "outline_color": "120,120,120,255", "outline_width": "0.1"})
    symbol.appendSymbolLayer(_hatch())
    return symbol


def _in_words(name: str) -> str:
    """Return what the user calls a style."""
    if name.startswith("component_"):
        return tr("Layers", "Appearance, component {number}").format(number=name.rpartition("_")[2])
    known = {"prediction": tr("Layers", "Prediction"), "interval width": tr("Layers", "Interval width")}
    return known.get(name, name)
