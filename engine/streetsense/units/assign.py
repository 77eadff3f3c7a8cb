"""Which unit a position lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.vectors import WGS84, utm_crs

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: A position this far (metres) outside every unit belongs to the nearest: the straight edges of cells differ by less
#: from one projection to another, and positions of photos are known less exactly by far.
BORDER_TOLERANCE = 1.0


def assign_units(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame, crs: CRS | None = None) -> NDArray[np.object_]:
    """Find the unit that each point lies in.

    Parameters
    ----------
    points : GeoDataFrame
        Points, any CRS, shape (n,).
    units : GeoDataFrame
        ``unit_id`` and polygons (`read_units`).
    crs : pyproj.CRS, optional
        Working CRS in metres, in which `BORDER_TOLERANCE` is measured; the UTM zone of ``units`` by default.

    Returns
    -------
    ndarray of object, shape (n,)
        ``unit_id``; None outside every unit. A point on a border, or where units overlap, belongs to the unit whose id
        sorts first; one that is less than `BORDER_TOLERANCE` outside all units to the nearest.

    Raises
    ------
    InputError
        When there are points and none of them lies in a unit.
    """
    import shapely

    names = units["unit_id"].to_numpy(dtype=object)
    order = np.argsort(names.astype(str), kind="stable")[::-1]
    # In degrees, where units are stored: projected corners joined by straight lines would not be the same borders.
    polygons = units.geometry.to_crs(WGS84).to_numpy()[order]
    positions = points.geometry.to_crs(WGS84).to_numpy()
    # The tree holds the points, so that each polygon is prepared once and not each point.
    tree = shapely.STRtree(positions)
    unit, point = tree.query(polygons, predicate="intersects")
    found = np.full(len(positions), -1, dtype=np.int64)
    # Assigned from the last id to the first: where several units hold a point, the last assignment is the first id.
    sequence = np.argsort(unit, kind="stable")
    found[point[sequence]] = unit[sequence]
    outside = np.flatnonzero(found < 0)
    found[outside] = _nearest(positions[outside], polygons, crs or utm_crs(units))
    if len(positions) and (found < 0).all():
        raise InputError(
            f"units: none of the {len(positions)} positions lies in any of the {len(units)} units; give units of the "
            "same place, or correct their coordinate reference system."
        )
    assigned = np.full(len(positions), None, dtype=object)
    assigned[found >= 0] = names[order][found[found >= 0]]
    return assigned


def _nearest(positions: NDArray[np.object_], polygons: NDArray[np.object_], crs: CRS) -> NDArray[np.int64]:
    """Return the row of the nearest polygon within `BORDER_TOLERANCE` of each position, -1 where there is none."""
    import geopandas as gpd
    import shapely

    rows = np.full(len(positions), -1, dtype=np.int64)
    if len(positions) == 0:
        return rows
    poleward = np.abs(shapely.get_y(positions)).max()
    # Enough degrees for the tolerance in every direction; metres are measured afterwards.
    degrees = BORDER_TOLERANCE / (110_000.0 * max(np.cos(np.radians(poleward)), 0.01))
    near, nearest = shapely.STRtree(polygons).query_nearest(positions, max_distance=degrees, all_matches=False)
    gap = gpd.GeoSeries(shapely.shortest_line(positions[near], polygons[nearest]), crs=WGS84).to_crs(crs)
    close = gap.length.to_numpy() <= BORDER_TOLERANCE
    rows[near[close]] = nearest[close]
    return rows
