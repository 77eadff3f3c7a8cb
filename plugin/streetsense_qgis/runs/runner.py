"""Runs, from a person's choices to layers on the map; each step can be stopped, and goes on after QGIS was closed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QDateTime, QObject, Qt, QTimer, QUuid, pyqtSignal

from ..connection.client import EngineClient
from ..connection.errors import EngineError
from ..connection.inside import inside
from ..connection.jobwatch import JobWatch
from ..connection.localfiles import folder_name
from ..connection.pending import Pending
from ..connection.providerkeys import read_keys
from ..connection.session import Session
from ..connection.settings import ConnectionSettings
from ..i18n import tr
from ..layers.results import ResultLayers
from . import record as states
from .dismissing import Dismissals
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
        self._dismissals = Dismissals(self._list, self._locks, self._client, watch.look)
        #: Whoever works for a run lives as long as that.
        self._helpers: dict[str, QObject | None] = {}
        self._retry = QTimer(self)
        self._retry.setSingleShot(True)
        self._retry.timeout.connect(self._go_on)
        watch.looked.connect(self._on_jobs)
        session.changed.connect(self._go_on)

    def runs(self) -> list[RunRecord]:
        """Return the runs that are remembered, newest first."""
        return self._list.all()

    def progress(self, run: RunRecord) -> tuple[float, str]:
        """Return the share of a run that is done, and what it is doing."""
        return self._progress.get(run.id, (0.0, run.message))

    def is_under_way(self, plan: RunPlan) -> bool:
        """Tell whether a run of this study and name goes on: two would write over each other's results."""
        return any(
            (run.plan.study, run.plan.name, run.engine) == (plan.study, plan.name, self._session.engine)
            for run in self._list.all()
            if run.state in states.UNFINISHED
        )

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
        """Put what one job made on the map, whoever started it.

        Raises
        ------
        EngineError
            When the engine gives names that are none.
        """
        run = self._new(job["jobID"], RunPlan(study=job["study"], name=job["processID"]))
        run.made, run.jobs, run.successful = job["created"], [(job["jobID"], job["processID"])], [job["jobID"]]
        self._locks.take(run.id)
        self._download(run)
        return run

    def cancel(self, run: RunRecord) -> None:
        """Stop a run; what is finished is kept."""
        run = self._list.get(run.id) or run
        if run.state not in states.UNFINISHED:
            return  # it ended while somebody pressed Stop
        work = self._work.pop(run.id, None)
        if work is not None:
            self._break_off(run, work)
        run.is_dismissing = run.state == states.RUNNING
        run.state, run.message = states.STOPPED, tr("Run", "Stopped; what was finished is kept.")
        self._keep(run)
        self._dismissals.of_run(run)

    def again(self, run: RunRecord) -> None:
        """Take up a run that failed or was stopped."""
        run = self._list.get(run.id) or run
        if not self._can_take(run, tr("Run", "This run belongs to another engine; connect to that one first.")):
            return
        self._dismissals.of_run(run)  # jobs of the time before that nobody could be told to stop
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
        if run.id in self._work:
            return  # pressed twice
        if run.files and all(Path(run.folder, file).exists() for file in run.files):
            self._put_on_map(run)
        elif self._can_take(run, tr("Run", "The results are with another engine; connect to that one first.")):
            self._download(run)

    def forget(self, run: RunRecord) -> None:
        """Take an ended run off the list; its files and layers stay."""
        self._list.remove(run.id)
        self.changed.emit(run)

    def close(self) -> None:
        """Stop what goes on here; jobs of the engine go on, and so do the runs, in the next window."""
        self._retry.stop()
        self._watch.looked.disconnect(self._on_jobs)
        self._session.changed.disconnect(self._go_on)
        work, self._work = list(self._work.values()), {}
        for pending in work:
            pending.cancel()
        self._helpers = {}
        self._dismissals.close()
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
        if run.state != states.RUNNING:
            run.state = states.RUNNING
            self._keep(run)
        waiting = executions(run.plan)[len(run.jobs) :]
        if not waiting:
            self._keep(run)
            self._watch.look()
            return
        client = self._client(run)
        if client is None:
            self._interrupt(run)
            return
        try:
            # They travel with the request alone: what is remembered of the run never has them.
            keys = read_keys(run.plan.provider) if waiting[0].process == "fetch" else {}
        except EngineError as error:
            self._fail(run, error)
            return
        # A request that is repeated is one job, a run that is repeated is not.
        key = f"{run.id}-{run.attempt}-{len(run.jobs)}"

        def on_job(job: dict[str, Any]) -> None:
            run.jobs.append((job["jobID"], waiting[0].title))
            self._keep(run)
            self._submit(run)

        inputs = {**waiting[0].inputs, **keys}
        self._step(run, client.execute(waiting[0].process, run.plan.study, inputs, key), on_job)

    def _on_jobs(self, jobs: list[dict[str, Any]]) -> None:
        """Look how the jobs of the runs are."""
        if self._session.client is None:
            return
        known = {job["jobID"]: job for job in jobs}
        for run in self._list.all():
            if run.is_dismissing:
                self._dismissals.of_run(run)
            if run.id in self._work:
                continue
            if run.state == states.RUNNING:
                if self._is_mine(run):
                    self._follow(run, known)
            elif run.state in states.UNFINISHED:
                if not self._retry.isActive() and self._is_mine(run):
                    self._take_up(run)  # the window that looked after it was closed
            elif run.id in self._progress:
                self._keep(run)  # another window has stopped it

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
        """End a run of which a job failed, or was stopped by somebody."""
        if job["status"] == "failed":
            self._end(run, states.FAILED, job["message"] or tr("Run", "A step failed; see its log."))
        else:
            self._end(run, states.STOPPED, tr("Run", "A step was stopped; what was finished is kept."))

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
        if facts["outputs"]:
            run.verdict, run.is_usable = verdict(facts["outputs"])
        if run.project != QgsProject.instance().absoluteFilePath():
            run.state = states.READY
            run.message = tr("Run", "The results are here; load them into the project that you like.")
            self._keep(run)
            return
        self._put_on_map(run)

    def _put_on_map(self, run: RunRecord) -> None:
        pending = self._layers.load_in_steps(run.folder, run.files, run_facts(run))
        pending.progressed.connect(lambda share, name: self._tell(run, 0.95 + 0.05 * share, name))
        self._step(run, pending, lambda _: self._is_done(run))

    def _is_done(self, run: RunRecord) -> None:
        run.state = states.DONE
        run.message = f"{tr('Run', 'Done: the layers are on the map.')} {run.verdict}".strip()
        self._keep(run)
        client = self._client(run)
        if client is not None:
            prefetch = PhotoPrefetch(client, run.plan.study, run.folder)
            self._helpers[run.id] = prefetch
            prefetch.begin().then(lambda _: self._helpers.pop(run.id, None), lambda _: self._helpers.pop(run.id, None))

    # What every step needs -------------------------------------------------------------------------------------------

    def _new(self, run_id: str, plan: RunPlan) -> RunRecord:
        made = QDateTime.currentDateTimeUtc()
        # A folder of its own: files that QGIS has open cannot be replaced everywhere.
        folder = inside(self._folder_of(plan.study), f"{made.toString('yyyyMMdd-HHmmss')}-{plan.name}")
        return RunRecord(
            id=run_id,
            plan=plan,
            engine=self._session.engine,
            said=self._session.describe(),
            project=QgsProject.instance().absoluteFilePath(),
            folder=str(folder),
            made=made.toString(Qt.DateFormat.ISODate),
        )

    def _step(self, run: RunRecord, work: Pending, then: Callable[[Any], None], helper: QObject | None = None) -> None:
        """Do one thing for a run, then the next; ``helper`` is kept until then."""
        self._work[run.id] = work

        def on_success(value: Any) -> None:  # noqa: ANN401 - whatever the step gives
            if self._work.get(run.id) is not work:
                return
            del self._work[run.id]
            kept = self._list.get(run.id)
            if kept is not None and kept.state == states.STOPPED and run.state in states.UNFINISHED:
                self._break_off(run, work)  # by another window
                self._keep(kept)
            else:
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
        elif error.kind == "missing" and run.state == states.RUNNING:
            self._end(run, states.STOPPED, tr("Run", "A step was taken off the engine's list; begin the run again."))
        else:
            self._end(run, states.FAILED, str(error))

    def _end(self, run: RunRecord, state: str, message: str) -> None:
        """End a run early: jobs of it that still wait are of no use."""
        run.is_dismissing = run.state == states.RUNNING
        run.state, run.message = state, message
        self._keep(run)
        self._dismissals.of_run(run)

    def _interrupt(self, run: RunRecord, said: str = "") -> None:
        told = said or tr("Run", "The engine is not connected; this goes on when it is.")
        self._tell(run, self.progress(run)[0], told)
        self._retry.start(_RETRY)

    def _break_off(self, run: RunRecord, work: Pending) -> None:
        """Leave a step; a job that is just being submitted is stopped as soon as its name is known."""
        if run.state == states.RUNNING:
            self._dismissals.of_late_job(run, work)
        else:
            work.cancel()

    def _go_on(self) -> None:
        """Take up what is unfinished and belongs to the engine that is connected now."""
        if self._session.client is None:
            return
        for run in self._list.all():
            if run.state in states.UNFINISHED and run.id not in self._work and self._is_mine(run):
                self._take_up(run)

    def _take_up(self, run: RunRecord) -> None:
        if run.state == states.PREPARING:
            self._prepare(run)
        elif run.state == states.LOADING:
            self._download(run)
        else:
            self._watch.look()

    def _is_here(self, run: RunRecord) -> bool:
        return self._session.client is not None and run.engine == self._session.engine

    def _can_take(self, run: RunRecord, elsewhere: str) -> bool:
        """Take a run; where that cannot be, it says why: ``elsewhere``, or that another window has it."""
        if not self._is_here(run):
            run.message = elsewhere
        elif not self._locks.take(run.id):
            run.message = tr("Run", "Another window of QGIS looks after this run; go on there.")
        else:
            return True
        self._keep(run)
        return False

    def _is_mine(self, run: RunRecord) -> bool:
        """Tell whether this window looks after a run."""
        return self._is_here(run) and self._locks.take(run.id)

    def _client(self, run: RunRecord) -> EngineClient | None:
        """Return the connection to the engine of a run; None while that one is not connected."""
        return self._session.client if self._is_here(run) else None

    def _tell(self, run: RunRecord, share: float, message: str) -> None:
        self._progress[run.id] = (share, message)
        self.changed.emit(run)

    def _keep(self, run: RunRecord) -> None:
        self._list.put(run)
        if run.state not in states.UNFINISHED:
            self._progress.pop(run.id, None)
            self._locks.leave(run.id)
        self.changed.emit(run)
