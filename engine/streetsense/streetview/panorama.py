"""Cutting perspective views out of equirectangular panoramas.

The panorama spans 360° by 180°: the middle column looks along the panorama's heading, the top row at the zenith. Pixel
``i`` of ``n`` covers ``i/n .. (i+1)/n`` of the span, so its middle is at ``(i + 0.5) / n``. The camera is taken as
level, which is how stitching software writes panoramas.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from streetsense.streetview.views import Cuts

#: Output pixels are split into this many on a side while the panorama is finer than the view, against aliasing.
_SUPERSAMPLING = 2


def cut_perspective(
    pano: NDArray[np.uint8],
    pano_heading_deg: float,
    heading_deg: float,
    pitch_deg: float = 0.0,
    fov_deg: float = 90.0,
    size: int = 512,
) -> NDArray[np.uint8]:
    """Cut one perspective view out of a panorama.

    Parameters
    ----------
    pano : uint8 array, shape (H, W, 3)
        Equirectangular picture, W = 2 H.
    pano_heading_deg : float
        Where its middle column looks, degrees clockwise from north.
    heading_deg, pitch_deg : float
        Where the view looks: degrees clockwise from north, degrees above the horizon.
    fov_deg : float
        Horizontal (and vertical) field of view in degrees, 0 < fov < 180.
    size : int
        Pixels on a side of the view.

    Returns
    -------
    uint8 array, shape (size, size, 3)
        Bilinear samples with wrap-around; 2 x 2 of them are averaged where the panorama is finer than the view.
    """
    cuts = Cuts((heading_deg,), "north", pitch_deg, fov_deg, size)
    view: NDArray[np.uint8] = cut_views(pano, pano_heading_deg, (heading_deg,), cuts)[0]
    return view


def cut_views(
    pano: NDArray[np.uint8], pano_heading_deg: float, headings_deg: Sequence[float], cuts: Cuts
) -> NDArray[np.uint8]:
    """Cut several views, which share pitch, field of view and size, out of one panorama.

    Parameters
    ----------
    pano : uint8 array, shape (H, W, 3)
        Equirectangular picture.
    pano_heading_deg : float
        Where its middle column looks, degrees clockwise from north.
    headings_deg : sequence of float
        Where the views look, degrees clockwise from north.
    cuts : Cuts
        Pitch, field of view and size.

    Returns
    -------
    uint8 array, shape (n, size, size, 3)

    Raises
    ------
    ValueError
        When the panorama has another shape, or the field of view is not between 0 and 180 degrees.
    """
    if pano.ndim != 3 or pano.shape[2] != 3:
        raise ValueError(f"a panorama has the shape (H, W, 3), not {pano.shape}")
    if not 0 < cuts.fov_deg < 180:
        raise ValueError(f"a field of view lies between 0 and 180 degrees, not at {cuts.fov_deg}")
    wanted_height = needed_height(cuts)
    if pano.shape[0] > wanted_height * 1.2:  # below that the averaging is enough
        pano = _shrink(pano, wanted_height)
    height, width = pano.shape[:2]
    is_finer = height * _SUPERSAMPLING > wanted_height * 1.05
    samples = cuts.size * (_SUPERSAMPLING if is_finer else 1)
    x, y = _sample_positions(width, height, cuts.pitch_deg, cuts.fov_deg, samples)
    views = np.empty((len(headings_deg), cuts.size, cuts.size, 3), dtype=np.uint8)
    for number, heading in enumerate(headings_deg):
        shifted = x + np.float32((heading - pano_heading_deg) % 360 / 360 * width)
        picture = _bilinear(pano, shifted, y)
        if is_finer:
            tiles = picture.reshape(cuts.size, _SUPERSAMPLING, cuts.size, _SUPERSAMPLING, 3)
            picture = tiles.mean(axis=(1, 3), dtype=np.float32)
        views[number] = np.rint(picture)
    return views


def needed_height(cuts: Cuts) -> int:
    """Return the height in pixels beyond which a finer panorama does not make a view any sharper.

    A view has ``size / (2 tan(fov / 2))`` pixels per radian in its middle, a panorama ``height / pi`` everywhere; the
    panorama is used with as many as the samples that are averaged into a pixel.
    """
    per_radian = cuts.size / (2 * math.tan(math.radians(cuts.fov_deg) / 2))
    return math.ceil(math.pi * per_radian * _SUPERSAMPLING)


@lru_cache(maxsize=4)
def _sample_positions(
    width: int, height: int, pitch_deg: float, fov_deg: float, samples: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where the samples of a view that looks along the middle column lie, in pixels from the first's middle.

    Turning the view is a shift of x, so one map serves all headings and all panoramas of a size.
    """
    edge = math.tan(math.radians(fov_deg) / 2)
    across = (2 * (np.arange(samples) + 0.5) / samples - 1) * edge
    right, up = across[None, :], -across[:, None]
    pitch = math.radians(pitch_deg)
    forward = math.cos(pitch) - up * math.sin(pitch)
    upward = math.sin(pitch) + up * math.cos(pitch)
    azimuth = np.arctan2(right, forward)
    elevation = np.arctan2(upward, np.hypot(right, forward))
    x = (azimuth / (2 * np.pi) + 0.5) * width - 0.5
    y = (0.5 - elevation / np.pi) * height - 0.5
    y = np.broadcast_to(np.clip(y, 0, height - 1), (samples, samples))
    x32, y32 = np.broadcast_to(x, (samples, samples)).astype(np.float32), y.astype(np.float32)
    x32.flags.writeable = y32.flags.writeable = False
    return x32, y32


def _bilinear(pano: NDArray[np.uint8], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sample ``pano`` at pixel positions; x wraps around, y stays inside."""
    height, width = pano.shape[:2]
    left, top = np.floor(x), np.floor(y)
    along, down = (x - left)[..., None], (y - top)[..., None]
    x0 = left.astype(np.int64) % width
    x1 = (x0 + 1) % width
    y0 = top.astype(np.int64)
    y1 = np.minimum(y0 + 1, height - 1)
    flat = pano.reshape(-1, 3)
    y0 *= width
    y1 *= width
    upper = flat[y0 + x0] * (1 - along) + flat[y0 + x1] * along
    lower = flat[y1 + x0] * (1 - along) + flat[y1 + x1] * along
    mixed: NDArray[np.float32] = upper * (1 - down) + lower * down
    return mixed


def _shrink(pano: NDArray[np.uint8], height: int) -> NDArray[np.uint8]:
    """Average a panorama down to ``height`` rows and twice as many columns."""
    from PIL import Image

    return np.asarray(Image.fromarray(pano).resize((2 * height, height), Image.Resampling.BOX))
