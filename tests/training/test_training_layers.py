"""Imports inside pre-training point down only: what computes knows nothing of studies, jobs or commands."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import streetsense_training

ROOT = Path(streetsense_training.__file__).parent
#: Modules that compute, or read and write files that are given to them.
GROUND = [
    "augment",
    "checkpoint",
    "curves",
    "distributed",
    "evaluation/retrieval",
    "loading",
    "metrics",
    "moco",
    "order",
    "recipe",
    "schedules",
    "shards",
    "shrinking",
    "viewaugmentation",
    "vit",
]
#: What only the floors above them know.
ABOVE = (
    "streetsense.study",
    "streetsense.jobs",
    "streetsense.processes",
    "streetsense.cli",
    "streetsense_training.pairs",
    "streetsense_training.processes",
    "streetsense_training.run",
)


def _files(name: str) -> list[Path]:
    """Return the file of a module, or the files of a package."""
    return sorted((ROOT / name).rglob("*.py")) or [ROOT / f"{name}.py"]


def _imports(path: Path) -> set[str]:
    """Return the modules that a file imports, anywhere in it, with the names that it takes from them."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative name"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _is_in(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("path", [path for name in GROUND for path in _files(name)], ids=lambda path: path.stem)
def test_a_module_of_the_ground_floor_imports_nothing_from_above(path: Path) -> None:
    assert not [name for name in sorted(_imports(path)) if _is_in(name, ABOVE)]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_knows_the_command_line_or_how_jobs_are_run(path: Path) -> None:
    assert not [name for name in sorted(_imports(path)) if _is_in(name, ("streetsense.cli", "streetsense.jobs"))]
