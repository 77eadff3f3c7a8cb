"""An atlas: a page for each of some units, with its map, its prediction in words, and photos with overlays."""

from __future__ import annotations

import json
from dataclasses import dataclass

from qgis.core import (
    QgsExpression,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsLayoutItemMap,
    QgsPrintLayout,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QLocale

from ..connection.errors import EngineError
from ..i18n import tr
from ..layers.run import RunFacts
from ..layers.scores import interval_note
from ..layers.sentences import evidence, interval, predicted, warning
from .layout import credit_line, heading, layers_on_map, prediction_layer, show_whole
from .pieces import Box, Page, new_layout

#: Pages; whoever wants more chooses units and makes several.
MOST_UNITS = 100
#: Pairs of photo and overlay on a page.
MOST_PHOTOS = 4
_MAP = Box(12, 28, 186, 104)
#: A unit that is a point has no size of its own.
_POINT_SCALE = 2_000
_MARGIN = 0.25
_PHOTOS = "streetsense_photos"


@dataclass(frozen=True)
class AtlasUnits:
    """Which units get a page.

    Attributes
    ----------
    unit_ids : list of str
        Those that do.
    note : str
        A sentence on those that do not; empty when all do.
    """

    unit_ids: list[str]
    note: str


def atlas_units(layer: QgsVectorLayer, most: int = MOST_UNITS) -> AtlasUnits:
    """Choose the selected units of a layer, or all of them, up to a number of pages."""
    selected = layer.selectedFeatureCount()
    request = QgsFeatureRequest()
    if selected:
        request.setFilterFids(layer.selectedFeatureIds())
    request.setFlags(QgsFeatureRequest.Flag.NoGeometry)
    request.setSubsetOfAttributes(["unit_id"], layer.fields())
    request.setLimit(most)
    found = [str(feature["unit_id"]) for feature in layer.getFeatures(request)]
    total = selected or layer.featureCount()
    note = ""
    if total > len(found):
        words = tr("Report", "{count} of {total} units get a page; select the ones that matter to you.")
        note = words.format(count=QLocale().toString(len(found)), total=QLocale().toString(total))
    return AtlasUnits(found, note)


def make_atlas(
    project: QgsProject,
    prediction_layer_id: str,
    run: RunFacts,
    photos: dict[str, list[tuple[str, str]]],
    unit_ids: list[str] | None = None,
    iface: QgisInterface | None = None,
) -> str:
    """Make the atlas's print layout; one of the same name is replaced.

    Parameters
    ----------
    project : QgsProject
        Its layout manager gets the layout.
    prediction_layer_id : str
        The layer whose units get pages.
    run : RunFacts
        What is known of the run.
    photos : dict of str to list of (str, str)
        By unit: photo and overlay (paths on this computer; an overlay may be an empty text), at most four are shown.
    unit_ids : list of str, optional
        The units; those of `atlas_units` unless given.
    iface : QgisInterface, optional
        Opens the layout in its window when given.

    Returns
    -------
    str
        The layout's name.

    Raises
    ------
    EngineError
        When the layer is gone, or has none of these units.
    """
    layer = prediction_layer(project, prediction_layer_id)
    units = atlas_units(layer).unit_ids if unit_ids is None else unit_ids[:MOST_UNITS]
    if not isinstance(layer, QgsVectorLayer) or not units:
        raise EngineError(tr("Report", "No unit is chosen for the atlas; select some on the map."), "missing")
    name = tr("Report", "Atlas: {run}").format(run=run.title)
    layout = new_layout(project, name)
    shown = {unit: photos.get(unit, [])[:MOST_PHOTOS] for unit in units}
    QgsExpressionContextUtils.setLayoutVariable(layout, _PHOTOS, json.dumps(shown))
    page = Page(layout)
    page.text(f'{heading(layer, run)}: [% "unit_id" %]', Box(12, 10, 186, 8), 14, bold=True, name="title")
    page.text(f"{run.name}, {run.date}", Box(12, 19, 186, 6), 9, name="subtitle")
    map_item = page.map(layers_on_map(project, layer), _MAP, "map")
    _follow_units(layout, map_item, layer, units, project)
    page.north_arrow(map_item, Box(184, 31, 11, 13))
    page.scale_bar(map_item, Box(15, 120, 70, 10))
    _add_words(page, layer, run)
    _add_photos(page)
    page.text(credit_line(project, layer, run), Box(12, 284, 186, 8), 7, name="attribution")
    if iface is not None:
        iface.openLayoutDesigner(layout)
    return name


def _follow_units(
    layout: QgsPrintLayout, map_item: QgsLayoutItemMap, layer: QgsVectorLayer, units: list[str], project: QgsProject
) -> None:
    """Let the map go from unit to unit, with that unit alone in colour."""
    atlas = layout.atlas()
    atlas.setCoverageLayer(layer)
    atlas.setPageNameExpression('"unit_id"')
    atlas.setSortFeatures(True)
    atlas.setSortExpression('"unit_id"')
    atlas.setFilterFeatures(True)
    atlas.setFilterExpression(f'"unit_id" IN ({", ".join(map(QgsExpression.quotedString, units))})')
    atlas.setEnabled(True)
    show_whole(map_item, layer, project)
    map_item.setAtlasDriven(True)
    if layer.geometryType() == QgsWkbTypes.PointGeometry:
        map_item.setScale(_POINT_SCALE)
        map_item.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Fixed)
        return
    map_item.setAtlasScalingMode(QgsLayoutItemMap.AtlasScalingMode.Auto)
    map_item.setAtlasMargin(_MARGIN)
    clipping = map_item.atlasClippingSettings()
    clipping.setRestrictToLayers(True)
    clipping.setLayersToClip([layer])
    clipping.setEnabled(True)


def _add_words(page: Page, layer: QgsVectorLayer, run: RunFacts) -> None:
    """Put the prediction and its interval in words."""
    if layer.fields().lookupField("prediction") < 0:
        words = tr("Report", "Where places look alike: nothing is predicted here.")
        page.text(words, Box(12, 136, 186, 8), 10, name="prediction")
        return
    page.text(f"[% {predicted(run.unit)} %]", Box(12, 135, 186, 8), 13, bold=True, name="prediction")
    behind = f"[% {interval(run.unit)} %]   [% {evidence()} %]"
    page.text(behind, Box(12, 143, 186, 6), 9, name="interval")
    page.text(f"[% {warning()} %]", Box(12, 149, 186, 5), 9, bold=True, name="warning")
    page.text(interval_note(run.scores), Box(12, 154, 186, 9), 8, name="interval note")


def _add_photos(page: Page) -> None:
    """Put two rows of two pairs: a photo, and beside it where the model looked."""
    side, gap = 45.0, 1.0
    words = tr("Report", "Views inside the unit; right of each, where the model looked (what it used, not why)")
    page.text(words, Box(12, 164, 186, 6), 9, bold=True, name="photos")
    for number in range(MOST_PHOTOS):
        left = 12 + (number % 2) * (2 * side + gap + 4)
        top = 172 + (number // 2) * (side + 8)
        for column, what in enumerate(("photo", "overlay")):
            place = Box(left + column * (side + gap), top, side, side)
            page.picture(place, expression=_picture(number, column), name=f"{what} {number + 1}")


def _picture(number: int, column: int) -> str:
    """Return the expression for the path of a picture of the page's unit."""
    pairs = f"""map_get(from_json(@{_PHOTOS}), "unit_id")"""
    return f"coalesce(try(array_get(array_get({pairs}, {number}), {column})), '')"
