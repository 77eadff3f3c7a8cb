"""What kinds of layers there are, and how a layer says which it is."""

from __future__ import annotations

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer

PREDICTION, VIEWS, POINTS, ROADS = "prediction", "views", "points", "roads"
SURFACE, ATTENTION, LABELS, COVERAGE = "surface", "attention", "labels", "coverage"
#: From top to bottom of a run's group.
ORDER = (VIEWS, ATTENTION, PREDICTION, SURFACE, COVERAGE, POINTS, LABELS, ROADS)

#: Custom properties of a layer; they are saved with the project.
KIND, STUDY, ENGINE, RUN = (f"streetsense/{name}" for name in ("kind", "study", "engine", "run"))
ATTRIBUTION, LICENCE, LOADED = (f"streetsense/{name}" for name in ("attribution", "licence", "loaded"))

_FIELDS = (
    (VIEWS, {"view_id", "heading_deg"}),
    (POINTS, {"point_id", "road_bearing_deg"}),
    (ROADS, {"road_id", "highway"}),
    (PREDICTION, {"unit_id", "prediction"}),
    (PREDICTION, {"unit_id", "component_1"}),
    (COVERAGE, {"captured_at", "is_pano", "chosen"}),
)


def kind_of_fields(layer: QgsVectorLayer) -> str:
    """Return the kind of a layer by the fields it has, whatever its file is called."""
    names = set(layer.fields().names())
    return next((kind for kind, needed in _FIELDS if needed <= names), LABELS)


def kind_of(layer: QgsMapLayer | None) -> str:
    """Return the kind a layer says it is, or an empty text when it is not one of StreetSense's."""
    return "" if layer is None else str(layer.customProperty(KIND, "") or "")


def newest_layer(project: QgsProject, kind: str) -> QgsMapLayer | None:
    """Return the layer of a kind that came into the project last."""
    layers = [layer for layer in project.mapLayers().values() if kind_of(layer) == kind and layer.isValid()]
    return max(layers, key=lambda layer: str(layer.customProperty(LOADED, "")), default=None)
