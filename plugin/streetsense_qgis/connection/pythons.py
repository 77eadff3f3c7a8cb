"""A Python on this computer that the engine's environment can be made with.

QGIS' own comes first: whoever has QGIS has it. Never ``sys.executable``: on Windows that is QGIS itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..i18n import tr
from .command import Command, Outcome
from .errors import EngineError

#: The engine needs the first; for later ones than the last PyTorch has no builds.
OLDEST, NEWEST = (3, 11), (3, 14)
#: The oldest C library of Linux that PyTorch is built for.
_OLDEST_GLIBC = (2, 28)
#: Seconds that a Python has to say what it is.
_LIMIT = 15
#: Their order: what most packages have been tested with comes first.
_MINORS = (12, 13, 11, 14)

#: Asked of each. What can be missing: Debian splits off ``ensurepip``, and a Python outside its own installation
#: may lack the libraries of ``ssl``.
_QUESTION = """
import importlib, json, platform, struct, sys, sysconfig
missing = []
for name in ("ctypes", "ssl", "sqlite3", "venv", "ensurepip"):
    try:
        importlib.import_module(name)
    except ImportError:
        missing.append(name)
print(json.dumps({
    "program": sys.executable, "version": list(sys.version_info[:3]), "missing": missing,
    "bits": 8 * struct.calcsize("P"), "system": sys.platform, "machine": platform.machine(),
    "libc": list(platform.libc_ver()), "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True)
class FoundPython:
    """A Python and what it said of itself.

    Attributes
    ----------
    program : str
        Its path.
    version : tuple of int
        Such as ``(3, 12, 4)``.
    missing : tuple of str
        Modules that are needed and not there.
    bits : int
        32 or 64.
    system, machine : str
        ``sys.platform`` and ``platform.machine()``.
    libc : tuple of str
        Name and version of the C library, where it can tell.
    free_threaded : bool
        Whether it is the build without the global lock, for which many packages are not built.
    """

    program: str
    version: tuple[int, ...]
    missing: tuple[str, ...] = ()
    bits: int = 64
    system: str = "linux"
    machine: str = "x86_64"
    libc: tuple[str, str] = ("", "")
    free_threaded: bool = False

    @property
    def short_version(self) -> str:
        """Such as ``3.12``."""
        return ".".join(map(str, self.version[:2]))

    @property
    def is_of_a_good_version(self) -> bool:
        """Whether the engine runs on this version of Python."""
        return OLDEST <= self.version[:2] <= NEWEST

    def obstacle(self) -> str:
        """Return a sentence on why the engine cannot be installed with it, empty when it can."""
        if not self.is_of_a_good_version:
            return tr("Install", "{program} is Python {version}.").format(
                program=self.program, version=self.short_version
            )
        if self.bits != 64 or self.machine in ("i386", "i686"):
            return tr("Install", "{program} is a 32-bit Python.").format(program=self.program)
        if self.system == "darwin" and self.machine == "x86_64":
            return tr("Install", "{program} is built for Macs with Intel processors, PyTorch is not any more.").format(
                program=self.program
            )
        if self.free_threaded:
            return tr("Install", "{program} is the free-threaded build of Python.").format(program=self.program)
        name, number = self.libc
        if name == "glibc" and _numbers(number) < _OLDEST_GLIBC:
            return tr(
                "Install", "This Linux is too old for PyTorch (it has glibc {version}, 2.28 is the oldest)."
            ).format(version=number)
        if self.missing:
            return tr("Install", "{program} cannot make environments ({modules} missing).").format(
                program=self.program, modules=", ".join(self.missing)
            )
        return ""


def candidates(
    system: str = sys.platform, base_prefix: str = sys.base_prefix, environment: Mapping[str, str] | None = None
) -> list[list[str]]:
    """Return the commands that may run a Python, the best first; most need not exist.

    Parameters
    ----------
    system : str
        ``win32``, ``darwin`` or another.
    base_prefix : str
        Where the Python that runs this is installed: QGIS' own.
    environment : mapping, optional
        The environment variables; those of this process by default.
    """
    environment = os.environ if environment is None else environment
    if system == "win32":
        found = _on_windows(base_prefix, environment)
    else:
        found = _elsewhere(system, base_prefix, environment)
    unique = {tuple(command): command for command in found}
    return list(unique.values())


def _on_windows(base_prefix: str, environment: Mapping[str, str]) -> list[list[str]]:
    prefix = Path(base_prefix)
    # QGIS for Windows has its Python in apps/Python3xx, and a QGIS that runs may be beside a newer one.
    files = [prefix / "python.exe", *sorted(prefix.parent.glob("Python3*/python.exe"), reverse=True)]
    commands = [[str(file)] for file in files if file.is_file()]
    path = environment.get("PATH")
    launcher = shutil.which("py", path=path) or shutil.which("py.exe", path=path)
    if launcher:
        commands += [[launcher, f"-3.{minor}"] for minor in _MINORS]
    roots = [
        Path(environment[name]) / folder
        for name, folder in (("LOCALAPPDATA", "Programs/Python"), ("ProgramFiles", "."), ("SystemDrive", "."))
        if environment.get(name)
    ]
    for root in roots:
        for minor in _MINORS:
            file = root / f"Python3{minor}" / "python.exe"
            if file.is_file():
                commands.append([str(file)])
    programs = environment.get("ProgramFiles")
    if programs:
        siblings = sorted(Path(programs).glob("QGIS*/apps/Python3*/python.exe"), reverse=True)
        commands += [[str(file)] for file in siblings]
    return commands + [[file] for file in [shutil.which("python", path=path)] if file]


def _elsewhere(system: str, base_prefix: str, environment: Mapping[str, str]) -> list[list[str]]:
    names = [f"python3.{minor}" for minor in _MINORS] + ["python3"]
    own = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    files = [Path(base_prefix) / "bin" / name for name in (own, "python3")]
    on_path = (shutil.which(name, path=environment.get("PATH")) for name in names)
    files += [Path(file) for file in on_path if file]
    if system == "darwin":
        frameworks = Path("/Library/Frameworks/Python.framework/Versions")
        files += [frameworks / f"3.{minor}" / "bin" / f"python3.{minor}" for minor in _MINORS]
        folders = ["/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"]
    else:
        folders = ["/usr/local/bin", "/usr/bin"]
    files += [Path(folder) / name for folder in folders for name in names]
    # Asking this one makes macOS offer to install Apple's developer tools.
    asked = [file for file in files if not (system == "darwin" and str(file).startswith("/usr/bin/"))]
    return [[str(file)] for file in asked if file.is_file()]


class PythonSearch(QObject):
    """Asks one Python after the other what it is, until one fits.

    Parameters
    ----------
    commands : list of list of str
        What `candidates` returned.
    environment : dict
        The environment variables for them.
    parent : QObject, optional
        Who owns it.
    """

    #: With a `FoundPython`.
    found = pyqtSignal(object)
    #: With an `EngineError`.
    failed = pyqtSignal(object)

    def __init__(self, commands: list[list[str]], environment: dict[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands = list(commands)
        self._environment = environment
        self._unfit: list[FoundPython] = []
        self._command: Command | None = None

    def start(self) -> None:
        """Begin to ask."""
        QTimer.singleShot(0, self._ask_next)

    def drop(self, wait: bool = False) -> None:
        """Ask no further, and tell nothing."""
        self.blockSignals(True)
        self._commands = []
        if self._command is not None:
            self._command.drop(wait)
            self._command = None

    def _ask_next(self) -> None:
        if not self._commands:
            self.failed.emit(EngineError(_advice(self._unfit), "environment"))
            return
        program, *arguments = self._commands.pop(0)
        # Isolated: neither this folder nor the user's own packages belong to the answer.
        question = [*arguments, "-I", "-c", _QUESTION]
        self._command = Command(program, question, self._environment, _LIMIT, self)
        self._command.ended.connect(self._hear)
        self._command.start()

    def _hear(self, outcome: Outcome) -> None:
        self._command = None
        python = _parse(outcome.output) if outcome.is_good else None
        if python is not None and not python.obstacle():
            self.found.emit(python)
            return
        if python is not None:
            self._unfit.append(python)
        self._ask_next()


def _parse(output: str) -> FoundPython | None:
    """Return what the last line of an answer says; other lines are warnings."""
    try:
        answer: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
        return FoundPython(
            program=str(answer["program"]),
            version=tuple(int(number) for number in answer["version"]),
            missing=tuple(answer["missing"]),
            bits=int(answer["bits"]),
            system=str(answer["system"]),
            machine=str(answer["machine"]),
            libc=(str(answer["libc"][0]), str(answer["libc"][1])),
            free_threaded=bool(answer["free_threaded"]),
        )
    except (ValueError, KeyError, IndexError, TypeError):
        return None


def _advice(unfit: list[FoundPython]) -> str:
    """Return the sentence for somebody who has no Python that fits, with the step that is nearest."""
    close = next((one for one in unfit if one.is_of_a_good_version), None)
    if close is None:
        return tr(
            "Install",
            "The engine needs Python 3.11 to 3.14 and there is none on this computer: install Python 3.12 (from "
            "python.org or your system's software centre), or choose a remote host in the settings of StreetSense.",
        )
    if close.system.startswith("linux") and "ensurepip" in close.missing:
        return tr(
            "Install",
            "Python {version} on this computer cannot make environments: install the package python{version}-venv "
            "(Debian, Ubuntu) or its like, then try again.",
        ).format(version=close.short_version)
    return tr(
        "Install",
        "{obstacle} The engine needs a complete 64-bit Python 3.11 to 3.14 on a current system: install Python 3.12 "
        "from python.org, or choose a remote host in the settings of StreetSense.",
    ).format(obstacle=close.obstacle())


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
