"""Brings the files of a run into the project: one group, styled, described, credited."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from qgis.core import Qgis, QgsApplication, QgsProject, QgsVectorLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, QTimer

from ..connection.errors import EngineError
from ..connection.pending import Pending
from ..i18n import tr
from . import kinds
from .credits import show_credits
from .prepare import LayerMaker, ReadyLayer
from .provenance import credit_layer, describe_layer
from .rights import RightsTask
from .run import RunFacts
from .tree import RunGroup

__all__ = ["ResultLayers", "RunFacts"]


class ResultLayers(QObject):
    """Brings results into a project; works on the main thread.

    Parameters
    ----------
    project : QgsProject
        Where to.
    iface : QgisInterface or None
        The window, for the copyright decoration; None without one.
    """

    def __init__(self, project: QgsProject, iface: QgisInterface | None = None) -> None:
        super().__init__()
        self._project, self._iface = project, iface
        self._tasks: set[RightsTask] = set()
        project.layersRemoved.connect(self._credit_who_is_left)

    def close(self) -> None:
        """Let go of the project."""
        for task in list(self._tasks):
            task.cancel()
        self._tasks.clear()
        self._project.layersRemoved.disconnect(self._credit_who_is_left)

    def load(self, folder: str, files: list[str], run: RunFacts) -> list[str]:
        """Add files of one run as a group on top of the project's layers.

        Parameters
        ----------
        folder : str
            Where the files are.
        files : list of str
            Files and folders of attention maps, relative to ``folder`` or whole paths. What is no layer is passed over.
        run : RunFacts
            What is known of the run.

        Returns
        -------
        list of str
            The ids of the layers, from top to bottom.
        """
        steps = self._steps(folder, files, run)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return list(end.value)

    def load_in_steps(self, folder: str, files: list[str], run: RunFacts) -> Pending:
        """Do what `load` does, one layer at a time, with the window's events between them.

        Returns
        -------
        Pending
            Ends with the ids of the layers. After a cancellation those that were added stay.
        """
        steps = self._steps(folder, files, run)
        pending = Pending()

        def go_on() -> None:
            if pending.is_decided:
                return
            try:
                share, name = next(steps)
            except StopIteration as end:
                pending.succeed(end.value)
            except RuntimeError:  # the group was deleted meanwhile, with the project or by hand
                sentence = tr("Layers", "The project was closed while results were loading; load them again.")
                pending.fail(EngineError(sentence, "missing"))
            except (OSError, ValueError, TypeError, KeyError) as error:  # a file that is not what it should be
                sentence = tr("Layers", "The results could not be loaded ({reason}); fetch them again.")
                pending.fail(EngineError(sentence.format(reason=error), "disk"))
            else:
                pending.progressed.emit(share, name)
                QTimer.singleShot(0, go_on)

        QTimer.singleShot(0, go_on)
        return pending

    def views_layer(self) -> QgsVectorLayer | None:
        """Return the newest layer of views in the project, or None."""
        layer = kinds.newest_layer(self._project, kinds.VIEWS)
        return layer if isinstance(layer, QgsVectorLayer) else None

    def _steps(self, folder: str, files: list[str], run: RunFacts) -> Generator[tuple[float, str], None, list[str]]:
        """Add a layer at each step; give the share that is done and the file's name, at the end the ids of all."""
        self._project.setFilePathStorage(Qgis.FilePathType.Relative)
        # Vectors first: the classes of predictions are those of their surfaces too.
        paths = sorted({Path(folder, file) for file in files}, key=lambda path: (path.suffix != ".gpkg", path.name))
        group, maker = RunGroup(self._project, run.title, run.name), LayerMaker(run, paths)
        added: list[tuple[int, str]] = []
        for number, path in enumerate(paths, 1):
            ready = maker.make(path)
            if ready is not None:
                self._add(ready, group, run)
                added.append((kinds.ORDER.index(ready.kind), ready.layer.id()))
            yield number / len(paths), path.name
        group.remove_if_empty()
        show_credits(self._project, self._iface)
        return [layer_id for _rank, layer_id in sorted(added)]

    def _add(self, ready: ReadyLayer, group: RunGroup, run: RunFacts) -> None:
        layer, kind = ready.layer, ready.kind
        properties = {
            kinds.KIND: kind,
            kinds.STUDY: run.study,
            kinds.ENGINE: run.engine,
            kinds.RUN: run.title,
            kinds.ATTRIBUTION: run.attribution,
            kinds.LICENCE: run.licence,
            kinds.LOADED: QDateTime.currentDateTimeUtc().toString(Qt.DateFormat.ISODateWithMs),
        }
        for name, value in properties.items():
            layer.setCustomProperty(name, value)
        describe_layer(layer, kind, run)
        if isinstance(layer, QgsVectorLayer):
            layer.setReadOnly(True)
        group.add(layer, kind, visible=ready.is_visible)
        if kind == kinds.VIEWS and isinstance(layer, QgsVectorLayer) and not run.attribution:
            self._look_up_rights(layer)

    def _look_up_rights(self, layer: QgsVectorLayer) -> None:
        """Find in a layer itself whom to name; its rows may be many, so elsewhere than here."""
        layer_id, run = layer.id(), layer.customProperty(kinds.RUN)

        def ended(attribution: str, licence: str) -> None:
            self._tasks.discard(task)
            if not self._project.mapLayer(layer_id) or not (attribution or licence):
                return
            # Everything of the run was made from these photos.
            for other in self._project.mapLayers().values():
                if other.customProperty(kinds.RUN) == run and not other.customProperty(kinds.ATTRIBUTION):
                    credit_layer(other, attribution, licence)
            show_credits(self._project, self._iface)

        task = RightsTask(layer.source().partition("|")[0], ended)
        self._tasks.add(task)
        QgsApplication.taskManager().addTask(task)

    def _credit_who_is_left(self, _layer_ids: list[str]) -> None:
        show_credits(self._project, self._iface)
