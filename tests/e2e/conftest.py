"""What the end-to-end tests share: the command line in a child process, and a folder of small photos."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.e2e.loaded import LoadedCommandLine

CENTRE = (-1.25, 44.65)


@lru_cache(maxsize=1)
def _loaded() -> LoadedCommandLine:
    return LoadedCommandLine()


def run_streetsense(
    *arguments: object, check: bool = True, from_nothing: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run ``streetsense`` with ``arguments`` in a child process, ``from_nothing`` or with its libraries loaded."""
    words, env = list(map(str, arguments)), os.environ | {"COLUMNS": "300"}
    command = [sys.executable, "-m", "streetsense", *words]
    if from_nothing:
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    else:
        result = _loaded().run(words, env)
    if check and result.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    return run_streetsense


def make_photos(folder: Path, number: int, size: int = 96) -> Path:
    """Write ``number`` small synthetic photos and a table of their positions; return the table's path."""
    folder.mkdir(parents=True)
    noise = np.random.default_rng(0)
    rows = []
    for index in range(number):
        coarse = noise.integers(0, 255, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC).save(folder / f"{index:03d}.jpg")
        x, y = CENTRE[0] + 0.0004 * (index % 10), CENTRE[1] + 0.0004 * (index // 10)
        rows.append({"file": f"{index:03d}.jpg", "lat": y, "lon": x, "heading": index % 360, "datetime": "2024-07-01"})
    table = folder.parent / "photos.csv"
    with table.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table


def make_area(path: Path) -> Path:
    """Write an area around the photos."""
    import geopandas as gpd
    from shapely import box

    area = box(CENTRE[0] - 0.002, CENTRE[1] - 0.002, CENTRE[0] + 0.008, CENTRE[1] + 0.008)
    gpd.GeoDataFrame(geometry=[area], crs="EPSG:4326").to_file(path)
    return path
