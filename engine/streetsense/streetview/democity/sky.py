"""The sky of the synthetic city: gradient, sun and clouds that move with the time."""

from __future__ import annotations

import numpy as np

from .hashing import F32, NoiseTexture, uniform
from .moment import OVERCAST, RAIN, Moment


def paint_sky(moment: Moment, noise: NoiseTexture, bearing: F32, slope: F32, pixel: float) -> F32:
    """Colour pixels of sky.

    Parameters
    ----------
    moment
        Light and weather.
    noise
        Smooth noise for the clouds.
    bearing
        Radians clockwise from grid north.
    slope
        Tangent of the elevation, positive.
    pixel
        Angle of a pixel in radians.

    Returns
    -------
    NDArray[np.float32]
        Linear RGB ``[3, n]``.
    """
    east, north = np.sin(bearing), np.cos(bearing)
    slope = np.maximum(slope, np.float32(0.004))
    height = slope / np.sqrt(1 + slope * slope)  # sine of the elevation
    fade = (1 - height) ** 3
    # Far hills close the streets that leave the city.
    wave = noise.sample(bearing * 320, np.zeros_like(bearing), np.full_like(bearing, 0.5))
    hills = np.clip(
        np.float32(0.5)
        + (np.float32(0.006) + np.float32(0.05) * np.maximum(wave - np.float32(0.25), 0) - slope) / np.float32(pixel),
        0,
        1,
    )
    sky = moment.zenith[:, None] * (1 - fade) + moment.horizon[:, None] * fade
    # Cosine of the angle to the sun.
    along = (east * np.float32(moment.sun[0]) + north * np.float32(moment.sun[1])) * (
        height / slope
    ) + height * np.float32(moment.sun[2])
    near_sun = np.maximum(along, 0)
    glow = near_sun**8 * np.float32(0.18) + near_sun**256 * np.float32(2.0)
    if moment.weather not in (OVERCAST, RAIN):
        sky += moment.sunlight[:, None] * glow

    # Clouds lie on a plane high above; towards the horizon they shrink, and the noise's mip levels keep them calm.
    reach = 1.0 / (slope + np.float32(0.10))
    drift = 512 * uniform(moment.day, moment.minute // 20, np.arange(2), 401)
    scale = np.float32(40.0)
    x, y = east * reach * scale + drift[0], north * reach * scale + drift[1]
    footprint = reach * reach * scale * np.float32(0.6 * pixel)
    billow = noise.sample(x * 3, y * 3, footprint * 3)
    puff = noise.sample(x * 9 + 40, y * 9, footprint * 9)
    density = billow * np.float32(0.72) + puff * np.float32(0.28)
    if moment.cloud >= 0.99:
        shade = np.float32(0.82) + (density - np.float32(0.5)) * np.float32(0.7)
        sky = sky * shade
        dull: F32 = sky * (1 - np.float32(0.38) * hills)
        return dull
    edge = np.float32(0.66 - 0.34 * moment.cloud)
    cover = np.clip((density - edge) * np.float32(7.0), 0, 1) * np.clip(slope * 9, 0, 1)
    lit = np.clip(np.float32(1.15) - (density - edge) * np.float32(1.6), 0.55, 1.1)
    white = (moment.skylight * np.float32(0.75) + moment.sunlight * np.float32(0.42))[:, None] * lit
    sky = sky + (white - sky) * cover
    forest = moment.horizon * np.array([0.42, 0.50, 0.50], dtype=np.float32)
    result: F32 = sky + (forest[:, None] - sky) * hills
    return result
