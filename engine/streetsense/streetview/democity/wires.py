"""Overhead wires of the synthetic city, where the cables were never buried."""

from __future__ import annotations

from typing import Final

import numpy as np

from .blend import put
from .camera import CAMERA_M
from .canvas import Canvas
from .city import DemoCity
from .hashing import F32

_STEPS: Final = 160
_HANG: Final = ((-0.8, 8.0), (0.8, 8.0), (0.0, 6.4))
_REACH_M: Final = 90.0


def draw_wires(city: DemoCity, canvas: Canvas) -> None:
    """Draw the wires between neighbouring poles as thin sagging lines.

    Parameters
    ----------
    city
        Where the poles stand.
    canvas
        Changed in place. Wires are too thin to count as visible content.
    """
    a, b = city.furniture.poles_a, city.furniture.poles_b
    middle_x, middle_y = (a.x + b.x) / 2 - np.float32(canvas.x), (a.y + b.y) / 2 - np.float32(canvas.y)
    rows = np.flatnonzero(middle_x * middle_x + middle_y * middle_y < _REACH_M * _REACH_M)
    if not rows.size:
        return
    t = np.linspace(0, 1, _STEPS, dtype=np.float32)
    xs, ys, zs = [], [], []
    for offset, height in _HANG:
        # Cables hang beside each other across the street's direction.
        side_x, side_y = np.cos(a.bearing[rows]) * np.float32(offset), -np.sin(a.bearing[rows]) * np.float32(offset)
        xs.append((a.x[rows] + side_x)[:, None] + (b.x[rows] - a.x[rows])[:, None] * t)
        ys.append((a.y[rows] + side_y)[:, None] + (b.y[rows] - a.y[rows])[:, None] * t)
        zs.append(np.broadcast_to(np.float32(height) - 4 * np.float32(0.55) * t * (1 - t), (len(rows), _STEPS)))
    x, y, z = (np.stack(values).reshape(-1, _STEPS) for values in (xs, ys, zs))
    _splat(canvas, x, y, z)


def _splat(canvas: Canvas, x: F32, y: F32, z: F32) -> None:
    """Project the polylines and darken the two pixels that each column of each piece crosses."""
    azimuth, distance = canvas.bearing_of(x, y)
    rays = canvas.rays
    ahead, up = np.cos(azimuth) * distance, z - np.float32(CAMERA_M)
    sin_p, cos_p = np.float32(np.sin(rays.pitch)), np.float32(np.cos(rays.pitch))
    depth = ahead * cos_p + up * sin_p
    safe = np.maximum(depth, np.float32(0.3))
    column = rays.width / 2 + np.float32(rays.focal) * np.sin(azimuth) * distance / safe - np.float32(0.5)
    row = rays.height / 2 - np.float32(rays.focal) * (up * cos_p - ahead * sin_p) / safe - np.float32(0.5)
    good = depth > 0.6
    good = good[:, 1:] & good[:, :-1]
    # One sample a column: each piece of polyline is stepped through at the picture's own columns.
    c0, c1, r0, r1 = column[:, :-1][good], column[:, 1:][good], row[:, :-1][good], row[:, 1:][good]
    reach = distance[:, :-1][good]
    swap = c1 < c0
    c0, c1, r0, r1 = np.where(swap, c1, c0), np.where(swap, c0, c1), np.where(swap, r1, r0), np.where(swap, r0, r1)
    first = np.clip(np.ceil(c0), 0, rays.width).astype(np.int64)
    count = np.maximum(np.clip(np.ceil(c1), 0, rays.width).astype(np.int64) - first, 0)
    piece = np.repeat(np.arange(len(first)), count)
    at = first[piece] + np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    share = (at - c0[piece]) / np.maximum(c1[piece] - c0[piece], np.float32(1e-3))
    height = r0[piece] + (r1[piece] - r0[piece]) * share
    strength = np.clip(np.float32(0.028) / (reach[piece] * np.float32(rays.pixel)), 0, 0.9)
    low = np.floor(height).astype(np.int64)
    part = height - low
    for line, weight in ((low, 1 - part), (low + 1, part)):
        inside = (line >= 0) & (line < rays.height)
        pixel = line[inside] * rays.width + at[inside]
        seen = reach[piece[inside]] < canvas.depth[pixel]
        pixel, cover = pixel[seen], (weight * strength)[inside][seen]
        put(canvas.colour, pixel, canvas.colour.take(pixel, axis=1) * (1 - cover.astype(np.float32)))
