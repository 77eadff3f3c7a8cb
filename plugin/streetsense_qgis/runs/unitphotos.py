"""Photos for the pages of an atlas: some views inside each unit, with what the model looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsFeatureRequest, QgsGeometry, QgsProject, QgsVectorLayer, QgsVectorLayerFeatureSource
from qgis.PyQt.QtCore import QTimer

from ..connection.errors import EngineError
from ..connection.inside import inside
from ..connection.pending import Pending
from ..connection.session import Session
from ..i18n import tr
from ..layers.photofile import keep_photo
from .plan import APPEARANCE
from .record import RunRecord
from .sources import in_background
from .steps import Steps

#: Views a unit.
_MOST = 4
#: A unit that is a point (a view) shows what was seen from there: degrees around it.
_NEAR_DEG = 1e-6


@dataclass(frozen=True)
class _Wanted:
    unit: str
    view: str
    photo: str


class UnitPhotos(Steps):
    """Finds views in units and fetches their photos and overlays.

    Parameters
    ----------
    session : Session
        The connection.
    run : RunRecord
        Whose views and predictions.
    layer_id : str
        Of the predictions.
    unit_ids : list of str
        The units.
    """

    def __init__(self, session: Session, run: RunRecord, layer_id: str, unit_ids: list[str]) -> None:
        super().__init__()
        self._session, self._run, self._units = session, run, unit_ids
        self._layer_id = layer_id
        self._folder = Path(run.folder)
        self._waiting: list[_Wanted] = []
        self._total = 1
        self._found: dict[str, list[tuple[str, str]]] = {}

    def begin(self) -> Pending:
        """Begin; returns a Pending of unit to (photo, overlay) paths. What cannot be had is left out."""
        layer = QgsProject.instance().mapLayer(self._layer_id)
        views = QgsVectorLayer(f"{self._folder / 'views.gpkg'}|layername=views", "views", "ogr")
        if not isinstance(layer, QgsVectorLayer) or not views.isValid():
            self.pending.succeed({})
            return self.pending
        sources = QgsVectorLayerFeatureSource(layer), QgsVectorLayerFeatureSource(views)
        units = set(self._units)
        looking = in_background(lambda: _views_in(*sources, units), tr("Report", "Looking for views in the units"))
        self.ask(looking, self._on_views)
        return self.pending

    def _on_views(self, wanted: list[_Wanted]) -> None:
        self._waiting, self._total = wanted, max(1, len(wanted))
        self._next()

    def _next(self) -> None:
        if self.pending.is_decided:
            return
        left = len(self._waiting)
        self.pending.progressed.emit(1 - left / self._total, tr("Report", "Fetching photos for the atlas"))
        if not left:
            self.pending.succeed(self._found)
            return
        one = self._waiting.pop(0)
        client = self._session.client
        try:
            place = inside(self._folder, one.photo)
            inside(self._folder, one.view)
        except EngineError:  # a layer of somebody else's making
            self._later()
            return
        if place.is_file():
            self._overlay(one, place)
            return
        if client is None:
            self._later()
            return

        def on_photo(data: bytes) -> None:
            if keep_photo(data, place):
                self._overlay(one, place)
            else:
                self._next()

        self.ask(client.photo(self._run.plan.study, one.view), on_photo, self._next)

    def _later(self) -> None:
        """Go on in the next turn of the events: what is on the disk already would be a loop that never lets go."""
        QTimer.singleShot(0, self._next)

    def _overlay(self, one: _Wanted, photo: Path) -> None:
        target = self._folder / "overlays" / self._run.plan.name / f"{one.view}.png"
        plan, client = self._run.plan, self._session.client

        def keep(path: str) -> None:
            self._found.setdefault(one.unit, []).append((str(photo), path))
            self._later()

        def on_overlay(data: bytes) -> None:
            keep(str(target) if keep_photo(data, target) else "")

        if target.is_file() or client is None:
            keep(str(target) if target.is_file() else "")
            return
        asked = {"encoder": plan.encoder} if plan.goal == APPEARANCE else {"predictor": plan.name}
        self.ask(client.attention_picture(plan.study, one.view, **asked), on_overlay, lambda: keep(""))


def _views_in(
    units: QgsVectorLayerFeatureSource, views: QgsVectorLayerFeatureSource, wanted: set[str]
) -> list[_Wanted]:
    """Return a few views inside each unit, spread over those that are there; works in any thread."""
    found = []
    for unit in units.getFeatures():
        if str(unit["unit_id"]) in wanted:
            found += [_Wanted(str(unit["unit_id"]), view, photo) for view, photo in _inside(unit.geometry(), views)]
    return found


def _inside(shape: QgsGeometry, views: QgsVectorLayerFeatureSource) -> list[tuple[str, str]]:
    box = shape.boundingBox().buffered(_NEAR_DEG)
    request = QgsFeatureRequest().setFilterRect(box)
    near = shape.buffer(_NEAR_DEG, 4) if shape.area() == 0 else shape
    inside = [
        (str(view["view_id"]), str(view["photo"]))
        for view in views.getFeatures(request)
        if view["photo"] and near.intersects(view.geometry())
    ]
    step = max(1, len(inside) // _MOST)
    return inside[::step][:_MOST]
