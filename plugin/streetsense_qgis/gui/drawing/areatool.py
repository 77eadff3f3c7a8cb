"""What drawing an area has in common, whatever its shape: the band, the live area, keys, and how it ends."""

from __future__ import annotations

from qgis.core import QgsCsException, QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QEvent, QLocale, QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QKeyEvent

from ...i18n import tr
from .globe import area_km2, to_globe

#: Of what is being drawn; with a light rim it shows on maps of any colour.
BAND_COLOUR = QColor(214, 69, 20)


class AreaTool(QgsMapTool):
    """Draws an area on the map. Subclasses say which ring the mouse has drawn so far.

    Enter, a right click or a double click end it, Esc gives it up, Backspace and Ctrl+Z take the last corner back.

    Parameters
    ----------
    canvas : QgsMapCanvas
        The map.
    """

    #: The area (EPSG:4326, valid, one polygon or several), when it is done.
    finished = pyqtSignal(QgsGeometry)
    #: It was given up.
    cancelled = pyqtSignal()
    #: Its size so far (km²).
    changed = pyqtSignal(float)
    #: A sentence for the person who draws: what to do, how large it is, or what is wrong.
    said = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._corners: list[QgsPointXY] = []
        self._mouse: QgsPointXY | None = None
        self._band: QgsRubberBand | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def ring(self) -> list[QgsPointXY]:
        """Return the corners as they would be now, in the map's CRS."""
        raise NotImplementedError

    def hint(self) -> str:
        """Return what to do first."""
        raise NotImplementedError

    def too_little(self) -> str:
        """Return what is missing when somebody ends it too early."""
        raise NotImplementedError

    def activate(self) -> None:
        """Begin; the keys go to the map from now on."""
        super().activate()
        self.canvas().installEventFilter(self)
        self.canvas().setFocus()
        self.said.emit(self.hint())

    def deactivate(self) -> None:
        """End without an area, as another tool was chosen."""
        self.canvas().removeEventFilter(self)
        self._clear()
        super().deactivate()

    def finish(self) -> None:
        """End with the area that is drawn, or say why it is none."""
        self._mouse = None
        ring = self.ring()
        try:
            area = to_globe([ring], self.canvas().mapSettings().destinationCrs())
        except QgsCsException:
            self.said.emit(tr("Drawing", "A corner lies outside the world; take it back and set it on the map."))
            return
        if area.isEmpty() or not self._is_visible(ring):
            self.said.emit(self.too_little())
            self._redraw()
            return
        self._clear()
        self.finished.emit(area)

    def cancel(self) -> None:
        """Give it up."""
        self._clear()
        self.cancelled.emit()

    def undo(self) -> None:
        """Take the last corner back."""
        if self._corners:
            self._corners.pop()
            self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends, Esc gives up, Backspace and Ctrl+Z take a corner back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish()
        elif event.key() == Qt.Key.Key_Escape:
            self.cancel()
        elif _is_undo(event):
            self.undo()
        else:
            event.ignore()
            return
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the keys of drawing from the window's shortcuts, such as its own Ctrl+Z."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
            if event.key() in keys or _is_undo(event):
                event.accept()
                return True
        return super().eventFilter(watched, event)

    def _redraw(self) -> None:
        """Show the ring and say how large it is."""
        if self._band is None:
            self._band = area_rubber_band(self.canvas())
        ring = self.ring()
        self._band.reset(QgsWkbTypes.PolygonGeometry)
        for point in ring:
            self._band.addPoint(point, False)
        self._band.updatePosition()
        self._band.setVisible(bool(ring))  # a band that is emptied hides itself
        self._band.update()
        try:
            size = area_km2(to_globe([ring], self.canvas().mapSettings().destinationCrs()))
        except QgsCsException:
            return
        self.changed.emit(size)
        if len(ring) >= 3:
            self.said.emit(size_in_words(size))

    def _is_visible(self, ring: list[QgsPointXY]) -> bool:
        """Tell whether a ring covers more than a pixel: corners on one line do not, whatever the projection does."""
        drawn = QgsGeometry.fromPolygonXY([ring]).makeValid()
        return drawn.area() > self.canvas().mapUnitsPerPixel() ** 2

    def _clear(self) -> None:
        self._corners, self._mouse = [], None
        if self._band is not None:
            self.canvas().scene().removeItem(self._band)
            self._band = None


def area_rubber_band(canvas: QgsMapCanvas) -> QgsRubberBand:
    """Return a new band for areas on a canvas."""
    band = QgsRubberBand(canvas, QgsWkbTypes.PolygonGeometry)
    fill = QColor(BAND_COLOUR)
    fill.setAlpha(45)
    band.setFillColor(fill)
    band.setStrokeColor(BAND_COLOUR)
    band.setSecondaryStrokeColor(QColor(255, 255, 255, 210))
    band.setWidth(2)
    return band


def size_in_words(km2: float) -> str:
    """Return the size of an area for people."""
    digits = 3 if km2 < 1 else 2 if km2 < 100 else 0
    return tr("Drawing", "Area: {size} km²").format(size=QLocale().toString(float(km2), "f", digits))


def _is_undo(event: QKeyEvent) -> bool:
    is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return event.key() == Qt.Key.Key_Backspace or (is_control and event.key() == Qt.Key.Key_Z)
