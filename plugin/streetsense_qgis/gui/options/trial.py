"""A try of settings for this computer that are not the ones in use: their Python is asked whether the engine works."""

from __future__ import annotations

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...connection.childenvironment import child_environment
from ...connection.enginecheck import CheckedEngine, EngineCheck
from ...connection.environment import installed_python
from ...connection.errors import EngineError
from ...connection.settings import ConnectionSettings
from ...i18n import tr

#: Tries that go on although their page was closed: a process must not be deleted before it has ended.
_under_way: set[LocalTrial] = set()


class LocalTrial(QObject):
    """One try; it takes care of itself, starts no engine, and touches none that runs.

    Parameters
    ----------
    settings : ConnectionSettings
        What to try.
    """

    #: A sentence about how it went, and whether it went well.
    told = pyqtSignal(str, bool)

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._python = settings.python or installed_python(settings.data_folder) or ""
        _under_way.add(self)

    def begin(self) -> None:
        """Ask; the first import of PyTorch takes a while."""
        if not self._python:
            sentence = tr("Options", "The engine is not installed in this folder yet; press 'Install or update…'.")
            QTimer.singleShot(0, lambda: self._tell(sentence, False))
            return
        check = EngineCheck(self._python, child_environment(), self)
        check.succeeded.connect(self._succeed)
        check.failed.connect(self._fail)
        check.start()

    def _succeed(self, engine: CheckedEngine) -> None:
        device = tr("Options", "graphics card") if engine.has_cuda else tr("Options", "processor")
        sentence = tr(
            "Options",
            "The engine in {python} works (version {version}, PyTorch {torch}, {device}); press OK to use it.",
        )
        words = {"python": self._python, "version": engine.version, "torch": engine.torch, "device": device}
        self._tell(sentence.format(**words), True)

    def _fail(self, error: EngineError) -> None:
        self._tell(str(error), False)

    def _tell(self, sentence: str, is_good: bool) -> None:
        self.told.emit(sentence, is_good)
        # Not at once: the process that calls this belongs to it.
        QTimer.singleShot(0, lambda: _under_way.discard(self))
