"""Lots and buildings of the synthetic city: what stays at a place whatever the date.

Blocks are what the streets leave over. Their edges are cut into lots, each lot gets a building, and each building's
look is drawn from a hash of its own key around what its neighbourhood's wealth and centrality suggest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from .hashing import F32, I64, normal, uniform
from .latent import LatentFields
from .palettes import BRICK, CONCRETE, DOORS, GLASS, PLASTER, ROOFS, SIGNS, STONE, WALLS, WOOD
from .streets import Streets

I32 = NDArray[np.int32]
TOWER, APARTMENT, TERRACE, DETACHED = range(4)
FLAT_ROOF, EAVES_ROOF, GABLE_ROOF = range(3)


@dataclass(frozen=True)
class Lots:
    """One row a building. Lengths in metres, colours linear RGB ``[3, n]``.

    Attributes
    ----------
    ax, ay, ux, uy, length
        Start, direction and length of the front; the outside is on the right of the direction.
    ix0, iy0, ix1, iy1
        Unit vectors that lead from the two ends of the front into the lot.
    setback, gap0, gap1, depth
        Front yard, free width beside the house at either end, depth of the building.
    kind, material, roof
        Archetype, index into ``MATERIALS``, roof form.
    eaves, roof_height, ground_height, floor_height
        Heights.
    bay, window_width, window_height, sill, balcony
        The window grid; ``window_width`` as a share of the bay; ``balcony`` 0 or 1.
    shop, garden, upkeep, graffiti
        0 to 1.
    key
        Hash key of the building; corner buildings share it between their two fronts.
    wall, trim, door, roof_colour, sign
        Colours.
    joint_u, joint_z, joint_contrast
        Pattern of the material.
    """

    ax: F32
    ay: F32
    ux: F32
    uy: F32
    length: F32
    ix0: F32
    iy0: F32
    ix1: F32
    iy1: F32
    setback: F32
    gap0: F32
    gap1: F32
    depth: F32
    kind: I32
    material: I32
    roof: I32
    eaves: F32
    roof_height: F32
    ground_height: F32
    floor_height: F32
    bay: F32
    window_width: F32
    window_height: F32
    sill: F32
    balcony: F32
    shop: F32
    garden: F32
    upkeep: F32
    graffiti: F32
    key: I32
    wall: F32
    trim: F32
    door: F32
    roof_colour: F32
    sign: F32
    joint_u: F32
    joint_z: F32
    joint_contrast: F32


def _block_edges(streets: Streets, size_m: tuple[float, float]) -> dict[str, NDArray[np.float64]]:
    """Edges of the built-up blocks, counter-clockwise, with the directions of the edges before and after."""
    lines = streets.lines()
    public = shapely.union_all(shapely.buffer(lines, streets.half_road + streets.pavement, quad_segs=2))
    blocks = shapely.get_parts(shapely.difference(shapely.box(0, 0, *size_m), public))
    blocks = shapely.simplify(blocks, 0.6)
    centre = shapely.point_on_surface(blocks)
    built = (shapely.area(blocks) > 260) & ~shapely.contains(
        shapely.union_all([streets.parks, streets.squares]), centre
    )
    rings = shapely.get_exterior_ring(shapely.orient_polygons(blocks[built]))
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    count = np.bincount(ring)
    first = np.repeat(np.cumsum(count) - count, count)
    # The last coordinate of a ring repeats its first, so a ring of m coordinates has m - 1 edges.
    position = np.arange(len(ring)) - first
    is_edge = position < count[ring] - 1
    edges = count[ring] - 1
    following = first + (position + 1) % edges
    previous = first + (position - 1) % edges
    step = np.roll(coordinates, -1, axis=0) - coordinates
    length = np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-6)
    direction = step / length[:, None]
    pick = np.flatnonzero(is_edge)
    # No building may reach through a narrow block: area over perimeter is half the width of a long one.
    room = 0.92 * shapely.area(blocks[built]) / shapely.length(rings)
    return {
        "room": room[ring[pick]],
        "a": coordinates[pick],
        "direction": direction[pick],
        "length": length[pick],
        "before": direction[previous[pick]],
        "after": direction[following[pick]],
        "ring": ring[pick],
        "order": position[pick],
        "edges": edges[pick],
    }


def _inward(direction: NDArray[np.float64], neighbour: NDArray[np.float64], sign: float) -> NDArray[np.float64]:
    """Which way a side wall runs at a corner: along the next front at a convex corner, else square to its own."""
    turn = sign * (direction[:, 0] * neighbour[:, 1] - direction[:, 1] * neighbour[:, 0])
    square = np.stack([-direction[:, 1], direction[:, 0]], axis=-1)
    return np.where((turn > 0.5)[:, None], sign * neighbour, square)


def build_lots(seed: int, size_m: tuple[float, float], streets: Streets, latent: LatentFields) -> Lots:
    """Cut the blocks into lots and give every lot its building.

    Parameters
    ----------
    seed
        The city's seed.
    size_m
        Width and height of the city in metres.
    streets
        The network.
    latent
        The fields that ambience follows.

    Returns
    -------
    Lots
        About five thousand buildings for 1600 by 1200 m.
    """
    edge = _block_edges(streets, size_m)
    edge_id = np.arange(len(edge["length"]))
    middle = edge["a"] + edge["direction"] * edge["length"][:, None] / 2
    wealth, centrality = latent.wealth_and_centrality(middle[:, 0], middle[:, 1])
    block_mood = 0.07 * normal(seed, 31, edge["ring"].astype(np.int64))
    kind_edge = _archetype(centrality + block_mood + 0.05 * normal(seed, 32, edge_id), wealth + block_mood)
    target = np.array([19.0, 14.0, 7.2, 15.5])[kind_edge] * (0.85 + 0.4 * uniform(seed, 33, edge_id))
    usable = edge["length"] > 1.5
    count = np.where(usable, np.maximum(1, np.round(edge["length"] / target)), 0).astype(np.int64)

    of = np.repeat(edge_id, count)
    within = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    first, last = within == 0, within == count[of] - 1
    # Lots of one edge differ in width: shift the inner cuts by up to a fifth.
    cut = 0.2 * (uniform(seed, 34, of, within) - 0.5) * 2
    next_cut = 0.2 * (uniform(seed, 34, of, within + 1) - 0.5) * 2
    width = (edge["length"] / np.maximum(count, 1))[of]
    u0 = width * (within + np.where(first, 0, cut))
    u1 = width * (within + 1 + np.where(last, 0, next_cut))
    direction = edge["direction"][of]
    start = edge["a"][of] + direction * u0[:, None]
    before = _inward(edge["direction"], edge["before"], -1.0)[of]
    after = _inward(edge["direction"], edge["after"], 1.0)[of]
    square = np.stack([-direction[:, 1], direction[:, 0]], axis=-1)
    into0, into1 = np.where(first[:, None], before, square), np.where(last[:, None], after, square)

    # A corner building shows the same face to both streets: the first lot of an edge borrows the key of the edge
    # before.
    ring_start = edge_id - edge["order"].astype(np.int64)
    previous_edge = ring_start + (edge["order"].astype(np.int64) - 1) % edge["edges"].astype(np.int64)
    key_edge = np.where(first, previous_edge[of], of)
    key = key_edge * 64 + np.where(first, 63, np.where(last, 63, within % 63))

    centre = start + direction * ((u1 - u0) / 2)[:, None]
    wealth, centrality = latent.wealth_and_centrality(centre[:, 0], centre[:, 1])
    kind = kind_edge[of]
    lone = kind == DETACHED
    # In a street of houses the last lot of an edge is the corner garden; its house would stand inside the neighbour's.
    keep = ~(lone & last & (count[of] > 1)) & (u1 - u0 > 1.0)
    frame = {
        "ax": start[:, 0], "ay": start[:, 1], "ux": direction[:, 0], "uy": direction[:, 1], "length": u1 - u0,
        "ix0": into0[:, 0], "iy0": into0[:, 1], "ix1": into1[:, 0], "iy1": into1[:, 1],
    }  # fmt: skip
    geometry = {name: value[keep].astype(np.float32) for name, value in frame.items()}
    look = _look(seed, kind[keep], key[keep], wealth[keep], centrality[keep], first[keep])
    look["depth"] = np.minimum(look["depth"], edge["room"][of][keep]).astype(np.float32)
    return Lots(**geometry, **look)  # type: ignore[arg-type]  # names and types are those of the fields


def _archetype(centrality: F32, wealth: F32) -> I64:
    """Towers in the centre, apartments around it, then terraces for the poor and houses for the rich."""
    rich_edge = wealth > 0.5
    result: I64 = np.select(
        [centrality > 0.86, centrality > 0.42, rich_edge], [TOWER, APARTMENT, DETACHED], default=TERRACE
    ).astype(np.int64)
    return result


def _look(
    seed: int, kind: I64, key: I64, wealth: F32, centrality: F32, first: NDArray[np.bool_]
) -> dict[str, NDArray[np.float32] | I32]:
    """Draw everything about a building that its neighbourhood suggests and its own hash decides."""

    def u(salt: int) -> F32:
        return uniform(seed, salt, key)

    taste = np.clip(wealth + 0.13 * normal(seed, 41, key), 0, 1)
    upkeep = np.clip(wealth + 0.16 * normal(seed, 42, key), 0.02, 0.98)
    lone = kind == DETACHED
    storeys = np.choose(
        kind,
        [
            6 + np.floor(7 * np.clip(centrality - 0.8, 0, 0.2) * 5 * u(43) + 2 * u(44)),
            3 + np.floor(3.4 * np.clip(centrality - 0.35, 0, 1) + 1.6 * u(43)),
            2 + np.floor(1.35 * u(43)),
            1 + np.floor(0.6 + u(43)),
        ],
    )
    # Chances of brick, plaster, concrete, stone, glass, wood by archetype; wealth moves them.
    chance = np.zeros((6, len(kind)))
    chance[BRICK] = np.choose(kind, [0.6, 1.0, 2.0, 0.9]) * (1.25 - 0.5 * taste)
    chance[PLASTER] = np.choose(kind, [0.2, 1.6, 1.0, 1.2]) * (0.35 + taste)
    chance[CONCRETE] = np.choose(kind, [1.2, 1.1, 0.5, 0.0]) * (1.25 - 1.2 * taste).clip(0.05)
    chance[STONE] = np.choose(kind, [1.1, 0.7, 0.1, 0.3]) * (0.1 + 1.3 * taste)
    chance[GLASS] = np.choose(kind, [2.0, 0.08, 0.0, 0.0]) * (0.2 + 1.2 * taste)
    chance[WOOD] = np.choose(kind, [0.0, 0.0, 0.35, 1.3])
    material = (np.cumsum(chance / chance.sum(axis=0), axis=0) < u(45)).sum(axis=0).clip(0, 5)
    step = np.clip(np.round(7 * taste + 1.4 * (u(46) - 0.5) * 2), 0, 7).astype(np.int64)
    tint = 1 + 0.16 * (uniform(seed, 47, key, np.arange(3)[:, None]) - 0.5)
    wall = WALLS[material, step].T * tint * (0.72 + 0.28 * upkeep)
    glassy = material == GLASS
    sloped, lean = np.choose(kind, [0.0, 0.45, 0.85, 1.0]) > u(48), u(69) < np.where(lone, 0.5, 0.0)
    roof = np.where(sloped, np.where(lean, GABLE_ROOF, EAVES_ROOF), FLAT_ROOF)
    roof = np.where((kind == APARTMENT) & (material == CONCRETE), FLAT_ROOF, roof)
    floor_height = np.choose(kind, [3.5, 3.1, 2.85, 2.8]) + 0.35 * u(49) + np.where(taste > 0.6, 0.2, 0.0)
    shop = np.choose(kind, [0.85, np.clip(1.5 * centrality - 0.35, 0, 0.9), 0.1, 0.0]) > u(50)
    ground = np.where(shop, 4.1, floor_height) + 0.3 * u(51)
    roof_height = np.where(roof == FLAT_ROOF, 0.0, np.where(roof == GABLE_ROOF, 2.6, 1.7) + 1.1 * u(52))
    setback = np.where(lone, 3.2 + 3.0 * u(53), np.where((kind == TERRACE) & (taste > 0.4), 1.6, 0.0))
    side = np.where(lone, 1.2 + 1.6 * u(54), 0.0)
    joint_u = np.choose(material, [0.25, 99.0, 2.7, 0.95, 1.5, 99.0])
    joint_z = np.choose(material, [0.083, 99.0, floor_height, 0.48, floor_height, 0.19])
    contrast = np.choose(material, [0.30, 0.0, 0.28, 0.17, 0.35, 0.24])
    hue = (u(55) * 8).astype(np.int64) % 8
    rank = np.clip(np.round(7 * taste + 3 * (u(56) - 0.5)), 0, 7).astype(np.int64)
    trim = np.where(u(57) < 0.72, 0.75 + 0.15 * u(58), 0.12 + 0.2 * u(58)) * (0.6 + 0.4 * upkeep)
    values: dict[str, NDArray[np.generic]] = {
        "setback": setback,
        "gap0": np.where(lone & first, setback, side),
        "gap1": side,
        "depth": np.choose(kind, [16.0, 12.0, 9.0, 9.5]) + 2 * u(59),
        "eaves": ground + (storeys - 1) * floor_height + np.where(roof == FLAT_ROOF, 0.8, 0.35),
        "roof_height": roof_height,
        "ground_height": ground,
        "floor_height": floor_height,
        "bay": np.choose(kind, [2.7, 2.6, 2.4, 2.9]) + 0.9 * u(60),
        "window_width": np.where(glassy, 0.93, 0.34 + 0.28 * u(61)),
        "window_height": np.where(glassy, 0.8, 0.44 + 0.16 * u(62)),
        "sill": np.where(glassy, 0.1, 0.24 + 0.06 * u(63)),
        "balcony": (kind == APARTMENT) & (u(64) < 0.45),
        "shop": shop,
        "garden": (taste * 0.9 + 0.25 * u(65) > 0.5),
        "upkeep": upkeep,
        "graffiti": (1 - upkeep) ** 1.6 * (0.5 + 0.7 * u(66)) * np.where(lone, 0.3, 1.0),
        "wall": wall,
        "trim": np.stack([trim, trim * 0.98, trim * 0.93]),
        "door": DOORS[rank].T * np.ones(3)[:, None],
        "roof_colour": np.where(roof == FLAT_ROOF, 0.12, ROOFS[np.clip(rank, 1, 7)].T) * (0.8 + 0.4 * u(67)),
        "sign": SIGNS[hue].T * np.where(taste > 0.65, 0.45, 1.0),
        "joint_u": joint_u,
        "joint_z": joint_z,
        "joint_contrast": contrast,
    }
    look: dict[str, NDArray[np.float32] | I32] = {name: value.astype(np.float32) for name, value in values.items()}
    for name, integer in (("kind", kind), ("material", material), ("roof", roof), ("key", key)):
        look[name] = integer.astype(np.int32)
    return look
