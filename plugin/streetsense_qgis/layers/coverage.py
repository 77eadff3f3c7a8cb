"""What a provider has, drawn by year; one preview of a study and provider is on the map at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsLayerTreeGroup,
    QgsMarkerSymbol,
    QgsProject,
    QgsProperty,
    QgsRendererCategory,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor

from ..i18n import tr
from . import kinds
from .palette import QUIET, viridis

#: Millimetres: what would be fetched, and what would not.
_CHOSEN, _PASSED = 2.0, 1.0


def year_colours(years: Iterable[int]) -> dict[int, QColor]:
    """Return a colour for each year, from dark (old) to light (new), by its distance in time."""
    known = sorted(set(years))
    if not known:
        return {}
    ramp, span = viridis(), max(1, known[-1] - known[0])
    return {year: ramp.color((year - known[0]) / span) for year in known}


def style_coverage(layer: QgsVectorLayer) -> None:
    """Draw captures by year, those that would be fetched larger."""
    index = layer.fields().lookupField("year")
    values = layer.uniqueValues(index) if index >= 0 else ()
    years = [int(year) for year in values if isinstance(year, (int, float)) and year == year]  # neither NULL nor NaN
    categories = [QgsRendererCategory(year, _dot(colour), str(year)) for year, colour in year_colours(years).items()]
    if len(years) < len(values) or not years:
        categories.append(QgsRendererCategory(None, _dot(QUIET), tr("Layers", "year unknown")))
    layer.setRenderer(QgsCategorizedSymbolRenderer("year", categories))


def coverage_file(provider: str) -> str:
    """Return how the engine calls the layer of a provider."""
    return f"coverage_{provider}.gpkg"


def remove_coverage(project: QgsProject, study: str, provider: str) -> None:
    """Take earlier previews of a study and provider off the map, with their groups; their files stay."""
    for layer in list(project.mapLayers().values()):
        file = Path(layer.source().partition("|")[0]).name
        is_preview = kinds.kind_of(layer) == kinds.COVERAGE and file == coverage_file(provider)
        if not is_preview or str(layer.customProperty(kinds.STUDY, "") or "") != study:
            continue
        node = project.layerTreeRoot().findLayer(layer.id())
        group = node.parent() if node is not None else None
        project.removeMapLayer(layer.id())
        if isinstance(group, QgsLayerTreeGroup) and group.parent() is not None and not group.children():
            group.parent().removeChildNode(group)


def _dot(colour: QColor) -> QgsMarkerSymbol:
    symbol = QgsMarkerSymbol.createSimple(
        {"name": "circle", "color": colour.name(), "size": str(_CHOSEN), "outline_style": "no"}
    )
    symbol.setDataDefinedSize(QgsProperty.fromExpression(f'if("chosen", {_CHOSEN}, {_PASSED})'))
    return symbol
