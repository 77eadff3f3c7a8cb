"""The street network of the synthetic city: an irregular grid, a curved boulevard, two parks and a square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from .hashing import I64, normal, uniform

F64 = NDArray[np.float64]

#: OpenStreetMap `highway` values by rank, with half the carriageway and the width of the pavement in metres.
HIGHWAYS: Final = ("primary", "secondary", "residential", "living_street")
_HALF_ROAD: Final = np.array([7.6, 5.9, 4.4, 3.3])
_PAVEMENT: Final = np.array([4.2, 3.2, 2.4, 1.8])
_FIRST_NAMES: Final = (
    "Larch", "Heron", "Quarry", "Foundry", "Linden", "Harbour", "Cistern", "Meadow", "Tinker", "Orchard", "Gannet",
    "Mercer", "Sorrel", "Kiln", "Chapel", "Willow", "Copper", "Juniper", "Tern", "Mill", "Alder", "Weaver", "Basalt",
    "Rowan", "Plover", "Saddler", "Clover", "Lantern", "Osprey", "Thistle", "Granary", "Curlew", "Poplar", "Anchor",
    "Bracken", "Cooper",
)  # fmt: skip


@dataclass(frozen=True)
class Streets:
    """Straight street pieces between crossings or bends; one row a piece, local metres.

    Attributes
    ----------
    ax, ay, bx, by : NDArray[np.float64]
        End points.
    length, half_road, pavement : NDArray[np.float64]
        Metres.
    rank : NDArray[np.int64]
        Index into :data:`HIGHWAYS`.
    line : NDArray[np.int64]
        Which street (its name) the piece belongs to.
    crossing_a, crossing_b : NDArray[np.bool_]
        Whether three or more pieces meet at that end.
    parks, squares : BaseGeometry
        Ground without buildings.
    """

    ax: F64
    ay: F64
    bx: F64
    by: F64
    length: F64
    half_road: F64
    pavement: F64
    rank: I64
    line: I64
    crossing_a: NDArray[np.bool_]
    crossing_b: NDArray[np.bool_]
    parks: BaseGeometry
    squares: BaseGeometry

    def __len__(self) -> int:
        return len(self.ax)

    @property
    def direction(self) -> tuple[F64, F64]:
        """Unit vector from a to b."""
        return (self.bx - self.ax) / self.length, (self.by - self.ay) / self.length

    def lines(self) -> NDArray[np.object_]:
        """The centre lines as shapely LineStrings in local metres."""
        ends = np.stack([np.stack([self.ax, self.ay], -1), np.stack([self.bx, self.by], -1)], axis=1)
        return np.asarray(shapely.linestrings(ends), dtype=object)

    def names(self) -> list[str]:
        """A name for every piece; each says that it is synthetic."""
        kinds = ("Avenue", "Road", "Street", "Lane")
        count = len(_FIRST_NAMES)
        return [
            f"{_FIRST_NAMES[(int(line) * 7 + int(line) // count) % count]} {kinds[int(rank)]} (synthetic)"
            for line, rank in zip(self.line, self.rank, strict=True)
        ]


def _offsets(seed: int, extent: float) -> F64:
    """Positions of parallel streets across an extent, 76 to 132 m apart, half a block from either edge."""
    count = max(3, round(extent / 103.0))
    gaps = 76 + 56 * uniform(seed, np.arange(count)).astype(np.float64)
    gaps[0] *= 0.62
    last = 0.62 * 104.0
    positions = np.cumsum(gaps)
    result: F64 = positions * ((extent - last) / positions[-1])
    return result


def _ranks(seed: int, count: int) -> I64:
    """Rank of each parallel street: a main street every four or five, lanes between."""
    draw = uniform(seed, np.arange(count))
    rank = np.where(draw < 0.25, 3, 2)
    rank[np.arange(count) % 4 == 2] = 1
    rank[count // 2] = 0
    return rank.astype(np.int64)


def lay_streets(seed: int, size_m: tuple[float, float]) -> Streets:
    """Lay out the network.

    Parameters
    ----------
    seed
        The city's seed.
    size_m
        Width and height of the city in metres.

    Returns
    -------
    Streets
        About 30 km of street for 1600 by 1200 m.
    """
    width, height = size_m
    xs, ys = _offsets(seed * 31 + 1, width), _offsets(seed * 31 + 2, height)
    columns, rows = np.concatenate([[0.0], xs, [width]]), np.concatenate([[0.0], ys, [height]])
    gx, gy = np.meshgrid(columns, rows, indexing="ij")
    node = np.arange(gx.size).reshape(gx.shape)
    phase = 2 * np.pi * uniform(seed, 21, np.arange(4)).astype(np.float64)
    # A broad bend shared by neighbouring streets plus a small jitter of each crossing; nothing moves on the city's
    # edge.
    inside = np.sin(np.pi * gx / width) * np.sin(np.pi * gy / height)
    edge = np.sqrt(np.clip(inside, 0, 1))
    wx = 26 * np.sin(gy / 210 + phase[0]) + 15 * np.sin(gx / 170 + phase[1]) + 5 * normal(seed, 22, node)
    wy = 24 * np.sin(gx / 230 + phase[2]) + 15 * np.sin(gy / 190 + phase[3]) + 5 * normal(seed, 23, node)
    gx, gy = gx + wx * edge, gy + wy * edge

    n_x, n_y = len(xs), len(ys)
    rank_x, rank_y = _ranks(seed * 31 + 3, n_x), _ranks(seed * 31 + 4, n_y)
    starts, ends, ranks, lines, cell_of = [], [], [], [], []
    i, j = np.meshgrid(np.arange(1, n_x + 1), np.arange(n_y + 1), indexing="ij")
    starts.append(np.stack([gx[i, j], gy[i, j]], -1).reshape(-1, 2))
    ends.append(np.stack([gx[i, j + 1], gy[i, j + 1]], -1).reshape(-1, 2))
    ranks.append(rank_x[i - 1].ravel())
    lines.append((i - 1).ravel())
    cell_of.append(np.stack([i, j, np.zeros_like(i)], -1).reshape(-1, 3))
    i, j = np.meshgrid(np.arange(n_x + 1), np.arange(1, n_y + 1), indexing="ij")
    starts.append(np.stack([gx[i, j], gy[i, j]], -1).reshape(-1, 2))
    ends.append(np.stack([gx[i + 1, j], gy[i + 1, j]], -1).reshape(-1, 2))
    ranks.append(rank_y[j - 1].ravel())
    lines.append((n_x + j - 1).ravel())
    cell_of.append(np.stack([i, j, np.ones_like(i)], -1).reshape(-1, 3))
    start, end = np.concatenate(starts), np.concatenate(ends)
    rank, line, cell = np.concatenate(ranks), np.concatenate(lines), np.concatenate(cell_of)

    park_cells, square_cells = _open_cells(seed, n_x, n_y)
    keep = ~_interior(cell, park_cells)
    # A few missing links make longer blocks and T-junctions; main streets stay whole.
    keep &= ~((uniform(seed, 24, np.arange(len(rank))) < 0.07) & (rank >= 2))
    start, end, rank, line = start[keep], end[keep], rank[keep], line[keep]

    t = np.linspace(0, 1, 25)[:, None]
    a, c = np.array([0.0, height * 0.12]), np.array([width, height * 0.93])
    b = np.array([width * 0.62, height * 0.30])
    boulevard = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
    start, end = np.concatenate([start, boulevard[:-1]]), np.concatenate([end, boulevard[1:]])
    rank = np.concatenate([rank, np.zeros(24, dtype=np.int64)])
    line = np.concatenate([line, np.full(24, n_x + n_y)])

    def cells_polygon(cells: I64) -> BaseGeometry:
        quads = np.stack(
            [np.stack([gx[cells[:, 0] + di, cells[:, 1] + dj], gy[cells[:, 0] + di, cells[:, 1] + dj]], -1)
             for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))], axis=1)  # fmt: skip
        return shapely.union_all(shapely.polygons(quads))

    return _node(start, end, rank, line, cells_polygon(park_cells), cells_polygon(square_cells))


def _open_cells(seed: int, n_x: int, n_y: int) -> tuple[I64, I64]:
    """Grid cells (column, row) of the two parks and of the square."""
    u = uniform(seed, 25, np.arange(6))
    i0, j0 = 1 + int(u[0] * max(1, n_x // 3 - 1)), max(1, n_y // 2 + int(u[1] * max(1, n_y // 2 - 2)))
    first = [(i0, j0), (i0 + 1, j0), (i0, j0 + 1), (i0 + 1, j0 + 1)]
    i1, j1 = max(1, 2 * n_x // 3 + int(u[2] * max(1, n_x // 4))), 1 + int(u[3] * max(1, n_y // 4))
    second = [(i1, j1), (i1 + 1, j1)]
    square = [(n_x // 2, n_y // 2)]
    parks = np.array([cell for cell in first + second if cell[0] <= n_x and cell[1] <= n_y and cell not in square])
    return parks, np.array(square)


def _interior(edge: I64, cells: I64) -> NDArray[np.bool_]:
    """Whether both cells beside an edge belong to the same park, so that the street would cross its lawn."""
    code = cells[:, 0] * 1000 + cells[:, 1]
    one = edge[:, 0] * 1000 + edge[:, 1]
    other = np.where(edge[:, 2] == 0, one - 1000, one - 1)
    result: NDArray[np.bool_] = np.isin(one, code) & np.isin(other, code)
    return result


def _node(start: F64, end: F64, rank: I64, line: I64, parks: BaseGeometry, squares: BaseGeometry) -> Streets:
    """Split all pieces where they cross and give each part its parent's attributes."""
    parents = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))
    parts = shapely.get_parts(shapely.node(shapely.multilinestrings(parents)))
    coordinates, index = shapely.get_coordinates(parts, return_index=True)
    inner = index[1:] == index[:-1]
    a, b = coordinates[:-1][inner], coordinates[1:][inner]
    length = np.hypot(*(b - a).T)
    a, b, length = a[length > 0.5], b[length > 0.5], length[length > 0.5]
    tree = shapely.STRtree(parents)
    found, parent = tree.query_nearest(shapely.points((a + b) / 2), all_matches=False)
    parent = parent[np.argsort(found)]
    # The parts come back in the library's order; sorted by position, they do not depend on it.
    order = np.lexsort((b[:, 1], b[:, 0], a[:, 1], a[:, 0]))
    a, b, length, parent = a[order], b[order], length[order], parent[order]
    code = np.round(np.concatenate([a, b]) * 10).astype(np.int64)
    _, inverse, counts = np.unique(code, axis=0, return_inverse=True, return_counts=True)
    busy = (counts[inverse] >= 3).reshape(2, -1)
    return Streets(
        ax=a[:, 0],
        ay=a[:, 1],
        bx=b[:, 0],
        by=b[:, 1],
        length=length,
        half_road=_HALF_ROAD[rank[parent]],
        pavement=_PAVEMENT[rank[parent]],
        rank=rank[parent],
        line=line[parent],
        crossing_a=busy[0],
        crossing_b=busy[1],
        parks=parks,
        squares=squares,
    )
