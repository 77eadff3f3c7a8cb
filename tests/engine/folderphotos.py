"""Photos of a folder, a study without any, and `fetch` from the one into the other."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from streetsense.errors import Cancelled
from streetsense.processes import fetch
from streetsense.study import Study

LON, LAT = 13.40, 52.50


class Listener:
    """A progress that remembers warnings and stops when so many captures are done."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.warnings: list[str] = []
        self._stop_at = stop_at

    def report(self, done: float, total: float, message: str = "") -> None:
        if done >= self._stop_at:
            raise Cancelled("interrupted.")

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def picture(seed: int, size: tuple[int, int] = (96, 72), exif: Image.Exif | None = None) -> bytes:
    """Encode a small photo whose content depends on the seed."""
    pixels = np.random.default_rng(seed).integers(0, 255, (9, 12, 3)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).resize(size).save(out, "JPEG", exif=Image.Exif() if exif is None else exif)
    return out.getvalue()


def located(seed: int, lat: float = LAT, lon: float = LON, gps: dict[int, Any] | None = None) -> bytes:
    """Encode a photo with a position in its EXIF."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (lat, 0.0, 0.0), 3: "E", 4: (lon, 0.0, 0.0), **(gps or {})})
    return picture(seed, exif=exif)


def sphere(heading_deg: float | None) -> bytes:
    """Encode a panorama with Photo Sphere metadata: red in its middle, blue behind."""
    pixels = np.zeros((128, 256, 3), dtype=np.uint8)
    pixels[:, 96:160] = (255, 0, 0)
    pixels[:, :32] = pixels[:, -32:] = (0, 0, 255)
    pose = "" if heading_deg is None else f'GPano:PoseHeadingDegrees="{heading_deg}"'
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=95, xmp=f'GPano:ProjectionType="equirectangular" {pose}'.encode())
    return out.getvalue()


def run(study: Study, photos: Path, progress: Listener | None = None, **inputs: object) -> fetch.Outputs:
    values = {"provider": "folder", "photos": str(photos), **inputs}
    outputs = fetch.run(study, fetch.PROCESS.parse(values), progress or Listener())
    assert isinstance(outputs, fetch.Outputs)
    return outputs


def table(photos: Path, rows: dict[str, list[Any]]) -> str:
    path = photos.parent / "table.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return str(path)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    area = gpd.GeoDataFrame(geometry=[shapely.box(13.3, 52.4, 13.5, 52.6)], crs="EPSG:4326")
    return Study.create(tmp_path / "study", area)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    return folder


def error_of(study: Study, source_id: str) -> str:
    views = study.views(status=None)
    return str(views.loc[views["source_id"] == source_id, "error"].item())
