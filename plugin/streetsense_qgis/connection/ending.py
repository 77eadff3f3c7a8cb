"""The end of the engine on this computer: asked whether jobs need it, told to stop, and killed if it does not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import QgsMessageLog
from qgis.PyQt.QtCore import QObject, QProcess, QTimer

from .client import EngineClient
from .statefile import EngineNote, read_note, remove_note

#: Milliseconds that the engine has to end by itself.
_GRACE = 5000
_LOOK_EVERY = 100
#: What is still being ended; nobody else holds it.
_under_way: set[Ending] = set()


class Ending(QObject):
    """Ends an engine without anybody waiting for it.

    When QGIS itself ends meanwhile, the engine notices that and stops by itself as soon as no job needs it.

    Parameters
    ----------
    folder, note : Path, EngineNote
        The engine and its data folder.
    me : str
        Who wants it to end; when somebody else has begun to use it, it stays.
    client : EngineClient, optional
        To ask whether jobs run or wait.
    process : QProcess, optional
        Of the engine, when this QGIS started it.
    """

    def __init__(
        self, folder: Path, note: EngineNote, me: str, client: EngineClient | None, process: QProcess | None
    ) -> None:
        super().__init__()
        self._folder, self._note, self._me, self._client, self._process = folder, note, me, client, process
        self._left = _GRACE
        _under_way.add(self)
        if client is None:
            self._stop()
        else:
            client.health().then(self._heard, lambda _: self._stop())

    def _heard(self, health: dict[str, Any]) -> None:
        if is_busy(health):
            _under_way.discard(self)  # it outlives this window; the next one finds it
            return
        self._stop()

    def _stop(self) -> None:
        now = read_note(self._folder)
        if now is not None and (now.kept_by != self._me or now.pid != self._note.pid):
            _under_way.discard(self)
            return
        remove_note(self._folder)
        self._signal(signal.SIGTERM)
        self._look()

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
        return sys.platform != "win32" and _tried(lambda: os.kill(self._note.pid, 0))

    def _signal(self, number: int) -> None:
        """Send a signal; on Windows, which has none, every one of them ends the process."""
        _tried(lambda: os.kill(self._note.pid, number))

    def _over(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
        _under_way.discard(self)


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
