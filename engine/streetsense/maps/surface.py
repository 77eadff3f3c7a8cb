"""Surfaces: indicator values burnt into a Cloud Optimized GeoTIFF."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from streetsense.atomic import atomic_path
from streetsense.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd

#: What cells without a value hold.
NODATA = -9999.0
_MOST_PIXELS = 100_000_000
_ROUND_STEPS = np.array([1.0, 2.0, 2.5, 5.0, 10.0])


@dataclass(frozen=True)
class Surface:
    """A north-up raster.

    Attributes
    ----------
    values : ndarray of float32, shape (rows, columns)
        `NODATA` where there is no value.
    west, north : float
        The upper left corner (metres in ``crs``), a multiple of the resolution.
    resolution : float
        Side of a cell (metres).
    crs : object
        The coordinate reference system.
    """

    values: NDArray[np.float32]
    west: float
    north: float
    resolution: float
    crs: Any


def sensible_resolution(frame: gpd.GeoDataFrame) -> float:
    """Return a round cell size (metres) for features in metres.

    Polygons: a fifth of the median unit's side. Points: 50 m. Always coarse enough for four million cells.
    """
    west, south, east, north = frame.total_bounds
    polygons = frame.geometry.area.to_numpy()
    wanted = float(np.sqrt(np.median(polygons))) / 5 if polygons.max() > 0 else 50.0
    wanted = max(wanted, float(np.sqrt((east - west) * (north - south) / 4e6)), 0.1)
    power = 10.0 ** np.floor(np.log10(wanted))
    return float(power * _ROUND_STEPS[np.searchsorted(_ROUND_STEPS, wanted / power * (1 - 1e-9))])


def burn(frame: gpd.GeoDataFrame, values: NDArray[np.float64], resolution: float) -> Surface:
    """Turn features into a raster: polygons are burnt in where they hold a cell's centre, points are averaged by cell.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons or points in a CRS in metres.
    values : ndarray, shape (n,)
        One value a feature; NaN leaves its cells empty.
    resolution : float
        Side of a cell (metres).

    Raises
    ------
    InputError
        When the raster would have more than a hundred million cells.
    """
    left, bottom, right, top = frame.total_bounds
    west, north = np.floor(left / resolution) * resolution, np.ceil(top / resolution) * resolution
    columns = max(1, int(np.ceil(round((right - west) / resolution, 6))))
    rows = max(1, int(np.ceil(round((north - bottom) / resolution, 6))))
    if rows * columns > _MOST_PIXELS:
        least = resolution * np.sqrt(rows * columns / _MOST_PIXELS)
        raise InputError(
            f"resolution: {resolution:g} m would make {rows * columns:,} cells; choose {np.ceil(least):g} m or more."
        )
    known = np.isfinite(values)
    part, given = frame.geometry[known], values[known]
    if (frame.geometry.geom_type == "Point").all():
        grid = _mean_by_cell(part.x.to_numpy(), part.y.to_numpy(), given, west, north, resolution, (rows, columns))
    else:
        grid = _burn_polygons(part, given, west, north, resolution, (rows, columns))
    return Surface(grid, float(west), float(north), float(resolution), frame.crs)


def write_surface(path: Path, surface: Surface, *, description: str, unit: str, tags: dict[str, str]) -> None:
    """Write a Cloud Optimized GeoTIFF, whole or not at all.

    Parameters
    ----------
    path : Path
        Where; an older file is replaced.
    surface : Surface
        What to write.
    description, unit : str
        Of the one band.
    tags : dict of str to str
        Metadata of the file.

    Raises
    ------
    InputError
        When the disk is full or cannot be written to.
    """
    import rasterio
    import rasterio.shutil
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    rows, columns = surface.values.shape
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "height": rows,
        "width": columns,
        "crs": rasterio.crs.CRS.from_user_input(surface.crs),
        "transform": from_origin(surface.west, surface.north, surface.resolution, surface.resolution),
        "nodata": NODATA,
    }
    with atomic_path(path) as temporary, MemoryFile() as memory:
        with memory.open(**profile) as raster:
            raster.write(surface.values, 1)
            raster.set_band_description(1, description)
            raster.units = (unit,)
            raster.update_tags(**{key: value for key, value in tags.items() if value})
        with memory.open() as raster:
            # Overviews by averaging: the nearest cell of a coarse zoom would show one unit for many.
            rasterio.shutil.copy(
                raster,
                temporary,
                driver="COG",
                compress="DEFLATE",
                predictor="FLOATING_POINT",
                blocksize=256,
                overview_resampling="AVERAGE",
            )


def _mean_by_cell(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    values: NDArray[np.float64],
    west: float,
    north: float,
    resolution: float,
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    # Points on the outer border belong to the last cell.
    column = np.floor((x - west) / resolution).astype(np.int64).clip(0, shape[1] - 1)
    row = np.floor((north - y) / resolution).astype(np.int64).clip(0, shape[0] - 1)
    cells, inverse, counts = np.unique(row * shape[1] + column, return_inverse=True, return_counts=True)
    grid = np.full(shape, NODATA, dtype=np.float32)
    grid.flat[cells] = np.bincount(inverse, weights=values) / counts
    return grid


def _burn_polygons(
    geometry: gpd.GeoSeries,
    values: NDArray[np.float64],
    west: float,
    north: float,
    resolution: float,
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    from rasterio.features import rasterize
    from rasterio.transform import from_origin

    if len(geometry) == 0:
        return np.full(shape, NODATA, dtype=np.float32)
    grid = rasterize(
        zip(geometry, values.astype(np.float32), strict=True),
        out_shape=shape,
        transform=from_origin(west, north, resolution, resolution),
        fill=NODATA,
        dtype="float32",
    )
    return np.asarray(grid, dtype=np.float32)
