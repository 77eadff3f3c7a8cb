"""Runs, from a person's choices to layers on the map; each step can be stopped, and goes on after QGIS was closed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, QUuid, pyqtSignal

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.jobwatch import ACTIVE, JobWatch
from ..connection.pending import Pending
from ..connection.session import Session
from ..i18n import tr
from . import record as states
from .facts import run_facts
from .fetching import Fetching
from .plan import RunPlan, executions
from .record import RunList, RunRecord
from .sending import Sending
from .sources import Sources, export_layer, photos_in
from .studies import study_of
from .verdict import verdict


class Runner(QObject):
    """Carries out runs on the connected engine; lives in the window's thread.

    A run goes through these states: its files are sent, its jobs are submitted together and followed, its results are
    downloaded and put on the map. What it is to do and how far it is is kept in the user's settings.

    Parameters
    ----------
    session : Session
        The connection.
    watch : JobWatch
        The jobs.
    layers : ResultLayers
        Puts results on the map.
    folder_of : callable
        Returns the folder for the results of a study.
    parent : QObject, optional
        Of this object.
    """

    #: With the run that changed.
    changed = pyqtSignal(object)

    def __init__(self, session: Session, watch: JobWatch, layers: Any, folder_of: Any, parent: QObject | None = None):  # noqa: ANN401
        super().__init__(parent)
        self._session, self._watch, self._layers, self._folder_of = session, watch, layers, folder_of
        self._list = RunList()
        self._work: dict[str, Pending] = {}
        self._dismissed: set[str] = set()
        self._progress: dict[str, tuple[float, str]] = {}
        watch.changed.connect(self._on_jobs)
        session.changed.connect(self._go_on)

    def runs(self) -> list[RunRecord]:
        """Return the runs that are remembered, newest first."""
        return self._list.all()

    def progress(self, run: RunRecord) -> tuple[float, str]:
        """Return the share of a run that is done, and what it is doing."""
        return self._progress.get(run.id, (0.0, run.message))

    def start(self, plan: RunPlan, sources: Sources) -> RunRecord:
        """Begin a run.

        Parameters
        ----------
        plan : RunPlan
            Complete choices; files of ``sources`` are named in it already as the study calls them.
        sources : Sources
            What is to be sent from here.
        """
        run = RunRecord(
            id=QUuid.createUuid().toString(QUuid.StringFormat.WithoutBraces),
            plan=plan,
            engine=self._engine(),
            project=QgsProject.instance().absoluteFilePath(),
            folder=self._folder_of(plan.study),
            made=QDateTime.currentDateTimeUtc().toString(Qt.DateFormat.ISODate),
        )
        self._progress[run.id] = (0.0, tr("Run", "Preparing"))
        self._keep(run)
        client = self._session.client
        if client is None:
            self._fail(run, EngineError(tr("Run", "There is no engine connected; connect one first."), "network"))
            return run
        self._step(run, study_of(client, plan), lambda _: self._collect(run, sources))
        return run

    def cancel(self, run: RunRecord) -> None:
        """Stop a run; what is finished is kept."""
        work = self._work.pop(run.id, None)
        if work is not None:
            work.cancel()
        self._dismiss(run)
        run.state, run.message = states.STOPPED, tr("Run", "Stopped; what was finished is kept.")
        self._keep(run)

    def again(self, run: RunRecord) -> None:
        """Take up a run that failed or was stopped; finished steps are not repeated by the engine."""
        client = self._session.client
        if client is None:
            self._session.connect_engine()
            return
        run.jobs, run.files, run.attempt = [], [], run.attempt + 1
        self._send(run)

    def load(self, run: RunRecord) -> None:
        """Put the results of a run on the map, once more if they are there already."""
        if run.files and all(Path(run.folder, file).exists() for file in run.files):
            self._put_on_map(run, {})
        else:
            self._download(run)

    def load_job(self, job: dict[str, Any]) -> RunRecord:
        """Put what one job made on the map, whoever started it."""
        plan = RunPlan(study=job["study"], name=job["processID"])
        run = RunRecord(
            id=job["jobID"],
            plan=plan,
            engine=self._engine(),
            project=QgsProject.instance().absoluteFilePath(),
            folder=self._folder_of(plan.study),
            made=job["created"],
            jobs=[(job["jobID"], job["processID"])],
        )
        self._download(run)
        return run

    def forget(self, run: RunRecord) -> None:
        """Take an ended run off the list; its files and layers stay."""
        self._list.remove(run.id)
        self.changed.emit(run)

    def close(self) -> None:
        """Stop what goes on here; jobs of the engine go on."""
        self._watch.changed.disconnect(self._on_jobs)
        self._session.changed.disconnect(self._go_on)
        for work in list(self._work.values()):
            work.cancel()
        self._work = {}

    # One step after the other ----------------------------------------------------------------------------------------

    def _collect(self, run: RunRecord, sources: Sources) -> None:
        """Find the files that are to be sent; layers are written to files first."""
        run.sending = sources.files()
        layers = sources.layers()
        folder = tempfile.mkdtemp(prefix="streetsense-") if layers else ""

        def next_layer(_: object = None) -> None:
            if layers:
                layer, name = layers.pop(0)
                target = str(Path(folder, name))
                run.sending.append((target, name))
                self._step(run, export_layer(layer, target), next_layer)
            elif sources.photos:
                self._tell(run, 0.0, tr("Run", "Looking for photos"))
                self._step(run, photos_in(sources.photos), with_photos)
            else:
                self._send(run)

        def with_photos(photos: list[tuple[str, str]]) -> None:
            if not photos:
                sentence = tr("Run", "There is no photo in {folder}; choose another folder.")
                self._fail(run, EngineError(sentence.format(folder=sources.photos), "refused"))
                return
            run.sending += [(path, f"photos/{name}") for path, name in photos]
            self._send(run)

        next_layer()

    def _send(self, run: RunRecord) -> None:
        run.state = states.SENDING
        self._keep(run)
        if not run.sending:
            self._submit(run)
            return
        work = Sending(self._client(), run.plan.study, run.sending)
        pending = work.begin()
        pending.progressed.connect(lambda share, told: self._tell(run, 0.1 * share, told))
        pending.setParent(None)
        self._step(run, pending, lambda _, kept=work: self._submit(run))

    def _submit(self, run: RunRecord) -> None:
        """Submit all jobs; the engine runs those of one study in their order."""
        run.state = states.RUNNING
        waiting = executions(run.plan)[len(run.jobs) :]

        def next_job(_: object = None) -> None:
            if not waiting:
                self._keep(run)
                self._watch.look()
                return
            one = waiting.pop(0)
            # A request that is repeated is one job, a run that is repeated is not.
            key = f"{run.id}-{run.attempt}-{len(run.jobs)}"
            asked = self._client().execute(one.process, run.plan.study, one.inputs, key)
            self._step(run, asked, lambda job: on_job(job, one.title))

        def on_job(job: dict[str, Any], title: str) -> None:
            run.jobs.append((job["jobID"], title))
            self._keep(run)
            next_job()

        next_job()

    def _on_jobs(self, jobs: list[dict[str, Any]]) -> None:
        """Look how the jobs of the runs are."""
        known = {job["jobID"]: job for job in jobs}
        for run in self._list.all():
            if run.state == states.RUNNING and run.engine == self._engine() and run.id not in self._work:
                self._follow(run, known)

    def _follow(self, run: RunRecord, known: dict[str, dict[str, Any]]) -> None:
        mine = [known.get(job_id) for job_id, _ in run.jobs]
        if not mine or len(mine) < len(executions(run.plan)):
            self._submit(run)  # QGIS was closed before all were submitted
            return
        gone = [job for job in mine if job is None or job["status"] in ("failed", "dismissed")]
        if gone:
            self._dismiss(run)
            first = gone[0]
            if first is not None and first["status"] == "failed":
                self._fail(run, EngineError(first["message"] or tr("Run", "A step failed; see its log."), "server"))
            else:
                run.state, run.message = states.STOPPED, tr("Run", "Stopped; what was finished is kept.")
                self._keep(run)
            return
        jobs = [job for job in mine if job is not None]
        done = sum(100 if job["status"] == "successful" else job["progress"] for job in jobs)
        share = 0.1 + 0.8 * done / (100 * len(jobs))
        now = next((number for number, job in enumerate(jobs) if job["status"] in ACTIVE), None)
        if now is None:
            self._download(run)
            return
        said = jobs[now]["message"]
        told = tr("Run", "Step {number} of {count}: {title}").format(
            number=now + 1, count=len(jobs), title=run.jobs[now][1]
        )
        self._tell(run, share, f"{told} · {said}" if said else told)

    def _download(self, run: RunRecord) -> None:
        run.state = states.LOADING
        self._keep(run)
        fetching = Fetching(self._client(), run)
        pending = fetching.begin()
        pending.progressed.connect(lambda share, told: self._tell(run, 0.9 + 0.1 * share, told))
        self._step(run, pending, lambda facts, kept=fetching: self._downloaded(run, facts))

    def _downloaded(self, run: RunRecord, facts: dict[str, Any]) -> None:
        run.files = facts["files"]
        if run.project != QgsProject.instance().absoluteFilePath():
            run.state = states.READY
            run.message = tr("Run", "The results are here; load them into the project that you like.")
            self._keep(run)
            return
        self._put_on_map(run, facts)

    def _put_on_map(self, run: RunRecord, facts: dict[str, Any]) -> None:
        told = run_facts(run, facts, self._session.describe())
        pending = self._layers.load_in_steps(run.folder, run.files, told)
        pending.progressed.connect(lambda share, name: self._tell(run, 0.95 + 0.05 * share, name))
        self._step(run, pending, lambda _: self._is_done(run, facts.get("outputs", {})))

    def _is_done(self, run: RunRecord, outputs: dict[str, Any]) -> None:
        run.state, run.message = states.DONE, tr("Run", "Done: the layers are on the map.")
        sentence, run.is_usable = verdict(outputs)
        run.message = f"{run.message} {sentence}".strip()
        self._keep(run)

    # What every step needs -------------------------------------------------------------------------------------------

    def _step(self, run: RunRecord, work: Pending, then: Any) -> None:  # noqa: ANN401 - a callable
        self._work[run.id] = work

        def on_success(value: Any) -> None:  # noqa: ANN401 - whatever the step gives
            self._work.pop(run.id, None)
            then(value)

        def on_failure(error: EngineError) -> None:
            if self._work.pop(run.id, None) is not None:
                self._fail(run, error)

        work.then(on_success, on_failure)

    def _fail(self, run: RunRecord, error: EngineError) -> None:
        if error.kind == "network" and run.state in (states.RUNNING, states.LOADING):
            # The engine goes on; so does the run when it is back.
            self._tell(run, self.progress(run)[0], str(error))
            return
        run.state, run.message = states.FAILED, str(error)
        self._keep(run)

    def _dismiss(self, run: RunRecord) -> None:
        client = self._session.client
        for job_id, _ in run.jobs:
            job = self._watch.job(job_id)
            if client is not None and job is not None and job["status"] in ACTIVE and job_id not in self._dismissed:
                self._dismissed.add(job_id)
                client.dismiss(job_id).then(lambda _: self._watch.look(), lambda _: None)

    def _go_on(self) -> None:
        """Take up what was under way when the engine was last seen."""
        if self._session.client is None:
            return
        for run in self._list.all():
            if run.engine != self._engine() or run.id in self._work:
                continue
            if run.state == states.PREPARING:
                sentence = tr("Run", "QGIS was closed before this was sent to the engine; run it again.")
                self._fail(run, EngineError(sentence, "cancelled"))
            elif run.state == states.SENDING:
                self._send(run)
            elif run.state == states.LOADING:
                self._download(run)

    def _client(self) -> EngineClient:
        client = self._session.client
        if client is None:
            raise EngineError(tr("Run", "The engine is not connected any more."), "network")
        return client

    def _engine(self) -> str:
        if self._session.is_local:
            return "local"
        return self._session.client.address if self._session.client is not None else ""

    def _tell(self, run: RunRecord, share: float, message: str) -> None:
        self._progress[run.id] = (share, message)
        run.message = message
        self.changed.emit(run)

    def _keep(self, run: RunRecord) -> None:
        self._list.put(run)
        if run.state not in states.UNFINISHED:
            self._progress.pop(run.id, None)
        self.changed.emit(run)
