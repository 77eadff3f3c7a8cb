"""What is remembered about runs, so that closing QGIS loses none: their choices, their jobs, how far they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QLockFile

from .plan import RunPlan
from .sources import Sources

PREPARING, RUNNING, LOADING, READY, DONE, FAILED, STOPPED = (
    "preparing", "running", "loading", "ready", "done", "failed", "stopped",
)  # fmt: skip
#: States in which something is still to be done by itself.
UNFINISHED = (PREPARING, RUNNING, LOADING)
#: So many runs are remembered.
_MOST = 30
_KEY = "streetsense/runs"


@dataclass
class RunRecord:
    """A run.

    Attributes
    ----------
    id : str
        Tells it from others; its jobs' keys begin with it.
    plan : RunPlan
        What was chosen; without an area where only the results of a job are loaded.
    engine : str
        Where it runs, as `Session.engine` names it.
    sources : Sources
        What it takes from this computer.
    said : str
        What the engine said of itself, in a sentence.
    project : str
        File of the QGIS project that it was started from; empty when that was not saved.
    folder : str
        Where its results go on this computer.
    made : str
        When it was started (ISO 8601, UTC).
    state : str
        `PREPARING` (its files are sent), `RUNNING`, `LOADING`, `READY` (results wait to be loaded), `DONE`, `FAILED`
        or `STOPPED`.
    message : str
        Its last word.
    attempt : int
        How often it was begun again.
    jobs : list of (str, str)
        Ids and titles of the jobs that were submitted, in order.
    successful : list of str
        Ids of the jobs that are known to have ended well.
    files : list of str
        Downloaded results.
    verdict : str
        How good its map is, in a sentence; empty where nothing was predicted.
    is_usable : bool
        False when tests on left-out places say that its map is no better than guessing.
    is_dismissing : bool
        It was stopped, and its jobs still have to be told.
    """

    id: str
    plan: RunPlan
    engine: str
    sources: Sources = field(default_factory=Sources)
    said: str = ""
    project: str = ""
    folder: str = ""
    made: str = ""
    state: str = PREPARING
    message: str = ""
    attempt: int = 0
    jobs: list[tuple[str, str]] = field(default_factory=list)
    successful: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    verdict: str = ""
    is_usable: bool = True
    is_dismissing: bool = False

    @property
    def tag(self) -> str:
        """What tells its uploads from those of other runs."""
        return f"run-{self.id[:8]}"


class RunList:
    """The runs that are remembered, in the user's settings; newest first."""

    def all(self) -> list[RunRecord]:
        """Return the runs; one that cannot be read is left out."""
        settings = QgsSettings()
        settings.beginGroup(_KEY)
        texts = [settings.value(key, "", str) for key in settings.childKeys()]
        settings.endGroup()
        found = [record for record in map(_read, texts) if record is not None]
        return sorted(found, key=lambda record: record.made, reverse=True)

    def get(self, run_id: str) -> RunRecord | None:
        """Return a run by its id."""
        return _read(QgsSettings().value(f"{_KEY}/{run_id}", "", str))

    def put(self, record: RunRecord) -> None:
        """Remember a run as it is now; the oldest ended ones are forgotten."""
        settings = QgsSettings()
        settings.setValue(f"{_KEY}/{record.id}", json.dumps(asdict(record)))
        if record.state not in UNFINISHED:
            ended = [one for one in self.all() if one.state not in UNFINISHED]
            for old in ended[_MOST:]:
                settings.remove(f"{_KEY}/{old.id}")

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        QgsSettings().remove(f"{_KEY}/{run_id}")


class RunLocks:
    """Which runs this QGIS looks after: several windows share the list of runs, and each run has one window.

    Parameters
    ----------
    folder : str
        Where the locks lie; where nothing can be written there are none.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._held: dict[str, QLockFile] = {}

    def take(self, run_id: str) -> bool:
        """Take a run, unless another window has it."""
        if run_id in self._held:
            return True
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return True
        lock = QLockFile(str(self._folder / f"{run_id}.lock"))
        lock.setStaleLockTime(0)  # held as long as its process lives
        if not lock.tryLock(0) and lock.error() == QLockFile.LockError.LockFailedError:
            return False
        self._held[run_id] = lock
        return True

    def leave(self, run_id: str) -> None:
        """Leave a run to others."""
        lock = self._held.pop(run_id, None)
        if lock is not None:
            lock.unlock()

    def close(self) -> None:
        """Leave all runs."""
        for run_id in list(self._held):
            self.leave(run_id)


def _read(text: str) -> RunRecord | None:
    try:
        values: dict[str, Any] = json.loads(text)
        values["plan"] = RunPlan.from_dict(values["plan"])
        values["sources"] = Sources(**values.get("sources", {}))
        values["jobs"] = [(str(job), str(title)) for job, title in values.get("jobs", [])]
        return RunRecord(**{name: value for name, value in values.items() if name in RunRecord.__dataclass_fields__})
    except (ValueError, TypeError, KeyError):
        return None
