"""How far an installation is, from its steps, from what pip says, and from the file that pip downloads."""

from __future__ import annotations

from pathlib import Path

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from .pip_output import PipOutput, bytes_arrived

#: Where each step ends in the progress of the whole, as measured.
_ENDS = {"search": 0.02, "venv": 0.08, "torch": 0.45, "engine": 0.93, "check": 0.98, "tidy": 1.0}
#: About how many packages pip collects in a step.
_PACKAGES = {"torch": 2, "engine": 75}
#: Milliseconds between two looks at a download.
_LOOK_EVERY = 500


class InstallProgress(QObject):
    """Knows the step that an installation is in; its share never falls.

    Parameters
    ----------
    temporary : path
        The folder that pip downloads into.
    parent : QObject, optional
        Who owns it.
    """

    #: Share that is done (0 to 1), and what is being done.
    told = pyqtSignal(float, str)

    def __init__(self, temporary: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._temporary = temporary
        self._step = ""
        self._share, self._message = 0.0, ""
        self._pip: PipOutput | None = None
        self._looking = QTimer(self)
        self._looking.setInterval(_LOOK_EVERY)
        self._looking.timeout.connect(self._tell_pip)

    def enter(self, step: str, message: str) -> None:
        """Begin a step, one of ``search``, ``venv``, ``torch``, ``engine``, ``check`` and ``tidy``."""
        self._step = step
        self._pip = PipOutput(_PACKAGES[step]) if step in _PACKAGES else None
        self._tell(self._begin, message)

    def read(self, line: str) -> None:
        """Take a line that a child process printed."""
        if self._pip is not None and self._pip.read(line):
            self._tell_pip()
            # A large file comes in silence, but it grows.
            if self._pip.downloading:
                self._looking.start()

    def say(self, message: str) -> None:
        """Say something without getting further."""
        self._tell(self._share, message)

    def end(self, message: str = "") -> None:
        """Stop to look; with a message, all is done."""
        self._looking.stop()
        self._pip = None
        if message:
            self._tell(1.0, message)

    @property
    def _begin(self) -> float:
        steps = list(_ENDS)
        number = steps.index(self._step)
        return _ENDS[steps[number - 1]] if number else 0.0

    def _tell_pip(self) -> None:
        if self._pip is None or not self._pip.downloading:
            self._looking.stop()
        if self._pip is None:
            return
        share = self._pip.share
        if self._step == "torch" and self._pip.downloading:  # one file, nearly all of the step
            share = max(share, 0.8 * min(1.0, bytes_arrived(self._temporary) / self._pip.downloading))
        self._tell(self._begin + share * (_ENDS[self._step] - self._begin), self._pip.message or self._message)

    def _tell(self, share: float, message: str) -> None:
        self._share, self._message = max(share, self._share), message
        self.told.emit(self._share, message)
