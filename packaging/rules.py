"""What code for QGIS 3.22 to 4 must not contain, read from the syntax tree.

Each rule stands for something that fails at run time only, and only on the other one of Qt 5 and Qt 6, or in a QGIS
without the packages that a developer has.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

#: Modules of the standard library that some Python from 3.9 on lacks.
NOT_EVERYWHERE = frozenset(
    {"tomllib", "distutils", "imp", "asyncore", "asynchat", "smtpd", "cgi", "cgitb", "pipes", "crypt", "telnetlib"}
)
#: Parts of Qt that a QGIS of today lacks.
GONE_MODULES = frozenset({"QtWebKit", "QtWebKitWidgets", "QtWebEngineWidgets", "QtWebEngineCore", "Qt"})
#: Attributes that Qt 6 no longer has, and what to write in both.
GONE_ATTRIBUTES = {
    "exec_": "exec()",
    "toTime_t": "toSecsSinceEpoch()",
    "setTime_t": "setSecsSinceEpoch()",
    "fromTime_t": "fromSecsSinceEpoch()",
    "globalPos": "QCursor.pos()",
    "globalX": "QCursor.pos()",
    "localPos": "pos()",
    "posF": "pos()",
    "MidButton": "Qt.MouseButton.MiddleButton",
    "desktop": "QWidget.screen()",
    "horizontalAdvanceF": "horizontalAdvance()",
    "setCodec": "setEncoding, where it exists",
    "screenNumber": "QWidget.screen()",
}
GONE_CLASSES = frozenset({"QRegExp", "QRegExpValidator", "QDesktopWidget", "QTextCodec", "QMatrix", "QGLWidget"})
#: Signals whose variants Qt 6 took away: ``combo.activated[str]``.
VARIANTS = frozenset({"activated", "currentIndexChanged", "highlighted", "buttonClicked", "buttonPressed", "finished"})


def problems(source: str) -> list[str]:
    """Return one sentence, with its line, for each thing in a module that breaks a rule."""
    tree = ast.parse(source)
    found = [f"{line}: {what}" for node in ast.walk(tree) for line, what in _of(node)]
    if _has_types(tree) and not _says_annotations(tree):
        found.append("1: `from __future__ import annotations` is missing; Python 3.9 reads types as they run.")
    return sorted(found)


def _of(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _import(node.lineno, alias.name)
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        yield from _import(node.lineno, node.module or "")
        for alias in node.names:
            if alias.name in GONE_CLASSES:
                yield node.lineno, f"{alias.name} is not in Qt 6."
            if node.module == "qgis.PyQt" and alias.name in GONE_MODULES:
                yield node.lineno, f"{alias.name} is not in every QGIS."
    elif isinstance(node, ast.Attribute):
        if node.attr in GONE_ATTRIBUTES:
            yield node.lineno, f"{node.attr} is not in Qt 6; write {GONE_ATTRIBUTES[node.attr]}."
        if node.attr == "Type" and isinstance(node.value, ast.Name) and node.value.id == "QVariant":
            yield node.lineno, "QVariant.Type is not in Qt 6; write QVariant.Double and the like."
        if node.attr == "connect" and isinstance(node.value, ast.Attribute) and node.value.attr == "error":
            yield node.lineno, "the signal `error` is `errorOccurred` in Qt 6, and in Qt 5.15."
        if node.attr in {"x", "y"} and isinstance(node.value, ast.Name) and node.value.id in {"event", "e"}:
            yield node.lineno, f"event.{node.attr}() is not in Qt 6; write event.pos().{node.attr}()."
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr in VARIANTS:
        yield node.lineno, f"{node.value.attr}[…] has no variants in Qt 6."
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        arguments = node.args
        if node.func.id == "int" and arguments and _is_member(arguments[0]):
            yield node.lineno, "int() of a member of an enumeration fails in Qt 6."
        if node.func.id == "isinstance" and len(arguments) == 2 and isinstance(arguments[1], ast.BinOp):
            yield node.lineno, "isinstance with X | Y fails in Python 3.9; write a tuple."


def _import(line: int, module: str) -> Iterator[tuple[int, str]]:
    root, *rest = module.split(".")
    if root in {"PyQt5", "PyQt6", "PySide2", "PySide6", "sip"}:
        yield line, f"{module}: import it from qgis.PyQt."
        return
    if root == "qgis":
        everywhere = not (rest[:1] == ["PyQt"] and GONE_MODULES.intersection(rest[1:2]))
    else:
        everywhere = root in sys.stdlib_module_names and root not in NOT_EVERYWHERE
    if not everywhere:
        yield line, f"{module} is not in every QGIS."


def _is_member(node: ast.expr) -> bool:
    """Say whether an expression reads like ``Qt.Key.Key_Escape``."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and isinstance(node.value.value, ast.Name)
        and node.value.value.id.startswith("Q")
    )


def _has_types(tree: ast.Module) -> bool:
    return any(isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.AnnAssign)) for node in ast.walk(tree))


def _says_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )
