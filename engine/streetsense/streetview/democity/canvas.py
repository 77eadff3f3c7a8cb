"""A picture in the making."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .camera import Rays
from .hashing import F32, I64


@dataclass
class Canvas:
    """A picture in the making; flat arrays, row by row from the top left.

    Attributes
    ----------
    colour
        Linear RGB ``[3, pixels]``.
    classes
        Numbers into ``CLASSES``.
    depth
        Horizontal metres to what each pixel shows; infinite for sky.
    rays
        Directions of the pixels.
    heading
        Radians clockwise from grid north.
    x, y
        Camera in local metres.
    """

    colour: F32
    classes: NDArray[np.uint8]
    depth: F32
    rays: Rays
    heading: float
    x: float
    y: float

    def bearing_of(self, x: F32, y: F32) -> tuple[F32, F32]:
        """Azimuth (radians right of the heading, -pi to pi) and horizontal distance of points in local metres."""
        east, north = x - np.float32(self.x), y - np.float32(self.y)
        azimuth = np.arctan2(east, north) - np.float32(self.heading)
        turn = np.float32(2 * np.pi)
        azimuth = azimuth - turn * np.floor(azimuth / turn + np.float32(0.5))
        return azimuth.astype(np.float32), np.maximum(np.hypot(east, north), np.float32(0.05)).astype(np.float32)


def pixels_of(boxes: NDArray[np.int64], width: int) -> tuple[I64, I64]:
    """List the pixels inside many boxes.

    Parameters
    ----------
    boxes
        ``[n, 4]``: first row, row after the last, first column, column after the last.
    width
        Width of the picture.

    Returns
    -------
    owner, pixel : NDArray[np.int64]
        For each listed pixel its box and its flat index; boxes in order.
    """
    rows, columns = np.maximum(boxes[:, 1] - boxes[:, 0], 0), np.maximum(boxes[:, 3] - boxes[:, 2], 0)
    count = rows * columns
    owner = np.repeat(np.arange(len(boxes)), count)
    index = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    across = columns[owner]
    pixel = (boxes[owner, 0] + index // across) * width + boxes[owner, 2] + index % across
    return owner, pixel
