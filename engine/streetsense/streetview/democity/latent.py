"""The latent fields of the synthetic city: smooth wealth and centrality over the ground.

Everything that a neighbourhood shares (materials, palette, storeys, upkeep, greenery, clutter) follows these two
fields, and so do the indicators of the block groups. They are what a spatial objective can learn and a regression can
recover.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .hashing import F32, normal, uniform


class LatentFields:
    """Two smooth scalar fields in ``[0, 1]`` over the city's local metres.

    Parameters
    ----------
    seed
        The city's seed.
    size_m
        Width (east) and height (north) of the city in metres.
    """

    def __init__(self, seed: int, size_m: tuple[float, float]) -> None:
        self._size = np.array(size_m, dtype=np.float64)
        waves = np.arange(7)
        # Wavelengths from a quarter to all of the longer side: a handful of neighbourhoods, none smaller than a few
        # blocks.
        wavelength = max(size_m) * (0.36 + 0.62 * uniform(seed, 11, waves).astype(np.float64))
        angle = np.pi * uniform(seed, 12, waves).astype(np.float64)
        self._kx = 2 * np.pi * np.cos(angle) / wavelength
        self._ky = 2 * np.pi * np.sin(angle) / wavelength
        self._phase = 2 * np.pi * uniform(seed, 13, waves).astype(np.float64)
        self._amplitude = np.stack([normal(seed, 14, waves), normal(seed, 15, waves)]).astype(np.float64) + 0.4
        self._centre = self._size * (0.35 + 0.3 * uniform(seed, 16, np.arange(2)).astype(np.float64))
        gx, gy = np.meshgrid(np.linspace(0, size_m[0], 40), np.linspace(0, size_m[1], 40))
        self._mean, self._deviation = np.zeros(2), np.ones(2)
        raw = self._raw(gx, gy)
        self._mean, self._deviation = raw.mean(axis=(1, 2)), raw.std(axis=(1, 2))

    def _raw(self, x: ArrayLike, y: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        px, py = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        wave = np.cos(px[..., None] * self._kx + py[..., None] * self._ky + self._phase)
        wealth, centrality = wave @ self._amplitude[0], wave @ self._amplitude[1]
        distance = np.hypot((px - self._centre[0]) / self._size[0], (py - self._centre[1]) / self._size[1])
        spread = float(np.linalg.norm(self._amplitude[1])) + 0.3
        return np.stack([wealth, 0.35 * centrality + 2.4 * spread * np.exp(-((distance / 0.3) ** 2))])

    def wealth_and_centrality(self, x: ArrayLike, y: ArrayLike) -> tuple[F32, F32]:
        """Evaluate both fields.

        Parameters
        ----------
        x, y
            Local metres east and north of the city's south-west corner; points outside are moved to the nearest point
            inside.

        Returns
        -------
        tuple of NDArray[np.float32]
            Wealth and centrality, each in ``[0, 1]`` with a spread close to uniform.
        """
        px = np.clip(np.asarray(x, dtype=np.float64), 0, self._size[0])
        py = np.clip(np.asarray(y, dtype=np.float64), 0, self._size[1])
        raw = self._raw(px, py)
        shape = (2,) + (1,) * (raw.ndim - 1)
        z = (raw - self._mean.reshape(shape)) / self._deviation.reshape(shape)
        unit = 1.0 / (1.0 + np.exp(-1.7 * z))
        return unit[0].astype(np.float32), unit[1].astype(np.float32)
