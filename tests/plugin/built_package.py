"""The zip as it is handed out, built from this checkout, for the tests that look at it."""

from __future__ import annotations

import ast
import sys
import zipfile
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
sys.path.insert(0, str(PACKAGING))

from build import KINDS, PACKAGE, build  # noqa: E402
from names import Chain, chains  # noqa: E402
from rules import problems  # noqa: E402

__all__ = ["KINDS", "PACKAGE", "Chain", "build", "built", "chains", "modules", "name", "problems", "tree", "unpacked"]


@lru_cache(maxsize=1)
def built() -> Path:
    """Return the zip, built once."""
    return build(Path(mkdtemp(prefix="streetsense-package-")) / "streetsense_qgis.zip")


@lru_cache(maxsize=1)
def unpacked() -> Path:
    """Return a folder with what is in the zip."""
    folder = built().parent / "unpacked"
    with zipfile.ZipFile(built()) as package:
        package.extractall(folder)
    return folder


def modules() -> list[Path]:
    """Return all Python files of the zip."""
    return sorted((unpacked() / PACKAGE).rglob("*.py"))


def name(module: Path) -> str:
    """Return a short name of one of them, for messages."""
    return module.relative_to(unpacked() / PACKAGE).as_posix()


def tree(module: Path) -> ast.Module:
    """Return its syntax tree."""
    return ast.parse(module.read_text(encoding="utf-8"), str(module))
