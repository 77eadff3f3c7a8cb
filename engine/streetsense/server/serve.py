"""Running a server: the queue, the warm process and the web application, from the first connection to the last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from types import FrameType
from typing import cast

import uvicorn

from streetsense.alive import ProcessIdentity
from streetsense.errors import InputError, StreetSenseError
from streetsense.jobs import JobQueue, JobState, LocalRunner, QueueLimits, Runner
from streetsense.server.app import create_app
from streetsense.server.connection import GuardedConnection, encrypted
from streetsense.server.gpus import gpu_count
from streetsense.server.listening import listen, url_of
from streetsense.server.settings import ServerSettings
from streetsense.server.tls import tls_context
from streetsense.server.token import make_private
from streetsense.server.warm import WarmProcess
from streetsense.vectors import served_environment

#: Seconds that answers in progress are given when the server stops.
GRACE_SECONDS = 10
#: Seconds after which an idle connection is closed.
IDLE_SECONDS = 30
#: Seconds between two looks at the process that the server was started by, and then at its jobs.
_LOOK_EVERY = 0.5


def serve(
    settings: ServerSettings,
    *,
    announce: Callable[[str], None],
    behind_proxy: bool = False,
    parent: ProcessIdentity | None = None,
) -> int:
    """Serve until SIGTERM or Ctrl-C.

    Parameters
    ----------
    settings : ServerSettings
        What the administrator decided.
    announce : callable
        Called with the server's address once it accepts connections.
    behind_proxy : bool
        Whether connections from this computer come from a reverse proxy that says for whom it asks
        (``X-Forwarded-For``, ``X-Forwarded-Proto``).
    parent : ProcessIdentity, optional
        When this process has ended, the server stops as soon as no job runs or waits.

    Returns
    -------
    int
        How many jobs wait or go on without it; the next start finds them again.

    Raises
    ------
    InputError
        When the folder, the address or the certificate cannot be used.
    """
    check(settings)
    tls = None if settings.certificate is None else tls_context(settings.certificate, settings.key)
    with contextlib.closing(listen(settings)) as taken:
        _prepare_process()
        make_private(settings.state_dir)
        # Jobs and the warm process inherit it: an uploaded file must not lead their GDAL to other files or addresses.
        environment = served_environment()
        os.environ.update(environment)
        runner, gpus = _runner(settings, environment)
        queue = JobQueue(
            settings.studies,
            limits=QueueLimits(
                cpu=settings.cpu_jobs,
                each_gpu=settings.gpu_jobs,
                waiting=settings.max_queued,
                keep_days=settings.keep_days,
                keep_jobs=settings.keep_jobs,
            ),
            runner=runner,
            gpus=gpus,
        )
        queue.start()
        try:
            asyncio.run(_serve(settings, queue, taken, tls, announce, behind_proxy, parent))
            counts = queue.counts()
        finally:
            queue.stop()
    return counts.get(JobState.ACCEPTED, 0) + counts.get(JobState.RUNNING, 0)


def check(settings: ServerSettings) -> None:
    """Check what can be told before anything is made or taken.

    Raises
    ------
    InputError
        When the folder is none of studies, or others could reach the address and read along.
    """
    if (settings.studies / "study.json").exists():
        raise InputError(f"studies: {settings.studies} is one study; name the folder that holds it.")
    if settings.studies.exists() and not settings.studies.is_dir():
        raise InputError(f"studies: {settings.studies} is a file; name a folder.")
    if settings.key is not None and settings.certificate is None:
        raise InputError("key: it belongs to a certificate; give --certificate as well.")
    if not (settings.is_local or settings.has_tls or settings.plain_http):
        raise InputError(
            f"host: {settings.host} can be reached by others, who could read the token; give --certificate and --key, "
            "or --plain-http if a proxy in front encrypts."
        )


async def _serve(
    settings: ServerSettings,
    queue: JobQueue,
    taken: socket.socket,
    tls: ssl.SSLContext | None,
    announce: Callable[[str], None],
    behind_proxy: bool,
    parent: ProcessIdentity | None,
) -> None:
    warm = WarmProcess()
    config = uvicorn.Config(
        create_app(settings, queue, warm),
        http=GuardedConnection if tls is None else cast("type[asyncio.Protocol]", encrypted(tls)),
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, lambda: announce(url_of(taken, settings)))
    watching = None if parent is None else asyncio.create_task(_end_with(parent, server, queue))
    await warm.start()
    try:
        await server.serve(sockets=[taken])
    finally:
        if watching is not None:
            watching.cancel()
        await warm.stop()


class _Server(uvicorn.Server):
    """uvicorn's server, which says when it is ready and takes a signal to stop as a request, not as its end."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the signals that ask for it; the second one breaks off what is still being answered."""

        def hear(number: int, frame: FrameType | None) -> None:
            self.force_exit, self.should_exit = self.should_exit, True

        before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def _end_with(parent: ProcessIdentity, server: _Server, queue: JobQueue) -> None:
    """Stop the server when ``parent`` has ended and no job needs it any more."""
    while parent.is_alive():
        await asyncio.sleep(_LOOK_EVERY)
    # What waits would not begin without a server; what comes meanwhile is waited for as well.
    while await asyncio.to_thread(_is_needed, queue):
        await asyncio.sleep(_LOOK_EVERY)
    server.should_exit = True


def _is_needed(queue: JobQueue) -> bool:
    """Tell whether a job runs or waits; as long as that cannot be told, it might."""
    try:
        counts = queue.counts()
    except (StreetSenseError, sqlite3.Error, OSError):
        return True
    return bool(counts.get(JobState.ACCEPTED, 0) or counts.get(JobState.RUNNING, 0))


def _runner(settings: ServerSettings, environment: dict[str, str]) -> tuple[Runner, Callable[[], int]]:
    """Return what runs the jobs, and what tells how many GPUs it has."""
    if settings.cluster is None:
        return LocalRunner(environment), gpu_count
    from streetsense.jobs.ray import RayRunner

    cluster = RayRunner(settings.cluster, environment)
    return cluster, cluster.gpus


def _prepare_process() -> None:
    """Allow as many open files as the system does, and no core dump: it would hold the token and providers' keys."""
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    if os.name != "posix":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(65536, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
