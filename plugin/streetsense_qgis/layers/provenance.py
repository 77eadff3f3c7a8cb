"""Where a layer comes from, in its metadata: what QGIS shows under Layer Properties > Metadata."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsBox3d, QgsLayerMetadata, QgsMapLayer

from ..i18n import tr
from . import kinds
from .run import RunFacts
from .scores import score_lines


def describe_layer(layer: QgsMapLayer, kind: str, run: RunFacts) -> None:
    """Complete a layer's metadata; what its file says of itself stays in front.

    Parameters
    ----------
    layer : QgsMapLayer
        One of a run's layers.
    kind : str
        Its kind.
    run : RunFacts
        What is known of the run.
    """
    metadata = layer.metadata()
    metadata.setTitle(metadata.title() or layer.name())
    metadata.setType("dataset")
    metadata.setAbstract(_abstract(metadata.abstract(), kind, run))
    history = metadata.history()
    metadata.setHistory(history + [line for line in _history(run) if line not in history])
    if run.licence and not metadata.licenses():
        metadata.setLicenses([run.licence])
    if run.attribution:
        metadata.setRights([run.attribution])
    words = metadata.keywords()
    words["StreetSense"] = list(dict.fromkeys([*words.get("StreetSense", []), "StreetSense", kind]))
    metadata.setKeywords(words)
    metadata.setCrs(layer.crs())
    metadata.setExtent(_extent(layer))
    layer.setMetadata(metadata)


def credit_layer(layer: QgsMapLayer, attribution: str, licence: str) -> None:
    """Write down whom to name and under which licence, when that became known later."""
    metadata = layer.metadata()
    if attribution:
        metadata.setRights([attribution])
        layer.setCustomProperty(kinds.ATTRIBUTION, attribution)
    if licence:
        metadata.setLicenses(metadata.licenses() or [licence])
        layer.setCustomProperty(kinds.LICENCE, licence)
    layer.setMetadata(metadata)


def _abstract(own: str, kind: str, run: RunFacts) -> str:
    meaning = {
        kinds.VIEWS: tr("Layers", "Where street views were taken, and in which direction."),
        kinds.POINTS: tr("Layers", "Points along the roads at which street views were looked for."),
        kinds.ROADS: tr("Layers", "The roads that sample points were placed on."),
        kinds.COVERAGE: tr("Layers", "What a provider has in the area, before anything was fetched."),
        kinds.ATTENTION: tr("Layers", "Views with a picture of where the model looked: what it used, not why."),
        kinds.SURFACE: tr("Layers", "Predictions as a grid. Its cells are no finer knowledge than the units or views."),
    }  # fmt: skip
    parts = [own or meaning.get(kind, "")]
    if kind in (kinds.PREDICTION, kinds.SURFACE) and run.scores:
        parts += score_lines(run.scores)
    if run.engine:
        parts.append(tr("Layers", "Made by StreetSense ({engine}).").format(engine=run.engine))
    return "\n".join(part for part in parts if part)


def _history(run: RunFacts) -> list[str]:
    lines = [tr("Layers", "run: {name}").format(name=run.title)]
    if run.study:
        lines.append(tr("Layers", "study: {name}").format(name=run.study))
    for process in run.processes:
        version = f" {process['version']}" if process.get("version") else ""
        lines.append(f"{process.get('process', '?')}{version}: {_inputs(process.get('inputs') or {})}")
    return lines


def _inputs(inputs: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(inputs.items()) if value not in (None, "", []))


def _extent(layer: QgsMapLayer) -> QgsLayerMetadata.Extent:
    place = QgsLayerMetadata.SpatialExtent()
    place.extentCrs = layer.crs()
    box = layer.extent()
    place.bounds = QgsBox3d(box.xMinimum(), box.yMinimum(), 0, box.xMaximum(), box.yMaximum(), 0)
    extent = QgsLayerMetadata.Extent()
    extent.setSpatialExtents([place])
    return extent
