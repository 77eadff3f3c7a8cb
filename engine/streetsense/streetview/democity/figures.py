"""Trees, people, lamps, bins and poles in a view: which are there at the moment, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .blend import blend
from .camera import CAMERA_M
from .canvas import Canvas, pixels_of
from .city import DemoCity
from .classes import BUILDING, CLUTTER, PERSON, VEGETATION
from .furniture import Sites
from .hashing import F32, I64, uniform
from .lots import I32
from .moment import RAIN, Moment
from .palettes import CLOTHES, HAIR, SKIN, linear
from .shadow import sun_share
from .sprites import FIGURES, LEAF_I, LEVELS, SIDE, Atlas, atlas

Floats = NDArray[np.floating]
_BARK: Final = linear("5a4c3e")[0]
_SUMMER: Final = linear("4f7a2c", "5d8a34", "3f6b2d", "6d8f3a", "547f3c", "7a9440")
_FALL: Final = linear("c2791f", "b5501f", "d1a02a", "9a3d22", "b98a2c", "7d8a33")
_BLOOM: Final = linear("f2cdd8", "f7eef0")


@dataclass(frozen=True)
class Figures:
    """Upright figures to draw; one row each.

    Attributes
    ----------
    x, y
        Foot in local metres.
    half_width, height
        Metres.
    figure
        Index into the atlas.
    leaf
        Foliage density, 0 to 1.
    palette
        Linear RGB ``[n, 6, 3]``.
    label
        Class of the pixels.
    mirror
        Whether it is drawn left to right.
    """

    x: F32
    y: F32
    half_width: F32
    height: F32
    figure: I64
    leaf: F32
    palette: F32
    label: NDArray[np.uint8]
    mirror: NDArray[np.bool_]


def draw_figures(city: DemoCity, moment: Moment, canvas: Canvas) -> None:
    """Draw all figures of a view over its canvas, far ones first.

    Parameters
    ----------
    city
        Where they stand.
    moment
        Season for the trees; hour and weather for the people.
    canvas
        Changed in place.
    """
    furniture = city.furniture
    groups = [
        _trees(city, moment, *_near(canvas, furniture.trees, 150.0, 64)),
        _bushes(city, moment, *_near(canvas, furniture.bushes, 60.0, 24)),
        _posts(city, "lamp", *_near(canvas, furniture.lamps, 100.0, 20)),
        _posts(city, "pole", *_near(canvas, furniture.poles_a, 120.0, 16)),
        _people(city, moment, *_near(canvas, furniture.walkers, 70.0, 24, _present(city, moment))),
        _bins(city, moment, *_near(canvas, furniture.bins, 50.0, 16, (city.seed, moment.day // 2, 1.0))),
    ]
    figures = Figures(*(np.concatenate([getattr(g, name) for g in groups]) for name in Figures.__dataclass_fields__))
    if len(figures.x):
        _composite(city, moment, canvas, figures)


def _near(
    canvas: Canvas, sites: Sites, reach: float, most: int, taken: tuple[int, int, float] | None = None
) -> tuple[Sites, I64]:
    """Rows of the sites in front of the camera and near enough, the nearest ``most`` of them.

    ``taken`` (seed, period, factor) keeps only places that something takes in that period, by chance times factor.
    """
    east, north = sites.x - np.float32(canvas.x), sites.y - np.float32(canvas.y)
    squared = east * east + north * north
    rows = np.flatnonzero((squared < reach * reach) & (squared > 1.4))
    azimuth, _ = canvas.bearing_of(sites.x[rows], sites.y[rows])
    limit = max(abs(float(canvas.rays.columns[0])), abs(float(canvas.rays.columns[-1])))
    rows = rows[np.abs(azimuth) < limit + np.arctan2(3.5, np.sqrt(squared[rows]))]
    if taken is not None:
        seed, period, factor = taken
        rows = rows[uniform(seed, 601, period, sites.key[rows]) < sites.chance[rows] * np.float32(factor)]
    if len(rows) > most:
        rows = rows[np.argsort(squared[rows], kind="stable")[:most]]
    return sites, rows


def _present(city: DemoCity, moment: Moment) -> tuple[int, int, float]:
    """People change every minute: more in daytime, fewer in rain, in snow and at night."""
    hours = np.interp(moment.hour, [0, 5, 8, 12, 18, 22, 24], [0.10, 0.05, 0.9, 1.1, 1.25, 0.4, 0.10])
    weather = 0.45 if moment.weather == RAIN else 1.0
    return city.seed, moment.minute, float(hours) * weather * (1 - 0.35 * moment.snow)


def _pack(
    sites: Sites,
    rows: I64,
    half_width: Floats,
    height: Floats,
    figure: I64,
    leaf: Floats,
    palette: Floats,
    label: int,
    mirror: NDArray[np.bool_],
) -> Figures:
    return Figures(
        x=sites.x[rows],
        y=sites.y[rows],
        half_width=half_width.astype(np.float32),
        height=height.astype(np.float32),
        figure=figure.astype(np.int64),
        leaf=leaf.astype(np.float32),
        palette=palette.astype(np.float32),
        label=np.full(len(rows), label, dtype=np.uint8),
        mirror=mirror,
    )


def _leaf_colour(seed: int, moment: Moment, key: NDArray[np.int32], turns: NDArray[np.bool_]) -> F32:
    """Green that turns in autumn, some trees earlier than others; flowers on some in spring."""
    summer = _SUMMER[(uniform(seed, 611, key) * 6).astype(np.int64)] * (0.8 + 0.5 * uniform(seed, 612, key))[:, None]
    summer = summer * (1 + np.float32(0.3) * np.float32(moment.leaf < 1 and moment.autumn == 0))
    fall = _FALL[(uniform(seed, 613, key) * 6).astype(np.int64)]
    share = np.clip(moment.autumn * 2.2 - 0.9 * uniform(seed, 614, key), 0, 1) * turns
    colour = summer + (fall - summer) * share[:, None]
    flowers = (uniform(seed, 615, key) < 0.28) * moment.blossom * turns
    bloom = _BLOOM[(uniform(seed, 616, key) * 2).astype(np.int64)]
    result: F32 = (colour + (bloom - colour) * (0.85 * flowers)[:, None]).astype(np.float32)
    return result


def _trees(city: DemoCity, moment: Moment, sites: Sites, rows: I64) -> Figures:
    key, size = sites.key[rows], sites.size[rows]
    evergreen = uniform(city.seed, 621, key) < 0.07
    height = (7.6 + 2.6 * (uniform(city.seed, 622, key) - 0.5)) * size
    figure = np.where(
        evergreen, FIGURES["conifer"][0], FIGURES["tree"][0] + (uniform(city.seed, 623, key) * 5).astype(np.int64)
    )
    early = 0.25 * (uniform(city.seed, 624, key) - 0.5) * (0 < moment.leaf < 1)
    leaf = np.where(evergreen, 1.0, np.clip(moment.leaf + early, 0, 1))
    colour = _leaf_colour(city.seed, moment, key, ~evergreen)
    colour[evergreen] = _SUMMER[2] * np.float32(0.6)
    palette = np.repeat(_BARK[None, None] * (0.6 + 0.6 * uniform(city.seed, 625, key))[:, None, None], 6, axis=1)
    palette[:, LEAF_I] = colour + (np.float32(0.75) - colour) * (0.55 * moment.snow)
    palette[:, :LEAF_I] += (np.float32(0.7) - palette[:, :LEAF_I]) * (0.35 * moment.snow)
    half = height * np.where(evergreen, 0.26, 0.42)
    return _pack(sites, rows, half, height, figure, leaf, palette, VEGETATION, uniform(city.seed, 626, key) < 0.5)


def _bushes(city: DemoCity, moment: Moment, sites: Sites, rows: I64) -> Figures:
    key = sites.key[rows]
    colour = _leaf_colour(city.seed, moment, key, uniform(city.seed, 631, key) < 0.4) * np.float32(0.8)
    palette = np.repeat((colour + (np.float32(0.75) - colour) * (0.7 * moment.snow))[:, None], 6, axis=1)
    height = 0.8 + 0.7 * uniform(city.seed, 632, key)
    figure = np.full(len(rows), FIGURES["bush"][0])
    return _pack(
        sites,
        rows,
        height * 0.62,
        height,
        figure,
        np.ones(len(rows)),
        palette,
        VEGETATION,
        uniform(city.seed, 633, key) < 0.5,
    )


def _posts(city: DemoCity, name: str, sites: Sites, rows: I64) -> Figures:
    height, half = (7.0, 1.5) if name == "lamp" else (8.5, 1.2)
    tone = np.full(len(rows), 0.075 if name == "lamp" else 0.11)
    palette = np.repeat((tone[:, None] * np.array([1.0, 0.98, 0.92]))[:, None], 6, axis=1)
    figure = np.full(len(rows), FIGURES[name][0])
    ones = np.ones(len(rows))
    label = BUILDING if name == "lamp" else CLUTTER
    return _pack(
        sites,
        rows,
        ones * half,
        ones * height,
        figure,
        ones,
        palette,
        label,
        uniform(city.seed, 641, sites.key[rows]) < 0.5,
    )


def _people(city: DemoCity, moment: Moment, sites: Sites, rows: I64) -> Figures:
    key = sites.key[rows].astype(np.int64) * 131 + moment.minute % 65_521
    height = 1.52 + 0.36 * uniform(city.seed, 651, key)
    palette = np.zeros((len(rows), 6, 3), dtype=np.float32)
    for slot, colours in enumerate((SKIN, HAIR, CLOTHES, CLOTHES[:8], CLOTHES[:2])):
        palette[:, slot] = colours[(uniform(city.seed, 652, slot, key) * len(colours)).astype(np.int64)]
    figure = FIGURES["person"][0] + (uniform(city.seed, 653, key) * FIGURES["person"][1]).astype(np.int64)
    return _pack(
        sites,
        rows,
        height * 0.26,
        height,
        figure,
        np.zeros(len(rows)),
        palette,
        PERSON,
        uniform(city.seed, 654, key) < 0.5,
    )


def _bins(city: DemoCity, moment: Moment, sites: Sites, rows: I64) -> Figures:
    key = sites.key[rows].astype(np.int64) * 131 + moment.day // 2
    palette = np.full((len(rows), 6, 3), 0.02, dtype=np.float32)
    greens = linear("2e5a3a", "4a4f55", "3a5570", "6b5a3a")
    palette[:, 2] = greens[(uniform(city.seed, 661, key) * 4).astype(np.int64)]
    figure = FIGURES["bin"][0] + (uniform(city.seed, 662, key) < 0.55)
    height = 1.05 + 0.35 * uniform(city.seed, 663, key)
    return _pack(
        sites,
        rows,
        height * 0.5,
        height,
        figure,
        np.zeros(len(rows)),
        palette,
        CLUTTER,
        uniform(city.seed, 664, key) < 0.5,
    )


def _composite(city: DemoCity, moment: Moment, canvas: Canvas, figures: Figures) -> None:
    """Look all pixels of all figures up at once, then lay the figures over the canvas one by one, far ones first."""
    azimuth, distance = canvas.bearing_of(figures.x, figures.y)
    boxes = canvas.rays.box(azimuth, distance, figures.half_width, np.zeros_like(distance), figures.height)
    order = np.argsort(-distance, kind="stable")
    owner, pixel = pixels_of(boxes[order], canvas.rays.width)
    owner = order[owner]
    seen = np.flatnonzero(canvas.depth[pixel] > (distance - figures.half_width)[owner])
    owner, pixel = owner[seen], pixel[seen]
    angle = canvas.rays.azimuth[pixel] - azimuth[owner]
    reach = distance[owner] / np.maximum(np.cos(angle), np.float32(0.05))
    across = np.tan(angle) * distance[owner] / figures.half_width[owner]
    across = np.where(figures.mirror[owner], -across, across)
    up = (np.float32(CAMERA_M) + canvas.rays.slope[pixel] * reach) / figures.height[owner]
    # A crown is a ball, not a board: its rim bends away from a facade that the board would cut through.
    front = reach - np.float32(0.9) * np.abs(across) * figures.half_width[owner]
    use = np.flatnonzero((np.abs(across) < 0.999) & (up >= 0) & (up < 0.999) & (front < canvas.depth[pixel]))
    if not use.size:
        return
    owner, pixel, across, up, reach = owner[use], pixel[use], across[use], up[use], reach[use]

    texels = atlas()
    # Texels a pixel: the height decides, as figures are taller than wide.
    ratio = distance * np.float32(canvas.rays.pixel) * np.float32(SIDE) / figures.height
    _, level = np.frexp(ratio * np.float32(0.9))
    level = np.clip(level, 0, LEVELS - 1)[owner]
    side = np.int32(SIDE) >> level
    row_f, column_f = up * side, (across * np.float32(0.5) + np.float32(0.5)) * side
    first = texels.offset[level] + figures.figure[owner].astype(np.int32) * side * side
    at = first + row_f.astype(np.int32) * side + column_f.astype(np.int32)
    solid, rank = texels.alpha[at], texels.leaf_rank[at]
    close = np.flatnonzero(ratio[owner] < 0.8)
    if close.size:
        # Magnified figures would show their texels: interpolate outlines.
        solid[close], rank[close] = _between(texels, first[close], row_f[close], column_f[close], side[close])
    # At coarse levels ranks are means; a softer edge keeps the crown's density the same.
    leaf = np.clip((figures.leaf[owner] - rank) * np.float32(3.5) + np.float32(0.35), 0, 1) * (
        figures.leaf[owner] > 0.02
    )
    opacity = np.maximum(solid, leaf)
    seen = np.flatnonzero(opacity > 0.03)
    owner, pixel, reach, at, leaf, opacity = owner[seen], pixel[seen], reach[seen], at[seen], leaf[seen], opacity[seen]
    if not seen.size:
        return
    share = sun_share(city.ground, moment, figures.x, figures.y, figures.height * np.float32(0.7))
    light = moment.skylight[None] * np.float32(0.78) + moment.sunlight[None] * (np.float32(0.62) * share)[:, None]
    lit = figures.palette * light[:, None]
    base = lit[owner, texels.colour[at]] * texels.shade[at][:, None]
    foliage = lit[owner, LEAF_I] * texels.leaf_shade[at][:, None]
    tint = base + (foliage - base) * leaf[:, None]

    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    tint = np.ascontiguousarray(tint.T)
    for start, stop in zip(starts, [*starts[1:], len(owner)], strict=True):
        where, weight = pixel[start:stop], opacity[start:stop]
        blend(canvas.colour, where, tint[:, start:stop], weight)
    clear = opacity > 0.5
    canvas.classes[pixel[clear]] = figures.label[owner[clear]]
    canvas.depth[pixel[clear]] = reach[clear]


def _between(texels: Atlas, first: I32, row: F32, column: F32, side: I32) -> tuple[F32, F32]:
    """Opacity and leaf rank, interpolated between the four texels around each point."""
    row, column = np.clip(row - np.float32(0.5), 0, side - 1.001), np.clip(column - np.float32(0.5), 0, side - 1.001)
    r, c = row.astype(np.int32), column.astype(np.int32)
    fr, fc = row - r, column - c
    at = first + r * side + c
    values = []
    for layer in (texels.alpha, texels.leaf_rank):
        low = layer[at] + (layer[at + 1] - layer[at]) * fc
        high = layer[at + side] + (layer[at + side + 1] - layer[at + side]) * fc
        values.append((low + (high - low) * fr).astype(np.float32))
    return values[0], values[1]
