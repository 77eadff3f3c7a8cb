"""QGIS layer styles (QML): graduated, colour-blind safe, with a legend in the indicator's unit.

Written for QGIS 3.22 and later. Symbol properties are given in both of the forms that QGIS has used (``Option`` and
``prop``). The extra symbol layer that marks samples outside the training data is switched on by an expression, so one
graduated renderer shows the class and the warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import ArrayLike, NDArray

GeometryKind = Literal["polygon", "point"]

#: Ten steps each of matplotlib's viridis and cividis: even in lightness, told apart with every colour vision.
VIRIDIS = ("440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725")
CIVIDIS = ("00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369", "e1cc55", "fee838")

_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
# Without a feature (in the legend) the field does not exist: `try` keeps the warning out of the legend's symbols.
_IS_OUTSIDE = 'coalesce(try("outside", 0), 0) = 1'
_EXPRESSION_PROPERTY = "3"


@dataclass(frozen=True)
class LayerStyle:
    """One named style of a layer.

    Attributes
    ----------
    name : str
        What QGIS shows in the list of styles.
    qml : str
        The style document.
    description : str
        One sentence.
    """

    name: str
    qml: str
    description: str


def class_edges(values: ArrayLike, classes: int = 7) -> NDArray[np.float64]:
    """Return ascending edges of quantile classes: fewer than asked for where quantiles coincide, two at the least.

    Parameters
    ----------
    values : array_like
        Values to classify; NaN are left out.
    classes : int
        How many classes to aim at.
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return np.array([0.0, 0.0])
    edges = np.unique(np.quantile(known, np.linspace(0, 1, classes + 1)))
    return edges if edges.size > 1 else np.repeat(edges, 2)


def graduated_style(
    name: str,
    expression: str,
    values: ArrayLike,
    *,
    geometry: GeometryKind,
    unit: str = "",
    colours: tuple[str, ...] = VIRIDIS,
    description: str = "",
    classes: int = 7,
) -> LayerStyle:
    """Make a graduated style.

    Parameters
    ----------
    name, description : str
        As `LayerStyle` has them.
    expression : str
        The field, or the QGIS expression, whose value chooses the class.
    values : array_like
        Its values, for the quantile classes.
    geometry : {"polygon", "point"}
        What the layer holds.
    unit : str
        Shown behind the numbers of the legend.
    colours : tuple of str
        A colour ramp as hexadecimal colours, low to high.
    classes : int
        How many classes to aim at.
    """
    edges = class_edges(values, classes)
    count = len(edges) - 1
    root = ElementTree.Element("qgis", version="3.22.0", styleCategories="Symbology", symbologyReferenceScale="-1")
    renderer = ElementTree.SubElement(
        root,
        "renderer-v2",
        type="graduatedSymbol",
        attr=expression,
        graduatedMethod="GraduatedColor",
        symbollevels="0",
        enableorderby="0",
        forceraster="0",
        referencescale="-1",
    )
    ranges = ElementTree.SubElement(renderer, "ranges")
    symbols = ElementTree.SubElement(renderer, "symbols")
    labels = _labels(edges, unit)
    for number, colour in enumerate(_ramp(colours, count)):
        low, high = repr(float(edges[number])), repr(float(edges[number + 1]))
        ElementTree.SubElement(
            ranges, "range", lower=low, upper=high, symbol=str(number), label=labels[number], render="true"
        )
        _symbol(symbols, str(number), colour, geometry)
    source = ElementTree.SubElement(renderer, "source-symbol")
    _symbol(source, "0", _ramp(colours, 1)[0], geometry)
    ElementTree.SubElement(renderer, "classificationMethod", id="Quantile")
    ElementTree.SubElement(root, "layerGeometryType").text = {"point": "0", "polygon": "2"}[geometry]
    ElementTree.indent(root, " ")
    return LayerStyle(name, _DOCTYPE + ElementTree.tostring(root, encoding="unicode"), description)


def _symbol(parent: ElementTree.Element, name: str, colour: str, geometry: GeometryKind) -> None:
    """Append a symbol of two layers: the class colour, and the mark of samples outside the training data."""
    kind = {"polygon": "fill", "point": "marker"}[geometry]
    symbol = ElementTree.SubElement(
        parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    if geometry == "polygon":
        border = {"outline_color": "255,255,255,160", "outline_style": "solid", "outline_width": "0.1"}
        _symbol_layer(symbol, "SimpleFill", {"color": colour, "style": "solid", "joinstyle": "bevel", **border})
        mark = {"color": "0,0,0,200", "style": "b_diagonal", "outline_style": "no", "joinstyle": "bevel"}
        _symbol_layer(symbol, "SimpleFill", mark, only_outside=True)
        return
    circle = {"name": "circle", "size": "1.8", "size_unit": "MM", "color": colour}
    _symbol_layer(symbol, "SimpleMarker", {**circle, "outline_style": "no"})
    cross = {"name": "cross2", "size": "2.2", "size_unit": "MM", "color": "0,0,0,0", "outline_color": "0,0,0,220"}
    _symbol_layer(
        symbol, "SimpleMarker", {**cross, "outline_style": "solid", "outline_width": "0.3"}, only_outside=True
    )


def _symbol_layer(
    symbol: ElementTree.Element, kind: str, properties: dict[str, str], *, only_outside: bool = False
) -> None:
    layer = ElementTree.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options = ElementTree.SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        ElementTree.SubElement(options, "Option", type="QString", name=key, value=value)
    for key, value in properties.items():
        ElementTree.SubElement(layer, "prop", k=key, v=value)
    defined = ElementTree.SubElement(ElementTree.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ElementTree.SubElement(defined, "Option", type="QString", name="name", value="")
    if only_outside:
        every = ElementTree.SubElement(defined, "Option", type="Map", name="properties")
        enabled = ElementTree.SubElement(every, "Option", type="Map", name="enabled")
        ElementTree.SubElement(enabled, "Option", type="bool", name="active", value="true")
        ElementTree.SubElement(enabled, "Option", type="QString", name="expression", value=_IS_OUTSIDE)
        ElementTree.SubElement(enabled, "Option", type="int", name="type", value=_EXPRESSION_PROPERTY)
    else:
        ElementTree.SubElement(defined, "Option", name="properties")
    ElementTree.SubElement(defined, "Option", type="QString", name="type", value="collection")


def _ramp(colours: tuple[str, ...], count: int) -> list[str]:
    """Return ``count`` colours along a ramp, as QGIS writes them: red,green,blue,alpha."""
    anchors = np.array([[int(colour[i : i + 2], 16) for i in (0, 2, 4)] for colour in colours], dtype=np.float64)
    where = np.linspace(0, len(anchors) - 1, count) if count > 1 else np.array([(len(anchors) - 1) / 2])
    channels = [np.interp(where, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return [f"{r},{g},{b},255" for r, g, b in np.rint(np.column_stack(channels)).astype(int)]


def _labels(edges: NDArray[np.float64], unit: str) -> list[str]:
    """Return the legend's texts, with as many decimals as tell the edges apart (three digits of the smallest step)."""
    steps = np.diff(edges)
    smallest = float(steps[steps > 0].min()) if (steps > 0).any() else 1.0
    decimals = int(np.clip(1 - np.floor(np.log10(smallest)), 0, 6))
    text = [f"{edge:,.{decimals}f}" for edge in edges]
    behind = f" {unit}" if unit else ""
    return [f"{low} to {high}{behind}" for low, high in pairwise(text)]
