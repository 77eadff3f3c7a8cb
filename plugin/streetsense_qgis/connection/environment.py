"""The folder of the engine's own Python: where it is, and what is installed there.

``<data folder>/engine/<version>/`` is an environment, complete when it holds the file ``installed.json``, which is
written last. A repair of the same version goes to ``<version>-2`` and so on, so that what works stays until something
better is there.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from ..version import version
from .processstart import started_at
from .statefile import read_note

MARKER = "installed.json"


@dataclass(frozen=True)
class Installed:
    """A complete environment.

    Attributes
    ----------
    version : str
        Of the engine.
    python : str
        Path of its Python; in the file it is relative to the folder.
    build : str
        ``cpu`` or ``cuda``.
    torch : str
        The version of PyTorch.
    when : str
        Time of the installation, ISO 8601 with time zone.
    """

    version: str
    python: str
    build: str
    torch: str
    when: str


def engine_folder(data_folder: str | Path) -> Path:
    """Return the folder of all environments."""
    return Path(data_folder) / "engine"


def log_file(data_folder: str | Path) -> Path:
    """Return the file with everything that the last installation printed."""
    return engine_folder(data_folder) / "install.log"


def python_in(folder: Path, system: str = sys.platform) -> Path:
    """Return where an environment has its Python."""
    return folder / "Scripts" / "python.exe" if system == "win32" else folder / "bin" / "python"


def new_folder(data_folder: str | Path, engine_version: str) -> Path:
    """Return the folder for a new environment: one that is not there, or is not complete."""
    number = 1
    while True:
        folder = engine_folder(data_folder) / (engine_version if number == 1 else f"{engine_version}-{number}")
        if not (folder / MARKER).exists():
            return folder
        number += 1


def write_marker(folder: Path, installed: Installed) -> None:
    """Declare an environment complete."""
    record = asdict(installed)
    record["python"] = Path(installed.python).relative_to(folder).as_posix()
    part = folder / (MARKER + ".part")
    part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    part.replace(folder / MARKER)


def read_marker(folder: Path) -> Installed | None:
    """Return what is installed in a folder, ``None`` when it is not complete or not readable."""
    try:
        record = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        record["python"] = str(folder / record["python"])
        installed = Installed(**{name: str(record[name]) for name in Installed.__dataclass_fields__})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return installed if Path(installed.python).is_file() else None


def installed_engine(data_folder: str | Path) -> Installed | None:
    """Return the environment to use: the newest with the version that belongs here, else the newest."""
    complete = [installed for installed in map(read_marker, _folders(data_folder)) if installed is not None]
    return max(complete, key=lambda one: (one.version == version(), one.when), default=None)


def installed_python(data_folder: str | Path) -> str | None:
    """Return the Python of the installed engine, ``None`` when there is none."""
    installed = installed_engine(data_folder)
    return installed.python if installed is not None else None


def installed_version(data_folder: str | Path) -> str | None:
    """Return the version of the installed engine, ``None`` when there is none."""
    installed = installed_engine(data_folder)
    return installed.version if installed is not None else None


def is_current(data_folder: str | Path) -> bool:
    """Return whether the installed engine is the one that belongs to this version of StreetSense."""
    return installed_version(data_folder) == version()


def superseded_folders(data_folder: str | Path) -> list[Path]:
    """Return environments that nothing will use again: older ones, and unfinished ones."""
    used = installed_python(data_folder)
    if used is None:
        return []
    return [folder for folder in _folders(data_folder) if folder not in Path(used).parents]


def engine_runs(data_folder: str | Path) -> bool:
    """Return whether an engine of this folder runs, as far as can be told without asking it."""
    note = read_note(Path(data_folder))
    if note is None or sys.platform == "win32":  # there, the question below would end it
        return note is not None
    try:
        os.kill(note.pid, 0)
    except OSError:
        return False
    return note.started in ("", started_at(note.pid))


def _folders(data_folder: str | Path) -> list[Path]:
    try:
        return sorted(entry for entry in engine_folder(data_folder).iterdir() if entry.is_dir())
    except OSError:
        return []
