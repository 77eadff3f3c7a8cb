"""Secrets that an algorithm passes on, read from QGIS' store of passwords."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject, QThread, pyqtSignal

from ..connection.errors import EngineError
from ..connection.settings import read_token
from ..i18n import tr
from .following import nap


class SecretReader(QObject):
    """Reads secrets on the window's thread, whichever thread asks: on another one the store can hang."""

    _asked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[str, str] = {}
        self._asked.connect(self._read)

    def read(self, authcfg: str, name: str) -> str:
        """Return the password of an authentication configuration.

        Parameters
        ----------
        authcfg : str
            Its identifier.
        name : str
            What the input is called, for the sentence when there is none.

        Raises
        ------
        EngineError
            When there is no such configuration, or it has no password.
        """
        self._found.pop(authcfg, None)
        self._asked.emit(authcfg)  # of another thread: read when the window's thread comes to it
        while QThread.currentThread() is not self.thread() and authcfg not in self._found:
            nap(0.05)
        secret = self._found.pop(authcfg, "")
        if not secret:
            sentence = tr(
                "Processing", "{name}: this authentication configuration has no password; choose another one."
            )
            raise EngineError(sentence.format(name=name), "token")
        return secret

    def _read(self, authcfg: str) -> None:
        try:
            self._found[authcfg] = read_token(authcfg, may_ask=True)
        except EngineError:
            self._found[authcfg] = ""
