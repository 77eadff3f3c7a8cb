"""Asks a Python whether the engine is in it, works, and is of the right version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..i18n import tr
from ..version import version
from .command import Command, Outcome
from .errors import EngineError
from .failures import classify, explain

#: Seconds; the first import of PyTorch reads two gigabytes, on a slow disk with a virus scanner before it.
_LIMIT = 300

_QUESTION = """
import importlib.metadata, json, sys
if sys.version_info < (3, 11):
    print(json.dumps({"old": "%d.%d" % sys.version_info[:2]}))
    raise SystemExit
sys.path[:] = [place for place in sys.path if place]  # not what happens to lie in the current folder
import torch
import streetsense.cli
print(json.dumps({
    "version": importlib.metadata.version("streetsense"), "torch": str(torch.__version__),
    "cuda": bool(torch.cuda.is_available()),
}))
"""


@dataclass(frozen=True)
class CheckedEngine:
    """What a Python said of its engine.

    Attributes
    ----------
    python : str
        Its path.
    version, torch : str
        Of the engine and of PyTorch.
    has_cuda : bool
        Whether it can compute on a graphics card here.
    """

    python: str
    version: str
    torch: str
    has_cuda: bool


class EngineCheck(QObject):
    """Asks one Python, whether installed by StreetSense or given by somebody.

    Parameters
    ----------
    python : str
        Its path.
    environment : dict
        The environment variables for it.
    parent : QObject, optional
        Who owns it.
    """

    #: With a `CheckedEngine`.
    succeeded = pyqtSignal(object)
    #: With an `EngineError`.
    failed = pyqtSignal(object)

    def __init__(self, python: str, environment: dict[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._python = python
        self.command = Command(python, ["-c", _QUESTION], environment, _LIMIT, self)
        self.command.ended.connect(self._hear)

    def start(self) -> None:
        """Ask."""
        if Path(self._python).is_file():
            self.command.start()
        else:
            QTimer.singleShot(0, self._miss)

    def drop(self, wait: bool = False) -> None:
        """Ask no further, and tell nothing."""
        self.blockSignals(True)
        self.command.drop(wait)

    def _miss(self) -> None:
        sentence = tr("Install", "There is no Python at {python}: choose another file in the settings of StreetSense.")
        self.failed.emit(EngineError(sentence.format(python=self._python), "environment"))

    def _hear(self, outcome: Outcome) -> None:
        answer = _parse(outcome.output) if outcome.is_good else None
        if answer is None:
            self.failed.emit(self._trouble(outcome))
        elif "old" in answer:
            sentence = tr(
                "Install",
                "{python} is Python {found}, and the engine needs 3.11 or later: choose another Python in the "
                "settings of StreetSense, or let it install its own.",
            )
            self.failed.emit(EngineError(sentence.format(python=self._python, found=answer["old"]), "environment"))
        elif answer["version"] != version():
            sentence = tr(
                "Install",
                "{python} has version {found} of the engine, and this StreetSense needs {needed}: install streetsense "
                "{needed} there, or let StreetSense install its own engine.",
            )
            sentence = sentence.format(python=self._python, found=answer["version"], needed=version())
            self.failed.emit(EngineError(sentence, "environment"))
        else:
            self.succeeded.emit(CheckedEngine(self._python, answer["version"], answer["torch"], answer["cuda"] is True))

    def _trouble(self, outcome: Outcome) -> EngineError:
        if "No module named 'streetsense'" in outcome.output or "No module named 'torch'" in outcome.output:
            sentence = tr(
                "Install",
                "The engine is not in {python}: install the package streetsense there, or let StreetSense install its "
                "own engine.",
            )
            return EngineError(sentence.format(python=self._python), "environment")
        if not outcome.started or outcome.timed_out or outcome.crashed or classify(outcome.output) is not None:
            return explain(outcome)
        last = (outcome.output.strip().splitlines() or [""])[-1]
        sentence = tr("Install", "The engine in {python} does not start ({why}): install it again.")
        return EngineError(sentence.format(python=self._python, why=last), "environment")


def _parse(output: str) -> dict[str, object] | None:
    """Return the last line that is an answer; libraries may print others."""
    for line in reversed(output.splitlines()):
        try:
            answer = json.loads(line)
        except ValueError:
            continue
        if isinstance(answer, dict) and ("old" in answer or {"version", "torch", "cuda"} <= set(answer)):
            return answer
    return None
