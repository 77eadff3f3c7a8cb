"""The jobs of a server: accepted, run one after another on what there is, watched, and found again."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from streetsense.atomic import storage_error
from streetsense.errors import Cancelled, InputError, StorageError, StreetSenseError
from streetsense.jobs.acceptance import digest, new_job, split_secrets, write_record
from streetsense.jobs.job import (
    Job,
    JobRequest,
    KeyReused,
    QueueFull,
    UnknownJob,
    UnknownProcess,
    UnknownStudy,
)
from streetsense.jobs.lanes import CPU, Lanes
from streetsense.jobs.local import LocalRunner
from streetsense.jobs.pruning import Pruning
from streetsense.jobs.record import JobState, end_record, timestamp
from streetsense.jobs.runner import Runner, is_dismissed
from streetsense.jobs.store import JobStore
from streetsense.jobs.watch import Watch
from streetsense.processes import Process, load_processes
from streetsense.processes.reads import check_served
from streetsense.study import checked_name

_log = logging.getLogger(__name__)

#: Seconds between two looks at jobs that run, and at what waits for something outside the server.
_LOOK_EVERY = 0.1
_REST = 5.0
#: Seconds until a job that is asked to stop is killed, and until `dismiss` gives up waiting.
_STOP_SECONDS = 1.2
_DISMISS_SECONDS = 10.0
#: How often a job may be started: once, and again after the server or the computer broke down.
_MAX_ATTEMPTS = 3
#: What a job says of itself while it runs.
_TOLD = ("state", "progress", "message", "started", "finished", "updated", "estimated_completion", "exit_code")
_LOST_SECRETS = (
    "key: the server was started again and the provider's key, which is kept nowhere, is gone; ask again, with a new "
    "Idempotency-Key."
)


@dataclass(frozen=True)
class QueueLimits:
    """How much a queue takes.

    Attributes
    ----------
    cpu, each_gpu : int
        Jobs that run at a time without a GPU, and on each GPU.
    waiting : int
        Jobs that may wait.
    keep_days : float
        Ended jobs are taken off the list, with their records, after so many days.
    keep_jobs : int
        Ended jobs that are kept.
    """

    cpu: int = 1
    each_gpu: int = 1
    waiting: int = 1000
    keep_days: float = 30.0
    keep_jobs: int = 1000


class JobQueue:
    """Accepts jobs, runs them in the order in which they came, and survives being killed.

    Every method may be called from any thread. Two jobs never write to one study at a time: the later waits, also for
    a writer outside the server.

    Parameters
    ----------
    studies : Path
        The folder whose folders are the studies. The list of jobs is in ``.streetsense/jobs.sqlite`` there.
    limits : QueueLimits
        How much it takes.
    runner : Runner, optional
        What runs the jobs; processes of this computer by default.
    gpus : callable
        Asked how many GPUs there are.
    """

    def __init__(
        self,
        studies: Path,
        *,
        limits: QueueLimits | None = None,
        runner: Runner | None = None,
        gpus: Callable[[], int] = lambda: 0,
    ) -> None:
        self._studies, self._limits, self._gpus = studies.resolve(), limits or QueueLimits(), gpus
        self._runner: Runner = runner or LocalRunner()
        self._lock = FileLock(self._studies / ".streetsense" / "lock")
        self._changed = threading.Condition()
        self._stopping, self._nudged = False, False
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._store: JobStore
        self._waiting: dict[str, Job] = {}
        self._running: dict[str, Watch] = {}
        self._secrets: dict[str, dict[str, Any]] = {}
        self._pruning: Pruning

    def start(self) -> None:
        """Take the folder, find the jobs again, and begin.

        Raises
        ------
        InputError
            When another server has the folder, or the disk refuses.
        """
        state = self._studies / ".streetsense"
        try:
            state.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"studies: another server works on {self._studies}; stop it, or choose another folder."
            ) from None
        except OSError as error:
            raise storage_error(error, state / "lock") from error
        try:
            self._store = JobStore(state / "jobs.sqlite", self._studies)
            self._pruning = Pruning(self._store, self._limits.keep_days, self._limits.keep_jobs)
            for job in self._store.active():
                self._find_again(job)
        except BaseException:
            self._lock.release()
            raise
        self._thread.start()

    def stop(self) -> None:
        """Stop watching. Jobs that run go on and are found again by the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
            self._runner.close()
            self._store.close()
            self._lock.release()

    def submit(self, request: JobRequest, *, idempotency_key: str | None = None) -> tuple[Job, bool]:
        """Accept a job.

        Parameters
        ----------
        request : JobRequest
            What to run.
        idempotency_key : str, optional
            The same key for the same study again returns the job that it began the first time.

        Returns
        -------
        job : Job
            The job.
        is_new : bool
            Whether this call made it.

        Raises
        ------
        UnknownProcess, UnknownStudy, InputError
            When the request cannot be run as it is.
        QueueFull, KeyReused
            When too many jobs wait, or the key came with another request.
        """
        process, folder = self._process(request.process), self.study_folder(request.study)
        check_served(process, request.inputs, folder)
        process.parse(request.inputs)
        kept, secrets = split_secrets(process, request.inputs)
        stands_for = digest(request, kept)
        with self._changed:
            if idempotency_key is not None and (known := self._store.by_key(request.study, idempotency_key)):
                job, known_digest = known
                if known_digest != stands_for:
                    raise KeyReused("Idempotency-Key: it came with another request before; use a new key.")
                return self._now(job), False
            if len(self._waiting) >= self._limits.waiting:
                raise QueueFull(f"jobs: {len(self._waiting)} wait already; try again when some have ended.")
            job = new_job(request, kept, folder, self._lanes().wanted(process, kept), has_secrets=bool(secrets))
            self._accept(job, stands_for, idempotency_key)
            if secrets:
                self._secrets[job.id] = secrets
            self._waiting[job.id] = job
            self._nudge()
        return job, True

    def get(self, job_id: str) -> Job:
        """Return a job as it is now.

        Raises
        ------
        UnknownJob
            When it is not on the list.
        """
        with self._changed:
            if (found := self._active(job_id)) is not None:
                return found
        stored = self._store.get(job_id)
        if stored is None:
            raise UnknownJob(f"job: there is no '{job_id[:80]}'; it may have been taken off the list.")
        return stored

    def jobs(
        self,
        *,
        study: str | None = None,
        processes: Sequence[str] = (),
        states: Sequence[JobState] = (),
        after: str | None = None,
        before: str | None = None,
        shortest: float | None = None,
        longest: float | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[list[Job], int]:
        """Return jobs, newest first, and how many there are in all.

        Parameters
        ----------
        study : str, optional
            Only those of this study.
        processes, states : sequence
            Only these; all when empty.
        after, before : str, optional
            Only those created at or between these times (ISO 8601, UTC, as in `Job.created`).
        shortest, longest : float, optional
            Only those that have run at least or at most so long (seconds).
        limit, offset : int
            How many, after how many.
        """
        found, total = self._store.jobs(
            study=study,
            processes=processes,
            states=[state.value for state in states],
            after=after,
            before=before,
            shortest=shortest,
            longest=longest,
            limit=limit,
            offset=offset,
        )
        with self._changed:
            return [self._now(job) for job in found], total

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs there are in each state."""
        return self._store.counts()

    def dismiss(self, job_id: str) -> Job:
        """Stop a job, or take one that has ended off the list.

        A running job is asked to stop and killed when it has not after little more than a second, also while it loads
        its libraries. What it has finished is kept, and running it again continues.

        Returns
        -------
        Job
            As it ended; ``dismissed`` when it is off the list.

        Raises
        ------
        UnknownJob
            When it is not on the list.
        """
        with self._changed:
            if job_id in self._waiting:
                return self._end_waiting(self._waiting[job_id], JobState.DISMISSED, "dismissed before it began")
            if job_id in self._running:
                had_ended = self._running[job_id].job.state.ended
                self._running[job_id].stop(_STOP_SECONDS)
                self._nudge()
                self._changed.wait_for(lambda: job_id not in self._running, timeout=_DISMISS_SECONDS)
                if not had_ended:
                    return self.get(job_id)
        job = self.get(job_id)
        self._forget(job)
        return replace(job, state=JobState.DISMISSED, message="taken off the list")

    @property
    def is_working(self) -> bool:
        """Whether jobs are looked after."""
        return self._thread.is_alive()

    def study_folder(self, name: str) -> Path:
        """Return the folder of a study.

        Raises
        ------
        UnknownStudy
            When there is none of that name.
        """
        try:
            folder = self._studies / checked_name(name, "study")
        except InputError as error:
            raise UnknownStudy(str(error)) from None
        if not (folder / "study.json").is_file() or folder.resolve() != folder:
            raise UnknownStudy(f"study: there is no '{name}'; create it first.")
        return folder

    # Everything below runs with the condition held, or in the thread that works.

    def _work(self) -> None:
        while not self._stopping:
            try:
                with self._changed:
                    self._look()
                    self._begin()
                for job in self._pruning.due(time.monotonic()):
                    self._forget(job)
                self._runner.tend()
            except Exception:
                # A full disk, for one. Whatever it is: jobs must be looked after, and the next look tries again.
                _log.exception("looking after the jobs failed and is tried again")
            with self._changed:
                rest = _LOOK_EVERY if self._running else _REST
                self._changed.wait_for(lambda: self._nudged or self._stopping, timeout=rest)
                self._nudged = False

    def _look(self) -> None:
        """See how the running jobs are."""
        for watch in list(self._running.values()):
            before = watch.job
            ended = watch.look()
            try:
                if ended or watch.job.state is not before.state or (watch.job != before and watch.is_due()):
                    self._store.save(watch.job, *_TOLD)
            except sqlite3.Error:
                # The disk is full. A job's own record has its end, and the list is told when there is room.
                _log.exception("the list of jobs cannot be written")
                continue
            if ended:
                del self._running[watch.job.id]
                if watch.is_unfinished:
                    self._go_on(watch.job, began=watch.job.state is JobState.RUNNING, ending=watch.ending)
                else:
                    self._secrets.pop(watch.job.id, None)
                self._nudge()

    def _begin(self) -> None:
        """Start what can be started, first come first; what cannot says what it waits for."""
        for job in list(self._waiting.values()):
            process, lanes = self._process(job.process), self._lanes()
            writer = next((watch.job.id for watch in self._running.values() if watch.job.study == job.study), None)
            if process.writes and writer is not None:
                self._wait_for(job, f"waits for {writer}, which writes to the study")
                continue
            wanted = lanes.wanted(process, job.inputs)
            lane = lanes.free(wanted, (watch.job.lane for watch in self._running.values()))
            if lane is None:
                self._wait_for(job, "waits for other jobs to end" if wanted == CPU else "waits for a free GPU")
                continue
            try:
                watch = Watch.begin(
                    job, process, self._runner, self._secrets.get(job.id, {}), wanted, lane, self._store
                )
            except StreetSenseError as error:
                self._end_waiting(job, JobState.FAILED, str(error))
                continue
            if watch is None:
                self._wait_for(job, "waits for somebody else who writes to the study")
                continue
            del self._waiting[job.id]
            self._running[job.id] = watch
            self._changed.notify_all()

    def _wait_for(self, job: Job, message: str) -> None:
        if job.message != message:
            self._waiting[job.id] = replace(job, message=message)

    def _lanes(self) -> Lanes:
        return Lanes(self._limits.cpu, self._limits.each_gpu, self._gpus())

    def _find_again(self, job: Job) -> None:
        """Take up a job that an earlier server left."""
        if job.handle is not None:
            watch = Watch(job, self._runner)
            if watch.is_working():
                self._running[job.id] = watch
                if is_dismissed(job.folder):
                    watch.stop(_STOP_SECONDS)
                return
            self._runner.clear(job.handle)
            job = watch.job
            self._store.save(job, *_TOLD)
            if job.state.ended:
                return
        if is_dismissed(job.folder):
            self._end_waiting(job, JobState.DISMISSED, "dismissed; what is finished is kept")
        elif not (self._studies / job.study / "study.json").is_file():
            self._end_waiting(job, JobState.FAILED, f"{job.process}: the study is gone.")
        elif job.has_secrets:
            self._end_waiting(job, JobState.FAILED, _LOST_SECRETS)
        else:
            self._go_on(job, began=job.state is JobState.RUNNING)

    def _go_on(self, job: Job, *, began: bool, ending: str = "") -> None:
        """Let a job wait whose process has gone, if it can be started again."""
        why = ""
        if not self._is_installed(job.process):
            why = "this process is not installed any more; ask the administrator"
        elif began and not self._process(job.process).resumes:
            why = "it was stopped together with the server and cannot continue; run it again"
        elif job.attempt >= _MAX_ATTEMPTS:
            how = f" ({ending})" if ending else ""
            why = f"its process ended {job.attempt} times without a result{how}; ask the administrator"
        if why:
            self._end_waiting(job, JobState.FAILED, f"{job.process}: {why}.")
            return
        message = "continues where it was stopped" if began else job.message
        self._waiting[job.id] = job = replace(job, handle=None, message=message)
        self._store.save(job, "handle", "message", "attempt")
        (job.folder / "owner.json").unlink(missing_ok=True)
        if not (job.folder / "status.json").exists():
            write_record(job)

    def _accept(self, job: Job, stands_for: str, key: str | None) -> None:
        """Put a job on the list and lay its record; neither without the other."""
        try:
            self._store.add(job, stands_for, key)
        except sqlite3.Error as error:
            raise _no_room(error) from error
        try:
            write_record(job)
        except BaseException:
            self._forget(job)
            raise

    def _end_waiting(self, job: Job, state: JobState, message: str) -> Job:
        """End a job that has no process."""
        code = Cancelled.exit_code if state is JobState.DISMISSED else StreetSenseError.exit_code
        now = max(timestamp(), job.updated)
        job = replace(job, state=state, message=message, finished=now, updated=now, exit_code=code)
        try:
            self._store.save(job, *_TOLD)
        except sqlite3.Error as error:
            raise _no_room(error) from error
        with contextlib.suppress(OSError, InputError):
            end_record(job.folder, state, message, code)
        self._waiting.pop(job.id, None)
        self._secrets.pop(job.id, None)
        return job

    def _nudge(self) -> None:
        """Wake the thread that works, also when it is about to rest."""
        self._nudged = True
        self._changed.notify_all()

    def _forget(self, job: Job) -> None:
        shutil.rmtree(job.folder, ignore_errors=True)
        self._store.remove(job.id)

    def _active(self, job_id: str) -> Job | None:
        if job_id in self._running:
            return self._running[job_id].job
        return self._waiting.get(job_id)

    def _now(self, job: Job) -> Job:
        return self._active(job.id) or job

    def _process(self, verb: str) -> Process:
        processes = load_processes()
        if verb not in processes:
            raise UnknownProcess(f"process: there is no '{verb[:80]}'; the processes are {', '.join(processes)}.")
        return processes[verb]

    def _is_installed(self, verb: str) -> bool:
        return verb in load_processes()


def _no_room(error: sqlite3.Error) -> StorageError:
    return StorageError(f"jobs: the list of jobs cannot be written ({error}); free some space and try again.")
