"""Runs, from a person's choices to layers on the map; each step can be stopped, and goes on after QGIS was closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, QTimer, QUuid, pyqtSignal

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.jobwatch import JobWatch
from ..connection.localfiles import folder_name
from ..connection.pending import Pending
from ..connection.session import Session
from ..connection.settings import ConnectionSettings
from ..i18n import tr
from ..layers.results import ResultLayers
from . import record as states
from .dismissing import Dismissing
from .facts import run_facts
from .fetching import Fetching
from .plan import RunPlan, executions
from .prefetch import PhotoPrefetch
from .preparing import Preparing, with_tag
from .record import RunList, RunLocks, RunRecord
from .sources import Sources
from .verdict import verdict

#: Milliseconds after which a run that was interrupted is taken up again.
_RETRY = 10_000


class Runner(QObject):
    """Carries out runs on the connected engine; lives in the window's thread.

    A run goes through these states: its files are sent, its jobs are submitted together and followed, its results are
    downloaded and put on the map. What it is to do and how far it is is kept in the user's settings. Losing the engine
    interrupts it; it goes on when the engine that it belongs to is connected again, in whichever window.

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

    def __init__(
        self,
        session: Session,
        watch: JobWatch,
        layers: ResultLayers,
        folder_of: Callable[[str], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._watch, self._layers, self._folder_of = session, watch, layers, folder_of
        self._list = RunList()
        self._locks = RunLocks(str(Path(ConnectionSettings.load().data_folder, "runs")))
        self._work: dict[str, Pending] = {}
        self._progress: dict[str, tuple[float, str]] = {}
        #: Whoever works for a run lives as long as that.
        self._helpers: dict[str, QObject | None] = {}
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self._go_on)
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
        run = self._new(QUuid.createUuid().toString(QUuid.StringFormat.WithoutBraces), plan)
        run.plan, run.sources = with_tag(plan, run.tag), sources
        if sources.photos:
            run.plan.photos = f"uploads/{folder_name(Path(sources.photos))}"
        self._locks.take(run.id)
        self._keep(run)
        self._prepare(run)
        return run

    def load_job(self, job: dict[str, Any]) -> RunRecord:
        """Put what one job made on the map, whoever started it."""
        run = self._new(job["jobID"], RunPlan(study=job["study"], name=job["processID"]))
        run.made, run.jobs, run.successful = job["created"], [(job["jobID"], job["processID"])], [job["jobID"]]
        self._locks.take(run.id)
        self._download(run)
        return run

    def cancel(self, run: RunRecord) -> None:
        """Stop a run; what is finished is kept."""
        run = self._list.get(run.id) or run
        work = self._work.pop(run.id, None)
        if work is not None:
            work.cancel()
        run.state, run.message = states.STOPPED, tr("Run", "Stopped; what was finished is kept.")
        run.is_dismissing = bool(run.jobs)
        self._keep(run)
        self._dismiss(run)

    def again(self, run: RunRecord) -> None:
        """Take up a run that failed or was stopped."""
        run = self._list.get(run.id) or run
        if not self._is_here(run):
            run.message = tr("Run", "This run belongs to another engine; connect to that one first.")
            self._keep(run)
            return
        if not self._locks.take(run.id):
            return
        if run.jobs and len(run.successful) == len(run.jobs):
            self._download(run)
            return
        run.state, run.jobs, run.successful, run.files = states.PREPARING, [], [], []
        run.attempt, run.is_dismissing = run.attempt + 1, False
        self._keep(run)
        self._prepare(run)

    def load(self, run: RunRecord) -> None:
        """Put the results of a run on the map, once more if they are there already."""
        run = self._list.get(run.id) or run
        if run.files and all(Path(run.folder, file).exists() for file in run.files):
            self._put_on_map(run, {})
        elif self._is_here(run):
            self._download(run)
        else:
            run.message = tr("Run", "The results are with another engine; connect to that one first.")
            self._keep(run)

    def forget(self, run: RunRecord) -> None:
        """Take an ended run off the list; its files and layers stay."""
        self._list.remove(run.id)
        self.changed.emit(run)

    def close(self) -> None:
        """Stop what goes on here; jobs of the engine go on, and so do the runs, in the next window."""
        self._retry.stop()
        self._watch.changed.disconnect(self._on_jobs)
        self._session.changed.disconnect(self._go_on)
        work, self._work = list(self._work.values()), {}
        for pending in work:
            pending.cancel()
        self._helpers = {}
        self._locks.close()

    # One step after the other ----------------------------------------------------------------------------------------

    def _prepare(self, run: RunRecord) -> None:
        client = self._client(run)
        if client is None:
            self._interrupt(run)
            return
        run.said = self._session.describe()
        self._tell(run, 0.0, tr("Run", "Preparing"))
        preparing = Preparing(client, run)
        pending = preparing.begin()
        pending.progressed.connect(lambda share, told: self._tell(run, 0.1 * share, told))
        self._step(run, pending, lambda _: self._submit(run), preparing)

    def _submit(self, run: RunRecord) -> None:
        """Submit all jobs, one after the other; the engine runs those of one study in their order."""
        run.state = states.RUNNING
        waiting = executions(run.plan)[len(run.jobs) :]
        if not waiting:
            self._keep(run)
            self._watch.look()
            return
        client = self._client(run)
        if client is None:
            self._interrupt(run)
            return
        # A request that is repeated is one job, a run that is repeated is not.
        key = f"{run.id}-{run.attempt}-{len(run.jobs)}"

        def on_job(job: dict[str, Any]) -> None:
            run.jobs.append((job["jobID"], waiting[0].title))
            self._keep(run)
            self._submit(run)

        self._step(run, client.execute(waiting[0].process, run.plan.study, waiting[0].inputs, key), on_job)

    def _on_jobs(self, jobs: list[dict[str, Any]]) -> None:
        """Look how the jobs of the runs are."""
        if self._session.client is None:
            return
        known = {job["jobID"]: job for job in jobs}
        for run in self._list.all():
            if run.state == states.RUNNING and run.id not in self._work and self._is_mine(run):
                self._follow(run, known)

    def _follow(self, run: RunRecord, known: dict[str, dict[str, Any]]) -> None:
        client = self._client(run)
        if client is None:
            return
        if len(run.jobs) < len(executions(run.plan)):
            self._submit(run)  # QGIS was closed before all were submitted
            return
        left = [job_id for job_id, _ in run.jobs if job_id not in run.successful]
        unknown = next((job_id for job_id in left if job_id not in known), None)
        if unknown is not None:
            # The list may be older than the job, or too short for it; only the engine knows.
            self._step(run, client.job(unknown), lambda job: self._follow(run, {**known, unknown: job}))
            return
        ended = [job_id for job_id in left if known[job_id]["status"] == "successful"]
        if ended:
            run.successful += ended
            self._keep(run)
        gone = next((job_id for job_id in left if known[job_id]["status"] in ("failed", "dismissed")), None)
        if gone is not None:
            self._end_early(run, known[gone])
        elif len(run.successful) == len(run.jobs):
            self._download(run)
        else:
            self._tell_where(run, known)

    def _tell_where(self, run: RunRecord, known: dict[str, dict[str, Any]]) -> None:
        numbered = enumerate(run.jobs, 1)
        number, job_id, title = next((n, j, title) for n, (j, title) in numbered if j not in run.successful)
        job = known[job_id]
        share = (len(run.successful) + job["progress"] / 100) / len(run.jobs)
        told = tr("Run", "Step {number} of {count}: {title}").format(number=number, count=len(run.jobs), title=title)
        said = job["message"] if job["status"] == "running" else ""
        self._tell(run, 0.1 + 0.8 * share, f"{told} · {said}" if said else told)

    def _end_early(self, run: RunRecord, job: dict[str, Any]) -> None:
        """End a run of which a job failed, or was stopped by somebody: the jobs after it are of no use."""
        run.is_dismissing = True
        if job["status"] == "failed":
            self._fail(run, EngineError(job["message"] or tr("Run", "A step failed; see its log."), "server"))
        else:
            run.state, run.message = states.STOPPED, tr("Run", "A step was stopped; what was finished is kept.")
            self._keep(run)
        self._dismiss(run)

    def _download(self, run: RunRecord) -> None:
        run.state = states.LOADING
        self._keep(run)
        client = self._client(run)
        if client is None:
            self._interrupt(run)
            return
        fetching = Fetching(client, run)
        pending = fetching.begin()
        pending.progressed.connect(lambda share, told: self._tell(run, 0.9 + 0.05 * share, told))
        self._step(run, pending, lambda facts: self._downloaded(run, facts), fetching)

    def _downloaded(self, run: RunRecord, facts: dict[str, Any]) -> None:
        run.files = facts["files"]
        if run.project != QgsProject.instance().absoluteFilePath():
            run.state = states.READY
            run.message = tr("Run", "The results are here; load them into the project that you like.")
            self._keep(run)
            return
        self._put_on_map(run, facts)

    def _put_on_map(self, run: RunRecord, facts: dict[str, Any]) -> None:
        pending = self._layers.load_in_steps(run.folder, run.files, run_facts(run))
        pending.progressed.connect(lambda share, name: self._tell(run, 0.95 + 0.05 * share, name))
        self._step(run, pending, lambda _: self._is_done(run, facts.get("outputs", {})))

    def _is_done(self, run: RunRecord, outputs: dict[str, Any]) -> None:
        run.state = states.DONE
        if outputs or not run.message:
            sentence, run.is_usable = verdict(outputs)
            run.message = f"{tr('Run', 'Done: the layers are on the map.')} {sentence}".strip()
        self._keep(run)
        client = self._client(run)
        if client is not None:
            prefetch = PhotoPrefetch(client, run.plan.study, run.folder)
            self._helpers[run.id] = prefetch
            prefetch.begin().then(lambda _: self._helpers.pop(run.id, None), lambda _: self._helpers.pop(run.id, None))

    # What every step needs -------------------------------------------------------------------------------------------

    def _new(self, run_id: str, plan: RunPlan) -> RunRecord:
        made = QDateTime.currentDateTimeUtc()
        return RunRecord(
            id=run_id,
            plan=plan,
            engine=self._engine(),
            said=self._session.describe(),
            project=QgsProject.instance().absoluteFilePath(),
            # A folder of its own: files that QGIS has open cannot be replaced everywhere.
            folder=str(Path(self._folder_of(plan.study), f"{made.toString('yyyyMMdd-HHmmss')}-{plan.name}")),
            made=made.toString(Qt.DateFormat.ISODate),
        )

    def _step(self, run: RunRecord, work: Pending, then: Callable[[Any], None], helper: QObject | None = None) -> None:
        """Do one thing for a run, then the next; ``helper`` is kept until then."""
        self._work[run.id] = work

        def on_success(value: Any) -> None:  # noqa: ANN401 - whatever the step gives
            if self._work.get(run.id) is work:
                del self._work[run.id]
                then(value)

        def on_failure(error: EngineError) -> None:
            if self._work.get(run.id) is work:
                del self._work[run.id]
                self._fail(run, error)

        self._helpers[run.id] = helper
        work.then(on_success, on_failure)

    def _fail(self, run: RunRecord, error: EngineError) -> None:
        # Nobody pressed Stop (that takes the work away first): the connection went, and comes again.
        if error.kind in ("network", "cancelled", "token", "certificate") and run.state in states.UNFINISHED:
            self._interrupt(run, str(error) if error.kind != "cancelled" else "")
            return
        if error.kind == "missing" and run.state == states.RUNNING:
            sentence = tr("Run", "A step was taken off the engine's list; begin the run again.")
            run.state, run.message = states.STOPPED, sentence
        else:
            run.state, run.message = states.FAILED, str(error)
        self._keep(run)

    def _interrupt(self, run: RunRecord, said: str = "") -> None:
        told = said or tr("Run", "The engine is not connected; this goes on when it is.")
        self._tell(run, self.progress(run)[0], told)
        self._retry.start(_RETRY)

    def _dismiss(self, run: RunRecord) -> None:
        """Tell the engine to stop what is left of a run; where it is away, when it is back."""
        client = self._client(run)
        if not run.is_dismissing or client is None or f"dismiss {run.id}" in self._helpers:
            return
        left = [job_id for job_id, _ in run.jobs if job_id not in run.successful]
        dismissing = Dismissing(client, left)
        self._helpers[f"dismiss {run.id}"] = dismissing

        def ended(error: object = None) -> None:
            self._helpers.pop(f"dismiss {run.id}", None)
            kept = self._list.get(run.id)
            if kept is not None and not isinstance(error, EngineError):
                kept.is_dismissing = False
                self._list.put(kept)
            self._watch.look()

        dismissing.begin().then(ended, ended)

    def _go_on(self) -> None:
        """Take up what is unfinished and belongs to the engine that is connected now."""
        if self._session.client is None:
            return
        for run in self._list.all():
            if run.is_dismissing:
                self._dismiss(run)
            if run.state not in states.UNFINISHED or run.id in self._work or not self._is_mine(run):
                continue
            if run.state == states.PREPARING:
                self._prepare(run)
            elif run.state == states.LOADING:
                self._download(run)
            else:
                self._watch.look()

    def _is_here(self, run: RunRecord) -> bool:
        return self._session.client is not None and run.engine == self._engine()

    def _is_mine(self, run: RunRecord) -> bool:
        """Tell whether this window looks after a run."""
        return self._is_here(run) and self._locks.take(run.id)

    def _client(self, run: RunRecord) -> EngineClient | None:
        """Return the connection to the engine of a run; None while that one is not connected."""
        return self._session.client if self._is_here(run) else None

    def _engine(self) -> str:
        """Return what tells the connected engine from others, through restarts."""
        settings = ConnectionSettings.load()
        if self._session.is_local:
            return f"local {settings.data_folder}"
        return self._session.client.address if self._session.client is not None else settings.address

    def _tell(self, run: RunRecord, share: float, message: str) -> None:
        self._progress[run.id] = (share, message)
        run.message = message
        self.changed.emit(run)

    def _keep(self, run: RunRecord) -> None:
        self._list.put(run)
        if run.state not in states.UNFINISHED:
            self._progress.pop(run.id, None)
            self._locks.leave(run.id)
        self.changed.emit(run)
