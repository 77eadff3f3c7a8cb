"""Which polygon each view lies in, for tens of millions of views."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.progress import Progress
from streetsense.units.assign import assign_units
from streetsense.vectors import read_vector, require_columns

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: Positions that are points at the same time: each takes a hundred bytes.
_CHUNK = 500_000


def polygon_numbers(
    xy: NDArray[np.float64], polygons: gpd.GeoDataFrame, crs: CRS, name: str, progress: Progress
) -> NDArray[np.int32]:
    """Return the polygon that each position lies in.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Finite positions in ``crs``.
    polygons : GeoDataFrame
        ``unit_id`` and polygons; what lies in several belongs to the one whose id sorts first.
    crs : pyproj.CRS
        The study's CRS (metres).
    name : str
        What the user calls the polygons; the error begins with it.

    Returns
    -------
    ndarray of int32, shape (n,)
        Row of ``polygons``, -1 outside all of them.

    Raises
    ------
    InputError
        When there are positions and none lies in a polygon.
    """
    import geopandas as gpd
    import pandas as pd

    row_of = pd.Index(polygons["unit_id"])
    numbers = np.full(len(xy), -1, dtype=np.int32)
    for start in range(0, len(xy), _CHUNK):
        progress.report(start, len(xy), f"finding the polygons of views ({name})")
        part = slice(start, start + _CHUNK)
        points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[part, 0], xy[part, 1]), crs=crs)
        try:
            numbers[part] = row_of.get_indexer(pd.Index(assign_units(points, polygons, crs), dtype="object"))
        except InputError:
            continue  # None of this part lies in a polygon; the others may.
    if len(xy) and (numbers < 0).all():
        raise InputError(
            f"{name}: none of the {len(xy):,} views lies in any of the {len(polygons):,} polygons; give polygons of "
            "the same place, or correct their coordinate reference system."
        )
    return numbers


def read_polygons(source: str | Path, name: str, column: str | None = None) -> gpd.GeoDataFrame:
    """Read a polygon layer.

    Parameters
    ----------
    source : str or Path
        A vector file.
    name : str
        What the user calls this input; errors begin with it.
    column : str, optional
        A column of names; polygons of the same name are one.

    Returns
    -------
    GeoDataFrame
        ``unit_id`` (text, sorted: the names, or the row numbers without a column) and geometry, EPSG:4326.

    Raises
    ------
    InputError
        When the file cannot be read, holds anything but polygons, lacks the column, or a name is missing.
    """
    import shapely

    layer = read_vector(source, name)
    layer = layer.set_geometry(shapely.make_valid(layer.geometry.to_numpy()), crs=layer.crs)
    if not (shapely.get_dimensions(layer.geometry.to_numpy()) == 2).all():
        kinds = ", ".join(sorted(set(layer.geom_type) - {"Polygon", "MultiPolygon"}))
        raise InputError(f"{name}: {source} holds {kinds} where polygons are needed; give a polygon layer.")
    if column is None:
        return layer.assign(unit_id=[f"{row:09d}" for row in range(len(layer))])[["unit_id", "geometry"]]
    require_columns(layer, [column], name)
    if layer[column].isna().any():
        raise InputError(f"{name}: features of {source} have no '{column}'; fill it or choose another column.")
    named = layer.assign(unit_id=layer[column].astype(str))[["unit_id", "geometry"]]
    return named.dissolve("unit_id").reset_index()
