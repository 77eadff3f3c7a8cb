"""Jobs as Ray Jobs of a cluster. They outlive the server, and so does what the cluster knows of them.

All talk with the cluster happens in one thread of its own: a cluster that does not answer must not hold up the server.
The studies are on storage that the server and all nodes see under one path.
"""

from __future__ import annotations

import logging
import os
import shlex
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from streetsense.errors import InputError
from streetsense.jobs.job import Job
from streetsense.jobs.local import LocalRunner
from streetsense.jobs.runner import Order

_log = logging.getLogger(__name__)

#: What the handle of a job on the cluster begins with; any other handle is one of this computer.
_KIND = "ray:"
#: Seconds between two questions to the cluster.
_ASK_EVERY = 0.5
#: Seconds between two counts of the cluster's GPUs.
_COUNT_EVERY = 30.0
#: Seconds that a connection may take, and how long a job waits for a cluster that does not answer before it fails.
_CONNECT_SECONDS, _WAIT_SECONDS = 3.0, 60.0


@dataclass
class _Submission:
    """What is known of a job on the cluster.

    Attributes
    ----------
    order : dict or None
        What is to be submitted; None before `RayRunner.launch` and for jobs of an earlier server.
    sent : bool
        Whether it has been submitted.
    alive : bool or None
        Whether it waits or runs; None before the cluster was asked.
    ending : str
        How it ended.
    stop, given_up : bool
        Whether it is to be stopped, and whether nobody waits for it any more.
    since : float
        Since when the cluster is to be told of it.
    """

    order: dict[str, Any] | None = None
    sent: bool = False
    alive: bool | None = None
    ending: str = ""
    stop: bool = False
    given_up: bool = False
    since: float = field(default_factory=time.monotonic)


class RayRunner:
    """Runs the jobs of a server on a Ray cluster.

    Jobs with secrets run on the server's own computer: what is submitted to a cluster can be read by all who use it.

    Parameters
    ----------
    address : str
        ``http://HOST:8265``, the dashboard of the cluster.
    environment : mapping, optional
        Variables that the jobs get.
    python : str
        The interpreter on the nodes; the server's own by default, as where the environment is on shared storage.

    Raises
    ------
    InputError
        When Ray is not installed or the address is none.
    """

    def __init__(
        self, address: str, environment: Mapping[str, str] | None = None, *, python: str = sys.executable
    ) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"cluster: '{address}' is no address of a Ray dashboard; give http://HOST:8265.")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read when Ray is imported
        try:
            import ray.job_submission  # noqa: F401 - whether it is there is to be known now
        except ImportError as error:
            raise InputError(
                "cluster: Ray is not installed; install it with 'pip install streetsense[cluster]'."
            ) from error
        self._address, self._python = address, python
        self._host, self._port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        self._environment = dict(environment or {})
        self._local = LocalRunner(self._environment, spare=False)
        self._known: dict[str, _Submission] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._gpus, self._counted, self._answers = 0, float("-inf"), True
        self._client: Any = None
        self._thread = threading.Thread(target=self._talk, name="ray-jobs", daemon=True)
        self._thread.start()

    def gpus(self) -> int:
        """Return how many GPUs the cluster has, as far as it has last said."""
        return self._gpus

    def prepare(self, job: Job) -> str:
        """Choose the name that the job has on the cluster; a job that is started again gets another one."""
        if job.has_secrets:
            return self._local.prepare(job)
        handle = f"{_KIND}{job.id}" + (f"-{job.attempt + 1}" if job.attempt else "")
        with self._changed:
            self._known[handle] = _Submission(alive=True)
        return handle

    def launch(self, handle: str, order: Order) -> None:
        """Have the job submitted, as soon as the cluster answers."""
        if not handle.startswith(_KIND):
            self._local.launch(handle, order)
            return
        # A job that uses the cluster itself asks there for its GPUs.
        wants_gpu = "CUDA_VISIBLE_DEVICES" in order.environment or str(order.inputs.get("device")).startswith("cuda")
        command = [self._python, "-m", "streetsense.jobs.child", str(order.study.resolve()), order.job_id]
        with self._changed:
            known = self._known[handle]
            known.since = time.monotonic()
            known.order = {
                "entrypoint": shlex.join(command),
                "entrypoint_num_gpus": 1 if wants_gpu and not order.inputs.get("cluster") else 0,
                "metadata": {"process": order.process, "study": order.study.name},
                "runtime_env": {"env_vars": self._environment},
            }
            self._changed.notify_all()

    def is_alive(self, handle: str) -> bool:
        """Tell whether the job waits or runs, as far as the cluster has last said."""
        if not handle.startswith(_KIND):
            return self._local.is_alive(handle)
        with self._changed:
            known = self._known.setdefault(handle, _Submission(sent=True))
            if known.alive is None:  # of an earlier server: worth a short wait, since so much depends on the answer
                self._changed.notify_all()
                self._changed.wait_for(lambda: known.alive is not None, timeout=2 * _CONNECT_SECONDS)
            return known.alive is not False

    def stop(self, handle: str) -> None:
        """Ask the job to end; Ray sends SIGTERM, and SIGKILL three seconds later."""
        if not handle.startswith(_KIND):
            self._local.stop(handle)
            return
        with self._changed:
            self._known.setdefault(handle, _Submission(sent=True)).stop = True
            self._changed.notify_all()

    def kill(self, handle: str) -> None:
        """End the job; on a cluster that does not answer nobody waits for that."""
        if not handle.startswith(_KIND):
            self._local.kill(handle)
            return
        with self._changed:
            known = self._known.setdefault(handle, _Submission(sent=True))
            known.stop = known.given_up = True
            self._changed.notify_all()

    def clear(self, handle: str) -> str:
        """Forget the job and return how it ended."""
        if not handle.startswith(_KIND):
            return self._local.clear(handle)
        with self._changed:
            known = self._known.pop(handle, None)
        return known.ending if known else ""

    def tend(self) -> None:
        """Do what this computer's own jobs need."""
        self._local.tend()

    def close(self) -> None:
        """Stop talking. Jobs go on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(2 * _CONNECT_SECONDS)
        self._local.close()

    # Everything below runs in the thread that talks with the cluster.

    def _talk(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                handles = [handle for handle, known in self._known.items() if known.alive is not False]
            if time.monotonic() - self._counted > _COUNT_EVERY:
                self._count()
            for handle in handles:
                self._ask(handle)
            with self._changed:
                self._changed.notify_all()
                self._changed.wait(timeout=_ASK_EVERY)

    def _count(self) -> None:
        """Ask how many GPUs there are."""
        from ray.util.state import list_nodes

        self._counted = time.monotonic()
        try:
            self._connected()
            nodes = list_nodes(address=self._address, filters=[("state", "=", "ALIVE")], timeout=int(_CONNECT_SECONDS))
            self._gpus = int(sum(node.resources_total.get("GPU", 0) for node in nodes))
            self._answers = True
        except Exception as error:  # as below
            self._miss(error)

    def _miss(self, error: Exception) -> None:
        """Note that the cluster does not answer; said once, until it does again."""
        self._client = None
        if self._answers:
            _log.warning("the cluster at %s does not answer (%s)", self._address, type(error).__name__)
        self._answers = False

    def _ask(self, handle: str) -> None:
        """Submit a job, stop it, and see how it is."""
        with self._changed:
            known = self._known.get(handle)
            if known is None or not (known.sent or known.order or known.stop):
                return  # it has ended, or is about to be launched
        try:
            alive, ending = self._exchange(handle.removeprefix(_KIND), known)
            self._answers = True
        except Exception as error:  # requests and Ray raise a dozen unrelated types for one thing: no answer
            self._miss(error)
            lost = known.given_up or (not known.sent and time.monotonic() - known.since > _WAIT_SECONDS)
            # One that was submitted may well run, so it counts as alive until the cluster says otherwise.
            alive, ending = not lost, f"the cluster at {self._address} does not answer" if lost else ""
        with self._changed:
            known.alive, known.ending = alive, ending

    def _exchange(self, name: str, known: _Submission) -> tuple[bool, str]:
        """Tell the cluster what is to be done with a job; return whether it is alive, and else how it ended."""
        client = self._connected()
        if not known.sent:
            if known.stop or known.order is None:
                return False, "stopped before it was submitted"
            try:
                client.submit_job(submission_id=name, **known.order)
            except RuntimeError as error:
                if "already exists" not in str(error):  # else the answer to the first try was lost
                    return False, f"the cluster refused it: {_first_line(error)}"
            known.sent = True
        try:
            info = client.get_job_info(name)
            if not info.status.is_terminal():
                if known.stop:
                    client.stop_job(name)
                return True, ""
        except RuntimeError as error:
            if "404" not in str(error):
                raise
            return False, "the cluster does not know it any more"
        return False, "" if info.status == "SUCCEEDED" else _first_line(info.message or str(info.status))

    def _connected(self) -> Any:  # noqa: ANN401 - Ray is imported where it is used
        """Return a client; the cluster is tried first, because Ray's own requests wait without end."""
        from ray.job_submission import JobSubmissionClient

        socket.create_connection((self._host, self._port), timeout=_CONNECT_SECONDS).close()
        if self._client is None:
            self._client = JobSubmissionClient(self._address)
        return self._client


def _first_line(text: object) -> str:
    return next((line.strip()[:200] for line in str(text).splitlines() if line.strip()), "")
