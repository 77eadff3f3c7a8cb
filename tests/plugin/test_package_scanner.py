"""The scanners of the repository of QGIS find nothing in the zip; any finding would hold the upload."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from built_package import PACKAGE, unpacked

#: More `# nosec` than this are a sign that something else should be done.
FEW = 12


def run(*command: str, folder: Path) -> dict[str, object]:
    """Run a scanner in a folder and return its report; their exit codes say nothing reliable."""
    answer = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
    assert answer.stdout, answer.stderr
    report: dict[str, object] = json.loads(answer.stdout)
    return report


def findings_of_bandit(folder: Path) -> Sequence[str]:
    report = run("bandit", "-r", ".", "-f", "json", "--quiet", folder=folder)
    assert not report["errors"]
    return [f"{one['filename']}:{one['line_number']} {one['test_id']} {one['issue_text']}" for one in report["results"]]  # type: ignore[attr-defined,index]


def findings_of_detect_secrets(folder: Path) -> Sequence[str]:
    report = run("detect_secrets", "scan", "--all-files", ".", folder=folder)
    return [f"{file}:{one['line_number']} {one['type']}" for file, all_ in report["results"].items() for one in all_]  # type: ignore[attr-defined]


def test_bandit_finds_nothing_whatever_the_severity() -> None:
    assert findings_of_bandit(unpacked()) == []


def test_detect_secrets_finds_nothing() -> None:
    assert findings_of_detect_secrets(unpacked()) == []


def test_the_scanners_are_awake(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import pickle\nassert True\nkey = 'AKIAIOSFODNN7EXAMPLF'\n")
    assert any("B101" in finding for finding in findings_of_bandit(tmp_path))
    assert findings_of_detect_secrets(tmp_path)


def test_exceptions_from_the_scan_are_few_and_name_what_they_allow() -> None:
    marks = [
        (file.name, line)
        for file in (unpacked() / PACKAGE).rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if "nosec" in line
    ]
    assert len(marks) <= FEW, marks
    for file, line in marks:
        assert "# nosec B" in line, (file, line)
