"""The end of the engine on this computer: asked whether jobs need it, told to stop, and killed if it does not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsMessageLog
from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from .client import EngineClient
from .engineusers import EngineUser
from .errors import EngineError
from .processstart import started_at
from .statefile import EngineNote, read_note, remove_note

#: Milliseconds that the engine has to end by itself.
_GRACE = 5000
_LOOK_EVERY = 100
#: What is still being ended; nobody else holds it.
_under_way: set[Ending] = set()


class Ending(QObject):
    """Ends an engine without anybody waiting for it, unless jobs or other users need it.

    Only an engine that has just answered is told to stop: its number is then surely its own, and it is known that no
    job needs it. One that keeps silent stops by itself when the QGIS that started it has ended.

    Parameters
    ----------
    folder, note : Path, EngineNote
        The data folder and its engine.
    me : EngineUser
        Who wants it to end.
    client : EngineClient
        To ask whether jobs run or wait.
    process : QProcess, optional
        Of the engine, when this QGIS started it.
    """

    #: It has ended, or it stays.
    over = pyqtSignal()

    def __init__(
        self, folder: Path, note: EngineNote, me: EngineUser, client: EngineClient, process: QProcess | None = None
    ) -> None:
        super().__init__()
        self._folder, self._note, self._me, self._client, self._process = folder, note, me, client, process
        self._left = _GRACE
        _under_way.add(self)
        client.health().then(self._heard, self._heard_nothing)

    @staticmethod
    def of(folder: Path) -> Ending | None:
        """Return what is being done in this QGIS to end the engine of a data folder; None when nothing is."""
        return next((one for one in _under_way if one._folder == folder), None)

    def _heard(self, health: dict[str, Any]) -> None:
        now = read_note(self._folder)
        if is_busy(health) or not self._me.is_alone() or (now is not None and now != self._note):
            self._leave()  # it outlives this connection; the next one finds it
            return
        remove_note(self._folder)
        self._signal(signal.SIGTERM)
        self._look()

    def _heard_nothing(self, _: EngineError) -> None:
        if self._process is not None and self._process.state() == QProcess.ProcessState.NotRunning:
            if read_note(self._folder) == self._note:
                remove_note(self._folder)
            self._over()
        else:
            self._leave()

    def _leave(self) -> None:
        if self._process is not None:
            self._process.finished.connect(self._process.deleteLater)
            self._process = None
        self._over()

    def _look(self) -> None:
        if not self._is_alive():
            self._over()
        elif self._left <= 0:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            self._over()
        else:
            self._left -= _LOOK_EVERY
            QTimer.singleShot(_LOOK_EVERY, self._look)

    def _is_alive(self) -> bool:
        if self._process is not None:
            return self._process.state() != QProcess.ProcessState.NotRunning
        # Signal 0 asks on Unix; on Windows it would end the process, which has been ended at once there anyway.
        return sys.platform != "win32" and self._is_it() and _tried(lambda: os.kill(self._note.pid, 0))

    def _is_it(self) -> bool:
        """Tell whether the number that was noted is still the engine's."""
        return started_at(self._note.pid) == self._note.started

    def _signal(self, number: int) -> None:
        """Send a signal; on Windows, which has none, every one of them ends the process."""
        if self._is_it():
            _tried(lambda: os.kill(self._note.pid, number))

    def _over(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
        _under_way.discard(self)
        self.over.emit()


def is_busy(health: dict[str, Any]) -> bool:
    """Tell whether jobs run or wait, from what an engine says about itself."""
    jobs = health.get("jobs", {})
    return bool(jobs.get("accepted", 0) or jobs.get("running", 0))


def _tried(act: Callable[[], None]) -> bool:
    """Do something to a process; tell whether it was still there."""
    try:
        act()
    except ProcessLookupError:
        return False
    except OSError as error:  # not ours (any more), or gone on Windows
        QgsMessageLog.logMessage(f"The engine could not be ended: {error}", "StreetSense")
        return False
    return True
