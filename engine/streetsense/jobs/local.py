"""Jobs as child processes of this computer, which outlive the server that started them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

import psutil

from streetsense.alive import ProcessIdentity
from streetsense.errors import StreetSenseError
from streetsense.jobs.job import Job
from streetsense.jobs.runner import Order

#: Variables of the server that are nobody else's business.
_PRIVATE = ("STREETSENSE_TOKEN",)
#: The variable that all processes of jobs have.
_MARK = "STREETSENSE_JOB"
#: Seconds of quiet after which a spare process is made: while a job starts, its own imports come first.
_SPARE_AFTER = 3.0


class LocalRunner:
    """Starts a process of its own for every job (`streetsense.jobs.child`).

    One process is kept in reserve that has loaded its libraries already, so that a job begins at once. Every process
    leads a session and a process group, so that a job ends with everything it started.

    Parameters
    ----------
    environment : mapping, optional
        Variables that the processes get besides the server's own.
    spare : bool
        Whether to keep one in reserve; it takes about 0.5 GB of memory.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, *, spare: bool = True) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in _PRIVATE}
        # Threads of torch and BLAS that spin while idle slow everything down on a small machine.
        self._environment = {"KMP_BLOCKTIME": "0", **kept, **(environment or {}), _MARK: "1"}
        self._with_spare, self._spare = spare, None
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._quiet_since = time.monotonic()  # others load libraries when a server starts

    _spare: subprocess.Popen[bytes] | None

    def prepare(self, job: Job) -> str:
        """Take the process in reserve, or start one."""
        child, self._spare = self._spare, None
        if child is None or child.poll() is not None:
            child = self._start(spare=False)
        self._quiet_since = time.monotonic()
        identity = ProcessIdentity.of(child.pid)
        if identity is None:
            raise StreetSenseError("jobs: the process of a job ended before it began; is the memory used up?")
        handle = identity.model_dump_json()
        self._children[handle] = child
        return handle

    def launch(self, handle: str, order: Order) -> None:
        """Hand over the order; the process reads it and its standard input is closed."""
        stream = self._children[handle].stdin
        assert stream is not None  # every child is started with a pipe

        def hand_over() -> None:
            with contextlib.suppress(OSError):  # it has died already; whoever watches it will notice
                stream.write(order.model_dump_json().encode() + b"\n")
                stream.close()

        # A pipe takes 64 KiB at once, and the process may still be loading its libraries.
        threading.Thread(target=hand_over, name="order", daemon=True).start()

    def is_alive(self, handle: str) -> bool:
        """Tell whether the process still works."""
        return ProcessIdentity.model_validate_json(handle).is_alive()

    def stop(self, handle: str) -> None:
        """Send the process SIGTERM (Windows: end it)."""
        identity = ProcessIdentity.model_validate_json(handle)
        if identity.is_alive():
            with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                os.kill(identity.pid, signal.SIGTERM)

    def kill(self, handle: str) -> None:
        """Kill the process and its group."""
        identity = ProcessIdentity.model_validate_json(handle)
        if identity.is_alive():
            _kill_group(identity.pid)

    def clear(self, handle: str) -> str:
        """Kill what is left of the process's group, and say how the process ended."""
        identity = ProcessIdentity.model_validate_json(handle)
        child = self._children.pop(handle, None)
        # Until its parent has asked how it ended, nobody else can get the number of a process or its group.
        if child is None:
            if identity.is_of_this_boot and ProcessIdentity.of(identity.pid) in (None, identity):
                _kill_session(identity.pid, only_marked=True)
            return ""
        _kill_session(identity.pid)
        code = child.wait()
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        if code < 0:
            name = next((known.name for known in signal.Signals if known == -code), f"signal {-code}")
            return f"killed by {name}" + (", perhaps because the memory was used up" if name == "SIGKILL" else "")
        return f"exit code {code}"

    def tend(self) -> None:
        """Make the process in reserve."""
        if self._spare is not None and self._spare.poll() is not None:
            self._spare = None
        if self._with_spare and self._spare is None and time.monotonic() - self._quiet_since > _SPARE_AFTER:
            self._spare = self._start(spare=True)
            self._quiet_since = time.monotonic()

    def close(self) -> None:
        """End the process in reserve."""
        if self._spare is not None:
            _kill_group(self._spare.pid)
            self._spare.wait()
            self._spare = None

    def _start(self, *, spare: bool) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streetsense.jobs.child", *(["--ready"] if spare else [])]
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise StreetSenseError(f"jobs: no process can be started ({error.strerror}); free some memory.") from error


def _kill_group(pid: int) -> None:
    """Kill a living process and all that it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        for process in [*parent.children(recursive=True), parent]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def _kill_session(leader: int, *, only_marked: bool = False) -> None:
    """Kill what a process that has ended left in its session; of a number that may be another's, only what is ours."""
    if not hasattr(os, "getsid"):
        return
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if process.pid == leader or os.getsid(process.pid) != leader:
                continue
            if not only_marked or _MARK in process.environ():
                os.kill(process.pid, signal.SIGKILL)
