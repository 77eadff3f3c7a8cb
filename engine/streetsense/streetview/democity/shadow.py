"""Cast shadows of the synthetic city's buildings and trees, by a short march over the height raster towards the sun."""

from __future__ import annotations

from typing import Final

import numpy as np

from .groundmap import GroundMap
from .hashing import F32
from .moment import Moment

_STEPS_M: Final = (1.8, 4.0, 7.0, 11.5, 18.0, 28.0)


def sun_share(ground: GroundMap, moment: Moment, x: F32, y: F32, z: F32 | float) -> F32:
    """How much of the direct sunlight reaches points.

    Parameters
    ----------
    ground
        Rasters with the heights.
    moment
        Where the sun is.
    x, y
        Local metres.
    z
        Metres above the ground.

    Returns
    -------
    NDArray[np.float32]
        0 in shadow to 1 in the sun. All zeros when there is no direct light.
    """
    flat = float(np.hypot(moment.sun[0], moment.sun[1]))
    if float(moment.sunlight.max()) < 0.02 or moment.sun[2] <= 0.01:
        return np.zeros_like(x)
    east, north, rise = moment.sun[0] / flat, moment.sun[1] / flat, moment.sun[2] / flat
    heights, width = ground.height.ravel(), ground.height.shape[1]
    rows = ground.height.shape[0]
    margin = np.float32(ground.margin)
    hidden = np.zeros_like(x)
    for step in _STEPS_M:
        column = np.clip(x + np.float32(east * step) + margin, 0, width - 1).astype(np.int32)
        row = np.clip(y + np.float32(north * step) + margin, 0, rows - 1).astype(np.int32)
        above = heights[row * np.int32(width) + column] - (z + np.float32(rise * step))
        np.maximum(hidden, above, out=hidden)
    # Crowns hang about five metres up: one look at the canopy where the sun's ray passes that height.
    lift = np.maximum(np.float32(5.0) - z, 0) / np.float32(max(rise, 0.12))
    column = np.clip(x + np.float32(east) * lift + margin, 0, width - 1).astype(np.int32)
    row = np.clip(y + np.float32(north) * lift + margin, 0, rows - 1).astype(np.int32)
    leaves = ground.canopy.ravel()[row * np.int32(width) + column] * np.float32(0.25 + 0.60 * moment.leaf)
    result: F32 = (1 - np.clip(hidden * np.float32(1.1), 0, 1)) * (1 - leaves)
    return result
