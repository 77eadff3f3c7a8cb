"""Sampling 100 km of road against the obvious alternative: a Python loop over edges and points.

Both make the same thing from the same lines: each street once, walked through from junction to junction, a point every
15 m, its bearing from true north and an identifier made of its position in degrees. They are timed in one process. The
number of points of both is printed, and the largest distance from a point of one to the nearest of the other: chains
take their turn in another order, so that a remainder is carried to another one. The bare loop makes only the points: it
joins nothing, has no bearing and no identifier. Run it with ``python benchmarks/bench_sampling.py``; it prints JSON.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod, Transformer
from report import report
from shapely.geometry import LineString

from streetsense.roads import sample_points

CRS = "EPSG:32635"
SPACING = 15.0


def city(kilometres: float, seed: int = 1) -> gpd.GeoDataFrame:
    """Return a synthetic street grid with bends.

    Blocks are 80 m; each street between two crossings is digitised as three lines, in either direction, which gives
    lines of 28 m on average (29 m in the centre of Helsinki in OpenStreetMap). Every line is there twice, once for each
    direction of travel, as in OSMnx's graphs.
    """
    rng = np.random.default_rng(seed)
    block, side = 80.0, int(np.ceil(np.sqrt(kilometres * 1000 / 80.0 / 2)))
    x, y = np.meshgrid(np.arange(side + 1) * block, np.arange(side + 1) * block, indexing="ij")
    corners = np.stack([x, y], axis=-1) + rng.normal(0, 6, (side + 1, side + 1, 2)) + [385_000, 6_671_000]
    east = np.stack([corners[:-1], corners[1:]], axis=2).reshape(-1, 2, 2)
    north = np.stack([corners[:, :-1], corners[:, 1:]], axis=2).reshape(-1, 2, 2)
    ends = rng.permutation(np.concatenate([east, north]))
    share = np.linspace(0, 1, 7)[None, :, None]
    street = ends[:, :1] * (1 - share) + ends[:, 1:] * share
    street[:, 1:-1] += rng.normal(0, 1.5, street[:, 1:-1].shape)
    length = np.hypot(*np.diff(street, axis=1).transpose(2, 0, 1)).sum(axis=1)
    street = street[: int(np.searchsorted(np.cumsum(length), kilometres * 1000)) + 1]
    lines = np.concatenate([street[:, 0:3], street[:, 2:5], street[:, 4:7]])
    turned = rng.random(len(lines)) < 0.5
    lines[turned] = lines[turned, ::-1]
    geometry = shapely.linestrings(np.concatenate([lines, lines[:, ::-1]]))
    ids = [f"r{number}" for number in range(len(lines))]
    return gpd.GeoDataFrame({"road_id": ids + ids}, geometry=geometry, crs=CRS)


def loop(roads: gpd.GeoDataFrame, spacing: float) -> gpd.GeoDataFrame:
    """Do it edge by edge and point by point."""
    degrees, geod = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True), Geod(ellps="WGS84")
    rows, walked, placed = [], 0.0, 0
    for road_id, line in joined(roads):
        walked += line.length
        count = int(walked / spacing + 0.5) - placed
        placed += count
        first = (line.length - (count - 1) * spacing) / 2
        for number in range(count):
            distance = first + number * spacing
            point = line.interpolate(distance)
            before, after = line.interpolate(distance - 0.5), line.interpolate(distance + 0.5)
            bearing = geod.inv(*degrees.transform(before.x, before.y), *degrees.transform(after.x, after.y))[0] % 360
            lon, lat = degrees.transform(point.x, point.y)
            rows.append((f"{round((lon + 180) * 1e6):08x}{round((lat + 90) * 1e6):08x}", road_id, bearing, point))
    columns = ["point_id", "road_id", "road_bearing_deg", "geometry"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry="geometry", crs=CRS)


def joined(roads: gpd.GeoDataFrame) -> list[tuple[str, LineString]]:
    """Join lines that meet at nodes where nothing else meets, each street once."""
    edges = list(once(roads))
    degree: Counter[tuple[float, float]] = Counter()
    at = defaultdict(list)
    for number, (_, coordinates) in enumerate(edges):
        for node in (coordinates[0], coordinates[-1]):
            degree[node] += 1
            at[node].append(number)
    used, chains = set(), []
    starts = [node for node in at if degree[node] != 2]
    for start in starts:
        for number in at[start]:
            if number in used:
                continue
            road_id, path, node = edges[number][0], [start], start
            while True:
                used.add(number)
                coordinates = edges[number][1]
                path.extend(coordinates[1:] if coordinates[0] == node else coordinates[-2::-1])
                node = path[-1]
                if degree[node] != 2:
                    break
                number = next(other for other in at[node] if other != number)
            chains.append((road_id, LineString(path)))
    return chains


def once(roads: gpd.GeoDataFrame) -> list[tuple[str, tuple[tuple[float, float], ...]]]:
    """Return the coordinates of each street once."""
    seen, kept = set(), []
    for road_id, line in zip(roads["road_id"], roads.geometry, strict=True):
        coordinates = tuple(line.coords)
        key = min(coordinates, coordinates[::-1])
        if key not in seen:
            seen.add(key)
            kept.append((road_id, coordinates))
    return kept


def bare_loop(roads: gpd.GeoDataFrame, spacing: float) -> list[shapely.Point]:
    """Make only the points, edge by edge."""
    points: list[shapely.Point] = []
    for _, coordinates in once(roads):
        line = LineString(coordinates)
        points.extend(line.interpolate(distance) for distance in np.arange(spacing / 2, line.length, spacing))
    return points


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return statistics.median(seconds)


def largest_distance(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> float:
    """Return how far the two sets of points lie from each other at most, in metres."""
    there = shapely.STRtree(b.geometry.to_numpy()).query_nearest(a.geometry.to_numpy(), return_distance=True)[1].max()
    back = shapely.STRtree(a.geometry.to_numpy()).query_nearest(b.geometry.to_numpy(), return_distance=True)[1].max()
    return float(max(there, back))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilometres", type=float, default=100.0)
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    roads = city(options.kilometres)
    ours, theirs = sample_points(roads, SPACING), loop(roads, SPACING)
    vectorised = median_seconds(lambda: sample_points(roads, SPACING), options.repeats)
    looped = median_seconds(lambda: loop(roads, SPACING), options.repeats)
    bare = median_seconds(lambda: bare_loop(roads, SPACING), options.repeats)
    result = {
        "edges": len(roads) // 2,
        "kilometres": round(float(roads.length.sum()) / 2000, 2),
        "points": len(ours),
        "points_of_loop": len(theirs),
        "largest_distance_m": round(largest_distance(ours, theirs), 4),
        "seconds": round(vectorised, 4),
        "seconds_of_loop": round(looped, 4),
        "seconds_of_bare_loop": round(bare, 4),
        "ratio": round(looped / vectorised, 1),
        "ratio_to_bare_loop": round(bare / vectorised, 1),
        "goal": 20,
    }
    report("sampling", result, ["shapely", "pyproj", "geopandas"])


if __name__ == "__main__":
    main()
