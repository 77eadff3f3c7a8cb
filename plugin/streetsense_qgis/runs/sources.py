"""What a run takes from this computer: layers of the project and files, made ready to be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsField,
    QgsProject,
    QgsTask,
    QgsVectorFileWriter,
    QgsVectorFileWriterTask,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QObject, QVariant

from ..connection.disk import storage_error
from ..connection.errors import EngineError
from ..connection.localfiles import files_of
from ..connection.pending import Pending
from ..i18n import tr

_WGS84 = "EPSG:4326"
#: What the engine takes for the name of an area, and what areas without one are given.
_USUAL_IDS = {"unit_id", "geoid", "geoid10", "geoid20", "h3", "h3_id", "tract", "id", "code"}
_OWN_ID = "unit_id"


@dataclass
class Sources:
    """What is to be sent; empty where nothing is.

    Attributes
    ----------
    photos : str
        A folder.
    table, weights, roads_file : str
        Files.
    labels, units, roads : str
        Ids of layers of the project.
    """

    photos: str = ""
    table: str = ""
    weights: str = ""
    roads_file: str = ""
    labels: str = ""
    units: str = ""
    roads: str = ""

    def layers(self) -> list[tuple[str, str]]:
        """Return ids of layers with the names of the files that they become."""
        given = [(self.labels, "labels.gpkg"), (self.units, "units.gpkg"), (self.roads, "roads.gpkg")]
        return [(layer, name) for layer, name in given if layer]

    def files(self) -> list[tuple[str, str]]:
        """Return single files with the names that the study calls them."""
        return [(path, Path(path).name) for path in (self.table, self.weights, self.roads_file) if path]


def photos_in(folder: str) -> Pending:
    """Find the photos in a folder and below it, in the background.

    Returns
    -------
    Pending
        Of a list of (path, name below ``uploads``, size in bytes), sorted; it fails when there is none.
    """
    title = tr("Run", "Looking for photos")
    return in_background(lambda: [(str(one.path), one.name, one.size) for one in files_of(Path(folder))[1]], title)


def export_layer(layer_id: str, target: str) -> Pending:
    """Write a layer of the project to a GeoPackage in WGS84, in the background; attributes stay as they are.

    Areas without a column that could tell them apart get one with their numbers.

    Returns
    -------
    Pending
        Of the target.
    """
    pending = Pending()
    layer = QgsProject.instance().mapLayer(layer_id)
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        pending.fail(
            EngineError(tr("Run", "A layer of this run is not in the project any more; choose it again."), "refused")
        )
        return pending
    if not layer.crs().isValid():
        sentence = tr("Run", "The layer {layer} has no coordinate reference system; set it in the layer's properties.")
        pending.fail(EngineError(sentence.format(layer=layer.name()), "refused"))
        return pending
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = Path(target).stem
    wgs84 = QgsCoordinateReferenceSystem(_WGS84)
    options.ct = QgsCoordinateTransform(layer.crs(), wgs84, QgsProject.instance())
    options.fileEncoding = "UTF-8"
    part = f"{target}.part.gpkg"
    task = QgsVectorFileWriterTask(_with_ids(layer), part, options)
    task.writeComplete.connect(lambda _name: _put_in_place(part, target, pending))
    task.errorOccurred.connect(
        lambda _error, said: pending.fail(
            EngineError(
                tr("Run", "The layer {layer} could not be written: {reason}.").format(layer=layer.name(), reason=said),
                "disk",
            )
        )
    )
    pending.on_cancel(task.cancel)
    QgsApplication.taskManager().addTask(task)
    return pending


def _put_in_place(part: str, target: str, pending: Pending) -> None:
    """Give a file its name now that it is whole: what is there under that name can be sent."""
    try:
        Path(part).replace(target)
    except OSError as error:
        pending.fail(storage_error(error, target))
    else:
        pending.succeed(target)


def _with_ids(layer: QgsVectorLayer) -> QgsVectorLayer:
    """Return the layer, or a copy with a column that numbers its areas where it has none of a usual name."""
    names = {field.name().lower() for field in layer.fields()}
    if layer.geometryType() != QgsWkbTypes.PolygonGeometry or names & _USUAL_IDS:
        return layer
    numbered = layer.clone()
    numbered.addExpressionField("to_string($id)", QgsField(_OWN_ID, QVariant.String))
    return numbered


def in_background(work: Callable[[], object], title: str) -> Pending:
    """Do some work in another thread; it must not touch layers, the project or widgets.

    Returns
    -------
    Pending
        Of what it returns.
    """
    pending = Pending()
    task = _Work(title, work, pending)
    pending.on_cancel(task.cancel)
    QgsApplication.taskManager().addTask(task)
    return pending


class _Work(QgsTask):
    """Runs a function in a thread of its own."""

    def __init__(self, title: str, work: Callable[[], object], pending: Pending) -> None:
        super().__init__(title, QgsTask.Flag.CanCancel)
        self._work, self._pending = work, pending
        self._value: object = None
        self._problem: Exception | None = None
        self._keep: QObject = pending

    def run(self) -> bool:
        """Work; called in the other thread."""
        try:
            self._value = self._work()
        except Exception as error:  # told in the window's thread, as a sentence
            self._problem = error
            return False
        return True

    def finished(self, ok: bool) -> None:
        """Tell the end; called in the window's thread."""
        if ok:
            self._pending.succeed(self._value)
        elif isinstance(self._problem, EngineError):
            self._pending.fail(self._problem)
        elif isinstance(self._problem, OSError):
            self._pending.fail(storage_error(self._problem, self._problem.filename or ""))
        else:
            said = str(self._problem) if self._problem else tr("Run", "it was stopped")
            self._pending.fail(EngineError(tr("Run", "This did not work: {reason}.").format(reason=said), "disk"))
