"""The engine of the tests: a server in a process of its own, in the engine's environment."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The engine's Python; the two environments never mix.
ENGINE_PYTHON = ROOT / ".venv" / "bin" / "python"


@dataclass(frozen=True)
class RunningEngine:
    """A server that runs.

    Attributes
    ----------
    url, token : str
        Where it is, and what it wants to see.
    studies : Path
        The folder of its studies.
    process : subprocess.Popen
        Its process.
    """

    url: str
    token: str
    studies: Path
    process: subprocess.Popen[str]


def scrubbed_environment() -> dict[str, str]:
    """Return this process's environment without what belongs to the other Python."""
    dropped = ("PYTHON", "QGIS", "QT_", "GDAL", "PROJ", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "PYTEST")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
