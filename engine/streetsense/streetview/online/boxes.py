"""Boxes in degrees that cover an area, and their quarters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: Decimals of a degree that boxes are cut at, about a millimetre: so that their names are the same in every run.
_DECIMALS = 8


@dataclass(frozen=True)
class Box:
    """A rectangle in degrees, EPSG:4326, that does not cross the 180th meridian."""

    west: float
    south: float
    east: float
    north: float

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        return self.west, self.south, self.east, self.north

    @property
    def square_degrees(self) -> float:
        """Its size as providers count it."""
        return (self.east - self.west) * (self.north - self.south)

    @property
    def width_m(self) -> float:
        """Metres from west to east, in the middle, on a sphere."""
        return math.radians(self.east - self.west) * 6_371_000 * math.cos(math.radians((self.south + self.north) / 2))

    @property
    def height_m(self) -> float:
        """Metres from south to north, on a sphere."""
        return math.radians(self.north - self.south) * 6_371_000

    def quarters(self) -> list[Box]:
        """Return its four quarters, which meet without overlap."""
        x = round((self.west + self.east) / 2, _DECIMALS)
        y = round((self.south + self.north) / 2, _DECIMALS)
        return [
            Box(self.west, self.south, x, y),
            Box(x, self.south, self.east, y),
            Box(self.west, y, x, self.north),
            Box(x, y, self.east, self.north),
        ]


def covering_boxes(area: BaseGeometry, side_deg: float) -> list[Box]:
    """Return boxes of a grid that together cover an area; those that do not touch it are left out.

    Parameters
    ----------
    area : shapely geometry
        Polygon(s), EPSG:4326.
    side_deg : float
        The boxes' sides at most, in degrees.

    Returns
    -------
    list of Box
        Row by row from the south-west. The grid starts at multiples of the side, so that areas that overlap share
        boxes, and a box asked for one of them need not be asked for the other.
    """
    import shapely

    west, south, east, north = area.bounds
    columns = np.arange(math.floor(west / side_deg), math.ceil(east / side_deg))
    rows = np.arange(math.floor(south / side_deg), math.ceil(north / side_deg))
    column, row = (grid.ravel() for grid in np.meshgrid(columns, rows))
    edges = [np.round(np.asarray(side) * side_deg, _DECIMALS) for side in (column, row, column + 1, row + 1)]
    shapely.prepare(area)
    touched = shapely.intersects(area, shapely.box(*edges))
    return [Box(*map(float, values)) for values in zip(*(edge[touched] for edge in edges), strict=True)]
