"""Rasters of the synthetic city's ground: nearest street, edge of the carriageway, open ground, heights for shadows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from .furniture import Sites
from .hashing import F32, uniform
from .latent import LatentFields
from .lots import Lots
from .streets import Streets

YARD, PARK, SQUARE, OUTSIDE = range(4)
_REACH_M: Final = 75.0


@dataclass(frozen=True)
class GroundMap:
    """Cells of one metre with a margin around the city; ``[rows, columns]``, row 0 in the south.

    Attributes
    ----------
    margin
        Cells added on every side.
    edge
        Signed metres to the nearest carriageway edge (negative on the road). Straight kerbs stay exactly straight
        under bilinear look-up.
    street
        Row of the nearest street piece.
    zone
        YARD, PARK, SQUARE or OUTSIDE, for ground beyond the pavement.
    height
        Metres of building above each cell, for shadows.
    canopy
        Share of each cell below tree crowns, 0 to 1.
    """

    margin: int
    edge: F32
    street: NDArray[np.int16]
    zone: NDArray[np.uint8]
    height: F32
    canopy: F32

    def cell(self, x: F32, y: F32) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Row and column of the cell below each point; points outside get the nearest cell."""
        rows, columns = self.edge.shape
        row = np.clip(np.floor(y).astype(np.int32) + np.int32(self.margin), 0, rows - 2)
        column = np.clip(np.floor(x).astype(np.int32) + np.int32(self.margin), 0, columns - 2)
        return row, column

    def edge_distance(self, x: F32, y: F32) -> F32:
        """Signed metres from the carriageway edge, interpolated bilinearly (negative on the road)."""
        # Values belong to cell centres.
        row, column = self.cell(x - np.float32(0.5), y - np.float32(0.5))
        fx = np.clip(x - np.float32(0.5) - (column - np.int32(self.margin)).astype(np.float32), 0, 1)
        fy = np.clip(y - np.float32(0.5) - (row - np.int32(self.margin)).astype(np.float32), 0, 1)
        flat, width = self.edge.ravel(), self.edge.shape[1]
        at = row * np.int32(width) + column
        south = flat[at] + (flat[at + 1] - flat[at]) * fx
        north = flat[at + width] + (flat[at + width + 1] - flat[at + width]) * fx
        result: F32 = south + (north - south) * fy
        return result


@dataclass(frozen=True)
class StreetTable:
    """What the ground's pixels need to know of their street piece; one row a piece.

    Attributes
    ----------
    ax, ay, ux, uy, length
        Start, unit direction and length, metres.
    half, pavement
        Half the carriageway and the width of the pavement, metres.
    rank
        Index into ``HIGHWAYS``.
    end_a, end_b
        Metres at either end that belong to a crossing and carry no markings; far below zero where there is none.
    wealth
        0 to 1.
    verge
        1 where a strip of grass lies beside the kerb.
    warm
        Tint of the paving, ``[3, n]``.
    """

    ax: F32
    ay: F32
    ux: F32
    uy: F32
    length: F32
    half: F32
    pavement: F32
    rank: F32
    end_a: F32
    end_b: F32
    wealth: F32
    verge: F32
    warm: F32


def tabulate_streets(seed: int, streets: Streets, latent: LatentFields) -> StreetTable:
    """Gather the per-piece numbers of the ground.

    Parameters
    ----------
    seed
        The city's seed.
    streets
        The network.
    latent
        Wealth decides wear, verges and lawns.

    Returns
    -------
    StreetTable
        One row a street piece.
    """
    ux, uy = streets.direction
    wealth, _ = latent.wealth_and_centrality((streets.ax + streets.bx) / 2, (streets.ay + streets.by) / 2)
    tint = 1 + 0.10 * (uniform(seed, 501, streets.line, np.arange(3)[:, None]) - 0.5)
    verge = (streets.rank <= 2) & (wealth > 0.62) & (uniform(seed, 502, streets.line) < 0.6)
    columns = (
        streets.ax, streets.ay, ux, uy, streets.length, streets.half_road, streets.pavement, streets.rank,
        np.where(streets.crossing_a, 9.0, -50.0), np.where(streets.crossing_b, 9.0, -50.0), wealth, verge,
        tint * np.array([[1.03], [1.0], [0.95]]),
    )  # fmt: skip
    return StreetTable(*(np.asarray(column, dtype=np.float32) for column in columns))


def map_ground(size_m: tuple[float, float], streets: Streets, lots: Lots, trees: Sites, margin: int = 40) -> GroundMap:
    """Burn streets, open ground and building heights into rasters.

    Parameters
    ----------
    size_m
        Width and height of the city in metres.
    streets, lots, trees
        What stands on the ground.
    margin
        Cells added around the city.

    Returns
    -------
    GroundMap
        With one-metre cells.
    """
    columns, rows = int(np.ceil(size_m[0])) + 2 * margin, int(np.ceil(size_m[1])) + 2 * margin
    edge = np.full((rows, columns), _REACH_M, dtype=np.float32)
    nearest = np.zeros((rows, columns), dtype=np.int16)
    dx, dy = streets.direction
    x = np.arange(columns, dtype=np.float32) - margin + np.float32(0.5)
    y = np.arange(rows, dtype=np.float32) - margin + np.float32(0.5)
    # One window a street piece: a few hundred array operations, against millions of point-to-line distances.
    for k in range(len(streets)):
        west, east = sorted((streets.ax[k], streets.bx[k]))
        south, north = sorted((streets.ay[k], streets.by[k]))
        c0, c1 = np.searchsorted(x, [west - _REACH_M, east + _REACH_M])
        r0, r1 = np.searchsorted(y, [south - _REACH_M, north + _REACH_M])
        px, py = x[c0:c1] - np.float32(streets.ax[k]), y[r0:r1, None] - np.float32(streets.ay[k])
        s = px * np.float32(dx[k]) + py * np.float32(dy[k])
        t = py * np.float32(dx[k]) - px * np.float32(dy[k])
        beyond = np.maximum(np.maximum(-s, s - np.float32(streets.length[k])), 0)
        distance = np.hypot(beyond, t) - np.float32(streets.half_road[k])
        window = edge[r0:r1, c0:c1]
        closer = distance < window
        window[closer] = distance[closer]
        nearest[r0:r1, c0:c1][closer] = k
    zone = np.full((rows, columns), YARD, dtype=np.uint8)
    for ground, label in ((streets.parks, PARK), (streets.squares, SQUARE)):
        if ground.is_empty:
            continue
        bounds = ground.bounds
        c0, c1 = np.searchsorted(x, [bounds[0], bounds[2]])
        r0, r1 = np.searchsorted(y, [bounds[1], bounds[3]])
        gx, gy = np.meshgrid(x[c0:c1], y[r0:r1])
        shapely.prepare(ground)
        zone[r0:r1, c0:c1][shapely.contains_xy(ground, gx, gy)] = label
    zone[:, (x < 0) | (x > size_m[0])] = OUTSIDE
    zone[(y < 0) | (y > size_m[1]), :] = OUTSIDE
    return GroundMap(
        margin=margin,
        edge=edge,
        street=nearest,
        zone=zone,
        height=_burn_heights(lots, rows, columns, margin),
        canopy=_burn_canopy(trees, rows, columns, margin),
    )


def _burn_heights(lots: Lots, rows: int, columns: int, margin: int) -> F32:
    """Sample every footprint more densely than the cells and write its height there, lower buildings first."""
    step = 0.7
    front = np.maximum(lots.length - lots.gap0 - lots.gap1, 1.0)
    nu, nv = np.ceil(front / step).astype(np.int64), np.ceil(lots.depth / step).astype(np.int64)
    order = np.argsort(lots.eaves, kind="stable")
    count = (nu * nv)[order]
    lot = np.repeat(order, count)
    index = np.arange(len(lot)) - np.repeat(np.cumsum(count) - count, count)
    u = lots.gap0[lot] + (index % nu[lot] + 0.5) / nu[lot] * front[lot]
    v = lots.setback[lot] + (index // nu[lot] + 0.5) / nv[lot] * lots.depth[lot]
    x = lots.ax[lot] + lots.ux[lot] * u - lots.uy[lot] * v
    y = lots.ay[lot] + lots.uy[lot] * u + lots.ux[lot] * v
    height = np.zeros((rows, columns), dtype=np.float32)
    row = np.clip(np.floor(y).astype(np.int64) + margin, 0, rows - 1)
    column = np.clip(np.floor(x).astype(np.int64) + margin, 0, columns - 1)
    height[row, column] = (lots.eaves + 0.6 * lots.roof_height)[lot]
    return height


def _burn_canopy(trees: Sites, rows: int, columns: int, margin: int) -> F32:
    """Write a soft disc for every crown."""
    offset = np.arange(-4, 5)
    row = np.floor(trees.y).astype(np.int64)[:, None, None] + offset[:, None]
    column = np.floor(trees.x).astype(np.int64)[:, None, None] + offset
    distance = np.hypot(row + 0.5 - trees.y[:, None, None], column + 0.5 - trees.x[:, None, None])
    cover = np.clip(1.2 * (1 - (distance / (2.7 * trees.size[:, None, None])) ** 2), 0, 1).astype(np.float32)
    canopy = np.zeros((rows, columns), dtype=np.float32)
    row, column = np.clip(row + margin, 0, rows - 1), np.clip(column + margin, 0, columns - 1)
    np.maximum.at(canopy, np.broadcast_arrays(row, column), cover)
    return canopy
