"""Flat figures of the synthetic city: trees, bushes, people, lamps, bins, drawn once from hashes and then looked up.

A figure is a square of texels with five layers: how opaque it is, how bright, which colour of its owner's palette,
and for trees the season at which each leaf is there. Every figure carries its mip levels, so that far ones do not
flicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .hashing import F32, NoiseTexture, uniform

_SIDE: Final = 128
_LEVELS: Final = 6
#: Texels of the finest level along a figure's height and width.
SIDE: Final = _SIDE
LEVELS: Final = _LEVELS
#: Figures by name: first index and how many variants there are.
FIGURES: Final = {
    "tree": (0, 5),
    "conifer": (5, 1),
    "bush": (6, 1),
    "person": (7, 6),
    "lamp": (13, 1),
    "bin": (14, 2),
    "pole": (16, 1),
}
SKIN_I, HAIR_I, TOP_I, LEGS_I, SHOES_I, LEAF_I = range(6)


@dataclass(frozen=True)
class Atlas:
    """All figures at all levels, as flat arrays.

    Attributes
    ----------
    alpha, shade
        Opacity and brightness of the solid part, 0 to 1.
    colour
        Index into the owner's palette.
    leaf_rank
        How dense foliage must be for this texel to carry a leaf; above 1 never.
    leaf_shade
        Brightness of the leaf.
    offset
        Start of each level: texel (figure, row, column) of level l is ``offset[l] + (figure * side + row) * side +
        column``.
    """

    alpha: F32
    shade: F32
    colour: NDArray[np.int32]
    leaf_rank: F32
    leaf_shade: F32
    offset: NDArray[np.int32]


def _grid() -> tuple[F32, F32]:
    """Texel centres: x from -1 to 1, y from 0 (foot) to 1 (top); row 0 is the foot."""
    axis = (np.arange(_SIDE, dtype=np.float32) + np.float32(0.5)) / _SIDE
    x, y = np.meshgrid(axis * 2 - 1, axis)
    return x.astype(np.float32), y.astype(np.float32)


class _Figure:
    """One square being drawn."""

    def __init__(self) -> None:
        self.x, self.y = _grid()
        shape = self.x.shape
        self.alpha = np.zeros(shape, dtype=np.float32)
        self.shade = np.ones(shape, dtype=np.float32)
        self.colour = np.zeros(shape, dtype=np.int32)
        self.leaf_rank = np.full(shape, 2.0, dtype=np.float32)
        self.leaf_shade = np.ones(shape, dtype=np.float32)

    def limb(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        ra: float,
        rb: float,
        colour: int,
        aspect: float,
        shade: float = 1.0,
    ) -> None:
        """A tapered capsule; ``aspect`` is the figure's half width over its height, so that round stays round."""
        ax, bx = a[0] * aspect, b[0] * aspect
        px, py = self.x * np.float32(aspect) - np.float32(ax), self.y - np.float32(a[1])
        dx, dy = bx - ax, b[1] - a[1]
        t = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        distance = np.hypot(px - t * dx, py - t * dy) - (ra + (rb - ra) * t)
        cover = np.clip(0.5 - distance * _SIDE, 0, 1).astype(np.float32)
        hit = cover > 0.5
        self.alpha = np.maximum(self.alpha, cover)
        self.colour[hit] = colour
        # Rounded: brighter on the left, darker on the right.
        side = np.clip((px - t * dx) / max(ra, 1e-3), -1, 1)
        self.shade[hit] = (shade * (0.9 - 0.22 * side))[hit]


def _tree(variant: int) -> _Figure:
    """A broadleaf tree: trunk, forking branches, and leaves in clusters around their tips."""
    figure = _Figure()
    aspect = 0.42
    trunk = ((0.0, 0.0), (0.03 * (variant - 2), 0.29 + 0.02 * variant), 0.022)
    limbs = [(*trunk[:2], 0.024, 0.016)]
    level = [trunk]
    tips: list[tuple[float, float, float]] = []
    for depth in range(5):
        following = []
        for number, (a, b, radius) in enumerate(level):
            heading = float(np.arctan2((b[0] - a[0]) * aspect, b[1] - a[1]))
            for fork in range(3 if depth < 2 else 2):
                u = uniform(variant, depth, number, fork, np.arange(3)).astype(float)
                spread = (fork - (1.0 if depth < 2 else 0.5)) * (0.75 if depth < 2 else 0.9) + 0.5 * (u[0] - 0.5)
                angle = 0.75 * heading + spread
                reach = (0.22, 0.15, 0.11, 0.08, 0.05)[depth] * (0.75 + 0.5 * u[1])
                end = (b[0] + float(np.sin(angle)) * reach / aspect, b[1] + float(np.cos(angle)) * reach * 0.95)
                limbs.append((b, end, radius * 0.55, radius * 0.34))
                following.append((b, end, radius * 0.58))
                if depth >= 1:
                    tips.append((end[0], end[1], 0.045 + 0.04 * float(u[2])))
        level = following[:48]
    # Shrink the drawing into its square, leaves and all, or the crown would end in straight edges.
    wide = 0.97 / max(max(abs(x) + r / aspect for x, _, r in tips), 0.97)
    tall = 0.98 / max(max(y + r for _, y, r in tips), 0.98)
    for a, b, ra, rb in limbs:
        figure.limb((a[0] * wide, a[1] * tall), (b[0] * wide, b[1] * tall), ra, rb, SKIN_I, aspect)
    tips = [(x * wide, y * tall, r * min(wide, tall)) for x, y, r in tips]
    noise = NoiseTexture(900 + variant, (16, 32, 64), size=_SIDE)
    grain = noise.sample(figure.x * 64, figure.y * 128, np.full_like(figure.x, 0.5))
    body = np.full(figure.x.shape, -1.0, dtype=np.float32)
    light = np.zeros_like(body)
    for tx, ty, radius in tips:
        dx, dy = (figure.x - np.float32(tx)) * np.float32(aspect), figure.y - np.float32(ty)
        inside = 1 - np.hypot(dx, dy) / np.float32(radius)
        better = inside > body
        body = np.where(better, inside, body)
        light = np.where(better, (dy * 0.75 - dx * 0.45) / np.float32(radius), light)
    rank = (
        np.float32(0.72)
        - np.minimum(body, np.float32(0.55)) * np.float32(0.9)
        + (grain - np.float32(0.5)) * np.float32(1.9)
    )
    figure.leaf_rank = np.where(body > -0.05, np.clip(rank, 0.03, 2.0), np.float32(2.0)).astype(np.float32)
    depth_shade = np.float32(0.62) + np.float32(0.42) * np.clip((figure.y - np.float32(0.3)) / np.float32(0.7), 0, 1)
    figure.leaf_shade = (
        (depth_shade * (np.float32(0.95) + np.float32(0.34) * light + (grain - np.float32(0.5)) * np.float32(1.1)))
        .clip(0.25, 1.7)
        .astype(np.float32)
    )
    return figure


def _conifer() -> _Figure:
    figure = _Figure()
    figure.limb((0, 0), (0, 0.9), 0.018, 0.006, SKIN_I, 0.3)
    noise = NoiseTexture(950, (16, 32, 64), size=_SIDE)
    grain = noise.sample(figure.x * 64, figure.y * 128, np.full_like(figure.x, 0.5))
    tier = (figure.y * 9) % 1.0
    half = (1 - figure.y) * np.float32(0.75) * (np.float32(1.15) - np.float32(0.45) * tier) * (figure.y > 0.1)
    inside = half - np.abs(figure.x) + (grain - np.float32(0.5)) * np.float32(0.4)
    figure.leaf_rank = np.where(inside > 0, np.float32(-1), np.float32(2.0)).astype(np.float32)
    figure.leaf_shade = (
        (np.float32(0.85) - np.float32(0.3) * figure.x - np.float32(0.35) * tier + (grain - np.float32(0.5)) * 1.2)
        .clip(0.2, 1.5)
        .astype(np.float32)
    )
    return figure


def _bush() -> _Figure:
    figure = _Figure()
    noise = NoiseTexture(960, (8, 16, 32, 64), size=_SIDE)
    grain = noise.sample(figure.x * 64, figure.y * 128, np.full_like(figure.x, 0.5))
    inside = 1 - np.hypot(figure.x / 0.95, (figure.y - 0.35) / 0.62) + (grain - np.float32(0.5)) * np.float32(0.8)
    figure.leaf_rank = np.where(inside > 0, np.float32(-1), np.float32(2.0)).astype(np.float32)
    figure.leaf_shade = (
        (np.float32(0.5) + figure.y * np.float32(0.6) - np.float32(0.15) * figure.x + (grain - np.float32(0.5)) * 1.3)
        .clip(0.2, 1.5)
        .astype(np.float32)
    )
    return figure


def _person(variant: int) -> _Figure:
    """A walking or standing figure of 1.75 m in a square of that height and 0.9 m width."""
    figure, aspect = _Figure(), 0.26
    u = uniform(970, variant, np.arange(6)).astype(float)
    stride = (0.05, 0.24, 0.36, -0.28, 0.16, -0.10)[variant]
    skirt, bag = variant == 4, variant in (1, 5)
    hip, neck = 0.49, 0.83
    for side in (-1, 1):
        foot = (side * 0.16 + side * stride, 0.03)
        knee = (side * 0.15 + side * stride * 0.65, 0.26)
        figure.limb((side * 0.15, hip), knee, 0.052, 0.042, LEGS_I, aspect, 0.9 if side > 0 else 1.05)
        figure.limb(knee, foot, 0.042, 0.028, LEGS_I, aspect, 0.85 if side > 0 else 1.0)
        figure.limb(foot, (foot[0] + 0.16 * np.sign(stride), 0.02), 0.026, 0.02, SHOES_I, aspect)
    if skirt:
        figure.limb((0, hip + 0.04), (0, 0.33), 0.075, 0.105, LEGS_I, aspect)
    figure.limb((0, hip + 0.03), (0, neck - 0.075), 0.078, 0.092, TOP_I, aspect)
    for side in (-1, 1):
        swing = -side * stride * 0.8
        figure.limb((side * 0.36, neck - 0.05), (side * 0.46 + swing * 0.5, 0.62), 0.036, 0.032, TOP_I, aspect, 0.92)
        figure.limb((side * 0.46 + swing * 0.5, 0.62), (side * 0.42 + swing, 0.49), 0.03, 0.024, TOP_I, aspect, 0.88)
        figure.limb((side * 0.42 + swing, 0.475), (side * 0.42 + swing, 0.46), 0.024, 0.022, SKIN_I, aspect)
    figure.limb((0, neck - 0.02), (0, neck + 0.02), 0.03, 0.03, SKIN_I, aspect)
    figure.limb((0, 0.905), (0, 0.925), 0.062, 0.066, HAIR_I, aspect)
    figure.limb(
        (0.03 if stride > 0 else -0.03, 0.893), (0.03 if stride > 0 else -0.03, 0.9), 0.052, 0.052, SKIN_I, aspect
    )
    if u[1] > 0.5:
        figure.limb((-0.2, 0.86), (-0.2, 0.93), 0.03, 0.04, HAIR_I, aspect)
    if bag:
        figure.limb((0.52, 0.55), (0.52, 0.45), 0.05, 0.06, SHOES_I, aspect)
    return figure


def _lamp() -> _Figure:
    """A lamp post of 7 m with an arm; 3 m wide."""
    figure, aspect = _Figure(), 0.22
    figure.limb((0, 0), (0, 0.96), 0.011, 0.007, SKIN_I, aspect)
    figure.limb((0, 0), (0, 0.09), 0.017, 0.016, SKIN_I, aspect)
    figure.limb((0, 0.95), (0.55, 0.975), 0.007, 0.006, SKIN_I, aspect)
    figure.limb((0.5, 0.972), (0.85, 0.968), 0.014, 0.010, HAIR_I, aspect, 1.2)
    return figure


def _bin(variant: int) -> _Figure:
    """A wheeled bin, or a heap of bags; 1.3 m by 1.3 m."""
    figure = _Figure()
    if variant == 0:
        box = (np.abs(figure.x) < 0.36 + 0.06 * figure.y) & (figure.y < 0.74) & (figure.y > 0.04)
        lid = (np.abs(figure.x) < 0.47) & (np.abs(figure.y - 0.77) < 0.05)
        figure.alpha[box | lid] = 1
        figure.shade[box] = (0.85 - 0.25 * figure.x + 0.1 * ((figure.x * 8) % 1 > 0.5))[box]
        figure.shade[lid] = 1.25
        figure.colour[:] = TOP_I
        figure.limb((-0.28, 0.06), (0.28, 0.06), 0.05, 0.05, SHOES_I, 0.5)
        return figure
    for x, y, r in ((-0.45, 0.17, 0.17), (0.2, 0.2, 0.2), (-0.1, 0.13, 0.13), (0.62, 0.12, 0.12), (-0.12, 0.38, 0.13)):
        figure.limb((x - 0.03, y), (x + 0.03, y + 0.02), r, r * 0.9, SHOES_I, 0.5)
    figure.limb((-0.75, 0.10), (-0.55, 0.10), 0.09, 0.09, TOP_I, 0.5)
    return figure


def _pole() -> _Figure:
    """A wooden pole of 8.5 m with a cross-arm; 2.4 m wide."""
    figure, aspect = _Figure(), 0.14
    figure.limb((0, 0), (0, 0.99), 0.016, 0.011, SKIN_I, aspect)
    figure.limb((-0.75, 0.945), (0.75, 0.945), 0.008, 0.008, SKIN_I, aspect)
    return figure


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    """All figures, drawn once a process.

    Returns
    -------
    Atlas
        The same in every process.
    """
    figures = (
        [_tree(v) for v in range(5)]
        + [_conifer(), _bush()]
        + [_person(v) for v in range(6)]
        + [_lamp(), _bin(0), _bin(1), _pole()]
    )
    alpha = np.stack([f.alpha for f in figures])
    shade = np.stack([f.shade for f in figures])
    colour = np.stack([f.colour for f in figures])
    rank = np.stack([f.leaf_rank for f in figures])
    leaf_shade = np.stack([f.leaf_shade for f in figures])
    levels: list[tuple[F32, F32, NDArray[np.int32], F32, F32]] = []
    for _ in range(_LEVELS):
        levels.append((alpha, shade, colour, rank, leaf_shade))
        count, side = alpha.shape[0], alpha.shape[1] // 2
        quads = [
            a.reshape(count, side, 2, side, 2).transpose(0, 1, 3, 2, 4).reshape(count, side, side, 4)
            for a in levels[-1]
        ]
        weight = quads[0] + np.float32(1e-3)
        solidest = quads[0].argmax(axis=-1)[..., None]
        leafy = (quads[3] < 1.5) + np.float32(1e-3)
        alpha = quads[0].mean(axis=-1)
        shade = (quads[1] * weight).sum(axis=-1) / weight.sum(axis=-1)
        colour = np.take_along_axis(quads[2], solidest, axis=-1)[..., 0].astype(np.int32)
        rank = quads[3].mean(axis=-1)
        leaf_shade = (quads[4] * leafy).sum(axis=-1) / leafy.sum(axis=-1)
    flat = [np.concatenate([level[k].ravel() for level in levels]) for k in range(5)]
    sizes = [level[0].size for level in levels]
    return Atlas(
        alpha=flat[0].astype(np.float32),
        shade=flat[1].astype(np.float32),
        colour=flat[2].astype(np.int32),
        leaf_rank=flat[3].astype(np.float32),
        leaf_shade=flat[4].astype(np.float32),
        offset=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32),
    )
