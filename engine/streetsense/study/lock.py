"""One writer at a time: a lock file that names its owner, and that a dead owner cannot keep.

The file ``study.lock`` says who writes. An owner on this computer counts as alive while its process is; an owner on
another computer while it renews the file. Taking and leaving happen under a short operating system lock, so that two
processes never take over the same stale lock.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
import time
from pathlib import Path
from types import TracebackType

from filelock import FileLock
from pydantic import BaseModel, ValidationError

from streetsense.alive import ProcessIdentity
from streetsense.atomic import storage_error, write_json
from streetsense.errors import InputError

#: Seconds between renewals, and after which an owner on another computer counts as gone.
RENEW_EVERY = 30.0
STALE_AFTER = 600.0


class StudyBusy(InputError):
    """Somebody else writes to the study."""


class LockOwner(BaseModel):
    """Who works on a study."""

    host: str
    user: str
    process: ProcessIdentity
    doing: str
    since: str

    @classmethod
    def this_process(cls, doing: str) -> LockOwner:
        """Describe the running process."""
        return cls(
            host=socket.gethostname(),
            user=_user(),
            process=ProcessIdentity.this(),
            doing=doing,
            since=time.strftime("%Y-%m-%d %H:%M:%S"),
        )

    def is_alive(self, renewed: float) -> bool:
        """Tell whether the owner still works.

        Parameters
        ----------
        renewed : float
            When it last gave a sign of life (seconds since the epoch); matters for owners on other computers only.
        """
        if self.host != socket.gethostname():
            return time.time() - renewed < STALE_AFTER
        return self.process.is_alive()


class StudyLock:
    """Hold a study for writing, as a context manager.

    Parameters
    ----------
    root : Path
        The study folder.
    doing : str
        What the owner does, for the message that others see (a process id).

    Raises
    ------
    StudyBusy
        On entering, when another live process holds the study.
    InputError
        When the folder cannot be written to.
    """

    def __init__(self, root: Path, doing: str) -> None:
        self._path = root / "study.lock"
        self._guard = root / "study.lock.guard"
        self._doing = doing
        self._stop = threading.Event()
        self._owner: LockOwner | None = None

    def __enter__(self) -> StudyLock:
        try:
            with FileLock(self._guard, timeout=30):
                owner = self.owner()
                if owner is not None:
                    raise StudyBusy(
                        f"{self._path.parent}: another job writes to this study ({owner.doing}, process "
                        f"{owner.process.pid} of {owner.user} on {owner.host}, since {owner.since}); wait until it has "
                        "ended or stop it."
                    )
                self._owner = LockOwner.this_process(self._doing)
                write_json(self._path, self._owner.model_dump())
        except OSError as error:
            raise storage_error(error, self._path) from error
        threading.Thread(target=self._renew, name="study-lock", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        with FileLock(self._guard, timeout=30):
            if self._read()[0] == self._owner:
                self._path.unlink(missing_ok=True)

    def owner(self) -> LockOwner | None:
        """Return the live owner of the lock, or None when the study is free."""
        owner, renewed = self._read()
        return owner if owner is not None and owner.is_alive(renewed) else None

    def _read(self) -> tuple[LockOwner | None, float]:
        """Return what the file says, and when it was renewed; None when there is none that can be read."""
        try:
            with self._path.open("rb") as file:
                return LockOwner.model_validate_json(file.read()), os.fstat(file.fileno()).st_mtime
        except (FileNotFoundError, ValidationError):
            return None, 0.0

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_EVERY):
            # Storage that is away for a moment must not end the renewing.
            with contextlib.suppress(OSError):
                if self._read()[0] == self._owner:
                    os.utime(self._path)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
