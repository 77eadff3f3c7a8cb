"""Whether a process still lives: told by its number and its start, proof against reused numbers and clock changes."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import psutil
from pydantic import BaseModel


class ProcessIdentity(BaseModel, frozen=True):
    """One process of this computer, for as long as the computer runs.

    Attributes
    ----------
    pid : int
        Its number, which the system gives again once it has ended.
    started : str
        What tells it from a later process with the same number. On Linux the boot and the kernel's ticks since then,
        which no change of the clock moves; elsewhere the time at which it started.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """Describe the process with this number; None when there is none."""
        started = _started(pid)
        return None if started is None else cls(pid=pid, started=started)

    @property
    def is_of_this_boot(self) -> bool:
        """Whether the computer has run without a break since; always where boots cannot be told apart."""
        return self.started.partition("+")[0] == _boot() if _boot() else True

    @classmethod
    def this(cls) -> ProcessIdentity:
        """Describe the running process."""
        found = cls.of(os.getpid())
        assert found is not None  # a process that asks is there
        return found

    def is_alive(self) -> bool:
        """Tell whether it still works.

        A killed process stays in the table until its parent has asked about it; it will never write again.
        """
        started = _started(self.pid)
        if started is None:
            return _is_hidden(self.pid)
        if started != self.started:
            return False
        try:
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


def _started(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The second field is the command in brackets and may hold anything; the start is the 22nd.
        return f"{_boot()}+{stat.rpartition(')')[2].split()[19]}"
    except (FileNotFoundError, ProcessLookupError):
        pass
    except (OSError, IndexError):
        return None
    if Path("/proc/self/stat").exists():
        return None
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def _is_hidden(pid: int) -> bool:
    """Tell whether there is a process that only its owner may see (``hidepid``): somebody else's, and alive."""
    if os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
