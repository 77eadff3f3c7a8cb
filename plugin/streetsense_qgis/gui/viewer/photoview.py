"""A photo that can be zoomed and dragged, with a map of attention over it."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.PyQt.QtCore import QEvent, QPoint, QRectF, Qt, pyqtSignal
from qgis.PyQt.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from qgis.PyQt.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsPathItem,
    QGraphicsPixmapItem,
    QGraphicsScene,
    QGraphicsView,
    QSizePolicy,
    QWidget,
)

from ...i18n import tr
from .photoitems import PatchFrame, message_label

#: Photos of any size are this wide in the scene, so that two of them can be moved alike.
WIDTH = 1000.0
_STEP, _MOST_ZOOM = 1.25, 20.0
_KEYS = {
    Qt.Key.Key_Left: "previous",
    Qt.Key.Key_Right: "next",
    Qt.Key.Key_Up: "later",
    Qt.Key.Key_Down: "earlier",
    Qt.Key.Key_T: "overlay",
    Qt.Key.Key_Escape: "whole",
    Qt.Key.Key_PageUp: "left",
    Qt.Key.Key_PageDown: "right",
}


@dataclass(frozen=True)
class Place:
    """What part of a photo is seen: how much larger than fitted, and its centre as shares of the photo's sides."""

    zoom: float
    x: float
    y: float


class PhotoView(QGraphicsView):
    """Shows one photo.

    Wheel, + and - zoom, 0 fits, the mouse drags; a click on the photo while a map is shown chooses a patch of it.
    """

    #: Row and column of the patch that was clicked.
    patch_clicked = pyqtSignal(int, int)
    #: Another part of the photo is seen; only when a person did that.
    moved = pyqtSignal()
    #: A key that means more than this photo: previous, next, earlier, later, left, right, overlay, whole.
    asked = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = QGraphicsScene(self)
        self._photo = QGraphicsPixmapItem()
        self._shade, self._overlay, self._square = QGraphicsPathItem(), QGraphicsPixmapItem(), PatchFrame()
        for item in (self._photo, self._shade, self._overlay, self._square):
            self._scene.addItem(item)
        for item in (self._photo, self._overlay):
            item.setTransformationMode(Qt.TransformationMode.SmoothTransformation)
        self._shade.setBrush(QColor(0, 0, 0, 120))
        self._shade.setPen(QPen(Qt.PenStyle.NoPen))
        self._seen, self._grid = QRectF(), (0, 0)
        self._is_fitted, self._zoom = True, 1.0
        self._pressed_at: QPoint | None = None
        self.setScene(self._scene)
        self._message = message_label(self)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.AnchorUnderMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("PhotoViewer", "Street view photo"))
        self.setBackgroundBrush(self.palette().window())
        self.set_overlay(None)

    @property
    def has_photo(self) -> bool:
        """Whether there is a photo."""
        return not self._photo.pixmap().isNull()

    @property
    def has_overlay(self) -> bool:
        """Whether a map is over it."""
        return self._overlay.isVisible()

    def set_photo(self, image: QImage | None) -> None:
        """Show a photo, or none; what part of it is seen stays."""
        before = self.place()
        pixmap = QPixmap() if image is None else QPixmap.fromImage(image)
        self._photo.setPixmap(pixmap)
        if not pixmap.isNull():
            scale = WIDTH / pixmap.width()
            self._photo.setTransform(QTransform.fromScale(scale, scale))
            # Room around it, so that each of its points can come to the middle.
            rect = self._photo_rect()
            self._scene.setSceneRect(rect.adjusted(-rect.width(), -rect.height(), rect.width(), rect.height()))
            self.set_message("")
            self.go(before)
        self.set_overlay(None)

    def set_message(self, sentence: str) -> None:
        """Show a sentence in the middle, or none."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))
        self._place_message()

    def set_overlay(
        self,
        image: QImage | None,
        seen: tuple[float, float, float, float] = (0, 0, 1, 1),
        grid: tuple[int, int] = (0, 0),
    ) -> None:
        """Lay a map over the photo, or none.

        Parameters
        ----------
        image : QImage or None
            Its colours.
        seen : tuple of float
            Left, top, right, bottom of the part of the photo that it covers, as shares of the photo's sides; the rest
            is dimmed, because nothing is known of it.
        grid : (int, int)
            Rows and columns of patches.
        """
        is_shown = image is not None and self.has_photo
        self._overlay.setVisible(is_shown)
        self._shade.setVisible(is_shown)
        self._square.setVisible(False)
        self._grid = grid if is_shown else (0, 0)
        if image is None or not is_shown:
            return
        photo = self._photo_rect()
        left, top, right, bottom = seen
        self._seen = QRectF(
            photo.width() * left, photo.height() * top, photo.width() * (right - left), photo.height() * (bottom - top)
        )
        self._overlay.setPixmap(QPixmap.fromImage(image))
        self._overlay.setTransform(
            QTransform.fromScale(self._seen.width() / image.width(), self._seen.height() / image.height())
        )
        self._overlay.setPos(self._seen.topLeft())
        unseen = QPainterPath()
        unseen.addRect(photo)
        unseen.addRect(self._seen)
        self._shade.setPath(unseen)

    def set_opacity(self, share: float) -> None:
        """Set how much of the photo the map hides, from 0 to 1."""
        self._overlay.setOpacity(share)

    def frame_patch(self, row: int | None, column: int | None) -> None:
        """Frame the patch that was asked about, or none."""
        rows, columns = self._grid
        is_there = row is not None and column is not None and 0 <= row < rows and 0 <= column < columns
        self._square.setVisible(is_there)
        if row is None or column is None or not is_there:
            return
        width, height = self._seen.width() / columns, self._seen.height() / rows
        self._square.setRect(QRectF(self._seen.left() + column * width, self._seen.top() + row * height, width, height))

    def patch_at(self, position: QPoint) -> tuple[int, int] | None:
        """Return row and column of the patch at a point of the widget; None when there is none."""
        rows, columns = self._grid
        point = self.mapToScene(position)
        if not rows or not self._seen.contains(point):
            return None
        row = int((point.y() - self._seen.top()) / self._seen.height() * rows)
        column = int((point.x() - self._seen.left()) / self._seen.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def fit(self) -> None:
        """Show all of the photo."""
        self._show(Place(1.0, 0.5, 0.5))
        self.moved.emit()

    def zoom(self, factor: float) -> None:
        """Show it larger or smaller by a factor, never smaller than fitted."""
        wanted = min(_MOST_ZOOM, max(1.0, self._zoom * factor))
        if wanted <= 1.0:
            self.fit()
            return
        self.scale(wanted / self._zoom, wanted / self._zoom)
        self._zoom, self._is_fitted = wanted, False
        self.moved.emit()

    def place(self) -> Place:
        """Return what part of the photo is seen."""
        photo = self._photo_rect()
        if self._is_fitted or photo.isEmpty():
            return Place(1.0, 0.5, 0.5)
        centre = self.mapToScene(self.viewport().rect().center())
        return Place(self._zoom, centre.x() / photo.width(), centre.y() / photo.height())

    def go(self, place: Place) -> None:
        """Show a part of the photo, without telling."""
        self._show(place)

    def _show(self, place: Place) -> None:
        photo = self._photo_rect()
        if photo.isEmpty():
            return
        # Not fitInView: that leaves a margin, and another one in every version of Qt.
        port = self.viewport().rect()
        scale = min(port.width() / photo.width(), port.height() / photo.height()) * place.zoom
        self.setTransform(QTransform.fromScale(scale, scale))
        self._zoom, self._is_fitted = place.zoom, place.zoom <= 1.0
        self.centerOn(place.x * photo.width(), place.y * photo.height())

    def _photo_rect(self) -> QRectF:
        return self._photo.mapRectToScene(self._photo.boundingRect()) if self.has_photo else QRectF()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the mouse."""
        self.zoom(_STEP ** (event.angleDelta().y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the same part of the photo in sight."""
        super().resizeEvent(event)
        self._show(self.place())
        self._place_message()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where, to tell clicks from drags."""
        self._pressed_at = event.pos() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose a patch, unless the photo was dragged."""
        super().mouseReleaseEvent(event)
        pressed_at, self._pressed_at = self._pressed_at, None
        if pressed_at is None:
            return
        if (event.pos() - pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self.moved.emit()
            return
        patch = self.patch_at(event.pos())
        if patch is not None:
            self.patch_clicked.emit(*patch)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag; a photo beside this one follows."""
        super().mouseMoveEvent(event)
        if self._pressed_at is not None:
            self._is_fitted = False
            self.moved.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom, or tell the viewer."""
        key = event.key()
        if key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(_STEP)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / _STEP)
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in _KEYS:
            self.asked.emit(_KEYS[Qt.Key(key)])
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def changeEvent(self, event: QEvent) -> None:
        """Take the background of the window's theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.setBackgroundBrush(self.palette().window())

    def _place_message(self) -> None:
        port = self.viewport().rect()
        self._message.setMaximumWidth(max(100, port.width() - 24))
        self._message.adjustSize()
        self._message.move(port.center() - self._message.rect().center())
