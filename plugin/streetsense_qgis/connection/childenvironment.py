"""The environment of processes that run in the engine's Python: nothing of QGIS' own Python and libraries."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, QProcessEnvironment

#: Beginnings of variables that lead to other libraries, data or settings than the engine's own.
_DROPPED = (
    "PYTHON", "VIRTUAL_ENV", "CONDA_", "PIP_", "QGIS_", "PROJ_", "GDAL_", "OGR_", "QT_", "QML", "LD_LIBRARY_PATH",
    "LD_PRELOAD", "DYLD_", "__PYVENV_LAUNCHER__", "STREETSENSE_",
)  # fmt: skip
#: Variables with certificates; they stay unless they are QGIS' own, since companies set them.
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: Of the variables that begin so, these say which engine QGIS uses; all others are what the user tells the engine.
_ENGINES, _WHICH_ENGINE = "STREETSENSE_", ("URL", "TOKEN", "PYTHON", "STUDIES", "JOB")


def child_environment() -> dict[str, str]:
    """Return this process's environment as a child in the engine's Python may have it."""
    inside = _qgis_folders()
    kept = {}
    for name, value in os.environ.items():
        upper = name.upper()
        is_other = upper.startswith(_DROPPED) or (upper in _CERTIFICATES and _is_below(value, inside))
        if not is_other:
            kept[name] = _without(value, inside) if upper == "PATH" else value
    # Names of studies may have any letters, on Windows too.
    kept["PYTHONUTF8"] = "1"
    kept["PYTHONNOUSERSITE"] = "1"
    return kept


def engine_environment() -> dict[str, str]:
    """Return the environment of the engine itself: that of a child, and the user's settings for the engine.

    There are keys of providers among them, which are no business of other children, such as the installer.
    """
    settings = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_ENGINES) and name[len(_ENGINES) :] not in _WHICH_ENGINE
    }
    return {**child_environment(), **settings}


def process_environment(variables: dict[str, str]) -> QProcessEnvironment:
    """Return variables as Qt's processes take them."""
    made = QProcessEnvironment()
    for name, value in variables.items():
        made.insert(name, value)
    return made


def _qgis_folders() -> list[Path]:
    """Return the folders that hold nothing but QGIS and what came with it.

    On Linux QGIS usually shares its folders with the whole system, so there are none but those of bundles.
    """
    found = [os.environ.get(name, "") for name in ("OSGEO4W_ROOT", "APPDIR", "SNAP")]
    program = Path(QCoreApplication.applicationDirPath() or ".")
    if sys.platform == "win32" and program.name.lower() == "bin":
        found.append(str(program.parent))
    if sys.platform == "darwin":
        found += [str(parent) for parent in program.parents if parent.suffix == ".app"]
    return [Path(text) for text in found if text]


def _is_below(text: str, folders: list[Path]) -> bool:
    path = Path(text)
    return any(path == folder or folder in path.parents for folder in folders)


def _without(paths: str, folders: list[Path]) -> str:
    """Leave QGIS' folders out of the search path: their libraries have the names of the engine's, not their version."""
    return os.pathsep.join(part for part in paths.split(os.pathsep) if part and not _is_below(part, folders))
