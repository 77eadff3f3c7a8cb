"""Loads and draws layers of views inside QGIS and prints what was measured as JSON; `bench_qgis_layers` starts it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from osgeo import gdal, ogr, osr
from qgis.core import Qgis, QgsApplication, QgsFeature, QgsGeometry, QgsPointXY, QgsProject, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QCoreApplication, QEventLoop, QTimer
from streetsense_qgis.layers.results import ResultLayers, RunFacts

_SECONDS_LIMIT = 300
#: The alternative holds every feature as a Python object; a million of them would measure the machine's memory.
_MOST_COMPARED = 100_000
_FIELDS = ["view_id", "provider", "pano_id", "sequence_id", "point_id", "captured_at", "licence", "attribution"]
_FIELDS += ["source_url", "photo"]
_NUMBERS = ("heading_deg", "pitch_deg", "fov_deg")


class Heartbeat:
    """The longest time that the event loop had no turn (milliseconds), and the main thread's work in it."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(2)
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._last, self._last_work = time.perf_counter(), time.thread_time()
        self.worst, self.worst_work = 0.0, 0.0

    def _beat(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        self.worst = max(self.worst, 1000 * (now - self._last))
        self.worst_work = max(self.worst_work, 1000 * (work - self._last_work))
        self._last, self._last_work = now, work

    def figures(self) -> dict[str, float]:
        """Return the worst gap by the clock, and by the main thread's own work (other programs left out)."""
        return {"worst_gap_ms": round(self.worst, 1), "worst_gap_work_ms": round(self.worst_work, 1)}


def make_views(path: Path, count: int) -> None:
    """Write views as the engine does, on a grid of 10 m."""
    place = osr.SpatialReference()
    place.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path), options=["VERSION=1.3"])
    layer = source.CreateLayer("views", place, ogr.wkbPoint)
    for name in _FIELDS:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    for name in _NUMBERS:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTReal))
    layer.CreateField(ogr.FieldDefn("captured_on", ogr.OFTDateTime))
    side = int(count**0.5)
    layer.StartTransaction()
    feature = ogr.Feature(layer.GetLayerDefn())
    for number in range(count):
        feature.SetFID(-1)
        feature.SetField("view_id", f"view{number:08d}")
        feature.SetField("provider", "folder")
        feature.SetField("captured_at", "2019-07")
        feature.SetField("captured_on", 2019, 7, 1, 0, 0, 0.0, 100)
        feature.SetField("heading_deg", float(number * 90 % 360))
        feature.SetField("attribution", f"person {number % 5}")
        feature.SetField("licence", "CC BY-SA 4.0")
        feature.SetField("photo", f"photos/ab/{number:064x}.jpg")
        x, y = 7.0 + 1e-4 * (number % side), 51.0 + 1e-4 * (number // side)
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(f"POINT({x:.6f} {y:.6f})"))
        layer.CreateFeature(feature)
    layer.CommitTransaction()
    del layer, source


def until(condition: Any) -> None:  # noqa: ANN401 - anything that can be called
    """Let the window work until a condition holds."""
    limit = time.monotonic() + _SECONDS_LIMIT
    while not condition() and time.monotonic() < limit:
        loop = QEventLoop()  # it sleeps between events; `processEvents` with a time limit would not
        QTimer.singleShot(5, loop.quit)
        loop.exec()


def drawn(canvas: QgsMapCanvas, beat: Heartbeat) -> dict[str, float]:
    """Redraw and return how long it took, and the worst gap meanwhile."""
    done: list[bool] = []
    canvas.renderComplete.connect(lambda *_: done.append(True))
    beat.restart()
    begun = time.perf_counter()
    canvas.refresh()
    until(lambda: done)
    canvas.renderComplete.disconnect()
    return {"seconds": round(time.perf_counter() - begun, 2), **beat.figures()}


def from_file(folder: Path, canvas: QgsMapCanvas, beat: Heartbeat) -> dict[str, Any]:
    """Load the file as results are loaded, draw all, zoom in, and pan."""
    layers, ids = ResultLayers(QgsProject.instance()), []
    beat.restart()
    begun = time.perf_counter()
    layers.load_in_steps(str(folder), ["views.gpkg"], RunFacts("Benchmark")).then(ids.extend)
    until(lambda: ids)
    loaded = {"seconds": round(time.perf_counter() - begun, 3), **beat.figures()}
    beat.restart()
    until(lambda: not layers._tasks)
    credited = beat.figures()
    layer = QgsProject.instance().mapLayer(ids[0])
    canvas.setDestinationCrs(layer.crs())
    canvas.setLayers([layer])
    canvas.setExtent(layer.extent())
    whole = drawn(canvas, beat)
    canvas.zoomScale(3000)
    near = drawn(canvas, beat)
    canvas.setCenter(QgsPointXY(canvas.center().x() + canvas.extent().width() / 2, canvas.center().y()))
    panned = drawn(canvas, beat)
    canvas.setLayers([])
    layers.close()
    QgsProject.instance().clear()
    return {"load": loaded, "names_read_in_background": credited, "draw_all": whole, "draw_1_3000": near, "pan": panned}


def in_python(rows: list[dict[str, Any]], beat: Heartbeat) -> dict[str, Any]:
    """Make a layer in memory, feature by feature."""
    beat.restart()
    begun = time.perf_counter()
    uri = "Point?crs=EPSG:4326&" + "&".join(f"field={name}:string" for name in _FIELDS)
    layer = QgsVectorLayer(uri + "".join(f"&field={name}:double" for name in _NUMBERS), "views", "memory")
    features = []
    for row in rows:
        feature = QgsFeature(layer.fields())
        for name in (*_FIELDS, *_NUMBERS):
            feature[name] = row.get(name)
        feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(row["x"], row["y"])))
        features.append(feature)
    layer.dataProvider().addFeatures(features)
    layer.updateExtents()
    QgsProject.instance().addMapLayer(layer)
    QCoreApplication.processEvents()
    figures = {"seconds": round(time.perf_counter() - begun, 3), **beat.figures()}
    QgsProject.instance().clear()
    return figures


def main(counts: list[int]) -> None:
    """Measure layers of so many views and print the figures."""
    application = QgsApplication([], True)
    application.initQgis()
    canvas, beat = QgsMapCanvas(), Heartbeat()
    canvas.resize(1200, 800)
    canvas.show()
    measured = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            make_views(Path(folder) / "views.gpkg", count)
            found = from_file(Path(folder), canvas, beat)
        side, compared = int(count**0.5), min(count, _MOST_COMPARED)
        rows = [
            {"view_id": f"view{n:08d}", "captured_at": "2019-07", "heading_deg": float(n * 90 % 360),
             "licence": "CC BY-SA 4.0", "x": 7.0 + 1e-4 * (n % side), "y": 51.0 + 1e-4 * (n // side)}
            for n in range(compared)
        ]  # fmt: skip
        made = {"views": compared, **in_python(rows, beat)}
        measured.append({"views": count, "streetsense": found, "features_made_in_python": made})
        del rows
    figures = {"qgis": Qgis.QGIS_VERSION, "gdal": gdal.__version__, "python": sys.version.split()[0]}
    print(json.dumps({**figures, "load_average": round(os.getloadavg()[0], 1), "layers": measured}), flush=True)
    os._exit(0)  # without a window system QGIS may hang while it cleans up


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]])
