"""Randomness without state: every random number of the synthetic city is a hash of integer keys.

A view of a place must be the same bytes whether it is rendered alone, in a batch, or after a million others. So
nothing here draws from a generator: the same keys give the same number, in any order, on any machine.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

_MASK: Final = np.uint64(0xFFFFFFFF)


def mix(*keys: ArrayLike) -> NDArray[np.uint64]:
    """Hash integer keys to 32 well-mixed bits.

    Parameters
    ----------
    *keys
        Integers or integer arrays that broadcast together; negative values are welcome.

    Returns
    -------
    NDArray[np.uint64]
        Values in ``[0, 2**32)`` with the broadcast shape of the keys.
    """
    state = np.asarray(np.uint64(0x9E3779B9))
    for key in keys:
        word = np.asarray(key).astype(np.int64).astype(np.uint64) & _MASK
        # 32-bit products held in 64 bits never overflow, so NumPy has nothing to warn about.
        state = ((state ^ word) * np.uint64(0x85EBCA6B)) & _MASK
        state = state ^ (state >> np.uint64(13))
        state = (state * np.uint64(0xC2B2AE35)) & _MASK
        state = state ^ (state >> np.uint64(16))
    return state


def uniform(*keys: ArrayLike) -> F32:
    """Uniform numbers in ``[0, 1)`` from integer keys.

    Parameters
    ----------
    *keys
        As for :func:`mix`.

    Returns
    -------
    NDArray[np.float32]
        The broadcast shape of the keys.
    """
    # 24 bits: what a float32 holds exactly, so 1.0 can never come out by rounding.
    return ((mix(*keys) >> np.uint64(8)).astype(np.float32)) * np.float32(2.0**-24)


def normal(*keys: ArrayLike) -> F32:
    """Normally distributed numbers (mean 0, deviation 1) from integer keys, by Box and Muller.

    Parameters
    ----------
    *keys
        As for :func:`mix`.

    Returns
    -------
    NDArray[np.float32]
        The broadcast shape of the keys.
    """
    radius = np.sqrt(-2.0 * np.log1p(-uniform(*keys, 101)))
    result: F32 = (radius * np.cos(2.0 * np.pi * uniform(*keys, 202))).astype(np.float32)
    return result


_TABLE: Final[F32] = uniform(np.arange(1 << 16), 7)


def cell_random(salt: int, *cells: NDArray[np.int32]) -> F32:
    """Fast uniform numbers per lattice cell, for use per pixel.

    A table look-up in place of a full hash: less random than :func:`uniform` (65,536 values) and five times faster,
    which is what texture needs.

    Parameters
    ----------
    salt
        Which of many independent patterns.
    *cells
        Integer lattice coordinates, broadcastable.

    Returns
    -------
    NDArray[np.float32]
        Values in ``[0, 1)``.
    """
    code = np.zeros((), dtype=np.int32) + np.int32((salt * 40503) & 0xFFFF)
    for cell, factor in zip(cells, (7919, 15331, 28657, 3571), strict=False):
        code = code + (cell & np.int32(0xFFFF)) * np.int32(factor)
        code = code ^ (code >> np.int32(7))
    result: F32 = _TABLE[code & np.int32(0xFFFF)]
    return result


class NoiseTexture:
    """A tileable value-noise image with its mip levels, sampled at any scale without aliasing.

    Parameters
    ----------
    seed
        Which pattern.
    octaves
        Cycles across the tile, one entry an octave, each a power of two; amplitudes fall as ``1/sqrt(cycles)``.
    size
        Side of the tile in texels, a power of two.
    """

    def __init__(self, seed: int, octaves: tuple[int, ...], size: int = 256) -> None:
        image = np.zeros((size, size), dtype=np.float64)
        for cycles in octaves:
            lattice = uniform(seed, cycles, np.arange(cycles)[:, None], np.arange(cycles)[None, :]).astype(np.float64)
            position = np.arange(size) * (cycles / size)
            low = position.astype(np.int64)
            smooth = (position - low) ** 2 * (3 - 2 * (position - low))
            high = (low + 1) % cycles
            rows = lattice[low] * (1 - smooth)[:, None] + lattice[high] * smooth[:, None]
            image += (rows[:, low] * (1 - smooth) + rows[:, high] * smooth - 0.5) / np.sqrt(cycles)
        image -= image.mean()
        level = (image / image.std() * 0.18 + 0.5).astype(np.float32)
        levels, offsets, sizes = [], [], []
        start = 0
        while True:
            levels.append(level.ravel())
            offsets.append(start)
            sizes.append(level.shape[0])
            start += level.size
            if level.shape[0] == 1:
                break
            level = level.reshape(level.shape[0] // 2, 2, level.shape[0] // 2, 2).mean(axis=(1, 3))
        self._texels = np.concatenate(levels)
        self._offset = np.array(offsets, dtype=np.int32)
        self._size = np.array(sizes, dtype=np.int32)
        self._levels = len(sizes)

    def sample(self, x: F32, y: F32, footprint: F32) -> F32:
        """Look the noise up, averaged over a footprint.

        Parameters
        ----------
        x, y
            Position in texels of the finest level; wraps around.
        footprint
            Width of a pixel in the same texels; decides the mip level.

        Returns
        -------
        NDArray[np.float32]
            Noise of mean 0.5 and, at the finest level, deviation 0.18.
        """
        # frexp is an exact, cheap log2; the ceiling keeps detail below one texel a pixel out.
        _, exponent = np.frexp(footprint)
        level = np.clip(exponent, 0, self._levels - 1)
        size = self._size[level]
        column = np.floor(x).astype(np.int32) >> level
        row = np.floor(y).astype(np.int32) >> level
        result: F32 = self._texels[self._offset[level] + (row & (size - 1)) * size + (column & (size - 1))]
        return result
