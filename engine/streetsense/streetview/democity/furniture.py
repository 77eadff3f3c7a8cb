"""Where things stand along the streets of the synthetic city: trees, lamps, poles, bins, places of cars and people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .hashing import F32, I64, normal, uniform
from .latent import LatentFields
from .lots import I32
from .streets import Streets


@dataclass(frozen=True)
class Sites:
    """Places where something stands or may stand; one row a place, local metres.

    Attributes
    ----------
    x, y
        Position.
    bearing
        Radians clockwise from grid north: the way a car or person faces.
    chance
        Probability that the place is taken at a moment; 1 for what always stands there.
    size
        Relative size, about 1.
    key
        Hash key of the place.
    """

    x: F32
    y: F32
    bearing: F32
    chance: F32
    size: F32
    key: I32


@dataclass(frozen=True)
class Furniture:
    """Everything that stands along the streets.

    Attributes
    ----------
    trees, bushes, lamps, bins
        Things that stay.
    parking, lanes, walkers
        Places that a car or person takes at some moments.
    poles_a, poles_b
        Sites at the two ends of each overhead wire.
    """

    trees: Sites
    bushes: Sites
    lamps: Sites
    bins: Sites
    parking: Sites
    lanes: Sites
    walkers: Sites
    poles_a: Sites
    poles_b: Sites


def furnish(seed: int, size_m: tuple[float, float], streets: Streets, latent: LatentFields) -> Furniture:
    """Place everything along the streets and in the parks.

    Parameters
    ----------
    seed
        The city's seed.
    size_m
        Width and height of the city in metres.
    streets
        The network.
    latent
        Wealth decides greenery and clutter, centrality people and traffic.

    Returns
    -------
    Furniture
        All sites of the city.
    """
    along = _Along(seed, streets, latent)
    rank = streets.rank
    green = 1.15 * along.wealth + 0.12 * normal(seed, 81, along.piece) - 0.1
    verge = streets.half_road + np.minimum(1.1, streets.pavement * 0.4)
    street_trees = along.place(
        82, 7.6, verge, both=True, clear=9.0, chance=np.clip(green * 1.05, 0.03, 0.92), settle=True
    )
    trees = _join(street_trees, _park_trees(seed, size_m, streets))
    clutter = np.clip(1.0 - along.wealth, 0, 1)
    curb = streets.half_road - 1.15
    people = np.array([0.13, 0.11, 0.06, 0.06])[rank] * (0.5 + 3.0 * along.centrality**1.5)
    traffic = np.array([0.30, 0.16, 0.06, 0.015])[rank] * (0.6 + 0.8 * along.centrality)
    parked = np.array([0.45, 0.55, 0.62, 0.42])[rank] * (0.65 + 0.5 * clutter)
    wires = along.place(
        88,
        29.0,
        streets.half_road + 0.45,
        both=False,
        clear=6.0,
        chance=(clutter > 0.52) & (along.centrality < 0.8),
        settle=True,
    )
    ends = np.flatnonzero((wires.key[1:] // 4096 == wires.key[:-1] // 4096) & (np.diff(wires.key) <= 2))
    half = streets.half_road
    # The narrowest lanes have parked cars on both sides: what moves there keeps to the middle.
    lane = np.array([2.57, 1.85, 1.1, 0.1])[rank]
    hedgerow = np.clip(0.55 * along.wealth - 0.22, 0, 1) * (rank == 2)
    heaps = np.clip(clutter**2 * 0.42, 0.01, 1)
    return Furniture(
        trees=trees,
        bushes=along.place(83, 5.0, verge + 1.2, both=True, clear=10.0, chance=hedgerow, settle=True),
        lamps=along.place(84, 26.0, half + 0.35, both=True, clear=8.0, chance=np.full(len(rank), 0.62), settle=True),
        bins=along.place(85, 8.5, half + 0.8, both=True, clear=8.0, chance=heaps, settle=False),
        parking=along.place(86, 6.3, curb, both=True, clear=13.0, chance=parked, settle=False, jitter=0.7),
        lanes=along.place(87, 13.0, lane, both=True, clear=2.0, chance=traffic, settle=False),
        walkers=along.place(89, 3.6, half + streets.pavement * 0.6, both=True, clear=0.0, chance=people, settle=False),
        poles_a=_take(wires, ends),
        poles_b=_take(wires, ends + 1),
    )


class _Along:
    """Places at even steps along both sides of every street piece."""

    def __init__(self, seed: int, streets: Streets, latent: LatentFields) -> None:
        self.seed, self.streets = seed, streets
        self.piece = np.arange(len(streets))
        self.wealth, self.centrality = latent.wealth_and_centrality(
            (streets.ax + streets.bx) / 2, (streets.ay + streets.by) / 2
        )

    def place(
        self,
        salt: int,
        step: float,
        lateral: NDArray[np.float64],
        *,
        both: bool,
        clear: float,
        chance: NDArray[np.generic],
        settle: bool,
        jitter: float = 1.6,
    ) -> Sites:
        """Sites every ``step`` metres at ``lateral`` metres from the centre line, ``clear`` metres away from crossings.

        With ``settle`` the chance is decided once and for ever; otherwise it is decided anew at each moment.
        """
        streets, sides = self.streets, 2 if both else 1
        room = streets.length - clear * (streets.crossing_a.astype(float) + streets.crossing_b)
        count = np.maximum(np.floor(room / step), 0).astype(np.int64)
        piece: I64 = np.repeat(np.tile(self.piece, sides), np.tile(count, sides))
        side = np.repeat(np.repeat(np.array([1.0, -1.0])[:sides], len(count)), np.tile(count, sides))
        total = np.tile(count, sides)
        index = np.arange(len(piece)) - np.repeat(np.cumsum(total) - total, total)
        key = piece * 4096 + (side < 0) * 2048 + index
        shift = (uniform(self.seed, salt, key, 1) - 0.5) * jitter
        start = clear * streets.crossing_a + (room - (count - 1) * step) / 2
        s = start[piece] + index * step + shift
        dx, dy = streets.direction
        offset = side * lateral[piece] + 0.12 * normal(self.seed, salt, key, 2)
        # side +1 is to the right of the piece's direction; traffic keeps right.
        x = streets.ax[piece] + dx[piece] * s + dy[piece] * offset
        y = streets.ay[piece] + dy[piece] * s - dx[piece] * offset
        bearing = np.arctan2(dx[piece] * side, dy[piece] * side)
        odds = np.asarray(chance, dtype=np.float64)[piece]
        size = 0.8 + 0.4 * uniform(self.seed, salt, key, 4)
        east, north, facing, odds32 = (value.astype(np.float32) for value in (x, y, bearing, odds))
        sites = Sites(east, north, facing, odds32, size.astype(np.float32), key.astype(np.int32))
        return _take(sites, np.flatnonzero(uniform(self.seed, salt, key, 3) < odds)) if settle else sites


def _park_trees(seed: int, size_m: tuple[float, float], streets: Streets) -> Sites:
    """Scatter trees over parks and, thinly, over squares: jittered lattice points inside and off the streets."""
    step = 8.5
    i, j = np.meshgrid(np.arange(size_m[0] // step), np.arange(size_m[1] // step), indexing="ij")
    i, j = i.ravel().astype(np.int64), j.ravel().astype(np.int64)
    x = (i + 0.15 + 0.7 * uniform(seed, 91, i, j)) * step
    y = (j + 0.15 + 0.7 * uniform(seed, 92, i, j)) * step
    lines = streets.lines()
    public = shapely.union_all(shapely.buffer(lines, streets.half_road + streets.pavement + 1.0, quad_segs=2))
    lawn = shapely.difference(shapely.union_all([streets.parks, streets.squares]), public)
    shapely.prepare(lawn)
    shapely.prepare(streets.squares)
    chance = np.where(shapely.contains_xy(streets.squares, x, y), 0.22, 0.62)
    pick = np.flatnonzero(shapely.contains_xy(lawn, x, y) & (uniform(seed, 93, i, j) < chance))
    key = (i[pick] * 2048 + j[pick] + (1 << 27)).astype(np.int32)
    zero = np.zeros(len(pick), dtype=np.float32)
    size = (0.9 + 0.6 * uniform(seed, 94, key)).astype(np.float32)
    return Sites(x[pick].astype(np.float32), y[pick].astype(np.float32), zero, zero + 1, size, key)


def _take(sites: Sites, rows: I64) -> Sites:
    return Sites(*(getattr(sites, name)[rows] for name in ("x", "y", "bearing", "chance", "size", "key")))


def _join(a: Sites, b: Sites) -> Sites:
    return Sites(
        *(np.concatenate([getattr(a, n), getattr(b, n)]) for n in ("x", "y", "bearing", "chance", "size", "key"))
    )
