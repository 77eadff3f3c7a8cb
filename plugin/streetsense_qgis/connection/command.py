"""One child process that runs beside the window and tells its lines as they come."""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import sys
from collections import deque
from dataclasses import dataclass

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from .childenvironment import process_environment

#: Lines that are kept for finding out why a command failed.
_KEPT_LINES = 400
#: Milliseconds that a command has to end by itself when it was asked to.
_GRACE = 4000
#: Commands that were dropped and have yet to end; a process must not be deleted before.
_dying: set[Command] = set()


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes
    ----------
    code : int
        Its exit status, or the number of the signal that ended it.
    output : str
        The last lines it printed, standard error among them.
    crashed : bool
        Whether it was ended from outside, by the system or a signal.
    started : bool
        Whether there was such a program at all.
    timed_out : bool
        Whether it was ended because it took longer than allowed.
    """

    code: int
    output: str
    crashed: bool = False
    started: bool = True
    timed_out: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it did what it was asked for."""
        return self.started and not self.crashed and not self.timed_out and self.code == 0


class Command(QObject):
    """A program and its arguments, run in a child process.

    Parameters
    ----------
    program : str
        Path of the program.
    arguments : list of str
        What it is given.
    environment : dict
        All its environment variables.
    limit : float, optional
        Seconds that it may take; without it there is no limit.
    parent : QObject, optional
        Who owns it.
    """

    #: A line that it printed.
    printed = pyqtSignal(str)
    #: With an `Outcome`; once, unless the command was dropped.
    ended = pyqtSignal(object)

    def __init__(
        self,
        program: str,
        arguments: list[str],
        environment: dict[str, str],
        limit: float | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._rest = ""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._timed_out = False
        self._has_ended = False
        self._process = QProcess(self)
        self._process.setProgram(program)
        self._process.setArguments(arguments)
        self._process.setProcessEnvironment(process_environment(environment))
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finish)
        self._process.errorOccurred.connect(self._miss)
        self._limit = QTimer(self)
        self._limit.setSingleShot(True)
        self._limit.timeout.connect(self._give_up)
        if limit is not None:
            self._limit.setInterval(int(limit * 1000))
        self._grace = QTimer(self)
        self._grace.setSingleShot(True)
        self._grace.timeout.connect(self._process.kill)

    def start(self) -> None:
        """Start it."""
        if self._limit.interval():
            self._limit.start()
        self._process.start()

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The number of its process, 0 when there is none."""
        return int(self._process.processId())

    def stop(self) -> None:
        """Ask it to end, and end it when it does not; `ended` tells when it has."""
        pid = self.pid
        if not pid:
            return
        if sys.platform == "win32":
            # A console program there hears no request; its children have to be named, or they stay.
            QProcess.startDetached("taskkill", ["/PID", str(pid), "/T", "/F"])
        else:
            # Like Ctrl+C: Python's own tools then end their children and remove their temporary files.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
        self._grace.start(_GRACE)

    def drop(self, wait: bool = False) -> None:
        """End it at once and say nothing any more.

        Parameters
        ----------
        wait : bool
            Come back when it has ended: for closing down, after which nobody can look after it.
        """
        self.blockSignals(True)
        if not self.is_running:
            self.deleteLater()
            return
        _dying.add(self)
        self.setParent(None)
        self._process.kill()
        if wait:
            self._process.waitForFinished(1000)

    def _read(self) -> None:
        text = self._rest + self._decode(bytes(self._process.readAllStandardOutput()))
        *lines, self._rest = text.replace("\r\n", "\n").split("\n")
        for line in lines:
            self._tell(line)

    def _tell(self, line: str) -> None:
        self._lines.append(line)
        self.printed.emit(line)

    def _give_up(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _finish(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        if self._rest:
            self._tell(self._rest)
            self._rest = ""
        self._end(Outcome(code, self._output(), status == QProcess.ExitStatus.CrashExit, True, self._timed_out))

    def _miss(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(Outcome(127, self._process.errorString(), started=False))

    def _output(self) -> str:
        return "\n".join(self._lines)

    def _end(self, outcome: Outcome) -> None:
        self._limit.stop()
        self._grace.stop()
        _dying.discard(self)
        if not self._has_ended:
            self._has_ended = True
            self.ended.emit(outcome)
            self.deleteLater()
