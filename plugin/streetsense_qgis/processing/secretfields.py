"""Secrets that an algorithm passes on, read from QGIS' store of passwords."""

from __future__ import annotations

from qgis.core import QgsFeedback
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..connection.errors import EngineError
from ..connection.settings import read_token
from ..i18n import tr
from .following import nap


class _Question:
    """One secret that somebody asks for, and the answer once it is there."""

    def __init__(self, authcfg: str) -> None:
        self.authcfg = authcfg
        self.value: str | None = None


class SecretReader(QObject):
    """Reads secrets on the window's thread, whichever thread asks: on another one the store can hang."""

    _asked = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self._asked.connect(self._read)

    def read(self, authcfg: str, name: str, feedback: QgsFeedback | None = None) -> str:
        """Return the password of an authentication configuration.

        Parameters
        ----------
        authcfg : str
            Its identifier.
        name : str
            What the input is called, for the sentence when there is none.
        feedback : QgsFeedback, optional
            When it is cancelled, nobody waits any longer for the window, which may be asking for the master password.

        Raises
        ------
        EngineError
            When there is no such configuration, or it has no password, or somebody stopped this (kind ``cancelled``).
        """
        question = _Question(authcfg)
        self._asked.emit(question)  # of another thread: read when the window's thread comes to it
        while question.value is None:
            if feedback is not None and feedback.isCanceled():
                raise EngineError(tr("Processing", "This was stopped."), "cancelled")
            nap(0.05)
        if not question.value:
            sentence = tr(
                "Processing", "{name}: this authentication configuration has no password; choose another one."
            )
            raise EngineError(sentence.format(name=name), "token")
        return question.value

    def _read(self, question: _Question) -> None:
        try:
            question.value = read_token(question.authcfg, may_ask=True)
        except EngineError:
            question.value = ""
