"""The upright surfaces of the synthetic city, and which of them each column of a picture sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .hashing import F32, I64, uniform
from .lots import EAVES_ROOF, FLAT_ROOF, GABLE_ROOF, I32, Lots

FRONT, BACK, SIDE, FENCE, HEDGE = range(5)
_FAR_M = 420.0
_LAYERS = 4


@dataclass(frozen=True)
class Walls:
    """Vertical rectangles, one row each; the outside lies on the right of the direction. Local metres.

    Attributes
    ----------
    ax, ay, ux, uy, length
        Start, unit direction and length.
    height
        Height of the rectangle, without the roof.
    band, peak
        Rise of the roof behind it: ``band`` where the eaves are, ``peak`` where the gable is.
    across
        Size of the building behind the wall, square to it.
    chimney
        Number in 0..1 that decides whether and where a chimney stands.
    lot, kind
        The building, and one of FRONT, BACK, SIDE, FENCE, HEDGE.
    """

    ax: F32
    ay: F32
    ux: F32
    uy: F32
    length: F32
    height: F32
    band: F32
    peak: F32
    across: F32
    chimney: F32
    lot: I64
    kind: I32


def raise_walls(seed: int, lots: Lots) -> Walls:
    """Make the walls of every building and the hedges and fences of the front yards.

    Parameters
    ----------
    seed
        The city's seed.
    lots
        The buildings.

    Returns
    -------
    Walls
        About four a building.
    """
    ax = lots.ax + lots.ux * lots.gap0 - lots.uy * lots.setback
    ay = lots.ay + lots.uy * lots.gap0 + lots.ux * lots.setback
    front = np.maximum(lots.length - lots.gap0 - lots.gap1, 1.0)
    bx, by = ax + lots.ux * front, ay + lots.uy * front
    cx, cy = bx + lots.ix1 * lots.depth, by + lots.iy1 * lots.depth
    dx, dy = ax + lots.ix0 * lots.depth, ay + lots.iy0 * lots.depth
    lot = np.arange(len(ax))
    eaves = np.where(lots.roof == EAVES_ROOF, lots.roof_height, 0)
    gable = np.where(lots.roof == GABLE_ROOF, lots.roof_height, 0)
    flat = lots.roof == FLAT_ROOF
    zero = np.zeros_like(ax)
    yard = (lots.setback > 1) & (uniform(seed, 71, lots.key) < 0.72)
    hedge = yard & (lots.garden > 0) & (uniform(seed, 72, lots.key) < 0.6)
    low = np.where(hedge, 0.7 + 0.8 * uniform(seed, 73, lots.key), 0.6 + 0.6 * uniform(seed, 74, lots.key))
    ex, ey = lots.ax + lots.ux * lots.length, lots.ay + lots.uy * lots.length
    one = np.ones_like(flat)
    pieces = [
        (ax, ay, bx, by, lots.eaves, eaves, gable, lots.depth, np.full(len(lot), FRONT), one),
        (bx, by, cx, cy, lots.eaves, gable, eaves, front, np.full(len(lot), SIDE), one),
        (cx, cy, dx, dy, lots.eaves, eaves, gable, lots.depth, np.full(len(lot), BACK), one),
        (dx, dy, ax, ay, lots.eaves, gable, eaves, front, np.full(len(lot), SIDE), one),
        (lots.ax, lots.ay, ex, ey, low, zero, zero, zero, np.where(hedge, HEDGE, FENCE), yard),
    ]
    columns = [np.concatenate([piece[i] for piece in pieces]) for i in range(9)]
    keep = np.concatenate([piece[9] for piece in pieces])
    x0, y0, x1, y1, height, band, peak, across, kind = (column[keep] for column in columns)
    length = np.maximum(np.hypot(x1 - x0, y1 - y0), 1e-3)
    owner = np.tile(lot, 5)[keep]
    chimney = uniform(seed, 75, lots.key[owner])
    numbers = (x0, y0, (x1 - x0) / length, (y1 - y0) / length, length, height, band, peak, across, chimney)
    columns = [value.astype(np.float32) for value in numbers]
    ax, ay, ux, uy, length, height, band, peak, across, chimney = columns
    return Walls(ax, ay, ux, uy, length, height, band, peak, across, chimney, lot=owner, kind=kind.astype(np.int32))


@dataclass(frozen=True)
class WallHits:
    """What the columns of a picture see of the walls: up to four layers, nearest first, ``[layers, columns]``.

    Attributes
    ----------
    distance
        Horizontal metres, infinite where there is no further layer.
    top_slope
        Tangent of the elevation of the layer's upper edge; never falls from one layer to the next.
    wall, along
        Row in :class:`Walls`, and metres from its start.
    """

    distance: F32
    top_slope: F32
    wall: I64
    along: F32


def gable_height(walls: Walls, wall: I64, along: F32) -> F32:
    """Height of the masonry of a wall with its gable, in metres.

    Parameters
    ----------
    walls
        All walls.
    wall, along
        Rows and metres from their start.

    Returns
    -------
    NDArray[np.float32]
        Metres above the ground.
    """
    triangle = 1 - np.abs(2 * along / walls.length[wall] - 1)
    result: F32 = walls.height[wall] + walls.peak[wall] * triangle
    return result


def _outline(walls: Walls, wall: I64, along: F32, distance: F32, inward: F32, sideways: F32, camera_m: float) -> F32:
    """Tangent of the elevation of a building's outline: its wall, or the ridge behind it where that looks higher."""
    camera = np.float32(camera_m)
    own = (gable_height(walls, wall, along) - camera) / distance
    band, peak, length, chimney = walls.band[wall], walls.peak[wall], walls.length[wall], walls.chimney[wall]
    inward = np.maximum(inward, np.float32(1e-3))
    across = walls.across[wall] / inward
    to_ridge = np.where(
        band > 0, across / 2, (length / 2 - along) / np.where(np.abs(sideways) < 1e-3, np.float32(1e-3), sideways)
    )
    roofed = (band + peak > 0) & (to_ridge > 0) & (to_ridge < across)
    stack = (
        (np.abs(along - length * (np.float32(0.2) + np.float32(0.6) * chimney)) < 0.42) & (chimney > 0.35) & (band > 0)
    )
    ridge = walls.height[wall] + band + peak + np.where(stack, np.float32(1.1), np.float32(0))
    behind = (ridge - camera) / (distance + np.where(roofed, to_ridge, np.float32(1)))
    result: F32 = np.where(roofed, np.maximum(own, behind), own)
    return result


def cast_columns(walls: Walls, x: float, y: float, camera_m: float, heading: float, azimuth: F32) -> WallHits:
    """Find the walls that each column of a picture sees, exactly and without a loop.

    Every wall that faces the camera covers an interval of azimuths. The intervals are spread over the columns, each
    (wall, column) pair is intersected once, and a running maximum of the upper edges along each column keeps the
    walls that stand out above the nearer ones.

    Parameters
    ----------
    walls
        All walls.
    x, y
        Camera in local metres.
    camera_m
        Height of the camera in metres.
    heading
        Radians clockwise from grid north.
    azimuth
        Ascending azimuths of the columns relative to the heading, radians, ``[columns]``.

    Returns
    -------
    WallHits
        Up to four layers a column.
    """
    px, py = walls.ax - np.float32(x), walls.ay - np.float32(y)
    facing = px * walls.uy - py * walls.ux  # the outward normal is (uy, -ux)
    near = px * px + py * py < _FAR_M * _FAR_M
    pick = np.flatnonzero(near & (facing < -0.02))
    px, py, ux, uy, length = px[pick], py[pick], walls.ux[pick], walls.uy[pick], walls.length[pick]
    qx, qy = px + ux * length, py + uy * length
    sin_h, cos_h = np.float32(np.sin(heading)), np.float32(np.cos(heading))
    first = np.arctan2(px * cos_h - py * sin_h, px * sin_h + py * cos_h)
    last = np.arctan2(qx * cos_h - qy * sin_h, qx * sin_h + qy * cos_h)
    turn = np.float32(2 * np.pi)
    last = np.where(last < first, last + turn, last)
    # A wall across the seam behind the camera belongs to both ends of the circle.
    start = np.concatenate([np.searchsorted(azimuth, first), np.searchsorted(azimuth, first - turn)])
    stop = np.concatenate([np.searchsorted(azimuth, last), np.searchsorted(azimuth, last - turn)])
    count = np.maximum(stop - start, 0)
    wall = np.repeat(np.tile(np.arange(len(pick)), 2), count)
    column = np.arange(len(wall)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(start, count)
    direction = azimuth + np.float32(heading)
    dx, dy = np.sin(direction)[column], np.cos(direction)[column]
    nx, ny = uy[wall], -ux[wall]
    distance = (nx * px[wall] + ny * py[wall]) / np.minimum(nx * dx + ny * dy, -1e-6)
    distance = np.maximum(distance, np.float32(0.05))
    along = np.clip((dx * distance - px[wall]) * ux[wall] + (dy * distance - py[wall]) * uy[wall], 0, length[wall])
    row = pick[wall]
    inward, sideways = -(nx * dx + ny * dy), dx * ux[wall] + dy * uy[wall]
    slope = _outline(walls, row, along, distance, inward, sideways, camera_m)

    columns = len(azimuth)
    order = np.lexsort((distance, column))
    column = column[order]
    per_column = np.bincount(column, minlength=columns)
    rank = np.arange(len(column)) - np.repeat(np.cumsum(per_column) - per_column, per_column)
    deepest = int(per_column.max(initial=0)) + 1
    ceiling = np.full((columns, deepest), -np.inf, dtype=np.float32)
    ceiling[column, rank] = slope[order]
    ceiling = np.maximum.accumulate(ceiling, axis=1)
    stands_out = (rank == 0) | (ceiling[column, rank] > ceiling[column, np.maximum(rank - 1, 0)])
    order, column = order[stands_out], column[stands_out]
    per_column = np.bincount(column, minlength=columns)
    layer = np.arange(len(column)) - np.repeat(np.cumsum(per_column) - per_column, per_column)
    use = layer < _LAYERS
    order, column, layer = order[use], column[use], layer[use]
    hits = WallHits(
        distance=np.full((_LAYERS, columns), np.inf, dtype=np.float32),
        top_slope=np.full((_LAYERS, columns), -np.inf, dtype=np.float32),
        wall=np.zeros((_LAYERS, columns), dtype=np.int64),
        along=np.zeros((_LAYERS, columns), dtype=np.float32),
    )
    hits.distance[layer, column] = distance[order]
    hits.top_slope[layer, column] = slope[order]
    hits.wall[layer, column] = row[order]
    hits.along[layer, column] = along[order]
    np.maximum.accumulate(hits.top_slope, axis=0, out=hits.top_slope)
    return hits
