"""Laying colours over colour planes, for chosen pixels only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .hashing import F32


def blend(planes: F32, at: NDArray[np.integer], colour: F32 | np.float32 | float, weight: F32 | float) -> None:
    """Mix a colour into chosen pixels, in place.

    Channel by channel: NumPy gathers and scatters one plane several times faster than a slice across all three.

    Parameters
    ----------
    planes
        ``[3, n]``, changed in place.
    at
        Indices of m pixels, each at most once.
    colour
        ``[3, m]``, ``[3, 1]``, ``[m]`` (grey) or a number (grey).
    weight
        ``[m]`` or a number, 0 keeps and 1 replaces.
    """
    for channel in range(3):
        plane = planes[channel]
        value = colour[channel] if isinstance(colour, np.ndarray) and colour.ndim == 2 else colour
        old = plane.take(at)
        plane[at] = old + (value - old) * weight


def put(planes: F32, at: NDArray[np.integer], colour: F32) -> None:
    """Replace chosen pixels, in place.

    Parameters
    ----------
    planes
        ``[3, n]``, changed in place.
    at
        Indices of m pixels; of repeated ones the last counts.
    colour
        ``[3, m]``.
    """
    for channel in range(3):
        planes[channel][at] = colour[channel]
