"""The first photos of a run, fetched quietly after its layers, so that map tips and forms can show them."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsFeatureRequest, QgsVectorLayer, QgsVectorLayerFeatureSource
from qgis.PyQt.QtCore import QObject

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.inside import inside
from ..connection.pending import Pending
from ..i18n import tr
from ..layers.photofile import keep_photo
from .sources import in_background

#: So many come by themselves; others when somebody looks at them.
MOST_PHOTOS = 500


class PhotoPrefetch(QObject):
    """Fetches photos one at a time.

    Parameters
    ----------
    client : EngineClient
        From where.
    study : str
        Of which study.
    folder : str
        Where ``views.gpkg`` lies; the photos go below it.
    """

    def __init__(self, client: EngineClient, study: str, folder: str) -> None:
        super().__init__()
        self._client, self._study, self._folder = client, study, Path(folder)
        self._waiting: list[tuple[str, Path]] = []
        self.pending = Pending()

    def begin(self) -> Pending:
        """Begin; returns a Pending of nothing."""
        views = QgsVectorLayer(f"{self._folder / 'views.gpkg'}|layername=views", "views", "ogr")
        if not views.isValid():
            self.pending.succeed(None)
            return self.pending
        source = QgsVectorLayerFeatureSource(views)
        looking = in_background(lambda: _missing(source, self._folder), tr("Run", "Looking for photos"))
        looking.then(self._on_missing, self.pending.fail)
        return self.pending

    def _on_missing(self, missing: list[tuple[str, Path]]) -> None:
        self._waiting = missing
        self._next()

    def _next(self, _: object = None) -> None:
        if not self._waiting:
            self.pending.succeed(None)
            return
        view, place = self._waiting.pop(0)
        self._client.photo(self._study, view).then(lambda data: self._on_photo(data, place), self._on_failure)

    def _on_photo(self, data: bytes, place: Path) -> None:
        keep_photo(data, place)
        self._next()

    def _on_failure(self, error: EngineError) -> None:
        if error.kind == "missing":
            self._next()
        else:
            self.pending.fail(error)


def _missing(views: QgsVectorLayerFeatureSource, folder: Path) -> list[tuple[str, Path]]:
    """Return the first views whose photos are not here yet; works in any thread."""
    request = QgsFeatureRequest().setLimit(MOST_PHOTOS)
    found = []
    for view in views.getFeatures(request):
        if not view["photo"]:
            continue
        try:
            place = inside(folder, str(view["photo"]))
        except EngineError:  # a layer of somebody else's making
            continue
        if not place.is_file():
            found.append((str(view["view_id"]), place))
    return found
