"""The sample point nearest to a position, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS


class NearestPoints:
    """Finds sample points by position. Safe to use from several threads.

    Parameters
    ----------
    points : GeoDataFrame
        Sample points in EPSG:4326 with the columns ``point_id`` and ``road_bearing_deg``. May be empty.
    crs : pyproj.CRS
        A projected system in metres; distances are measured in it.
    max_distance : float
        Metres beyond which a position has no sample point.
    """

    def __init__(self, points: gpd.GeoDataFrame, crs: CRS, max_distance: float) -> None:
        from pyproj import Transformer
        from scipy.spatial import cKDTree

        self._to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        metres = points.geometry.to_crs(crs)
        self._tree = cKDTree(np.column_stack([metres.x, metres.y])) if len(points) else None
        self._ids = points["point_id"].to_numpy(dtype=object)
        self._bearings = points["road_bearing_deg"].to_numpy(dtype=float)
        self._max_distance = max_distance

    @property
    def is_empty(self) -> bool:
        """Whether there is no sample point at all."""
        return self._tree is None

    def rows(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.int64]:
        """Return the row of the nearest point within ``max_distance`` of each position, -1 where there is none.

        ``lon`` and ``lat`` are degrees, EPSG:4326; NaN has no nearest point.
        """
        return self.rows_and_metres(lon, lat)[0]

    def rows_and_metres(self, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return `rows`, and how far away each point is (metres; infinite where there is none)."""
        lon, lat = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
        rows, metres = np.full(len(lon), -1, dtype=np.int64), np.full(len(lon), np.inf)
        if self._tree is None or len(lon) == 0:
            return rows, metres
        x, y = self._to_metres.transform(lon, lat)
        known = np.isfinite(x) & np.isfinite(y)
        distance, index = self._tree.query(np.column_stack([x[known], y[known]]))
        is_near = distance <= self._max_distance
        rows[known], metres[known] = np.where(is_near, index, -1), np.where(is_near, distance, np.inf)
        return rows, metres

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return the ``point_id`` of rows."""
        found: NDArray[np.object_] = self._ids[rows]
        return found

    def point_ids(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.object_]:
        """Return the ``point_id`` nearest to each position (degrees, EPSG:4326); None where there is none."""
        rows = self.rows(lon, lat)
        ids = np.full(len(rows), None, dtype=object)
        ids[rows >= 0] = self._ids[rows[rows >= 0]]
        return ids

    def road_bearing_deg(self, lon: float, lat: float) -> float | None:
        """Return the bearing of the road at the nearest sample point: degrees clockwise from north, or None."""
        row = int(self.rows([lon], [lat])[0])
        if row < 0 or not np.isfinite(self._bearings[row]):
            return None
        return float(self._bearings[row])
