"""Clicks patches of photos in the photo viewer and prints how long each overlay took; runs in QGIS' Python.

Started by ``bench_qgis_overlay.py``: ``python qgis_overlay_window.py ADDRESS VIEWS CLICKS``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from qgis.core import Qgis, QgsApplication
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEventLoop, QObject, QPointF, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtTest import QTest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "plugin"))

from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.gui.viewer import PhotoViewer

GRID = 14


class Connection(QObject):
    """A connection that is there."""

    changed = pyqtSignal()
    state = "connected"

    def __init__(self, client: EngineClient) -> None:
        super().__init__()
        self.client = client


class Window:
    """A window that has a map."""

    def __init__(self) -> None:
        self._canvas = QgsMapCanvas()

    def mapCanvas(self) -> QgsMapCanvas:
        """Return it."""
        return self._canvas


class Heart:
    """Beats every 5 ms in the window's thread, and remembers the longest pause."""

    def __init__(self) -> None:
        self.worst, self._last = 0.0, time.perf_counter()
        self._timer = QTimer()
        self._timer.timeout.connect(self._beat)
        self._timer.start(5)

    def _beat(self) -> None:
        now = time.perf_counter()
        self.worst, self._last = max(self.worst, now - self._last), now


def seconds_until(condition: Callable[[], bool], limit: float = 120) -> float:
    begun = time.perf_counter()
    while not condition():
        if time.perf_counter() - begun > limit:
            raise TimeoutError
        loop = QEventLoop()  # it sleeps between events; `processEvents` with a time limit would not
        QTimer.singleShot(5, loop.quit)
        loop.exec()
    return time.perf_counter() - begun


def main() -> None:
    address, views, clicks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    application = QgsApplication([], True)
    application.initQgis()
    window = Window()
    viewer = PhotoViewer(Connection(EngineClient(address, os.environ["STREETSENSE_TOKEN"])), window)
    viewer.resize(520, 800)
    viewer.show()
    pane, photo = viewer.pane, viewer.pane.photo
    viewer.show_by_view_id("town", "v0000")
    seconds_until(lambda: photo.has_photo and viewer.bar.model.count() > 0)
    viewer.bar.shown.setChecked(True)
    first = seconds_until(lambda: photo.has_overlay)
    heart = Heart()
    waited, views_opened = [], []
    for number in range(clicks):
        if number % (clicks // views) == 0:
            name = f"v{number // (clicks // views):04d}"
            viewer.show_by_view_id("town", name)
            views_opened.append(seconds_until(lambda: photo.has_overlay))
        patch = number * 37 % (GRID * GRID)
        row, column = divmod(patch, GRID)
        place = photo.mapFromScene(QPointF((column + 0.5) * 1000 / GRID, (row + 0.5) * 1000 / GRID))
        before = pane.answer
        QTest.mouseClick(photo.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
        waited.append(seconds_until(lambda: pane.answer is not before and photo.has_overlay))  # noqa: B023
    figures = {
        "qgis": Qgis.QGIS_VERSION,
        "first": first,
        "clicks": waited,
        "opened": views_opened,
        "worst_gap": heart.worst,
    }
    print(json.dumps(figures), flush=True)
    viewer.unload()
    os._exit(0)  # taking QGIS down is not measured, and can take its time


if __name__ == "__main__":
    main()
