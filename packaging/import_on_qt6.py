"""Import every module of the package with PyQt 6 in place of QGIS: ``PYTHON_WITH_PYQT6 import_on_qt6.py FOLDER``.

``FOLDER`` holds the unpacked package. Answers on standard output with a JSON list of problems.

What this shows: errors of modules and class bodies as they are imported, and every name and chain of attributes on Qt
classes, in functions too (``Qt.AlignRight``, a class that moved). What it cannot show: QGIS 4's own classes, which are
placeholders here that agree to everything, and calls on objects (``event.globalPos()``); packaging/rules.py knows the
frequent ones of those.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

from names import chains

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
PARTS = ("QtCore", "QtGui", "QtWidgets", "QtNetwork", "QtSvg", "QtXml", "QtPrintSupport", "QtTest", "sip")
#: Qt 6 moved these; QGIS hands them out in both places.
MOVED = ("QAction", "QActionGroup", "QShortcut")
#: QGIS puts these back onto QVariant on Qt 6.
FIELD_TYPES = {
    "Bool": "Bool",
    "Int": "Int",
    "UInt": "UInt",
    "LongLong": "LongLong",
    "ULongLong": "ULongLong",
    "Double": "Double",
    "String": "QString",
    "StringList": "QStringList",
    "List": "QVariantList",
    "Date": "QDate",
    "Time": "QTime",
    "DateTime": "QDateTime",
    "Map": "QVariantMap",
    "ByteArray": "QByteArray",
    "Invalid": "UnknownType",
}


class Agreeing(type):
    """The class of placeholders: every attribute that nobody defined is one more placeholder."""

    def __getattr__(cls, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Agreeing(name, (Placeholder,), {})
        setattr(cls, name, made)
        return made

    def __or__(cls, other: object) -> type:
        return cls

    __ror__ = __and__ = __or__


class Placeholder(metaclass=Agreeing):
    """Something of QGIS that agrees to everything."""

    def __init__(self, *arguments: object, **named: object) -> None:
        pass

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return Agreeing(name, (Placeholder,), {})

    def __or__(self, other: object) -> Placeholder:
        return self

    def __call__(self, *arguments: object, **named: object) -> Placeholder:
        """Agree."""
        return self


class Imitation(ModuleType):
    """A module of QGIS, made of placeholders."""

    __path__: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        made = Agreeing(name, (Placeholder,), {})
        setattr(self, name, made)
        return made


def imitate_qgis() -> None:
    """Put a package ``qgis`` into Python whose ``PyQt`` is PyQt 6."""
    for name in ("qgis", "qgis.core", "qgis.gui", "qgis.utils", "qgis.analysis", "qgis.processing", "qgis.PyQt"):
        sys.modules[name] = Imitation(name)
    for part in PARTS:
        module = importlib.import_module(f"PyQt6.{part}")
        sys.modules[f"qgis.PyQt.{part}"] = module
        setattr(sys.modules["qgis.PyQt"], part, module)
    gui, widgets, core = (sys.modules[f"qgis.PyQt.{part}"] for part in ("QtGui", "QtWidgets", "QtCore"))
    for name in MOVED:
        setattr(widgets, name, getattr(gui, name))
    for name, meta in FIELD_TYPES.items():
        setattr(core.QVariant, name, getattr(core.QMetaType.Type, meta))
    core.NULL = core.QVariant()


def import_all(folder: Path) -> list[str]:
    """Import every module below ``folder`` and return what failed."""
    found: list[str] = []
    sys.path.insert(0, str(folder))
    for file in sorted(folder.rglob("*.py")):
        parts = file.relative_to(folder).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            importlib.import_module(module)
        except Exception:
            found.append(f"{module}: {traceback.format_exc(limit=-2)}")
    return found


def look_up(folder: Path) -> list[str]:
    """Return every name of Qt used below ``folder`` that PyQt 6 lacks."""
    found: list[str] = []
    for file in sorted(folder.rglob("*.py")):
        for chain in chains(ast.parse(file.read_text(encoding="utf-8"))):
            if not chain.module.startswith("qgis.PyQt."):
                continue
            value: object = sys.modules.get(chain.module)
            for attribute in chain.attributes:
                if not hasattr(value, attribute):
                    found.append(f"{file.relative_to(folder)}:{chain.line}: PyQt 6 has no {chain}")
                    break
                value = getattr(value, attribute)
    return found


if __name__ == "__main__":
    imitate_qgis()
    application = sys.modules["qgis.PyQt.QtWidgets"].QApplication([])
    package = Path(sys.argv[1])
    sys.stdout.write(json.dumps(import_all(package) + look_up(package)))
