"""Who uses the engine of a data folder: each user holds a lock there, which the system frees when its process ends."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from qgis.PyQt.QtCore import QLockFile


class EngineUser:
    """One user: a connection of one window of QGIS.

    Parameters
    ----------
    folder : Path
        The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = _users(folder)
        self._file = self._folder / f"{secrets.token_hex(8)}.lock"
        self._lock: QLockFile | None = None

    def begin(self) -> None:
        """Say that the engine is used, or is about to be.

        Raises
        ------
        OSError
            When nothing can be written there.
        """
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(self._file)
        if not lock.tryLock(0):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self._file))
        self._lock = lock

    def end(self) -> None:
        """Say that it is used no more."""
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def is_alone(self) -> bool:
        """Tell whether nobody else uses the engine; users whose process has ended are forgotten."""
        return not any(_is_held(file) for file in self._folder.glob("*.lock") if file != self._file)


def _users(folder: Path) -> Path:
    return folder / "engine-users"


def _is_held(file: Path) -> bool:
    """Tell whether a user lives; the file of one that does not is removed."""
    lock = _lock(file)
    if not lock.tryLock(0):
        return lock.error() == QLockFile.LockError.LockFailedError
    lock.unlock()
    return False


def _lock(file: Path) -> QLockFile:
    lock = QLockFile(str(file))
    # It is held for hours; only the end of its process makes it void.
    lock.setStaleLockTime(0)
    return lock
