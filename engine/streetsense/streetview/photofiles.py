"""Photos on disk: which files of a folder are photos, and where they were taken."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.errors import InputError
from streetsense.streetview.exif import photo_metadata
from streetsense.streetview.phototable import PhotoTable

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Files with these suffixes are taken for photos. HEIC is among them to be refused with a reason, not overlooked.
PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif"})


def existing_folder(folder: Path) -> Path:
    """Return ``folder`` with ``~`` written out.

    Raises
    ------
    InputError
        When it is no folder.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"photos: {folder} {what}; give a folder of photos.")
    return folder


def photos_in(folder: Path) -> list[str]:
    """Return the photos' paths relative to ``folder``, sorted, with forward slashes.

    Hidden files and folders and the folders of studies are left out.
    """
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        if "study.json" in files:  # a study's own photos
            folders.clear()
            continue
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(parent).relative_to(folder)
        found += [
            (inside / name).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in PHOTO_SUFFIXES
        ]
    return sorted(found)


def photo_positions(folder: Path, table: pd.DataFrame | None = None) -> gpd.GeoDataFrame:
    """Return where the photos of a folder were taken: by the table, and by EXIF where that says nothing.

    Parameters
    ----------
    folder : Path
        Searched with all its folders.
    table : DataFrame, optional
        What is known of the photos, as `streetsense.vectors.read_table` gives it.

    Returns
    -------
    GeoDataFrame
        ``file`` and point geometry (EPSG:4326) of the photos whose position is known and possible.

    Raises
    ------
    InputError
        When there is no such folder, or the table cannot be used.
    """
    import geopandas as gpd
    import numpy as np

    names = photos_in(folder := existing_folder(folder))
    lonlat = np.full((len(names), 2), np.nan)
    if table is not None and names:
        known = PhotoTable(table, {}, names)
        rows, _ = known.matched_to(names)
        lonlat[rows >= 0] = known.positions[rows[rows >= 0]]
    for number in np.flatnonzero(np.isnan(lonlat).any(axis=1)):  # each is a file to open
        with contextlib.suppress(OSError):
            inside = photo_metadata((folder / names[number]).read_bytes())
            if inside.lon is not None and inside.lat is not None:
                lonlat[number] = inside.lon, inside.lat
    placed = (np.abs(lonlat[:, 0]) <= 180) & (np.abs(lonlat[:, 1]) <= 90)
    points = gpd.points_from_xy(*lonlat[placed].T, crs="EPSG:4326")
    return gpd.GeoDataFrame({"file": np.array(names, dtype=object)[placed]}, geometry=points)
