"""What a module takes from QGIS and Qt: every name and every chain of attributes that starts at an imported name.

``Qt.DockWidgetArea.RightDockWidgetArea`` in some function that no test calls is a mistake that only shows when the
function runs. Read from the syntax tree, it can be looked up without running anything.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Chain:
    """One use of an imported name.

    Attributes
    ----------
    line : int
        Where.
    module : str
        The module it is imported from: ``qgis.PyQt.QtCore``.
    attributes : tuple[str, ...]
        What follows: ``("Qt", "DockWidgetArea", "RightDockWidgetArea")``.
    """

    line: int
    module: str
    attributes: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join((self.module, *self.attributes))


def chains(tree: ast.Module, roots: tuple[str, ...] = ("qgis",)) -> list[Chain]:
    """Return all chains of a module that start in packages named by ``roots``."""
    names: dict[str, tuple[str, tuple[str, ...]]] = {}
    found: list[Chain] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 0 and _within(node.module or "", roots):
            for alias in node.names:
                names[alias.asname or alias.name] = (node.module or "", (alias.name,))
                found.append(Chain(node.lineno, node.module or "", (alias.name,)))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _within(alias.name, roots):
                    found.append(Chain(node.lineno, alias.name, ()))
                    if alias.asname:
                        names[alias.asname] = (alias.name, ())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            attributes = _attributes(node)
            if attributes and attributes[0] in names:
                module, first = names[attributes[0]]
                found.append(Chain(node.lineno, module, first + attributes[1:]))
    return sorted(set(found))


def _within(module: str, roots: tuple[str, ...]) -> bool:
    return module.partition(".")[0] in roots


def _attributes(node: ast.expr) -> tuple[str, ...]:
    """Return ``("a", "b", "c")`` for ``a.b.c``, nothing where a call or an index stands in between."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ()
    return (node.id, *reversed(parts))
