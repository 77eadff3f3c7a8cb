"""Imports inside the engine point down only, and descriptions load without the heavy libraries."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import streetsense

ROOT = Path(streetsense.__file__).parent
#: From the ground up. A module may import its own floor and those below.
FLOORS = [
    {"errors", "progress", "alive", "atomic", "vectors", "web"},
    {"roads", "streetview", "images", "encoders", "embedding", "units", "indicators", "attention", "maps"},
    {"study"},
    {"processes"},
    {"jobs"},
    {"server", "client"},
    {"demo", "cli"},
    {"__main__"},
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}


def _imports(path: Path) -> set[str]:
    """Return the first-level names of the engine that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0].startswith("streetsense"):
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names if alias.name.startswith("streetsense"))
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_its_own_floor_and_those_below(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for name in _imports(path):
        parts = name.split(".")
        assert parts[0] == "streetsense", f"the engine never imports {parts[0]}"
        if len(parts) > 1 and own != "__init__":
            assert FLOOR_OF[parts[1]] <= FLOOR_OF[own], f"{own} must not import {name}"


def test_reading_all_descriptions_loads_no_heavy_library() -> None:
    code = (
        "import sys; from streetsense.processes import load_processes; load_processes();"
        "heavy = ('torch','timm','sklearn','rasterio','matplotlib','osmnx','fastapi','ray');"
        "print([m for m in heavy if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
