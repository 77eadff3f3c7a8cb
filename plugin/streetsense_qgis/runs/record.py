"""What is remembered about runs, so that closing QGIS loses none: their choices, their jobs, how far they are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from qgis.core import QgsSettings

from .plan import RunPlan

PREPARING, SENDING, RUNNING, LOADING, READY, DONE, FAILED, STOPPED = (
    "preparing", "sending", "running", "loading", "ready", "done", "failed", "stopped",
)  # fmt: skip
#: States in which something is still to be done by itself.
UNFINISHED = (PREPARING, SENDING, RUNNING, LOADING)
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
        What was chosen.
    engine : str
        Where it runs: ``local``, or the address of a host.
    project : str
        File of the QGIS project that it was started from; empty when that was not saved.
    folder : str
        Where its results go on this computer.
    made : str
        When it was started (ISO 8601, UTC).
    state : str
        `PREPARING`, `SENDING`, `RUNNING`, `LOADING`, `READY` (results wait to be loaded), `DONE`, `FAILED` or
        `STOPPED`.
    message : str
        Its last word.
    attempt : int
        How often it was begun again.
    sending : list of (str, str)
        Local files, and what the study calls them (below ``uploads``), that have to be sent.
    jobs : list of (str, str)
        Ids and titles of the jobs that were submitted, in order.
    files : list of str
        Downloaded results.
    is_usable : bool
        False when tests on left-out places say that its map is no better than guessing.
    """

    id: str
    plan: RunPlan
    engine: str
    project: str = ""
    folder: str = ""
    made: str = ""
    state: str = PREPARING
    message: str = ""
    attempt: int = 0
    sending: list[tuple[str, str]] = field(default_factory=list)
    jobs: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    is_usable: bool = True


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

    def put(self, record: RunRecord) -> None:
        """Remember a run as it is now; the oldest ended ones are forgotten."""
        settings = QgsSettings()
        settings.setValue(f"{_KEY}/{record.id}", json.dumps(asdict(record)))
        ended = [one for one in self.all() if one.state not in UNFINISHED]
        for old in ended[_MOST:]:
            settings.remove(f"{_KEY}/{old.id}")

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        QgsSettings().remove(f"{_KEY}/{run_id}")


def _read(text: str) -> RunRecord | None:
    try:
        values: dict[str, Any] = json.loads(text)
        values["plan"] = RunPlan.from_dict(values["plan"])
        values["sending"] = [(str(path), str(name)) for path, name in values.get("sending", [])]
        values["jobs"] = [(str(job), str(title)) for job, title in values.get("jobs", [])]
        return RunRecord(**{name: value for name, value in values.items() if name in RunRecord.__dataclass_fields__})
    except (ValueError, TypeError, KeyError):
        return None
