"""The forms of QGIS are made from a snapshot of the process descriptions, which must say what the engine says."""

from __future__ import annotations

import runpy
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "snapshot.py"


def test_the_snapshot_of_the_process_descriptions_is_what_the_engine_says() -> None:
    snapshot = runpy.run_path(str(SCRIPT))
    kept = snapshot["SNAPSHOT"].read_text(encoding="utf-8")
    assert kept == snapshot["text"](), "an input or output has changed; run '.venv/bin/python packaging/snapshot.py'"
