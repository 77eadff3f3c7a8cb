"""Writes ``resources/process_descriptions.json``: what the forms of QGIS are made from before an engine is there.

Run it with the engine's Python after an input or output was changed: ``.venv/bin/python packaging/snapshot.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from streetsense.processes import load_processes
from streetsense.processes.ogc import process_list

SNAPSHOT = Path(__file__).resolve().parents[1] / "resources" / "process_descriptions.json"
_OURS = ("streetsense", "streetsense_training")
#: What forms make nothing of; the version would change the file with every release.
_LEFT_OUT = ("version", "jobControlOptions", "outputTransmission", "links")


def descriptions() -> list[dict[str, Any]]:
    """Return the descriptions of the processes that come with StreetSense."""
    ours = [one for one in load_processes().values() if one.run.__module__.partition(".")[0] in _OURS]
    listed: list[dict[str, Any]] = process_list(ours)["processes"]
    return [{name: value for name, value in entry.items() if name not in _LEFT_OUT} for entry in listed]


def text() -> str:
    """Return what the file is to hold."""
    return json.dumps({"processes": descriptions()}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(text(), encoding="utf-8")
