"""Before the first job: the study is there, and so are the files that the run takes from this computer."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from ..connection.client import EngineClient
from ..connection.disk import storage_error
from ..connection.pending import Pending
from ..i18n import tr
from .plan import RunPlan
from .record import RunRecord
from .sending import Sending
from .sources import export_layer, photos_in
from .steps import Steps
from .studies import study_of


def with_tag(plan: RunPlan, tag: str) -> RunPlan:
    """Return a plan whose uploaded files lie in a folder of the run: another run must not replace them under it."""

    def tagged(path: str) -> str:
        is_own = path.startswith("uploads/") and not path.startswith("uploads/photos")
        return f"uploads/{tag}/{path[len('uploads/') :]}" if is_own else path

    labels = replace(plan.labels, source=tagged(plan.labels.source))
    return replace(
        plan,
        labels=labels,
        units=tagged(plan.units),
        roads=tagged(plan.roads),
        table=tagged(plan.table),
        weights=tagged(plan.weights),
    )


class Preparing(Steps):
    """Prepares a run; what an earlier attempt has done is not done again.

    Parameters
    ----------
    client : EngineClient
        The engine.
    run : RunRecord
        What is to be prepared.
    """

    def __init__(self, client: EngineClient, run: RunRecord) -> None:
        super().__init__()
        self._client, self._run = client, run
        self._layers = run.sources.layers()
        self._files: list[tuple[str, str]] = []
        # Beside the results, so that it is still there when QGIS was closed in between.
        self._folder = Path(run.folder) / f".{run.tag}"
        self._sending: Sending | None = None

    def begin(self) -> Pending:
        """Begin; returns a Pending of nothing."""
        self.ask(study_of(self._client, self._run.plan), self._next_layer)
        return self.pending

    def _next_layer(self, _: object = None) -> None:
        if not self._layers:
            self._find_photos()
            return
        layer, name = self._layers.pop(0)
        target = self._folder / name
        self._files.append((str(target), f"{self._run.tag}/{name}"))
        if target.is_file():
            self._next_layer()
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.pending.fail(storage_error(error, str(self._folder)))
            return
        self.ask(export_layer(layer, str(target)), self._next_layer)

    def _find_photos(self) -> None:
        sources = self._run.sources
        self._files += [(path, f"{self._run.tag}/{name}") for path, name in sources.files()]
        if not sources.photos:
            self._send([])
            return
        self.pending.progressed.emit(0.0, tr("Run", "Looking for photos"))
        self.ask(photos_in(sources.photos), self._send)

    def _send(self, photos: list[tuple[str, str, int]]) -> None:
        if not self._files and not photos:
            self.pending.succeed(None)
            return
        self._sending = Sending(self._client, self._run.plan.study, self._files, photos)
        pending = self._sending.begin()
        pending.progressed.connect(self.pending.progressed)
        self.ask(pending, self._is_sent)

    def _is_sent(self, _: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self.pending.succeed(None)
