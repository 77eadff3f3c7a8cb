"""The report of a run: one page with map, legend, scores, what the interval means, and whom to name."""

from __future__ import annotations

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsLayoutItemMap,
    QgsMapLayer,
    QgsProject,
    QgsRectangle,
    QgsReferencedRectangle,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QDateTime, QLocale

from ..connection.errors import EngineError
from ..i18n import tr
from ..layers import kinds
from ..layers.run import RunFacts
from ..layers.scores import interval_note, score_table
from .pieces import Box, Page, new_layout

_MAP = Box(12, 30, 186, 142)
#: Room around what a map shows (factor), and the narrowest map, as around a single point.
_ROOM, _NARROWEST_M = 1.06, 200.0


def make_report(
    project: QgsProject,
    prediction_layer_id: str,
    run: RunFacts,
    iface: QgisInterface | None = None,
) -> str:
    """Make the report's print layout, with a map of all units; one of the same name is replaced.

    Parameters
    ----------
    project : QgsProject
        Its layout manager gets the layout.
    prediction_layer_id : str
        The layer that the report is about.
    run : RunFacts
        What is known of the run.
    iface : QgisInterface, optional
        Opens the layout in its window when given.

    Returns
    -------
    str
        The layout's name.

    Raises
    ------
    EngineError
        When the layer is not in the project any more.
    """
    layer = prediction_layer(project, prediction_layer_id)
    name = tr("Report", "Report: {run}").format(run=run.title)
    layout = new_layout(project, name)
    page = Page(layout)
    page.text(heading(layer, run), Box(12, 10, 186, 9), 16, bold=True, name="title")
    page.text(_subtitle(run), Box(12, 20, 186, 8), 9, name="subtitle")
    shown = layers_on_map(project, layer)
    map_item = page.map(shown, _MAP, "map")
    show_whole(map_item, layer, project)
    page.north_arrow(map_item, Box(184, 33, 11, 13))
    page.scale_bar(map_item, Box(15, 160, 70, 10))
    ours = [one for one in shown if kinds.kind_of(one) not in ("", kinds.ROADS)]
    page.legend(ours, map_item, Box(12, 176, 82, 90))
    _add_trust(page, run)
    page.text(_meaning(), Box(100, 252, 98, 24), 7.5, name="meaning")
    page.text(credit_line(project, layer, run), Box(12, 280, 186, 9), 7, name="attribution")
    if iface is not None:
        iface.openLayoutDesigner(layout)
    return name


def prediction_layer(project: QgsProject, layer_id: str) -> QgsMapLayer:
    """Return a layer by its id, or raise `EngineError` when it is gone."""
    layer = project.mapLayer(layer_id)
    if layer is None:
        sentence = tr("Report", "The layer of the predictions is not in the project any more; load the results again.")
        raise EngineError(sentence, "missing")
    return layer


def heading(layer: QgsMapLayer, run: RunFacts) -> str:
    """Return what was predicted, or what the layer is called."""
    target = run.target.replace("_", " ")
    return tr("Report", "Predicted {target}").format(target=target) if target else layer.name()


def layers_on_map(project: QgsProject, layer: QgsMapLayer) -> list[QgsMapLayer]:
    """Return the layers that are switched on, among them the predictions, from top to bottom; without previews."""
    checked = [
        one
        for one in project.layerTreeRoot().checkedLayers()
        if one.isSpatial() and one.isValid() and kinds.kind_of(one) != kinds.COVERAGE
    ]
    return checked if layer in checked else [layer, *checked]


def show_whole(map_item: QgsLayoutItemMap, layer: QgsMapLayer, project: QgsProject) -> None:
    """Show all of a layer, in metres: degrees are drawn as squares and squeeze everything away from the equator."""
    extent = QgsReferencedRectangle(layer.extent(), layer.crs())
    crs, box = metric_crs(extent), QgsRectangle(extent)
    try:
        box = QgsCoordinateTransform(extent.crs(), crs, project).transformBoundingBox(box)
    except QgsCsException:  # half of the world does not fit into one zone
        crs = extent.crs()
    map_item.setCrs(crs)
    # In the proportions of the item, or QGIS would change its size.
    place = map_item.rect()
    width = max(_ROOM * max(box.width(), box.height() * place.width() / place.height()), _NARROWEST_M)
    height = width * place.height() / place.width()
    map_item.setExtent(QgsRectangle.fromCenterAndSize(box.center(), width, height))


def metric_crs(extent: QgsReferencedRectangle) -> QgsCoordinateReferenceSystem:
    """Return the extent's own reference system, or the UTM zone of its middle where that one is in degrees."""
    crs = extent.crs()
    if not crs.isGeographic():
        return crs
    middle = extent.center()
    zone = int((middle.x() + 180) // 6) % 60 + 1
    return QgsCoordinateReferenceSystem(f"EPSG:{32600 + zone if middle.y() >= 0 else 32700 + zone}")


def credit_line(project: QgsProject, layer: QgsMapLayer, run: RunFacts) -> str:
    """Return whom to name, the licence, what made it, and the day."""
    named = run.attribution or str(layer.customProperty(kinds.ATTRIBUTION, "") or "")
    licence = (
        run.licence or str(layer.customProperty(kinds.LICENCE, "") or "") or "; ".join(layer.metadata().licenses())
    )
    photos = tr("Report", "Photos: {names}.").format(names=", ".join(filter(None, (named, licence))))
    base = sorted(
        {rights for one in layers_on_map(project, layer) if not kinds.kind_of(one) for rights in _rights(one)}
    )
    maker = tr("Report", "Made with StreetSense ({engine}) on {day}.")
    today = QLocale().toString(QDateTime.currentDateTime().date(), QLocale.FormatType.ShortFormat)
    made = maker.format(engine=run.engine or tr("Report", "engine unknown"), day=today)
    return " ".join(filter(None, [photos if named or licence else "", ", ".join(base), made]))


def _rights(layer: QgsMapLayer) -> list[str]:
    return [text for text in (*layer.metadata().rights(), layer.attribution()) if text]


def _subtitle(run: RunFacts) -> str:
    parts = [run.name, run.date]
    if run.study:
        parts.append(tr("Report", "study {name}").format(name=run.study))
    if run.unit:
        parts.append(tr("Report", "unit: {unit}").format(unit=run.unit))
    return ", ".join(parts)


def _add_trust(page: Page, run: RunFacts) -> None:
    """Put the scores and the note on the interval."""
    page.text(tr("Report", "How far these numbers can be trusted"), Box(100, 176, 98, 6), 10, bold=True)
    rows = score_table(run.scores or {})
    if not rows:
        page.text(tr("Report", "No scores are known for this run."), Box(100, 183, 98, 8), 8, name="scores")
    else:
        tests = len(rows[0]) - 1
        first = 29.0
        widths = [first, *[(95 - first) / tests - 1.2] * tests]
        page.text(tr("Report", "In brackets: 95 % range."), Box(100, 182, 98, 5), 7, name="ranges")
        page.table(rows, widths, Box(100, 187, 98, 50), "scores")
    page.text(interval_note(run.scores), Box(100, 240, 98, 12), 8, name="interval")


def _meaning() -> str:
    return tr(
        "Report",
        "A prediction is an estimate for a whole unit from what its streets look like. It is no measurement, says "
        "nothing about single people or buildings, and shows what goes together, not what causes what. Marked units "
        "are unlike the training data.",
    )
