"""Opens the files of a run and makes layers ready: named, drawn, with tips and forms; not in a project yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsMapLayer, QgsRasterLayer, QgsVectorLayer, QgsWkbTypes

from ..i18n import tr
from . import kinds
from .attention import attention_layer, overlays_folder
from .coverage import style_coverage
from .fieldnames import set_field_names
from .forms import set_photo_form
from .predictions import limits_of, style_predictions
from .run import RunFacts
from .styling import labels_renderer, points_renderer, roads_renderer, style_surface, views_renderer
from .temporal import set_capture_time
from .tips import set_appearance_tip, set_coverage_tip, set_prediction_tip, set_view_tip

_POLYGONS = QgsWkbTypes.PolygonGeometry


@dataclass(frozen=True)
class ReadyLayer:
    """A layer that can go into the project, its kind, and whether it should be seen at once."""

    layer: QgsMapLayer
    kind: str
    is_visible: bool = True


class LayerMaker:
    """Makes the layers of one run's files.

    Parameters
    ----------
    run : RunFacts
        What is known of the run.
    paths : list of Path
        All its files, in the order in which `make` will be asked for them: vectors before surfaces and folders.
    """

    def __init__(self, run: RunFacts, paths: list[Path]) -> None:
        self._run, self._paths = run, paths
        self._limits: dict[str, tuple[float, float]] = {}
        self._has_units = False

    def make(self, path: Path) -> ReadyLayer | None:
        """Return the layer of a file, or of a folder of attention maps; None when it is neither."""
        if path.suffix == ".gpkg":
            return self._vector(path)
        if path.suffix == ".tif":
            return self._surface(path)
        return self._attention(path) if path.is_dir() else None

    def _vector(self, path: Path) -> ReadyLayer | None:
        # Its styles are read one by one later, so QGIS need not look for one now.
        layer = QgsVectorLayer(str(path), path.stem, "ogr", QgsVectorLayer.LayerOptions(loadDefaultStyle=False))
        if not layer.isValid():
            return None
        kind = kinds.kind_of_fields(layer)
        layer.setName(_title(layer.name(), kind))
        set_field_names(layer, self._run.target, self._run.unit)
        if kind == kinds.VIEWS:
            layer.setRenderer(views_renderer())
            set_view_tip(layer)
            set_photo_form(layer)
            set_capture_time(layer)
        elif kind == kinds.PREDICTION:
            self._draw_prediction(layer, path.stem)
        elif kind == kinds.COVERAGE:
            style_coverage(layer)
            set_coverage_tip(layer)
        elif kind == kinds.POINTS:
            layer.setRenderer(points_renderer())
        elif kind == kinds.ROADS:
            layer.setRenderer(roads_renderer())
        elif layer.geometryType() == _POLYGONS:
            layer.setRenderer(labels_renderer())
        return ReadyLayer(layer, kind, kind != kinds.LABELS)

    def _draw_prediction(self, layer: QgsVectorLayer, name: str) -> None:
        if layer.fields().lookupField("prediction") >= 0:
            set_prediction_tip(layer, self._run.target, self._run.unit)
        else:
            set_appearance_tip(layer)
        style_predictions(layer, self._run.unit)
        limits = limits_of(layer)
        if limits is not None:
            self._limits[name] = limits
        self._has_units = self._has_units or layer.geometryType() == _POLYGONS

    def _surface(self, path: Path) -> ReadyLayer | None:
        layer = QgsRasterLayer(str(path), _title(path.stem, kinds.SURFACE))
        if not layer.isValid():
            return None
        style_surface(layer, self._run.unit, self._limits.get(path.stem))
        # Beneath units it would only be hidden.
        return ReadyLayer(layer, kinds.SURFACE, not self._has_units)

    def _attention(self, path: Path) -> ReadyLayer | None:
        overlays = overlays_folder(path)
        places = [*self._paths, path.parent.parent / "views.gpkg"]
        views = next((place for place in places if place.name == "views.gpkg" and place.is_file()), None)
        if overlays is None or views is None:
            return None
        layer = attention_layer(overlays, views, tr("Layers", "Where the model looked"))
        if layer is None:
            return None
        set_field_names(layer)
        set_photo_form(layer)
        set_capture_time(layer)
        return ReadyLayer(layer, kinds.ATTENTION)


def _title(name: str, kind: str) -> str:
    """Return what a layer is called in the tree."""
    known = {
        kinds.VIEWS: tr("Layers", "Views"),
        kinds.POINTS: tr("Layers", "Sample points"),
        kinds.ROADS: tr("Layers", "Roads"),
        kinds.COVERAGE: tr("Layers", "Captures by year"),
    }
    words = name.replace("_", " ")
    words = words[:1].upper() + words[1:]
    if kind == kinds.SURFACE:
        return tr("Layers", "{name} (surface)").format(name=words)
    return known.get(kind, words)
