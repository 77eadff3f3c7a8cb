"""How long the window of QGIS is held up while views are loaded and drawn, against making the layer in Python.

The alternative that is compared with is the obvious one: rows of an answer of the server, each turned into a feature of
a layer in memory. Every gap is given twice: by the clock, and by the work of the window's own thread, which other
programs on the machine do not change.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

from report import report

_ROOT = Path(__file__).resolve().parents[1]
_INSIDE = Path(__file__).parent / "qgis_layers_window.py"


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer views")
    counts = ["10000", "100000"] if parser.parse_args().quick else ["100000", "1000000"]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    environment = {**plain, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(_ROOT / "plugin")}
    command = [str(_ROOT / ".venv-qgis" / "bin" / "python"), str(_INSIDE), *counts]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    report("qgis_layers", json.loads(done.stdout.splitlines()[-1]), [])


if __name__ == "__main__":
    main()
