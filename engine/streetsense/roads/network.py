"""The merged road network: every street once, walked through from junction to junction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS

#: Vertices closer than this are one node (metres). OpenStreetMap's coordinates are ten times coarser.
NODE_PRECISION = 1e-3


@dataclass(frozen=True)
class RoadNetwork:
    """Streets as chains of segments between nodes that are not of degree two (junctions and dead ends).

    Two lines meet where they share a vertex, as ways in OpenStreetMap do; a bridge that crosses a street shares none,
    and is walked across. Segments that several lines share (both directions of a street, a line that is listed twice,
    overlaps along common vertices) are kept once, with the line whose ``road_id`` sorts first. Chains have an
    orientation that depends on their coordinates alone, so nothing depends on the order or the direction in which lines
    were given.

    Attributes
    ----------
    crs : pyproj.CRS
        Projected, metres.
    vertices : ndarray of float64, shape (v, 2)
        The vertices of all chains, one chain after the other (metres in ``crs``).
    chain_start : ndarray of int64, shape (c + 1,)
        Where each chain's vertices begin; the last entry is v.
    along : ndarray of float64, shape (v,)
        Distance walked to each vertex over all chains, one after the other (metres). It stands still from the last
        vertex of a chain to the first of the next.
    segment_road : ndarray of int64, shape (v,)
        Row in ``road_id`` of the segment from each vertex to the next; -1 at the last vertex of a chain.
    segment_forward : ndarray of bool, shape (v,)
        Whether that segment was digitised in the direction of its chain.
    road_id : ndarray of object
        The roads' identifiers.
    """

    crs: CRS
    vertices: NDArray[np.float64]
    chain_start: NDArray[np.int64]
    along: NDArray[np.float64]
    segment_road: NDArray[np.int64]
    segment_forward: NDArray[np.bool_]
    road_id: NDArray[np.object_]

    @classmethod
    def merge(cls, roads: gpd.GeoDataFrame) -> RoadNetwork:
        """Merge lines into a network.

        Parameters
        ----------
        roads : GeoDataFrame
            ``road_id`` and LineStrings in a projected CRS with metres.

        Raises
        ------
        InputError
            When the CRS is missing or has no metres, or nothing in it has a length.
        """
        import shapely

        crs = _metric_crs(roads)
        roads = roads.iloc[np.argsort(roads["road_id"].to_numpy(dtype=str), kind="stable")]
        segments = _Segments.of(roads.geometry.to_numpy())
        if len(segments.first) == 0:
            raise InputError("roads: no line has a length; give a layer of lines.")
        merged = shapely.line_merge(shapely.multilinestrings(segments.pieces()))
        chains = _in_order(shapely.normalize(shapely.get_parts(merged)))
        vertices, chain = shapely.get_coordinates(chains, return_index=True)
        start = np.concatenate([[0], np.cumsum(np.bincount(chain))]).astype(np.int64)
        step = np.hypot(*np.diff(vertices, axis=0).T)
        step[start[1:-1] - 1] = 0.0
        segment, forward = segments.at(vertices)
        segment[start[1:] - 1] = -1
        return cls(
            crs=crs,
            vertices=vertices,
            chain_start=start,
            along=np.concatenate([[0.0], np.cumsum(step)]),
            segment_road=np.where(segment >= 0, segments.line[segment], -1),
            segment_forward=forward,
            road_id=roads["road_id"].to_numpy(dtype=object),
        )

    @property
    def chain_length(self) -> NDArray[np.float64]:
        """Length of each chain, shape (c,), metres in the projection."""
        length: NDArray[np.float64] = self.along[self.chain_start[1:] - 1] - self.along[self.chain_start[:-1]]
        return length

    @property
    def length(self) -> float:
        """Length of all streets, each once, in metres."""
        return float(self.along[-1])

    @property
    def road_count(self) -> int:
        """How many different roads have a part in the network."""
        return len(np.unique(self.road_id[np.unique(self.segment_road[self.segment_road >= 0])].astype(str)))


def _metric_crs(roads: gpd.GeoDataFrame) -> CRS:
    from pyproj import CRS

    if roads.crs is None:
        raise InputError("roads: their coordinate reference system is missing; assign one and try again.")
    crs = CRS.from_user_input(roads.crs)
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise InputError(f"roads: {crs.name} does not measure in metres; project them, for example to the UTM zone.")
    return crs


def _in_order(chains: NDArray[np.object_]) -> NDArray[np.object_]:
    """Sort chains by where they start and end, so that further vertices in between do not change the order."""
    import shapely

    start = shapely.get_coordinates(shapely.get_point(chains, 0))
    end = shapely.get_coordinates(shapely.get_point(chains, -1))
    return chains[np.lexsort([np.round(shapely.length(chains), 3), *end.T[::-1], *start.T[::-1]])]


@dataclass(frozen=True)
class _Segments:
    """The different straight segments of lines, in the order and direction of the lines.

    Attributes
    ----------
    nodes : ndarray of complex128, shape (n,)
        The different vertices as x + iy, in ascending order of x, then y. A complex number compares and sorts as the
        pair that it is, which no other NumPy type does.
    first, last : ndarray of int64, shape (s,)
        Nodes of each segment, in the direction in which it was digitised.
    line : ndarray of int64, shape (s,)
        The first line that has the segment.
    """

    nodes: NDArray[np.complex128]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    line: NDArray[np.int64]

    @classmethod
    def of(cls, lines: NDArray[np.object_]) -> _Segments:
        """Split LineStrings into segments and keep each once, in whichever direction it comes first."""
        import shapely

        coordinates, line = shapely.get_coordinates(lines, return_index=True)
        rounded = np.round(coordinates / NODE_PRECISION) * NODE_PRECISION + 0.0
        nodes, node = np.unique(rounded[:, 0] + 1j * rounded[:, 1], return_inverse=True)
        first, last = node[:-1].astype(np.int64), node[1:].astype(np.int64)
        real = np.flatnonzero((line[:-1] == line[1:]) & (first != last))
        _, row = np.unique(_keys(first[real], last[real], len(nodes)), return_index=True)
        kept = real[np.sort(row)]
        return cls(nodes, first[kept], last[kept], line[kept].astype(np.int64))

    def pieces(self) -> NDArray[np.object_]:
        """Return the segments as LineStrings that pass through nodes of degree two only.

        Whatever can be joined without a search is joined here, because merging costs by the line.
        """
        import shapely

        degree = np.bincount(self.first, minlength=len(self.nodes)) + np.bincount(self.last, minlength=len(self.nodes))
        begins = np.ones(len(self.first), dtype=bool)
        begins[1:] = (self.first[1:] != self.last[:-1]) | (degree[self.first[1:]] != 2)
        piece = np.cumsum(begins) - 1
        # Each piece has one node more than segments.
        place = np.arange(len(piece)) + piece
        node = np.empty(len(piece) + piece[-1] + 1, dtype=np.int64)
        node[place], node[place + 1] = self.first, self.last
        owner = np.empty_like(node)
        owner[place] = owner[place + 1] = piece
        xy = self.nodes[node]
        return np.asarray(shapely.linestrings(np.stack([xy.real, xy.imag], axis=1), indices=owner), dtype=object)

    def at(self, vertices: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Find the segment from each vertex to the next, and whether it was digitised in that direction.

        Parameters
        ----------
        vertices : ndarray of float64, shape (v, 2)
            Chains of nodes, one after the other. What is returned at the last vertex of a chain means nothing.
        """
        node = np.searchsorted(self.nodes, vertices[:, 0] + 1j * vertices[:, 1]).astype(np.int64)
        following = np.concatenate([node[1:], node[-1:]])
        keys = _keys(self.first, self.last, len(self.nodes))
        order = np.argsort(keys)
        place = np.searchsorted(keys, _keys(node, following, len(self.nodes)), sorter=order)
        segment = order[np.minimum(place, len(order) - 1)]
        return segment, self.first[segment] == node


def _keys(first: NDArray[np.int64], last: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """Return a number for each segment that does not depend on its direction."""
    return np.minimum(first, last) * nodes + np.maximum(first, last)
