"""What a provider has in an area, asked of the engine before anything is fetched: counts, costs, a layer of points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QTimer

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.inside import inside
from ..connection.jobwatch import ACTIVE
from ..connection.pending import Pending
from ..connection.providerkeys import read_keys
from ..i18n import tr
from .plan import RunPlan, fetch_inputs, sampling
from .steps import Steps
from .studies import study_of

#: Milliseconds between two looks at the job.
_LOOK_EVERY = 500
#: What changes neither what a provider has nor what would be taken of it.
_NOT_ASKED = ("max_cost", "accept_terms")
#: How the engine calls captures of which no year is known.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Coverage:
    """What a dry run of ``fetch`` came to.

    Attributes
    ----------
    found, chosen, there_already : int
        Captures in the area, those that would be fetched, and those that the study has.
    by_year : dict of str to int
        Captures by year of capture; `UNKNOWN` where none is known.
    photos, billed : int
        Photos to download, and how many of them cost something.
    cost : float
        US dollars.
    megabytes, minutes : float
        Of the download.
    file : str
        Layer of the captures on this computer; empty without one.
    question : dict
        The choices that it belongs to.
    """

    found: int = 0
    chosen: int = 0
    there_already: int = 0
    by_year: dict[str, int] = field(default_factory=dict)
    photos: int = 0
    billed: int = 0
    cost: float = 0.0
    megabytes: float = 0.0
    minutes: float = 0.0
    file: str = ""
    question: dict[str, Any] = field(default_factory=dict)

    def fits(self, plan: RunPlan) -> bool:
        """Tell whether a plan still asks what was asked here."""
        return self.question == question_of(plan)


def question_of(plan: RunPlan) -> dict[str, Any]:
    """Return the choices on which the coverage depends."""
    asked = {name: value for name, value in fetch_inputs(plan).items() if name not in _NOT_ASKED}
    return {**asked, "study": plan.study, "area": plan.area}


class CoveragePreview(Steps):
    """Asks for the coverage: the study is made where it is missing, then ``fetch`` runs dry.

    A provider that is asked at sample points gets them first, along the roads of OpenStreetMap; those of a layer come
    with the first run.

    Parameters
    ----------
    client : EngineClient
        The engine.
    plan : RunPlan
        With study, area and provider.
    folder : str
        Where the layer goes.
    needs_points : bool
        Whether the provider is asked at sample points.
    """

    def __init__(self, client: EngineClient, plan: RunPlan, folder: str, *, needs_points: bool = False) -> None:
        super().__init__()
        self._client, self._plan, self._folder = client, plan, folder
        self._before = sampling(plan) if needs_points and plan.roads == "osm" else []
        self._job = ""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._look)
        self.pending.on_cancel(self._dismiss)

    def begin(self) -> Pending:
        """Begin; returns a Pending of a `Coverage`."""
        self.pending.progressed.emit(0.0, tr("Run", "Preparing"))
        self.ask(study_of(self._client, self._plan), self._submit)
        return self.pending

    def _submit(self, _: object) -> None:
        if self._before:
            first = self._before[0]
            asked = self._client.execute(first.process, self._plan.study, first.inputs)
            asked.then(lambda job: self._on_job(job), self.pending.fail)
            return
        try:
            keys = read_keys(self._plan.provider)
        except EngineError as error:
            self.pending.fail(error)
            return
        # Without a limit of costs: the answer is what the limit is to be chosen by.
        inputs = {name: value for name, value in fetch_inputs(self._plan).items() if name != "max_cost"}
        asked = self._client.execute("fetch", self._plan.study, {**inputs, **keys, "dry_run": True})
        # Not broken off by a cancellation: whoever knows the job can stop it.
        asked.then(lambda job: self._on_job(job), self.pending.fail)

    def _look(self) -> None:
        self.ask(self._client.job(self._job), self._on_job)

    def _on_job(self, job: dict[str, Any]) -> None:
        self._job = job["jobID"] if job["status"] in ACTIVE else ""
        if self.pending.is_decided:
            self._dismiss()
        elif job["status"] in ACTIVE:
            self.pending.progressed.emit(job["progress"] / 100, job["message"] or tr("Run", "Asking the provider"))
            self._later.start(_LOOK_EVERY)
        elif job["status"] == "successful" and self._before:
            self._before.pop()
            self._submit(job)
        elif job["status"] == "successful":
            self.ask(self._client.results(job["jobID"]), self._on_results)
        elif job["status"] == "dismissed":
            self.pending.cancel()
        else:
            said = job["message"] or tr("Run", "A step failed; see its log.")
            self.pending.fail(EngineError(said, "server"))

    def _on_results(self, outputs: dict[str, Any]) -> None:
        found = _read(outputs.get("plan"), question_of(self._plan))
        if found is None:
            sentence = tr("Run", "This engine does not tell what a provider has; update it.")
            self.pending.fail(EngineError(sentence, "version"))
            return
        there = outputs.get("coverage_layer")
        if not there:
            self.pending.succeed(found)
            return
        try:
            target = inside(self._folder, Path(there).name)
        except EngineError as error:
            self.pending.fail(error)
            return
        asked = self._client.download(self._plan.study, there, str(target))
        self.ask(asked, lambda file: self.pending.succeed(Coverage(**{**vars(found), "file": file})))

    def _dismiss(self) -> None:
        self._later.stop()
        self._stop()
        if self._job:
            self._client.dismiss(self._job)


def _read(told: object, question: dict[str, Any]) -> Coverage | None:
    """Return what a dry run told; None where it told nothing."""
    if not isinstance(told, Mapping):
        return None
    try:
        years = {str(year): int(count) for year, count in dict(told.get("by_year") or {}).items() if count}
        return Coverage(
            *(int(told.get(name) or 0) for name in ("found", "chosen", "there_already")),
            years,
            *(int(told.get(name) or 0) for name in ("photos", "billed")),
            *(float(told.get(name) or 0) for name in ("cost_usd", "megabytes", "minutes")),
            question=question,
        )
    except (TypeError, ValueError):
        return None
