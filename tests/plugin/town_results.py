"""A copy of the results of the study "town", as they lie on a computer after they were downloaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

FILES = [
    "roads.gpkg",
    "predicted_median_income.tif",
    "views.gpkg",
    "sample_points.gpkg",
    "predicted_median_income.gpkg",
]


def copy_results(studies: Path, folder: Path) -> Path:
    """Copy results and photos of the town into a folder, photos beside the layers; return the folder."""
    shutil.copytree(studies / "town" / "results", folder, ignore=shutil.ignore_patterns(".*", "*-wal", "*-shm"))
    shutil.copytree(studies / "town" / "photos", folder / "photos")
    return folder


def record_of(studies: Path, predictor: str = "median_income") -> dict[str, object]:
    """Return the record of a predictor of the town."""
    return json.loads((studies / "town" / "predictors" / predictor / "predictor.json").read_text(encoding="utf-8"))
