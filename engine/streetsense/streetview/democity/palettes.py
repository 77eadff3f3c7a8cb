"""Colours of the synthetic city, each list ordered from a poor neighbourhood's to a rich one's."""

from __future__ import annotations

from typing import Final

import numpy as np

from .hashing import F32

MATERIALS: Final = ("brick", "plaster", "concrete", "stone", "glass", "wood")
BRICK, PLASTER, CONCRETE, STONE, GLASS, WOOD = range(6)


def linear(*colours: str) -> F32:
    """Convert hexadecimal sRGB to linear light.

    The display curve is taken as a plain square, so that finishing a picture is one square root.

    Parameters
    ----------
    *colours
        Six hexadecimal digits each.

    Returns
    -------
    NDArray[np.float32]
        ``[n, 3]`` in ``[0, 1]``.
    """
    values = np.array([[int(c[i : i + 2], 16) for i in (0, 2, 4)] for c in colours], dtype=np.float32)
    return (values / np.float32(255.0)) ** 2


_WALLS: Final = {
    BRICK: ("6b5046", "75503f", "80503f", "8a5440", "94553f", "a05c43", "a8684c", "b4785a"),
    PLASTER: ("8b8478", "968c7a", "a89678", "b9a37e", "d0b68a", "dfcaa2", "e9dcbf", "f2eadb"),
    CONCRETE: ("6f6e6a", "787671", "83807a", "8f8b84", "9a968e", "a7a49c", "b6b3ab", "c4c1ba"),
    STONE: ("8a7f6d", "968a76", "a39780", "b0a48b", "bdb198", "cabfa6", "d6ccb6", "e2dac8"),
    GLASS: ("5d666b", "5e6c74", "5d727e", "5f7987", "638292", "6b8ea0", "7799ab", "85a7b8"),
    WOOD: ("7c7264", "827a6b", "8a8f86", "8fa0a0", "a7b5b0", "c3cbc2", "dbdccf", "f0eee4"),
}
WALLS: Final[F32] = np.stack([linear(*_WALLS[m]) for m in range(6)])  # [material, wealth step, rgb]
ROOFS: Final[F32] = linear("4c4744", "554a45", "6d4c3f", "7d4f3b", "8a4a34", "5b5550", "454b52", "3d444c")
DOORS: Final[F32] = linear("55504a", "5c4a3c", "6b3f2e", "4a5a48", "2f4a5c", "26384a", "6a2430", "1f3d33")
SIGNS: Final[F32] = linear("c43a2e", "d9822b", "e3b92f", "3d8c5a", "2f6fb0", "6a4a9c", "2d3e50", "b8a06a")
CARS: Final[F32] = linear(
    "e8e8e6", "d4d6d8", "a9adb0", "7d8287", "4a4e53", "1f2124", "15171c", "7f1d1d", "a93226", "1f3f6f", "2f5f8f",
    "3f5a3c", "c9b48a", "d98f2b", "e8e8e6", "26292e",
)  # fmt: skip
CLOTHES: Final[F32] = linear(
    "23252b",
    "31405c",
    "5a6b85",
    "8c2f39",
    "c7513f",
    "d9a441",
    "3f6b4f",
    "7fa37a",
    "e6e1d6",
    "9a8f80",
    "5b4a68",
    "b56d8a",
)
SKIN: Final[F32] = linear("f0cdb0", "dfb08c", "c08a64", "95623f", "6b432b", "4a2f20")
HAIR: Final[F32] = linear("1c1712", "3b2a1d", "6b4a2b", "a97f4a", "7d7a76", "b9b6b0")
