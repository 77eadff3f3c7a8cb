"""What Google is asked for: the places of sample points, or panoramas whose names the user has.

Google lists no areas: it tells which panorama is nearest to a place, one place a question, free of charge. Sample
points next to each other have the same panorama, so one of them asks for all: in each square of a grid of ten metres
the point nearest to its middle. Streets are photographed every ten to fifteen metres.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from streetsense.errors import InputError
from streetsense.streetview.online.provider import Question
from streetsense.vectors import existing_file, read_table, utm_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Metres on a side of the squares of which each asks once.
_GRID_M = 10.0
#: Decimals of a degree in questions, about a centimetre.
_DECIMALS = 7
_ID_COLUMNS = ("pano_id", "pano", "panoid", "panorama_id")
_LAT_COLUMNS = ("lat", "latitude", "y")
_LON_COLUMNS = ("lon", "lng", "long", "longitude", "x")
_PANO_ID = re.compile(r"[A-Za-z0-9_:.~-]{8,200}")


def place_questions(points: gpd.GeoDataFrame, area: gpd.GeoDataFrame, radius_m: int) -> list[Question]:
    """Return a question ``place`` (latitude, longitude, radius in metres) for each square that has sample points.

    Parameters
    ----------
    points : GeoDataFrame
        Sample points, EPSG:4326; those outside the area are left out.
    area : GeoDataFrame
        The polygon(s) of the study, EPSG:4326.
    radius_m : int
        Metres from a place in which a panorama is looked for.

    Returns
    -------
    list of Question
        Square by square from the south-west; the order of the points does not matter.

    Raises
    ------
    InputError
        When there is no sample point in the area.
    """
    inside = points[points.geometry.intersects(area.geometry.union_all()).to_numpy()] if len(points) else points
    if len(inside) == 0:
        raise InputError(
            "provider: Google is asked at sample points, and there is none in the study's area; run sample first, or "
            "give the panoramas' names with panoramas."
        )
    metres = inside.geometry.to_crs(utm_crs(area))
    x, y = metres.x.to_numpy() / _GRID_M, metres.y.to_numpy() / _GRID_M
    column, row = np.floor(x), np.floor(y)
    off_middle = np.round(np.hypot(x - column - 0.5, y - row - 0.5), 6)
    lon = np.round(inside.geometry.x.to_numpy(), _DECIMALS)
    lat = np.round(inside.geometry.y.to_numpy(), _DECIMALS)
    order = np.lexsort((lon, lat, off_middle, column, row))
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = (np.diff(row[order]) != 0) | (np.diff(column[order]) != 0)
    first = order[is_first]
    return [
        Question("place", (*place, radius_m)) for place in zip(lat[first].tolist(), lon[first].tolist(), strict=True)
    ]


def panorama_questions(table: Path, radius_m: int) -> list[Question]:
    """Return a question ``pano`` for each panorama of a table: its name and, where known, latitude, longitude, radius.

    Parameters
    ----------
    table : Path
        CSV, Parquet or another table with a column ``pano_id`` or ``pano``, or a text file with a name on each line.
        Columns ``lat`` and ``lon``, or points, say where to look for a panorama that got another name.
    radius_m : int
        Metres from there in which it is looked for.

    Returns
    -------
    list of Question
        In the table's order, each name once.

    Raises
    ------
    InputError
        When the table cannot be read or has no names.
    """
    named = _listed(existing_file(table, "panoramas"))
    if named is None:
        named = _tabled(read_table(table, "panoramas"), table)
    named = named.assign(name=named["name"].astype("object").where(named["name"].notna(), "").astype(str).str.strip())
    named = named[named["name"] != ""].drop_duplicates("name")
    if named.empty:
        raise InputError(f"panoramas: {table} names no panorama; give a table with at least one.")
    wrong = named["name"][~named["name"].str.fullmatch(_PANO_ID)]
    if len(wrong):
        raise InputError(
            f"panoramas: '{wrong.iloc[0][:60]}' in {table} is no panorama's name; give names as Google writes them "
            "(letters, digits, '-' and '_')."
        )
    has_place = ((named["lat"].abs() <= 90) & (named["lon"].abs() <= 180)).to_list()
    places = named[["lat", "lon"]].astype(float).round(_DECIMALS).to_numpy().tolist()
    return [
        Question("pano", (name, *place, radius_m) if known else (name,))
        for name, place, known in zip(named["name"], places, has_place, strict=True)
    ]


def _listed(table: Path) -> pd.DataFrame | None:
    """Read a text file with a name on each line and no titles; None when it is a table."""
    import pandas as pd

    if table.suffix.lower() not in {".txt", ".csv", ""}:
        return None
    lines = pd.Series(table.read_text(encoding="utf-8-sig", errors="replace").split(), dtype="object")
    if len(lines) == 0 or lines[0].lower() in _ID_COLUMNS or not _PANO_ID.fullmatch(lines[0]):
        return None
    return pd.DataFrame({"name": lines, "lat": np.nan, "lon": np.nan})


def _tabled(frame: pd.DataFrame, table: Path) -> pd.DataFrame:
    """Return names, latitudes and longitudes of a table; NaN where they are not known."""
    import pandas as pd

    columns = {str(column).strip().lower(): column for column in reversed(frame.columns)}
    name, lat, lon = (
        next((columns[title] for title in titles if title in columns), None)
        for titles in (_ID_COLUMNS, _LAT_COLUMNS, _LON_COLUMNS)
    )
    if name is None:
        raise InputError(
            f"panoramas: {table} has no column 'pano_id'; the columns are "
            f"{', '.join(map(str, list(frame.columns)[:12]))}. Call the one with the panoramas' names so."
        )
    named = pd.DataFrame({"name": frame[name], "lat": np.nan, "lon": np.nan})
    if lat is not None and lon is not None:
        for title, column in (("lat", lat), ("lon", lon)):
            named[title] = pd.to_numeric(frame[column], errors="coerce")
    elif hasattr(frame, "crs"):
        middle = frame.geometry.representative_point()
        named["lat"], named["lon"] = middle.y, middle.x
    return named
