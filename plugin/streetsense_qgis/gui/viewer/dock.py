"""The photo viewer: the street view that was clicked, where a model looked in it, and the ways to others."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProject
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt, QTimer, QUrl
from qgis.PyQt.QtGui import QCloseEvent, QColor, QDesktopServices
from qgis.PyQt.QtWidgets import QDockWidget, QLabel, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from ...i18n import tr
from .attention import Answer, AttentionStore, Question
from .attentionbar import AttentionBar
from .compare import Comparison
from .cone import ViewCone
from .legend import ColourLegend
from .models import StudyModels
from .navigation import Navigation
from .neighbours import Neighbours
from .pane import PhotoPane
from .photos import PhotoStore
from .picker import ViewPicker
from .view import View, ViewReader, is_views_layer, views_layers
from .viewsearch import neighbours_of, road_points_of, search_by_name
from .worker import Worker

#: Of the cones of the photo and of the one beside it.
_FIRST, _SECOND = QColor(20, 118, 204), QColor(224, 112, 18)


class PhotoViewer(QDockWidget):
    """Shows views of the project's layers.

    Parameters
    ----------
    session : Session
        The connection to the engine; photos that lie beside a layer are shown without it.
    iface : QgisInterface
        The window.
    """

    def __init__(self, session: Any, iface: QgisInterface, parent: QWidget | None = None) -> None:  # noqa: ANN401
        super().__init__(tr("PhotoViewer", "Street view"), parent)
        self.setObjectName("StreetSensePhotoViewer")
        self._session, self._client, self._canvas = session, session.client, iface.mapCanvas()
        self._around = Neighbours()
        self._is_unloaded = False
        self._wanted: tuple[str, str] | None = None
        self._worker = Worker(self)
        self._attention = AttentionStore(session, self)
        self._models = StudyModels(session, self)
        photos = PhotoStore(session, self._worker, self)
        self.pane, self.second = PhotoPane(photos, self._attention), PhotoPane(photos, self._attention)
        self.comparison = Comparison(self.pane, self.second, self)
        self.navigation, self.bar, self.legend = Navigation(self), AttentionBar(self), ColourLegend(self)
        self._status, self._photos = QLabel(self), QSplitter(Qt.Orientation.Horizontal, self)
        self._cones = [ViewCone(self._canvas, colour, self) for colour in (_FIRST, _SECOND)]
        self.picker = ViewPicker(self._canvas)
        self.picker.setAction(self.navigation.pick)
        self._lay_out()
        self._connect()
        self._show_nothing()

    @property
    def view(self) -> View | None:
        """The view that is shown."""
        return self.pane.view

    @property
    def status(self) -> str:
        """The sentence below the photo."""
        return self._status.text()

    def show_view(self, layer_id: str, feature_id: int) -> None:
        """Show a feature of a views layer of the project."""
        layer = QgsProject.instance().mapLayer(layer_id)
        if not is_views_layer(layer):
            self._say(tr("PhotoViewer", "The layer of this view is not in the project any more; load it again."))
            return
        feature = layer.getFeature(feature_id)
        if not feature.isValid():
            self._say(tr("PhotoViewer", "This view is not in its layer any more; click another one."))
            return
        self._wanted = None
        self._show(ViewReader(layer).read(feature))
        self.setVisible(True)

    def show_by_view_id(self, study: str, view_id: str) -> None:
        """Show a view by the name that the engine has for it; a layer that has it gives its place and date."""
        layers = views_layers(study)
        self._wanted = (study, view_id)
        if not layers:
            self._show_without_layer(study, view_id)
            return
        layer_id = layers[0].id()
        search = search_by_name(layers[0], view_id)
        self._worker.run(search, lambda found: self._found(study, view_id, layer_id, found))
        self.setVisible(True)

    def unload(self) -> None:
        """Take everything back that was done to the window; the dock itself is the caller's to remove."""
        if self._is_unloaded:
            return
        self._is_unloaded = True
        for pane in (self.pane, self.second):
            pane.close_pane()
        for cone in self._cones:
            cone.close()
        self._canvas.unsetMapTool(self.picker)
        self.picker.deleteLater()
        self._session.changed.disconnect(self._session_changed)
        QgsProject.instance().layersWillBeRemoved.disconnect(self._layers_go)
        self._models.close()
        self._worker.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Take the cones off the map while the viewer is closed."""
        super().closeEvent(event)
        self._canvas.unsetMapTool(self.picker)

    def _show(self, view: View) -> None:
        self.bar.forget_patch()
        self.legend.explain(None)
        self._around = Neighbours()
        self.navigation.offer(view, self._around)
        self.pane.show_view(view, self.bar.question)
        self._models.ask(view.study)
        self._draw_cones()
        QTimer.singleShot(0, self._look_around)

    def _show_nothing(self) -> None:
        for pane in (self.pane, self.second):
            pane.show_view(None)
        self._around = Neighbours()
        self.navigation.offer(None, self._around)
        self._end_comparison()
        self.pane.photo.set_message(tr("PhotoViewer", "Choose the cone above, then click a view on the map."))
        self._draw_cones()

    def _show_without_layer(self, study: str, view_id: str) -> None:
        self._show(View("", -1, study, view_id))
        self._say(
            tr("PhotoViewer", "Load the layer of views of this study to see when and where this photo was taken.")
        )
        self.setVisible(True)

    def _found(self, study: str, view_id: str, layer_id: str, found: int | Exception | None) -> None:
        if self._wanted != (study, view_id):
            return
        if isinstance(found, int):
            self.show_view(layer_id, found)
        else:
            self._show_without_layer(study, view_id)

    def _look_around(self) -> None:
        view = None if self._is_unloaded else self.view
        if view is None:
            return
        layer = QgsProject.instance().mapLayer(view.layer_id)
        if not is_views_layer(layer):
            return
        self._around = neighbours_of(view, layer, road_points_of(view.study))
        self.navigation.offer(view, self._around)
        if self.navigation.compare.isChecked():
            self._compare(True)

    def go(self, way: str) -> None:
        """Go one step: previous, next, earlier, later, left, right; or fit, open, overlay, whole."""
        if way == "overlay":
            self.bar.shown.toggle()
        elif way == "whole":
            self.bar.ask_whole()
        elif way == "fit":
            self.pane.photo.fit()
        elif way == "open":
            self._open()
        else:
            there = self._around.towards(way, self.view)
            if there is not None:
                self.show_view(there.layer_id, there.feature_id)

    def _open(self) -> None:
        url = QUrl(self.view.source_url) if self.view is not None else QUrl()
        if url.isValid() and url.scheme() == "https":
            QDesktopServices.openUrl(url)

    def _compare(self, is_on: bool) -> None:
        view = self.view
        others = [one for one in self._around.moments if view is not None and one.view_id != view.view_id]
        if not is_on:
            self._end_comparison()
        elif not others:
            self._end_comparison()
            self._say(tr("PhotoViewer", "There is no photo of this place and direction at another date."))
        else:
            self.navigation.offer_dates(
                others, others[0] if others[0].moment < (view.moment if view else "") else others[-1]
            )
            self._compare_with(self.navigation.dates.currentData())

    def _compare_with(self, other: View) -> None:
        if self.second.isHidden():
            self.second.setVisible(True)
            self._photos.setSizes([1000, 1000])
        self.second.show_view(other, self.bar.question)
        self.second.photo.go(self.pane.photo.place())
        self._draw_cones()

    def _end_comparison(self) -> None:
        self.navigation.compare.blockSignals(True)
        self.navigation.compare.setChecked(False)
        self.navigation.compare.blockSignals(False)
        self.navigation.offer_dates([], None)
        self.second.setVisible(False)
        self.second.show_view(None)
        self.comparison.draw()
        self._draw_cones()

    def _ask(self, question: Question | None) -> None:
        self.legend.setVisible(self.bar.shown.isChecked())
        for pane in (self.pane, self.second):
            if pane.view is not None:
                pane.ask(question)
        if question is not None:
            return
        self.legend.explain(None)
        if self.bar.shown.isChecked():
            self._say(self._models.why_none(self.view.study if self.view is not None else ""))

    def _answered(self, answer: Answer) -> None:
        self.legend.explain(answer)

    def _patch_clicked(self, row: int, column: int) -> None:
        if self.bar.explains_predictor:
            self._say(
                tr(
                    "PhotoViewer",
                    "An indicator is explained for the whole photo; choose an encoder to ask about a square.",
                )
            )
        else:
            self.bar.ask_patch(row, column)

    def _models_known(self, study: str) -> None:
        if self.view is not None and self.view.study == study:
            self.bar.set_models(*self._models.of(study))
            if self.bar.question is None:
                self._ask(None)  # now it is known why

    def _session_changed(self) -> None:
        if self._session.client is self._client:  # only its facts are new
            return
        self._client = self._session.client
        self._attention.forget()
        self._models.forget()
        if self.view is not None and self._session.client is not None:
            self._models.ask(self.view.study)
            for pane in (self.pane, self.second):
                pane.reload()

    def _layers_go(self, layer_ids: list[str]) -> None:
        if self.view is not None and self.view.layer_id in layer_ids:
            self._show_nothing()

    def _draw_cones(self) -> None:
        is_shown = not self.isHidden() and not self._is_unloaded
        self._cones[0].show_view(self.pane.view if is_shown else None)
        self._cones[1].show_view(self.second.view if is_shown else None)

    def _visibility_changed(self, _is_visible: bool) -> None:
        if not self._is_unloaded:
            self._draw_cones()

    def _pick(self, is_on: bool) -> None:
        if is_on:
            self._canvas.setMapTool(self.picker)
        else:
            self._canvas.unsetMapTool(self.picker)

    def _say(self, sentence: str) -> None:
        self._status.setText(sentence)
        self._status.setVisible(bool(sentence))

    def _connect(self) -> None:
        self.picker.picked.connect(self.show_view)
        self.picker.said.connect(self._say)
        self.navigation.pick.triggered.connect(self._pick)
        self.navigation.asked.connect(self.go)
        self.navigation.compare.toggled.connect(self._compare)
        self.navigation.date_chosen.connect(self._compare_with)
        self.bar.asked.connect(self._ask)
        self.bar.opacity_changed.connect(self.pane.photo.set_opacity)
        self.bar.opacity_changed.connect(self.second.photo.set_opacity)
        for pane in (self.pane, self.second):
            pane.photo.set_opacity(self.bar.opacity.value() / 100)
            pane.photo.asked.connect(self.go)
            pane.photo.patch_clicked.connect(self._patch_clicked)
            pane.said.connect(self._say)
        self.pane.answered.connect(self._answered)
        self._models.known.connect(self._models_known)
        self._models.said.connect(self._say)
        self._session.changed.connect(self._session_changed)
        self.visibilityChanged.connect(self._visibility_changed)
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)

    def _lay_out(self) -> None:
        photos = self._photos
        for pane in (self.pane, self.second):
            photos.addWidget(pane)
        photos.setChildrenCollapsible(False)
        self._status.setWordWrap(True)
        self._status.setTextFormat(Qt.TextFormat.PlainText)
        self._status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(4, 2, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.navigation)
        layout.addWidget(self.navigation.dates, 0, Qt.AlignmentFlag.AlignRight)
        layout.addWidget(photos, 1)
        layout.addWidget(self._status)
        layout.addWidget(self.bar)
        layout.addWidget(self.legend)
        self.legend.setVisible(False)
        self.setWidget(inside)
        self.pane.setMinimumWidth(140)
        self.second.setMinimumWidth(140)
