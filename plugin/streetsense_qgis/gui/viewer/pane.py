"""One photo with its caption and its overlay; the viewer has two of them to compare."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QImage
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...i18n import tr
from .attention import WHOLE_VIEW, Answer, Asking, AttentionStore, Question
from .overlay import overlay_image
from .photos import Loading, PhotoStore
from .photoview import PhotoView
from .view import View
from .words import caption, rights

#: The photo before stays for so long (milliseconds) while the next one comes, because mostly it comes at once.
_PATIENCE_MS = 200


class PhotoPane(QWidget):
    """Shows a view, and asks for what belongs to it; answers to what is not wanted any more are dropped.

    Parameters
    ----------
    photos : PhotoStore
        Where photos come from.
    attention : AttentionStore
        Where maps come from.
    """

    #: A map arrived.
    answered = pyqtSignal(object)
    #: A sentence about the map: why it is not there, or nothing.
    said = pyqtSignal(str)

    def __init__(self, photos: PhotoStore, attention: AttentionStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._photos, self._attention = photos, attention
        self._loading: Loading | None = None
        self._asking: Asking | None = None
        self._question: Question | None = None
        self.view: View | None = None
        self.answer: Answer | None = None
        self.photo = PhotoView(self)
        self._caption, self._rights = _line(self), _line(self)
        self._caption.setStyleSheet("font-weight: bold")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._caption)
        layout.addWidget(self.photo, 1)
        layout.addWidget(self._rights)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._say_loading)
        self.is_without_photo = self._is_current = False

    @property
    def caption(self) -> str:
        """When the photo was taken and where it looks."""
        return self._caption.text()

    @property
    def rights(self) -> str:
        """Whose photo it is."""
        return self._rights.text()

    def show_view(self, view: View | None, question: Question | None = None) -> None:
        """Show a view, or nothing, and what is asked about it."""
        self._stop()
        self._question = question
        self.view, self.is_without_photo, self._is_current = view, False, False
        self.answer = None
        self.photo.set_overlay(None)
        if view is None:
            self._caption.clear()
            self._rights.clear()
            self.photo.set_photo(None)
            self.photo.set_message("")
            return
        self._caption.setText(caption(view))
        self._rights.setText(rights(view))
        self._patience.start()
        self._loading = self._photos.load(view, self._photo_came, self._photo_failed)
        self._ask()

    def ask(self, question: Question | None) -> None:
        """Show where a model looked, from now on, or nothing of that."""
        self._question = question
        self._ask()

    def reload(self) -> None:
        """Try again what is missing."""
        if self.view is not None and self.is_without_photo:
            self.show_view(self.view, self._question)
        else:
            self._ask()

    def draw(self, scale: tuple[float, float] | None = None) -> None:
        """Lay the map over the photo, with the colours of its own values or those of ``scale``."""
        if self.answer is None or not self._is_current:  # the photo before may still be there
            self.photo.set_overlay(None)
            return
        answer = self.answer
        self.photo.set_overlay(overlay_image(answer.values, scale or answer.scale), answer.seen, answer.grid)
        query = answer.question.query
        if query != WHOLE_VIEW:
            row, column = map(int, query.split(","))
            self.photo.frame_patch(row, column)

    def close_pane(self) -> None:
        """Want nothing any more."""
        self._stop()

    def _stop(self) -> None:
        self._patience.stop()
        for under_way in (self._loading, self._asking):
            if under_way is not None:
                under_way.cancel()
        self._loading = self._asking = None

    def _ask(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if self._question is None or self.view is None or not self.view.study:
            self.answer = None
            self.photo.set_overlay(None)
            self.said.emit("")
            return
        self._asking = self._attention.ask(self.view, self._question, self._map_came, self._map_failed, self.said.emit)

    def _photo_came(self, image: QImage) -> None:
        self._patience.stop()
        self.is_without_photo, self._is_current = False, True
        self.photo.set_photo(image)
        if self.answer is not None:
            self.answered.emit(self.answer)

    def _photo_failed(self, sentence: str) -> None:
        self._patience.stop()
        self.is_without_photo = True
        self.photo.set_photo(None)
        self.photo.set_message(sentence)

    def _say_loading(self) -> None:
        self.photo.set_photo(None)
        self.photo.set_message(tr("PhotoViewer", "The photo is on its way…"))

    def _map_came(self, answer: Answer) -> None:
        self.answer = answer
        self.said.emit("")
        self.answered.emit(answer)

    def _map_failed(self, sentence: str) -> None:
        self.answer = None
        self.photo.set_overlay(None)
        self.said.emit(sentence)


def _line(parent: QWidget) -> QLabel:
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
