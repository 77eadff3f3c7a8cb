"""Every name of Qt and QGIS that the zip uses is there: in the oldest QGIS and in PyQt 6."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
from pathlib import Path

import pytest
from built_package import PACKAGING, ROOT, Chain, chains, modules, name, tree, unpacked

#: Made by `make test-qgis`; PyQt 6 must not lie beside the PyQt 5 of QGIS.
PYTHON_OF_QT6 = ROOT / "build" / "qt6" / "bin" / "python"
NOTHING = object()
#: QGIS renamed these since: ``QgsSymbolLayer.PropertyFillColor`` is now ``QgsSymbolLayer.Property.FillColor``, and of
#: the old names it keeps the bare one alone.
BARE = ("QgsSymbolLayer.Property",)
#: Of these it keeps both.
EITHER = ("QgsWkbTypes.",)


def value(chain: Chain) -> object:
    """Return what a chain of attributes leads to here, or NOTHING."""
    found: object = importlib.import_module(chain.module)
    for attribute in chain.attributes:
        if not hasattr(found, attribute):
            try:
                found = importlib.import_module(f"{chain.module}.{attribute}")
            except ImportError:
                return NOTHING
        else:
            found = getattr(found, attribute)
    return found


def unscoped(chain: Chain) -> str | None:
    """Return how a member of an enumeration should be written where it is written in another way."""
    written = ".".join(chain.attributes)
    if written.startswith(BARE):
        return ".".join((chain.attributes[0], chain.attributes[-1])) if len(chain.attributes) > 2 else None
    if written.startswith(EITHER):
        return None
    member = value(chain)
    owner = value(Chain(chain.line, chain.module, chain.attributes[:-1]))
    enumeration = type(member)
    if not isinstance(member, int) or enumeration in (int, bool) or owner is enumeration:
        return None
    if getattr(owner, "__name__", "") == "QVariant" or not isinstance(owner, type):
        return None
    scope = getattr(owner, enumeration.__name__, None)
    if scope is None or not hasattr(scope, chain.attributes[-1]):
        return None
    return f"{owner.__name__}.{enumeration.__name__}.{chain.attributes[-1]}"


@pytest.fixture(scope="module", autouse=True)
def qgis(qgis_app: object) -> object:
    return qgis_app


@pytest.mark.parametrize("module", modules(), ids=name)
def test_the_oldest_qgis_has_every_name(module: Path) -> None:
    assert [f"{chain.line}: {chain}" for chain in chains(tree(module)) if value(chain) is NOTHING] == []


@pytest.mark.parametrize("module", modules(), ids=name)
def test_members_of_enumerations_are_written_with_their_enumeration(module: Path) -> None:
    found = {chain: unscoped(chain) for chain in chains(tree(module)) if len(chain.attributes) > 1}
    assert [f"{chain.line}: {chain} is {right}" for chain, right in found.items() if right] == []


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("from qgis.PyQt.QtCore import Qt\nQt.AlignLeft", "Qt.AlignmentFlag.AlignLeft"),
        ("from qgis.core import QgsTask\nQgsTask.CanCancel", "QgsTask.Flag.CanCancel"),
        ("from qgis.core import Qgis\nQgis.Info", "Qgis.MessageLevel.Info"),
        ("from qgis.PyQt.QtCore import QVariant\nQVariant.Double", None),
        ("from qgis.core import QgsSymbolLayer\nQgsSymbolLayer.PropertySize", None),
        ("from qgis.core import QgsSymbolLayer\nQgsSymbolLayer.Property.PropertySize", "QgsSymbolLayer.PropertySize"),
        ("from qgis.PyQt.QtCore import Qt\nQt.AlignmentFlag.AlignLeft", None),
    ],
)
def test_a_member_that_is_written_otherwise_is_seen(line: str, right: str | None) -> None:
    last = chains(ast.parse(line))[-1]
    assert unscoped(last) == right


def test_a_name_that_is_not_there_is_seen() -> None:
    last = chains(ast.parse("from qgis.core import Qgis\nQgis.NoSuch.Thing"))[-1]
    assert value(last) is NOTHING


def on_qt6(folder: Path) -> list[str]:
    assert PYTHON_OF_QT6.exists(), "PyQt 6 is missing; `make test-qgis` puts it into build/qt6."
    answer = subprocess.run(
        [str(PYTHON_OF_QT6), str(PACKAGING / "import_on_qt6.py"), str(folder)], capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    found: list[str] = json.loads(answer.stdout)
    return found


def test_every_module_is_imported_with_pyqt6_and_every_name_of_qt_is_there() -> None:
    assert on_qt6(unpacked()) == []


def test_pyqt6_is_really_asked(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("from qgis.PyQt.QtCore import Qt\ndef f():\n    return Qt.AlignLeft\n")
    (tmp_path / "older.py").write_text("from qgis.PyQt.QtCore import QRegExp\n")
    found = "\n".join(on_qt6(tmp_path))
    assert "Qt.AlignLeft" in found
    assert "QRegExp" in found
