"""Reports and atlases of runs: made from the layers on the map, written as PDF where a person says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsProject, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, QUrl
from qgis.PyQt.QtWidgets import QFileDialog, QProgressBar, QPushButton

from ..connection.errors import EngineError
from ..connection.pending import Pending
from ..connection.session import Session
from ..i18n import tr
from ..layers import kinds
from ..layers.run import RunFacts
from ..report.atlas import atlas_units, make_atlas
from ..report.export import export_report
from ..report.layout import make_report
from ..runs import record as states
from ..runs.facts import run_facts
from ..runs.record import RunRecord
from ..runs.runner import Runner
from ..runs.unitphotos import UnitPhotos


class Reporting(QObject):
    """Makes reports and atlases.

    Parameters
    ----------
    iface : QgisInterface
        The window.
    session : Session
        The connection; an atlas asks it for photos.
    runner : Runner
        Knows the runs.
    """

    def __init__(self, iface: QgisInterface, session: Session, runner: Runner) -> None:
        super().__init__()
        self._iface, self._session, self._runner = iface, session, runner
        self._under_way: list[Pending] = []

    def close(self) -> None:
        """Stop what is being written."""
        for pending in list(self._under_way):
            pending.cancel()

    def make_newest_report(self) -> None:
        """Make the report of the newest run that is on the map."""
        for run in self._runner.runs():
            if run.state == states.DONE and self._layer(run) is not None:
                self.make_report(run)
                return
        self._say(tr("Report", "There is no result on the map yet; run one, or load one from the list of results."))

    def make_report(self, run: RunRecord) -> None:
        """Ask where to, make the layout and write it as PDF."""
        layer = self._layer(run)
        if layer is None:
            self._say(tr("Report", "The prediction is not on the map any more; load the results first."))
            return
        path = self._ask_path(run, tr("Report", "report"))
        if path:
            self.write_report(run, path)

    def write_report(self, run: RunRecord, path: str) -> None:
        """Make the report of a run and write it to a file."""
        layer = self._layer(run)
        project, facts = QgsProject.instance(), self._facts(run, layer)
        try:
            name = make_report(project, layer.id(), facts)
        except EngineError as error:
            self._say(str(error))
            return
        self._write(name, path)

    def make_atlas(self, run: RunRecord) -> None:
        """Ask where to, fetch photos of the units that are selected, make the atlas and write it as PDF."""
        layer = self._layer(run)
        if layer is None:
            self._say(tr("Report", "The prediction is not on the map any more; load the results first."))
            return
        path = self._ask_path(run, tr("Report", "atlas"))
        if path:
            self.write_atlas(run, path)

    def write_atlas(self, run: RunRecord, path: str) -> None:
        """Make the atlas of a run and write it to a file."""
        layer = self._layer(run)
        units = atlas_units(layer)
        if units.note:
            self._say(units.note)
        photos = UnitPhotos(self._session, _where_it_is(run, layer), layer.id(), units.unit_ids)
        self._follow(
            photos.begin(),
            tr("Report", "Fetching photos for the atlas"),
            lambda found: self._with_photos(run, path, units.unit_ids, found),
        )

    def _with_photos(self, run: RunRecord, path: str, unit_ids: list[str], photos: dict[str, Any]) -> None:
        layer = self._layer(run)
        if layer is None:
            self._say(tr("Report", "The prediction is not on the map any more; load the results first."))
            return
        try:
            name = make_atlas(QgsProject.instance(), layer.id(), self._facts(run, layer), photos, unit_ids)
        except EngineError as error:
            self._say(str(error))
            return
        self._write(name, path)

    def _write(self, layout: str, path: str) -> None:
        self._follow(export_report(layout, path), tr("Report", "Writing the PDF"), self._on_written)

    def _on_written(self, path: str) -> None:
        link = QUrl.fromLocalFile(path).toString()
        told = tr("Report", 'Written: <a href="{link}">{path}</a>. The layout is in the project as well.')
        bar = self._iface.messageBar()
        bar.pushMessage("StreetSense", told.format(link=link, path=path), Qgis.MessageLevel.Success, 20)

    def _follow(self, pending: Pending, title: str, then: Any) -> None:  # noqa: ANN401 - a callable
        item = self._iface.messageBar().createMessage("StreetSense", title)
        bar = QProgressBar(item)
        bar.setRange(0, 1000)
        stop = QPushButton(tr("Dock", "Stop"), item)
        stop.clicked.connect(pending.cancel)
        item.layout().addWidget(bar)
        item.layout().addWidget(stop)
        self._iface.messageBar().pushWidget(item, Qgis.MessageLevel.Info)
        self._under_way.append(pending)

        # Somebody may close the message; the work goes on.
        is_shown = [True]
        item.destroyed.connect(lambda _=None: is_shown.clear())

        def end() -> None:
            self._under_way.remove(pending)
            if is_shown:
                self._iface.messageBar().popWidget(item)

        def on_success(value: Any) -> None:  # noqa: ANN401 - whatever it gives
            end()
            then(value)

        def on_failure(error: EngineError) -> None:
            end()
            if error.kind != "cancelled":
                self._say(str(error))

        pending.progressed.connect(lambda share, _: bar.setValue(round(1000 * share)) if is_shown else None)
        pending.then(on_success, on_failure)

    def _ask_path(self, run: RunRecord, kind: str) -> str:
        home = QgsProject.instance().absolutePath() or Path.home()
        suggested = str(Path(home, f"{run.plan.name}-{kind}.pdf"))
        window = self._iface.mainWindow()
        path, _ = QFileDialog.getSaveFileName(window, tr("Report", "Write to"), suggested, "PDF (*.pdf)")
        return path if not path or path.lower().endswith(".pdf") else f"{path}.pdf"

    def _layer(self, run: RunRecord) -> QgsVectorLayer | None:
        """Return the prediction of a run, where it is on the map."""
        # By its name and study: the project may have moved to another folder since.
        wanted = f"{run.plan.name}.gpkg"
        for layer in QgsProject.instance().mapLayers().values():
            is_prediction = kinds.kind_of(layer) == kinds.PREDICTION and isinstance(layer, QgsVectorLayer)
            if is_prediction and layer.isValid() and _file(layer).name == wanted and _study(layer) == run.plan.study:
                return layer
        return None

    def _facts(self, run: RunRecord, layer: QgsVectorLayer) -> RunFacts:
        rights = [str(layer.customProperty(name, "") or "") for name in (kinds.ATTRIBUTION, kinds.LICENCE)]
        return run_facts(_where_it_is(run, layer), *rights)

    def _say(self, sentence: str) -> None:
        self._iface.messageBar().pushMessage("StreetSense", sentence, Qgis.MessageLevel.Warning, 10)


def _file(layer: QgsVectorLayer) -> Path:
    return Path(layer.source().partition("|")[0])


def _study(layer: QgsVectorLayer) -> str:
    return str(layer.customProperty(kinds.STUDY, "") or "")


def _where_it_is(run: RunRecord, layer: QgsVectorLayer) -> RunRecord:
    """Return the run with the folder in which its layer lies now."""
    return replace(run, folder=str(_file(layer).parent))
