"""Keeps two QGIS windows from installing the engine into one folder at the same time."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QLockFile

from ..i18n import tr
from .disk import storage_error
from .errors import EngineError


def take_lock(folder: Path) -> QLockFile:
    """Return the lock of a folder, taken; that of a process that ended without unlocking is taken over.

    Raises
    ------
    EngineError
        When another process has it, or the folder cannot be written.
    """
    lock = QLockFile(str(folder / "install.lock"))
    # Never stale by age: an installation may take an hour. Whether its process still runs is looked at anyway.
    lock.setStaleLockTime(0)
    if lock.tryLock(0):
        return lock
    if lock.error() == QLockFile.LockError.LockFailedError:
        sentence = tr(
            "Install",
            "Another QGIS window is installing the engine: wait until it is done there, or cancel it there.",
        )
        raise EngineError(sentence, "environment")
    raise storage_error(PermissionError(), str(folder))
