"""The hands and eyes of a scene inside QGIS: mouse, screenshots, waiting, and a watch over what goes wrong."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import qgis.utils
from qgis.core import Qgis, QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPointXY, QgsProject
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, QEvent, QEventLoop, QPoint, Qt, QTimer
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialog, QMessageBox, QWidget
from qgis.utils import iface

BEAT_MS = 10


class SceneFailed(Exception):
    """Something that the scene waited for did not come."""


class Scene:
    """One scene.

    Attributes
    ----------
    folder : Path
        Where it writes.
    package : str
        The zip to install.
    given : dict
        What the test handed over.
    """

    def __init__(self, order: dict[str, object]) -> None:
        self.folder = Path(str(order["folder"]))
        self.package = str(order["package"])
        self.given: dict[str, str] = dict(order["given"])  # type: ignore[call-overload]
        self.problems: list[str] = []
        self.facts: dict[str, object] = {}
        self.messages: list[str] = []
        self._step = "start"
        self._gaps: dict[str, float] = {}
        self._shots = 0
        self._paused = 0
        self._expects_dialog = 0
        self._clock = QElapsedTimer()
        self._beat = QTimer()
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._on_beat)
        self._dialogs = QTimer()
        self._dialogs.timeout.connect(self._on_dialog)
        QgsApplication.messageLog().messageReceived.connect(self._on_message)
        self._shown = qgis.utils.showException
        qgis.utils.showException = self._on_exception

    def play(self, part: Callable[[Scene], None]) -> None:
        """Play, write the report, and leave QGIS as a person would."""
        window = iface.mainWindow()
        window.showNormal()
        window.setGeometry(0, 0, 1500, 950)
        self._clock.start()
        self._beat.start(BEAT_MS)
        self._dialogs.start(500)
        try:
            part(self)
        except Exception:
            self.problems.append(traceback.format_exc())
            self.screenshot("failed")
        self._beat.stop()
        self._dialogs.stop()
        report = {
            "facts": self.facts,
            "problems": self.problems,
            "worst_gap_s": max(self._gaps.values(), default=0.0),
            "gaps": self._gaps,
        }
        (self.folder / "report.json").write_text(json.dumps(report, indent=1, default=str))
        (self.folder / "messages.txt").write_text("\n".join(self.messages))
        QgsProject.instance().setDirty(False)
        QTimer.singleShot(0, iface.actionExit().trigger)

    # What a scene says and sees

    def step(self, name: str) -> None:
        """Name what happens from here on; waiting times are told by step."""
        self.breathe()
        self._step = name
        self.messages.append(f"--- {name}")

    def tell(self, **facts: object) -> None:
        """Put facts into the report."""
        self.facts.update(facts)

    def screenshot(self, name: str, widget: QWidget | None = None) -> Path:
        """Save what the screen shows, or one widget, as a PNG."""
        with self.unwatched():
            self.spin(0.2)
            self._shots += 1
            file = self.folder / f"{self._shots:02d}-{name}.png"
            picture = widget.grab() if widget else QApplication.primaryScreen().grabWindow(0)
            picture.save(str(file))
        return file

    # Waiting

    def breathe(self) -> None:
        """Let QGIS work off what is waiting, deletions too."""
        for _ in range(3):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)

    def spin(self, seconds: float) -> None:
        """Let QGIS work for a while."""
        # An event loop sleeps between events; `processEvents` with a time limit would keep a core busy.
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    def wait_for(self, condition: Callable[[], object], timeout: float = 30.0, what: str = "") -> None:
        """Let QGIS work until the condition holds."""
        until = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > until:
                raise SceneFailed(f"{self._step}: not within {timeout:g} s: {what or condition}")
            self.spin(0.02)

    def wait_for_map(self, timeout: float = 30.0) -> None:
        """Wait until the map is drawn."""
        self.spin(0.3)
        self.wait_for(lambda: not iface.mapCanvas().isDrawing(), timeout, "the map is drawn")

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """Do something slow of our own that must not count as QGIS hanging."""
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1
            self._clock.restart()

    @contextmanager
    def expecting_dialog(self) -> Iterator[None]:
        """Do something that opens a dialog which the scene answers itself."""
        self._expects_dialog += 1
        try:
            yield
        finally:
            self._expects_dialog -= 1

    # The mouse

    def pixel(self, longitude: float, latitude: float) -> QPoint:
        """Return where a place is on the map canvas."""
        canvas = iface.mapCanvas()
        here = QgsCoordinateReferenceSystem("EPSG:4326")
        to_map = QgsCoordinateTransform(here, canvas.mapSettings().destinationCrs(), QgsProject.instance())
        on_screen = canvas.getCoordinateTransform().transform(to_map.transform(QgsPointXY(longitude, latitude)))
        return QPoint(round(on_screen.x()), round(on_screen.y()))

    def move(self, longitude: float, latitude: float) -> None:
        """Move the mouse to a place on the map."""
        QTest.mouseMove(iface.mapCanvas().viewport(), self.pixel(longitude, latitude))
        self.spin(0.05)

    def click(self, longitude: float, latitude: float, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Click a place on the map."""
        self.move(longitude, latitude)
        viewport = iface.mapCanvas().viewport()
        QTest.mouseClick(viewport, button, Qt.KeyboardModifier.NoModifier, self.pixel(longitude, latitude))
        self.spin(0.1)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press at one place on the map, and let go at another."""
        viewport = iface.mapCanvas().viewport()
        none = Qt.KeyboardModifier.NoModifier
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, none, self.pixel(*start))
        for share in (0.3, 0.6, 1.0):
            between = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
            QTest.mouseMove(viewport, self.pixel(*between))
            self.spin(0.05)
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, none, self.pixel(*end))
        self.spin(0.1)

    # What goes wrong

    def _on_beat(self) -> None:
        gap = self._clock.restart() / 1000 - BEAT_MS / 1000
        if not self._paused:
            self._gaps[self._step] = max(self._gaps.get(self._step, 0.0), gap)

    def _on_message(self, text: str, tag: str, level: Qgis.MessageLevel) -> None:
        self.messages.append(f"{tag}: {text}")
        if tag in {"Python error", "Python-Fehler"} or "Traceback (most recent call last)" in text:
            self.problems.append(f"{self._step}: {tag}: {text}")

    def _on_exception(self, kind: type, value: object, trace: object, *rest: object, **named: object) -> None:
        self.problems.append(f"{self._step}: " + "".join(traceback.format_exception(kind, value, trace)))  # type: ignore[arg-type]

    def _on_dialog(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or self._expects_dialog:
            return
        words = dialog.text() if isinstance(dialog, QMessageBox) else dialog.windowTitle()
        self.problems.append(f"{self._step}: a dialog that nobody expected: {type(dialog).__name__}: {words}")
        self.screenshot("dialog")
        if isinstance(dialog, QDialog):
            dialog.reject()
