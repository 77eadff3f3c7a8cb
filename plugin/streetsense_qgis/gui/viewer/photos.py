"""Photos of views: from memory, from the layer's folder, or from the engine."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QImage

from ...connection.errors import EngineError
from ...i18n import tr
from ...layers.photofile import NoImage, keep_photo, photo_from, read_photo
from .view import View
from .worker import Worker

#: Bytes of photos that are kept in memory.
_MEMORY = 64 * 2**20


class PhotoMemory:
    """The photos that were seen last, up to so many bytes."""

    def __init__(self, most_bytes: int = _MEMORY) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._images: OrderedDict[tuple[str, str], QImage] = OrderedDict()

    def get(self, key: tuple[str, str]) -> QImage | None:
        """Return a photo that is kept, and remember that it was wanted."""
        if key in self._images:
            self._images.move_to_end(key)
        return self._images.get(key)

    def add(self, key: tuple[str, str], image: QImage) -> None:
        """Keep a photo; those that were not wanted for longest go."""
        self.drop(key)
        self._images[key] = image
        self._bytes += image.sizeInBytes()
        while self._bytes > self._most and len(self._images) > 1:
            self.drop(next(iter(self._images)))

    def drop(self, key: tuple[str, str]) -> None:
        """Forget a photo."""
        image = self._images.pop(key, None)
        if image is not None:
            self._bytes -= image.sizeInBytes()

    def __len__(self) -> int:
        return len(self._images)


class Loading:
    """One photo that is wanted; after `cancel` nobody is told of it."""

    def __init__(self, on_image: Callable[[QImage], None], on_failure: Callable[[str], None]) -> None:
        self.is_cancelled = False
        self.pending: Any = None
        self._on_image, self._on_failure = on_image, on_failure

    def cancel(self) -> None:
        """Break off."""
        self.is_cancelled = True
        if self.pending is not None:
            self.pending.cancel()

    def succeed(self, image: QImage) -> None:
        """Hand the photo over."""
        if not self.is_cancelled:
            self._on_image(image)

    def fail(self, sentence: str) -> None:
        """Say why there is none."""
        if not self.is_cancelled:
            self._on_failure(sentence)


class PhotoStore(QObject):
    """Gets photos without holding up the window.

    Parameters
    ----------
    session : Session
        The connection to the engine.
    worker : Worker
        Reads and writes files.
    """

    def __init__(self, session: Any, worker: Worker, parent: QObject | None = None) -> None:  # noqa: ANN401 - Session
        super().__init__(parent)
        self._session, self._worker = session, worker
        self.memory = PhotoMemory()

    def load(self, view: View, on_image: Callable[[QImage], None], on_failure: Callable[[str], None]) -> Loading:
        """Get the photo of a view; one of the functions is called, at once when it is in memory.

        Parameters
        ----------
        view : View
            Which view.
        on_image, on_failure : callable
            Take the photo, or a sentence.
        """
        loading = Loading(on_image, on_failure)
        known = self.memory.get(view.key)
        if known is not None:
            loading.succeed(known)
            return loading

        def look() -> QImage | None:
            return None if loading.is_cancelled else read_photo(view.photo_places())

        self._worker.run(look, lambda found: self._looked(view, loading, found))
        return loading

    def _looked(self, view: View, loading: Loading, found: QImage | Exception | None) -> None:
        if loading.is_cancelled:
            return
        if isinstance(found, QImage):
            self._arrived(view, loading, found)
            return
        client = self._session.client
        if client is None or not view.study:  # a damaged file counts as none: the engine has a good one
            loading.fail(no_photo_here(self._session.state, view))
            return
        loading.pending = client.photo(view.study, view.view_id)
        loading.pending.then(
            lambda data: self._fetched(view, loading, data), lambda error: loading.fail(_why_no_photo(error))
        )

    def _fetched(self, view: View, loading: Loading, data: bytes) -> None:
        def decode() -> QImage:
            image = photo_from(data)
            places = view.photo_places()
            if places and not view.lies_in_study:  # the engine's own folder is not ours to write to
                keep_photo(data, places[0])
            return image

        self._worker.run(decode, lambda image: self._arrived(view, loading, image))

    def _arrived(self, view: View, loading: Loading, image: QImage | Exception) -> None:
        if isinstance(image, QImage):
            self.memory.add(view.key, image)
            loading.succeed(image)
        elif isinstance(image, NoImage):
            loading.fail(tr("PhotoViewer", "The photo of this view cannot be read; fetch the street views again."))
        else:
            loading.fail(tr("PhotoViewer", "The photo of this view cannot be read: {reason}").format(reason=image))


def no_photo_here(state: str, view: View) -> str:
    """Return why a photo cannot be asked for."""
    if not view.study:
        return tr(
            "PhotoViewer", "This layer belongs to no study, so its photos cannot be found; load the results again."
        )
    if state == "starting":
        return tr("PhotoViewer", "The engine is starting; the photo comes as soon as it runs.")
    return tr("PhotoViewer", "This photo is not on this computer; connect the engine to get it.")


def _why_no_photo(error: EngineError) -> str:
    if error.kind == "missing" or error.status == 404:
        return tr("PhotoViewer", "The engine has no photo of this view; fetch the street views again.")
    return str(error)
