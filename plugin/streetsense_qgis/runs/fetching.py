"""The results of a run, from the engine to this computer."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from ..connection.client import EngineClient
from ..connection.disk import storage_error
from ..connection.errors import EngineError
from ..connection.inside import inside
from ..connection.pending import Pending
from ..i18n import tr
from .record import RunRecord
from .steps import Steps

#: What QGIS shows, or what shows on photos.
_WANTED = (".gpkg", ".tif", ".png", ".json")


class Fetching(Steps):
    """Downloads what the jobs of a run made, and what they say about it.

    Parameters
    ----------
    client : EngineClient
        From where.
    run : RunRecord
        Whose jobs were successful.
    """

    def __init__(self, client: EngineClient, run: RunRecord) -> None:
        super().__init__()
        self._client, self._run = client, run
        self._jobs = [job for job, _ in run.jobs]
        self._wanted: list[str] = []
        self._facts: dict[str, Any] = {"files": [], "outputs": {}}
        self._total = 1

    def begin(self) -> Pending:
        """Begin; returns a Pending of the files (relative to the run's folder) and the outputs by process."""
        self._next_job()
        return self.pending

    def _next_job(self) -> None:
        if self._jobs:
            self.ask(self._client.job(self._jobs.pop(0)), self._on_job, self._next_job)
        else:
            self.ask(self._client.files(self._run.plan.study), self._on_list)

    def _on_list(self, files: list[dict[str, Any]]) -> None:
        """Add what outputs name as folders, and the predictor's record with its scores."""
        outputs = self._facts["outputs"]
        beginnings = [f"{outputs['attend']['overlays']}/"] if "attend" in outputs else []
        record = f"predictors/{outputs['fit']['predictor']}/predictor.json" if "fit" in outputs else None
        self._wanted += [
            file["path"]
            for file in files
            if file["path"] == record or any(file["path"].startswith(beginning) for beginning in beginnings)
        ]
        self._total = max(1, len(self._wanted))
        self._next_file()

    def _on_job(self, job: dict[str, Any]) -> None:
        for link in job["links"]:
            path = unquote(urlsplit(link["href"]).path)
            _, _, there = path.partition(f"/studies/{self._run.plan.study}/")
            if link["rel"] == "item" and there.lower().endswith(_WANTED) and there not in self._wanted:
                self._wanted.append(there)
        self.ask(self._client.results(job["jobID"]), lambda outputs: self._on_outputs(job["processID"], outputs))

    def _on_outputs(self, process: str, outputs: dict[str, Any]) -> None:
        self._facts["outputs"][process] = outputs
        self._next_job()

    def _next_file(self) -> None:
        done = len(self._facts["files"])
        self.pending.progressed.emit(done / self._total, tr("Run", "Downloading the results"))
        if done == len(self._wanted):
            self.pending.succeed(self._facts)
            return
        there = self._wanted[done]
        local = there[len("results/") :] if there.startswith("results/") else there
        try:
            target = inside(self._run.folder, local)
        except EngineError as error:
            self.pending.fail(error)
            return
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.pending.fail(storage_error(error, str(target.parent)))
            return
        self.ask(self._client.download(self._run.plan.study, there, str(target)), lambda _: self._on_file(local))

    def _on_file(self, local: str) -> None:
        self._facts["files"].append(local)
        self._next_file()
