"""How long a click on a photo waits for its overlay in QGIS, and how long the window waits meanwhile.

A server of its own answers on loopback, with one study of synthetic photos and a small vision transformer with random
weights. A child in QGIS' Python (``qgis_overlay_window.py``) opens the photo viewer without a screen and clicks patch
after patch with the mouse; every click asks something new, so nothing comes from a cache.
Run ``python benchmarks/bench_qgis_overlay.py [--quick]``; it prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import torch
from bench_attention_http import TOKEN, listening_port, make_study
from bench_embedding import photo
from report import report

from streetsense.encoders import create_random_encoder

ROOT = Path(__file__).resolve().parents[1]
QGIS_PYTHON = ROOT / ".venv-qgis" / "bin" / "python"
ARCHITECTURE, SIDE = "vit_small_patch16_224", 640


def milliseconds(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "median_ms": round(1000 * statistics.median(ordered), 1),
        "p90_ms": round(1000 * ordered[int(0.9 * (len(ordered) - 1))], 1),
        "worst_ms": round(1000 * ordered[-1], 1),
    }


def click(port: int, views: int, clicks: int) -> dict[str, Any]:
    """Let a window of QGIS click, and return its figures."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment.update({"QT_QPA_PLATFORM": "offscreen", "STREETSENSE_TOKEN": TOKEN})
    command = [
        QGIS_PYTHON,
        Path(__file__).with_name("qgis_overlay_window.py"),
        f"http://127.0.0.1:{port}",
        views,
        clicks,
    ]
    made = subprocess.run(list(map(str, command)), env=environment, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return figures


def busy_share(seconds: float = 2.0) -> float:
    """Return how busy the processor is with other work."""
    psutil.cpu_percent()
    time.sleep(seconds)
    return round(psutil.cpu_percent() / 100, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer clicks")
    quick = parser.parse_args().quick
    views, clicks = 5, 20 if quick else 100
    before = busy_share()
    with tempfile.TemporaryDirectory() as folder:
        study = make_study(Path(folder) / "town", [photo(SIDE, SIDE, seed) for seed in range(views)])
        create_random_encoder(study.encoders_dir / "small", ARCHITECTURE)
        command = [sys.executable, "-m", "streetsense", "serve", "--studies", folder, "--port", "0", "--json"]
        environment = {**os.environ, "STREETSENSE_TOKEN": TOKEN}
        with subprocess.Popen(
            [*command, "--stop-with-parent"], stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            try:
                found = click(listening_port(server), views, clicks)
            finally:
                server.terminate()
    figures = {
        "architecture": ARCHITECTURE,
        "input_side": 224,
        "photo_side": SIDE,
        "threads": torch.get_num_threads(),
        "busy_before": before,
        "qgis": found["qgis"],
        "clicks": len(found["clicks"]),
        "first_overlay_cold_ms": round(1000 * found["first"], 1),
        "click_to_overlay": milliseconds(found["clicks"]),
        "clicks_under_a_second": round(sum(one < 1 for one in found["clicks"]) / len(found["clicks"]), 3),
        "next_view_to_photo_with_overlay": milliseconds(found["opened"]),
        "worst_wait_of_the_window_ms": round(1000 * found["worst_gap"], 1),
    }
    report("qgis_overlay", figures, ["torch", "timm", "fastapi", "uvicorn"])


if __name__ == "__main__":
    main()
