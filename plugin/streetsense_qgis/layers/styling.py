"""How views, sample points, roads, labels and surfaces are drawn."""

from __future__ import annotations

from qgis.core import (
    QgsBasicNumericFormat,
    QgsColorRampShader,
    QgsFeatureRenderer,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsProperty,
    QgsRasterBandStats,
    QgsRasterDataProvider,
    QgsRasterLayer,
    QgsRasterShader,
    QgsRuleBasedRenderer,
    QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer,
)
from qgis.PyQt.QtGui import QColor

from ..i18n import tr
from .numbers import decimals_for, in_words
from .palette import LOOKED_AT, QUIET, VIEW, VIRIDIS, viridis

#: Arrows are drawn when zoomed in further than 1 : this, where views every 15 metres do not yet hide each other.
ARROW_SCALE = 5_000
#: Of the surface: streets stay visible beneath it.
_OPACITY = 0.7
#: Cells that are looked at to find the range of a surface.
_SAMPLE = 250_000


def views_renderer() -> QgsFeatureRenderer:
    """Arrows by heading when zoomed in, plain dots otherwise and where no heading is known."""
    root = QgsRuleBasedRenderer.Rule(None)
    near_arrow = QgsRuleBasedRenderer.Rule(_arrow(), 0, ARROW_SCALE, '"heading_deg" IS NOT NULL')
    near_arrow.setLabel(tr("Layers", "View, with its direction"))
    near_dot = QgsRuleBasedRenderer.Rule(_dot(VIEW, 2.0, outlined=True), 0, ARROW_SCALE, '"heading_deg" IS NULL')
    near_dot.setLabel(tr("Layers", "View, direction unknown"))
    far = QgsRuleBasedRenderer.Rule(_dot(VIEW, 1.0), ARROW_SCALE, 0)
    far.setLabel(tr("Layers", "Views (zoom in to see directions)"))
    for rule in (near_arrow, near_dot, far):
        root.appendChild(rule)
    return QgsRuleBasedRenderer(root)


def attention_renderer() -> QgsFeatureRenderer:
    """Rings around the views that have an attention map."""
    ring = {"name": "circle", "size": "3.4", "color": "0,0,0,0", "outline_color": LOOKED_AT.name()}
    return QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({**ring, "outline_width": "0.6"}))


def points_renderer() -> QgsFeatureRenderer:
    """Small grey dots."""
    return QgsSingleSymbolRenderer(_dot(QUIET, 0.8))


def roads_renderer() -> QgsFeatureRenderer:
    """Thin grey lines."""
    return QgsSingleSymbolRenderer(QgsLineSymbol.createSimple({"line_color": QUIET.name(), "line_width": "0.26"}))


def labels_renderer() -> QgsFeatureRenderer:
    """Outlines alone: what they hold may be anything."""
    outline = {"style": "no", "outline_color": QUIET.darker(130).name(), "outline_width": "0.3"}
    return QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(outline))


def style_surface(layer: QgsRasterLayer, unit: str, limits: tuple[float, float] | None = None) -> None:
    """Draw a surface in viridis.

    Parameters
    ----------
    layer : QgsRasterLayer
        One band.
    unit : str
        Shown behind the numbers of the legend.
    limits : (float, float), optional
        Lowest and highest value, those of the map that the surface was made with; looked for in a sample of the cells
        when not given.
    """
    low, high = limits or _range_of(layer)
    shader = QgsColorRampShader(low, high, viridis(), QgsColorRampShader.Type.Interpolated)
    decimals = decimals_for((high - low) / (len(VIRIDIS) - 1))
    steps = []
    for number, colour in enumerate(VIRIDIS):
        value = low + (high - low) * number / (len(VIRIDIS) - 1)
        label = in_words(value, decimals, unit)
        steps.append(QgsColorRampShader.ColorRampItem(value, QColor(f"#{colour}"), label))
    shader.setColorRampItemList(steps)
    settings = shader.legendSettings()
    settings.setSuffix(f" {unit}" if unit else "")
    numbers = QgsBasicNumericFormat()
    numbers.setNumberDecimalPlaces(decimals)
    settings.setNumericFormat(numbers)
    shader.setLegendSettings(settings)
    function = QgsRasterShader()
    function.setRasterShaderFunction(shader)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, function)
    renderer.setClassificationMin(low)
    renderer.setClassificationMax(high)
    renderer.setOpacity(_OPACITY)
    layer.setRenderer(renderer)
    # Zoomed out, cells are averaged; zoomed in they stay squares, because nothing is known between them.
    layer.dataProvider().setZoomedOutResamplingMethod(QgsRasterDataProvider.ResamplingMethod.Average)
    layer.dataProvider().enableProviderResampling(True)


def _range_of(layer: QgsRasterLayer) -> tuple[float, float]:
    wanted = QgsRasterBandStats.Stats.Min | QgsRasterBandStats.Stats.Max
    provider = layer.dataProvider()
    try:
        found = provider.bandStatistics(1, wanted, layer.extent(), _SAMPLE)
    except TypeError:  # QGIS before 3.36 takes the number
        found = provider.bandStatistics(1, int(wanted), layer.extent(), _SAMPLE)
    low, high = float(found.minimumValue), float(found.maximumValue)
    return (low, high) if high > low else (low, low + 1.0)


def _dot(colour: QColor, size: float, *, outlined: bool = False) -> QgsMarkerSymbol:
    # Without an outline QGIS draws a prepared picture for every point: a million of them stay fast.
    outline = {"outline_color": "255,255,255,220", "outline_width": "0.2"} if outlined else {"outline_style": "no"}
    return QgsMarkerSymbol.createSimple({"name": "circle", "size": str(size), "color": colour.name(), **outline})


def _arrow() -> QgsMarkerSymbol:
    """Return a dart that starts at the view and points where the camera looked; a white edge makes it legible."""
    edge = {"outline_color": "255,255,255,230", "outline_width": "0.25", "color": VIEW.name()}
    dart = {"name": "arrow", "size": "4", "offset": "0,-1.8", **edge}
    symbol = QgsMarkerSymbol.createSimple(dart)
    symbol.setDataDefinedAngle(QgsProperty.fromField("heading_deg"))
    return symbol
