"""Where commands run: in this process, or on another host (``--remote``). The commands do not know which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from streetsense.cli.console import Interrupt, ProgressBar
from streetsense.jobs import execute, follows
from streetsense.processes import Process, load_processes
from streetsense.processes.ogc import process_description
from streetsense.processes.process import ProcessOutputs
from streetsense.study import Study

if TYPE_CHECKING:
    from streetsense.encoders import EncoderConfig
    from streetsense.streetview.providerlist import ProviderList
    from streetsense.study.summary import StudySummary


class Place(Protocol):
    """What a command needs of wherever it runs."""

    def run(self, process: Process, study: Path, values: dict[str, Any], interrupt: Interrupt) -> ProcessOutputs | None:
        """Run a process from raw values, with a progress bar; return None where another process tells the outcome."""
        ...

    def create(self, study: Path, area: Path, title: str | None) -> StudySummary:
        """Make a study from a polygon layer."""
        ...

    def summarise(self, study: Path) -> StudySummary:
        """Count what is in a study."""
        ...

    def encoders(self, study: Path) -> list[EncoderConfig]:
        """Return the records of a study's encoders, by name."""
        ...

    def processes(self) -> list[dict[str, Any]]:
        """Return the OGC descriptions of the processes."""
        ...

    def providers(self) -> ProviderList:
        """Return the providers of street views, and where their keys are."""
        ...


class Here:
    """The process that the command was started in."""

    def run(self, process: Process, study: Path, values: dict[str, Any], interrupt: Interrupt) -> ProcessOutputs | None:
        """Run a process on a study folder of this computer."""
        inputs = process.parse(values)
        opened = Study.open(study)
        with ProgressBar(process.id) as bar:
            outputs = execute(process, opened, inputs, screen=bar, is_cancelled=interrupt)
        return None if follows(process) else outputs

    def create(self, study: Path, area: Path, title: str | None) -> StudySummary:
        """Make a study folder."""
        from streetsense.study.summary import summarise
        from streetsense.vectors import read_vector

        return summarise(Study.create(study, read_vector(area, "area"), title))

    def summarise(self, study: Path) -> StudySummary:
        """Count what is in a study folder."""
        from streetsense.study.summary import summarise

        return summarise(Study.open(study))

    def encoders(self, study: Path) -> list[EncoderConfig]:
        """Return the records of a study folder's encoders."""
        folder = Study.open(study).encoders_dir
        from streetsense.encoders import list_encoders

        return list_encoders(folder)

    def processes(self) -> list[dict[str, Any]]:
        """Return the descriptions of the processes that are installed."""
        return [process_description(process) for process in load_processes().values()]

    def providers(self) -> ProviderList:
        """Return the providers that are installed, and where this computer has their keys."""
        from streetsense.streetview.providerlist import list_providers

        return list_providers()


_chosen: Place = Here()


def place() -> Place:
    """Return where the command runs."""
    return _chosen


def choose(where: Place) -> None:
    """Let the commands that follow run somewhere else."""
    global _chosen
    _chosen = where
