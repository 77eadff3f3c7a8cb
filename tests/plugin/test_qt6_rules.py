"""No module of the zip has what fails on the other Qt, or on the oldest Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from built_package import modules, name, problems, unpacked

VERMIN = str(Path(sys.executable).with_name("vermin"))
HEAD = "from __future__ import annotations\n"


@pytest.mark.parametrize("module", modules(), ids=name)
def test_a_module_breaks_no_rule(module: Path) -> None:
    assert problems(module.read_text(encoding="utf-8")) == []


def test_every_module_runs_on_python_39() -> None:
    answer = subprocess.run(
        [VERMIN, "--target=3.9-", "--violations", "--no-tips", str(unpacked())],
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import numpy", "numpy is not in every QGIS"),
        ("import tomllib", "tomllib is not in every QGIS"),
        ("from PyQt5.QtCore import Qt", "import it from qgis.PyQt"),
        ("from qgis.PyQt.QtWebKitWidgets import QWebView", "is not in every QGIS"),
        ("from qgis.PyQt import QtWebKit", "is not in every QGIS"),
        ("from qgis.PyQt.QtCore import QRegExp", "not in Qt 6"),
        ("dialog.exec_()", "write exec()"),
        ("kind = QVariant.Type.Double", "QVariant.Type"),
        ("combo.activated[str].connect(f)", "no variants"),
        ("reply.error.connect(f)", "errorOccurred"),
        ("row = event.y()", "event.pos().y()"),
        ("code = int(Qt.Key.Key_Escape)", "enumeration"),
        ("isinstance(a, int | str)", "write a tuple"),
    ],
)
def test_a_rule_is_seen_broken(line: str, what: str) -> None:
    (only,) = problems(HEAD + line)
    assert what in only


def test_a_module_without_the_import_of_annotations_is_seen() -> None:
    assert problems("def f(a: int | None) -> None: ...\n")


@pytest.mark.parametrize("line", ["import json", "from qgis.PyQt.QtCore import Qt", "from . import a", "dialog.exec()"])
def test_what_is_right_is_left_alone(line: str) -> None:
    assert problems(HEAD + line) == []
