"""Mapillary's vector tiles: which of them cover an area, and the captures in one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.streetview.online.jsonvalues import angle, text, truth
from streetsense.streetview.online.mapillary_captures import (
    CONTRIBUTORS,
    LICENCE,
    captured_at,
    image_id,
    source_url,
)
from streetsense.streetview.online.provider import Findings, FoundCapture
from streetsense.streetview.online.vectortile import TilePoint, tile_points

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: The only zoom at which tiles have every single image.
ZOOM = 14
#: Mapillary gives a user so many tiles a day.
MOST_TILES = 50_000
_LAYER = "image"
_SIDE = 16_384  # tiles from west to east: 2 to the power of the zoom
#: Beyond that the square map of the world ends.
_MOST_NORTH = 85.05112877980659


def tiles_covering(area: BaseGeometry) -> list[tuple[int, int]]:
    """Return the columns and rows of the tiles that touch an area.

    Parameters
    ----------
    area : shapely geometry
        Polygon(s), EPSG:4326.

    Returns
    -------
    list of tuple of int
        Row by row from the north-west.

    Raises
    ------
    InputError
        When there are more than `MOST_TILES`.
    """
    import shapely

    west, south, east, north = area.bounds
    columns = np.arange(_column(west), _column(east) + 1)
    rows = np.arange(_row(north), _row(south) + 1)
    if len(columns) * len(rows) > 4 * MOST_TILES:
        raise _too_large(len(columns) * len(rows))
    row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    lons, lats = _longitudes(np.stack([column, column + 1])), _latitudes(np.stack([row, row + 1]))
    shapely.prepare(area)
    touched = shapely.intersects(area, shapely.box(lons[0], lats[1], lons[1], lats[0]))
    if touched.sum() > MOST_TILES:
        raise _too_large(int(touched.sum()))
    return [(int(x), int(y)) for x, y in zip(column[touched], row[touched], strict=True)]


def captures_in_tile(tile: bytes, x: int, y: int) -> Findings:
    """Read the captures of a tile.

    Tiles know neither the field of view nor the user's name: these come with the photo.

    Parameters
    ----------
    tile : bytes
        As it was answered; nothing at all is an empty tile.
    x, y : int
        The tile's column and row.

    Raises
    ------
    ValueError
        When the bytes are no vector tile.
    """
    points = tile_points(tile, _LAYER)
    captures = [capture for one in points if (capture := _capture(one, x, y)) is not None]
    return Findings(captures, unreadable=len(points) - len(captures))


def _capture(found: TilePoint, x: int, y: int) -> FoundCapture | None:
    """Turn a tile's point into a capture; None when it has no id."""
    said = found.properties
    name = image_id(said.get("id"))
    if name is None:
        return None
    is_pano = truth(said.get("is_pano"))
    lon, lat = tile_position(x + found.x, y + found.y)
    return FoundCapture(
        source_id=name,
        lon=lon,
        lat=lat,
        captured_at=captured_at(said.get("captured_at")),
        is_pano=is_pano,
        heading_deg=angle(said.get("compass_angle")),
        sequence_id=text(said.get("sequence_id")),
        pano_id=name if is_pano else None,
        licence=LICENCE,
        attribution=CONTRIBUTORS,
        source_url=source_url(name),
    )


def tile_position(x: float, y: float) -> tuple[float, float]:
    """Return longitude and latitude, to a centimetre, of a place in units of tiles."""
    lon = x / _SIDE * 360 - 180
    lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / _SIDE))))
    return round(lon, 7), round(lat, 7)


def _longitudes(x: NDArray[np.int64]) -> NDArray[np.float64]:
    degrees: NDArray[np.float64] = x / _SIDE * 360.0 - 180.0
    return degrees


def _latitudes(y: NDArray[np.int64]) -> NDArray[np.float64]:
    degrees: NDArray[np.float64] = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y / _SIDE))))
    return degrees


def _column(lon: float) -> int:
    return min(max(math.floor((lon + 180) / 360 * _SIDE), 0), _SIDE - 1)


def _row(lat: float) -> int:
    limited = math.radians(min(max(lat, -_MOST_NORTH), _MOST_NORTH))
    return min(max(math.floor((1 - math.asinh(math.tan(limited)) / math.pi) / 2 * _SIDE), 0), _SIDE - 1)


def _too_large(tiles: int) -> InputError:
    return InputError(
        f"area: it takes {tiles:,} tiles of Mapillary, which gives {MOST_TILES:,} a day; "
        "divide the area into several studies."
    )
