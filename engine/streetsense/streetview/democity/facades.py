"""Facades of the synthetic city.

Every pixel of wall gets its material, window, door, shop, roof or graffiti from the building's own hash.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blend import blend, put
from .city import DemoCity
from .classes import BUILDING, CLUTTER, DECAY, VEGETATION
from .ground import stripe
from .hashing import F32, I64, cell_random
from .lots import I32
from .moment import Moment
from .palettes import GLASS
from .shadow import sun_share
from .walls import BACK, FENCE, FRONT, HEDGE, SIDE, gable_height

BoolMask = NDArray[np.bool_]
Floats = NDArray[np.floating]
_Z = np.float32(0)


@dataclass(frozen=True)
class WallPixels:
    """Pixels of wall; one entry a pixel.

    Attributes
    ----------
    wall
        Row in :class:`~.walls.Walls`.
    u, z
        Metres along the wall and above the ground.
    distance
        Horizontal metres from the camera.
    cosine
        Cosine of the horizontal angle between the view and the wall's normal, 0 to 1.
    x, y
        Local metres.
    pixel
        Angle of a pixel in radians.
    """

    wall: I64
    u: F32
    z: F32
    distance: F32
    cosine: F32
    x: F32
    y: F32
    pixel: float


def paint_walls(city: DemoCity, moment: Moment, pixels: WallPixels) -> tuple[F32, NDArray[np.uint8]]:
    """Colour pixels of wall.

    Parameters
    ----------
    city
        Buildings and walls.
    moment
        Light, season and weather.
    pixels
        Which wall and where on it.

    Returns
    -------
    colour : NDArray[np.float32]
        Linear RGB ``[3, n]``.
    classes : NDArray[np.uint8]
        Numbers into ``CLASSES``.
    """
    walls, wall = city.walls, pixels.wall
    lot, kind, height = walls.lot[wall], walls.kind[wall], walls.height[wall]
    fz = pixels.distance * np.float32(pixels.pixel) + np.float32(0.002)
    fu: F32 = (fz / np.maximum(pixels.cosine, np.float32(0.06))).astype(np.float32, copy=False)
    colour, classes = _masonry(city, lot, pixels, fu, fz)

    masonry_top = gable_height(walls, wall, pixels.u)
    windows = np.flatnonzero((kind <= SIDE) & (pixels.z < masonry_top))
    _openings(city, moment, pixels, windows, lot, kind, fu, fz, colour, classes)
    _trim(city, pixels, lot, kind, height, fz, colour)
    light = _light(city, moment, pixels, height)
    _roofs(city, moment, pixels, lot, kind, masonry_top, fz, colour, classes)
    _garden_edges(city, moment, pixels, lot, kind, colour, classes)
    lamp = _lamplight(moment, pixels)
    result = colour * light if lamp is None else colour * (light + lamp)
    return result.astype(np.float32), classes


def _roofs(
    city: DemoCity, moment: Moment, pixels: WallPixels, lot: I64, kind: I32, masonry_top: F32, fz: F32,
    colour: F32, classes: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Tiles above the eaves and beside the gables, chimneys above the ridge."""
    lots, walls = city.lots, city.walls
    roof = np.flatnonzero((pixels.z >= masonry_top) & (kind <= SIDE))
    if not roof.size:
        return
    owner, wall, u = lot[roof], pixels.wall[roof], pixels.u[roof]
    rise = pixels.z[roof] - masonry_top[roof]
    row = np.floor(rise * np.float32(7)).astype(np.int32)
    tile = cell_random(21, row, np.floor(u * np.float32(3)).astype(np.int32), lots.key[owner])
    course = rise * 7 - np.floor(rise * 7)
    strength = np.clip(np.float32(1.4) - fz[roof] * 8, 0, 1)
    tone = 1 + ((tile - np.float32(0.5)) * np.float32(0.4) - np.float32(0.18) * (course < 0.25)) * strength
    tiles = lots.roof_colour.take(owner, axis=1) * tone
    if moment.snow > 0:
        tiles = tiles + (np.float32(0.8) - tiles) * np.float32(moment.snow)
    chimney = walls.chimney[wall]
    stack = np.abs(u - walls.length[wall] * (np.float32(0.2) + np.float32(0.6) * chimney)) < 0.42
    stack &= (chimney > 0.35) & (walls.band[wall] > 0) & (rise > walls.band[wall] * np.float32(0.35))
    put(colour, roof, np.where(stack, lots.wall.take(owner, axis=1) * np.float32(0.75), tiles))
    classes[roof] = BUILDING


def _masonry(city: DemoCity, lot: I64, pixels: WallPixels, fu: F32, fz: F32) -> tuple[F32, NDArray[np.uint8]]:
    """Bare wall: colour, joints, unit-to-unit tint, weather stains and graffiti."""
    lots = city.lots
    upkeep = lots.upkeep[lot]
    neglect = 1 - upkeep
    ju, jz, contrast = lots.joint_u[lot], lots.joint_z[lot], lots.joint_contrast[lot]
    row = np.floor(pixels.z / jz)
    stagger = (row.astype(np.int32) & 1) * ju * np.float32(0.5)
    column = np.floor((pixels.u + stagger) / ju)
    in_u, in_z = pixels.u + stagger - column * ju, pixels.z - row * jz
    # A joint is a tenth of its unit; beyond what the pixels can resolve only its mean darkness is left.
    wide_u, wide_z = ju * np.float32(0.05), jz * np.float32(0.07)
    joint_u = np.clip(np.float32(0.5) + (wide_u - np.minimum(in_u, ju - in_u)) / fu, 0, np.minimum(1, 2 * wide_u / fu))
    joint_z = np.clip(np.float32(0.5) + (wide_z - np.minimum(in_z, jz - in_z)) / fz, 0, np.minimum(1, 2 * wide_z / fz))
    joint = np.maximum(joint_u, joint_z) * np.clip(2 - fz / jz * 2, np.float32(0.15), 1)
    unit = cell_random(11, row.astype(np.int32), column.astype(np.int32), lots.key[lot])
    resolved = np.clip(np.float32(1.5) - fu / ju * 2, 0, 1)
    tone = 1 - contrast * joint + (unit - np.float32(0.5)) * contrast * np.float32(0.9) * resolved
    shift = (lots.key[lot] & 255).astype(np.float32) * np.float32(17)
    grain = city.fine_noise.sample(pixels.u * 20 + shift, pixels.z * 20, fu * 20)
    streak = city.smooth_noise.sample(pixels.u * 26 + shift, pixels.z * 3.2 + shift, fu * 14)
    blotch = city.smooth_noise.sample(pixels.u * 7 + shift, pixels.z * 7, fu * 7)
    tone = tone + (grain - np.float32(0.5)) * np.float32(0.18) + (blotch - np.float32(0.5)) * np.float32(0.16)
    stain = np.clip((streak - np.float32(0.78) + np.float32(0.52) * neglect) * np.float32(2.6), 0, 1) * neglect
    tone = tone * (1 - np.float32(0.62) * stain)
    splash = np.clip(1 - pixels.z * np.float32(1.1), 0, 1) * (np.float32(0.15) + np.float32(0.3) * neglect)
    colour = lots.wall.take(lot, axis=1) * (tone * (1 - splash))
    classes = np.full(lot.shape, BUILDING, dtype=np.uint8)
    classes[stain > 0.34] = DECAY

    low = np.flatnonzero((pixels.z < 2.3) & (lots.graffiti[lot] > 0.12))
    if low.size:
        owner = lot[low]
        tag = np.floor(pixels.u[low] * np.float32(1 / 2.6)).astype(np.int32)
        taken = cell_random(12, tag, lots.key[owner]) < lots.graffiti[owner] * np.float32(0.8)
        ink = city.smooth_noise.sample(pixels.u[low] * 55 + shift[low], pixels.z[low] * 40 + tag * 31, fu[low] * 55)
        middle = np.clip(np.float32(1.5) - np.abs(pixels.z[low] - np.float32(1.25)) * np.float32(1.5), 0, 1)
        cover = np.clip((ink + middle * np.float32(0.22) - np.float32(0.66)) * 14, 0, 1) * taken
        hue = cell_random(13, tag, lots.key[owner]) * np.float32(6.2832)
        paint = np.float32(0.20) + np.float32(0.16) * np.stack([np.cos(hue), np.cos(hue - 2.1), np.cos(hue + 2.1)])
        blend(colour, low, paint, cover)
        classes[low[cover > 0.5]] = CLUTTER
    return colour, classes


def _openings(
    city: DemoCity, moment: Moment, pixels: WallPixels, at: NDArray[np.intp], lot: I64, kind: I32, fu: F32, fz: F32,
    colour: F32, classes: NDArray[np.uint8],
) -> None:  # fmt: skip
    """Windows, doors, shop fronts, balconies and awnings, painted over the masonry in place."""
    lots, walls = city.lots, city.walls
    owner, side = lot[at], kind[at]
    u, z, wide, tall = pixels.u[at], pixels.z[at], fu[at], fz[at]
    length, key = walls.length[pixels.wall[at]], lots.key[owner]
    bays = np.maximum(np.floor((length - np.float32(0.6)) / lots.bay[owner]), 1)
    bay = length / bays
    column_f = np.floor(u / bay)
    column = column_f.astype(np.int32)
    x = u - (column_f + np.float32(0.5)) * bay
    ground, floor = lots.ground_height[owner], lots.floor_height[owner]
    upper = z >= ground
    storey_f = np.where(upper, np.floor((z - ground) / floor) + 1, _Z)
    storey = storey_f.astype(np.int32)
    base = np.where(upper, ground + (storey_f - 1) * floor, _Z)
    room = np.where(upper, floor, ground)
    y = z - base
    front = side == FRONT
    shop = (lots.shop[owner] > 0) & front & ~upper
    random = cell_random(31, storey, column, key)
    # Side walls have few windows, back walls most of them.
    there = np.where(front, True, np.where(side == BACK, random < 0.85, random < 0.22)) & (
        base + room <= walls.height[pixels.wall[at]] + 0.3
    )

    half_w = bay * lots.window_width[owner] * np.float32(0.5)
    sill, tall_w = room * lots.sill[owner], np.minimum(room * lots.window_height[owner], np.float32(2.4))
    middle = sill + tall_w * np.float32(0.5)
    half_h = tall_w * np.float32(0.5)
    inset_x, inset_y = half_w - np.abs(x), half_h - np.abs(y - middle)
    # Where a pixel spans most of a bay the pattern gives way to its mean, so that far facades stay calm.
    coarse = np.clip(wide / bay * np.float32(2.2) - np.float32(0.6), 0, 1)
    cover_x = np.clip(np.float32(0.5) + inset_x / wide, 0, 1) * (1 - coarse) + lots.window_width[owner] * coarse
    cover = cover_x * np.clip(np.float32(0.5) + inset_y / tall, 0, 1)
    door_column = (cell_random(32, key) * bays).astype(np.int32)
    door = front & ~upper & ~shop & (column == door_column)
    cover = cover * (there & ~shop & ~door)

    masonry = there & ~shop & ~door & (lots.material[owner] != GLASS)
    patch = colour.take(at, axis=1)
    around = np.clip(np.float32(0.5) + (np.minimum(inset_x, inset_y) + np.float32(0.13)) / wide, 0, 1)
    around *= masonry * np.clip(np.float32(1.2) - wide * 4, 0, 1) * np.float32(0.45)
    lintel = stripe(y - sill + np.float32(0.07), 0.07, tall) * np.clip(
        np.float32(0.5) + (inset_x + np.float32(0.12)) / wide, 0, 1
    )
    surround = np.maximum(around, lintel * masonry * np.float32(0.75))
    local = np.flatnonzero(surround > 0.01)
    blend(patch, local, lots.trim.take(owner[local], axis=1) * np.float32(0.85), surround[local])

    local = np.flatnonzero(cover > 0.01)
    who, dice, other = owner[local], random[local], cell_random(33, storey[local], column[local], key[local])
    inner = np.minimum(inset_x, inset_y)[local]
    fine = wide[local]
    frame_m = np.where(lots.material[who] == GLASS, np.float32(0.05), np.float32(0.075))
    frame = 1 - np.clip(np.float32(0.5) + (inner - frame_m) / fine, 0, 1)
    rise = (y - middle)[local]
    half_local = half_h[local]
    mullion = stripe(x[local], 0.03, fine) + stripe(rise - half_local * np.float32(0.3), 0.03, tall[local])
    frame = np.clip(np.maximum(frame, mullion), 0, 1) * np.clip(np.float32(1.3) - fine * 6, 0, 1)
    glass = _glass(moment, dice, other, *_unit(rise, x[local], half_local, half_w[local]), lots.upkeep[who])
    boarded = cell_random(34, storey[local], column[local], key[local]) < (1 - lots.upkeep[who]) ** 3 * np.float32(0.2)
    planks = np.array([[0.19], [0.13], [0.075]], dtype=np.float32) * (np.float32(0.7) + np.float32(0.6) * dice)
    pane = np.where(boarded, planks, glass)
    pane += (lots.trim.take(who, axis=1) - pane) * (frame * ~boarded)
    pane *= 1 - np.clip(1 - (half_local - rise) * np.float32(3.0), 0, 1) * np.float32(0.45)
    blend(patch, local, pane, cover[local])
    decayed = local[boarded & (cover[local] > 0.5)]

    local = np.flatnonzero(lots.balcony[owner] * front * (storey >= 1) * (cell_random(35, column, key) < 0.45) > 0)
    if local.size:
        bar_phase = x[local] * 8
        bars = np.clip(
            np.float32(0.5)
            + (np.float32(0.02) - np.abs(bar_phase - np.floor(bar_phase + np.float32(0.5))) / 8) / wide[local],
            0,
            1,
        )
        bars = np.where(wide[local] > 0.06, np.float32(0.38), bars)
        in_rail = (y[local] < 1.02) & (np.abs(x[local]) < bay[local] * 0.44)
        rail = np.maximum(bars, stripe(y[local] - np.float32(1.0), 0.035, tall[local])) * in_rail
        slab = stripe(y[local] - np.float32(0.03), 0.11, tall[local]) * (np.abs(x[local]) < bay[local] * 0.47)
        blend(patch, local, np.float32(0.05), rail * np.float32(0.85))
        blend(patch, local, lots.trim.take(owner[local], axis=1) * np.float32(0.7), slab)

    local = np.flatnonzero(door)
    if local.size:
        _doors(city, owner[local], x[local], y[local], wide[local], tall[local], patch, local)
    local = np.flatnonzero(shop)
    if local.size:
        _shops(
            city,
            moment,
            owner[local],
            u[local],
            z[local],
            length[local],
            ground[local],
            wide[local],
            tall[local],
            patch,
            local,
        )
    put(colour, at, patch)
    spot = classes[at]
    spot[(cover > 0.5) | shop] = BUILDING
    spot[decayed] = DECAY
    classes[at] = spot


def _glass(moment: Moment, random: F32, other: F32, y: F32, x: F32, upkeep: F32) -> F32:
    """Panes: a dark room, the sky's reflection, curtains in some, lamps in some when it is dark.

    The colours are divided by the light that the whole wall will get.
    """
    sky = (moment.zenith * np.float32(0.45) + moment.horizon * np.float32(0.55)) / np.maximum(
        moment.skylight, np.float32(0.05)
    )
    mirror = np.clip(
        np.float32(0.22) + np.float32(0.25) * random + np.float32(0.16) * y + np.float32(0.08) * x, 0.04, 0.7
    )
    mirror = mirror * (np.float32(0.55) + np.float32(0.45) * upkeep)
    pane = np.float32(0.022) + sky[:, None] * (mirror * np.float32(0.5))
    curtain = (other < 0.34) & (np.abs(x) > np.float32(0.95) - other * np.float32(1.7))
    cloth = np.array([[0.50], [0.47], [0.42]], dtype=np.float32) * (np.float32(0.55) + np.float32(0.5) * random)
    pane = np.where(curtain, cloth * np.float32(0.75) + pane * np.float32(0.3), pane)
    dim = np.clip(np.float32(moment.night) * 1.4 + np.float32(0.12) * (moment.skylight.max() < 0.45), 0, 1)
    if dim > 0.05:
        lit = (cell_random(36, (random * 4096).astype(np.int32)) < np.float32(0.42)) * dim
        glow = (
            np.array([[1.0], [0.72], [0.36]], dtype=np.float32)
            * np.float32(0.7)
            / np.maximum(moment.skylight, np.float32(0.05))[:, None]
        )
        pane = pane + (glow * (np.float32(0.6) + np.float32(0.4) * other) - pane) * lit
    result: F32 = pane.astype(np.float32)
    return result


def _unit(y: Floats, x: Floats, half_height: Floats, half_width: Floats) -> tuple[F32, F32]:
    """Position in a window, -1 to 1 both ways."""
    return (y / half_height).astype(np.float32, copy=False), (x / half_width).astype(np.float32, copy=False)


def _doors(city: DemoCity, owner: I64, x: F32, y: F32, wide: F32, tall: F32, patch: F32, at: NDArray[np.intp]) -> None:
    """House doors with frame, panels and a fanlight."""
    lots = city.lots
    leaf = np.clip(np.float32(0.5) + (np.float32(0.52) - np.abs(x)) / wide, 0, 1) * np.clip(
        np.float32(0.5) + (np.float32(2.1) - y) / tall, 0, 1
    )
    frame = np.clip(np.float32(0.5) + (np.float32(0.68) - np.abs(x)) / wide, 0, 1) * np.clip(
        np.float32(0.5) + (np.float32(2.62) - y) / tall, 0, 1
    )
    light = (np.abs(x) < 0.5) * stripe(y - np.float32(2.32), 0.17, tall)
    panel = (np.abs(np.abs(x) - np.float32(0.24)) < 0.15) & (np.abs(y - np.float32(1.5)) < 0.4)
    step = stripe(y - np.float32(0.06), 0.07, tall) * (np.abs(x) < 0.8)
    blend(patch, at, lots.trim.take(owner, axis=1) * np.float32(0.85), frame)
    blend(patch, at, lots.door.take(owner, axis=1) * (1 - np.float32(0.3) * panel), leaf)
    blend(patch, at, np.float32(0.09), light)
    blend(patch, at, np.float32(0.33), step)


def _shops(
    city: DemoCity, moment: Moment, owner: I64, u: F32, z: F32, length: F32, ground: F32, wide: F32, tall: F32,
    patch: F32, at: NDArray[np.intp],
) -> None:  # fmt: skip
    """Shop fronts: plinth, panes with goods, sign with lettering, and an awning on the days that it is out."""
    lots = city.lots
    key = lots.key[owner]
    panes = np.maximum(np.floor(length / np.float32(2.6)), 1)
    width = length / panes
    pane_f = np.floor(u / width)
    x = u - (pane_f + np.float32(0.5)) * width
    pane = pane_f.astype(np.int32)
    sign_low = ground - np.float32(0.95)
    entry = pane == (cell_random(41, key) * panes).astype(np.int32)
    plinth = np.where(entry, np.float32(0.06), np.float32(0.5))
    in_x = np.clip(np.float32(0.5) + (width * np.float32(0.5) - np.float32(0.16) - np.abs(x)) / wide, 0, 1)
    in_z = np.clip(np.float32(0.5) + (z - plinth) / tall, 0, 1) * np.clip(
        np.float32(0.5) + (sign_low - np.float32(0.12) - z) / tall, 0, 1
    )
    shelf_row, item = np.floor(z * np.float32(2.6)).astype(np.int32), np.floor(u * np.float32(5.0)).astype(np.int32)
    goods = cell_random(42, item, shelf_row, key) ** 2 * (z * np.float32(2.6) - shelf_row < np.float32(0.75))
    goods = np.where(wide > 0.15, np.float32(0.25), goods)
    hue = cell_random(43, item, key)
    shelf = np.float32(0.03) + np.float32(0.42) * goods * (z < 1.75)
    tint = np.stack(
        [np.float32(0.7) + np.float32(0.5) * hue, np.full_like(hue, 0.75), np.float32(1.2) - np.float32(0.6) * hue]
    )
    inside = shelf * tint + np.float32(0.05)
    if moment.night > 0.05:
        inside = inside * (1 + np.float32(2.5 * moment.night))
    sky = (moment.horizon / np.maximum(moment.skylight, np.float32(0.05)))[:, None]
    inside = inside + sky * (np.float32(0.10) + np.float32(0.12) * np.clip(z - 1, 0, 1.6))
    bar = (stripe(x, 0.035, wide) * entry + stripe(z - np.float32(2.35), 0.04, tall)) * np.float32(0.8)
    shutter = (
        cell_random(44 + moment.day % 7 * 3, key) < np.float32(0.10) + np.float32(0.22) * (1 - lots.upkeep[owner])
    ) | ((moment.hour < 8.0) | (moment.hour > 20.5))
    ribs = z * 7 - np.floor(z * 7)
    steel = np.float32(0.26) + np.float32(0.08) * ribs * np.clip(np.float32(1.2) - tall * 7, 0, 1)
    inside = np.where(shutter, steel, inside + (np.float32(0.1) - inside) * np.clip(bar, 0, 1))
    local = patch.take(at, axis=1)
    face = lots.door.take(owner, axis=1) * np.float32(0.9) + np.float32(0.02)
    local += (face - local) * (z < ground - np.float32(0.1))
    local += (inside - local) * (in_x * in_z)

    board = np.clip(np.float32(0.5) + (np.float32(0.34) - np.abs(z - sign_low - np.float32(0.36))) / tall, 0, 1) * (
        (u > 0.25) & (u < length - np.float32(0.25))
    )
    local += (lots.sign.take(owner, axis=1) - local) * board
    letter = cell_random(45, np.floor(u * 3).astype(np.int32), key)
    glyph = cell_random(46, np.floor(u * 12).astype(np.int32), np.floor(z * 12).astype(np.int32), key)
    text = (
        (np.abs(z - sign_low - np.float32(0.36)) < 0.17)
        & (np.abs(u - length * np.float32(0.5)) < length * np.float32(0.32))
        & (letter < 0.82)
    )
    ink = text * np.where(wide > 0.1, np.float32(0.45), np.float32(1) * (glyph < 0.62)) * board
    pale = np.float32(0.85) * (lots.sign.take(owner, axis=1).mean(axis=0) < 0.3)
    local += (pale - local) * ink

    out = cell_random(47 + moment.day % 50, key) < (np.float32(0.75) if moment.weather < 2 else np.float32(0.15))
    has = (cell_random(48, key) < 0.5) & out & ~shutter
    drop = sign_low - z
    cloth = np.clip(np.float32(0.5) + (np.float32(0.52) - np.abs(drop - np.float32(0.47))) / tall, 0, 1) * has
    stripes = (np.floor(u * np.float32(2.5)).astype(np.int32) & 1) == 0
    canvas = np.where(
        stripes & (cell_random(49, key) < 0.6), np.float32(0.72), lots.sign.take(owner, axis=1) * np.float32(1.1)
    )
    canvas = canvas * (np.float32(1.15) - np.float32(0.45) * np.clip(drop, 0, 1))
    local += (canvas - local) * cloth
    under = np.clip(np.float32(1) - (drop - np.float32(1.0)) * np.float32(1.3), 0, 1) * (drop > 1.0) * has
    local *= 1 - np.float32(0.5) * under
    put(patch, at, local)


def _trim(city: DemoCity, pixels: WallPixels, lot: I64, kind: I32, height: F32, fz: F32, colour: F32) -> None:
    """Cornice under the roof and the course above the ground floor, on fronts."""
    lots = city.lots
    front = (kind == FRONT) & (lots.material[lot] != GLASS)
    drop = height - pixels.z
    deep = np.float32(0.22) + np.float32(0.16) * lots.upkeep[lot]
    cornice = np.clip(np.float32(0.5) + (deep - drop) / fz, 0, 1) * (drop > -0.02) * front
    eaves_shade = np.clip(1 - (drop - deep) * np.float32(1.6), 0, 1) * (drop > deep) * (kind <= SIDE) * np.float32(0.34)
    course = stripe(pixels.z - lots.ground_height[lot], 0.09, fz) * front * (lots.kind[lot] <= 1)
    colour *= 1 - eaves_shade
    colour += (lots.trim.take(lot, axis=1) * np.float32(0.85) - colour) * (
        np.maximum(cornice, course) * np.float32(0.85)
    )
    # The step from one building to the next shows as a thin shadow line.
    edge = np.minimum(pixels.u, city.walls.length[pixels.wall] - pixels.u)
    seam = np.clip(np.float32(1) - edge * np.float32(7), 0, 1) * (kind <= SIDE) * np.float32(0.35)
    colour *= 1 - seam


def _light(city: DemoCity, moment: Moment, pixels: WallPixels, height: F32) -> F32:
    """Ambient light, darker towards the ground, plus direct sun with cast shadows; ``[3, n]``."""
    walls = city.walls
    normal_x, normal_y = walls.uy[pixels.wall], -walls.ux[pixels.wall]
    facing = np.maximum(normal_x * np.float32(moment.sun[0]) + normal_y * np.float32(moment.sun[1]), 0)
    open_sky = np.float32(0.62) + np.float32(0.30) * np.clip(pixels.z / np.maximum(height, 4), 0, 1)
    light: F32 = (moment.skylight[:, None] * open_sky).astype(np.float32)
    bounce = moment.sunlight * np.float32(0.10 * max(moment.sun[2], 0.0))
    light = light + bounce[:, None]
    sunny = np.flatnonzero(facing > 0.02)
    if sunny.size and float(moment.sunlight.max()) > 0.02:
        # Start a little in front of the wall, or it would shade itself.
        x = pixels.x[sunny] + normal_x[sunny] * np.float32(1.2)
        y = pixels.y[sunny] + normal_y[sunny] * np.float32(1.2)
        share = sun_share(city.ground, moment, x, y, pixels.z[sunny]) * facing[sunny]
        put(light, sunny, light.take(sunny, axis=1) + moment.sunlight[:, None] * share)
    return light


def _lamplight(moment: Moment, pixels: WallPixels) -> F32 | None:
    """Warm pools of the street lamps on walls at night."""
    if moment.night < 0.05:
        return None
    pools = np.float32(0.35) + np.float32(0.65) * np.cos(pixels.u * np.float32(0.24)) ** 2
    reach = pools * np.exp(pixels.z * np.float32(-0.16)) * np.float32(moment.night)
    result: F32 = np.array([[0.30], [0.19], [0.085]], dtype=np.float32) * reach
    return result


def _garden_edges(
    city: DemoCity, moment: Moment, pixels: WallPixels, lot: I64, kind: I32, colour: F32, classes: NDArray[np.uint8]
) -> None:
    """Hedges and fences of front yards."""
    hedge = np.flatnonzero(kind == HEDGE)
    if hedge.size:
        fz = pixels.distance[hedge] * np.float32(pixels.pixel)
        leaf = city.fine_noise.sample(pixels.u[hedge] * 22, pixels.z[hedge] * 22 + 9, fz * 22)
        mass = city.smooth_noise.sample(pixels.u[hedge] * 30, pixels.z[hedge] * 30, fz * 30)
        green = np.array([[0.060], [0.115], [0.030]], dtype=np.float32) * (1 + np.float32(0.4 * moment.autumn))
        put(colour, hedge, green * (np.float32(0.15) + leaf * np.float32(1.2) + mass * np.float32(0.5)))
        if moment.snow > 0:
            top = np.clip(
                (pixels.z[hedge] - city.walls.height[pixels.wall[hedge]] + np.float32(0.2)) * 6, 0, 1
            ) * np.float32(moment.snow)
            blend(colour, hedge, np.float32(0.8), top)
        classes[hedge] = VEGETATION
    fence = np.flatnonzero(kind == FENCE)
    if fence.size:
        owner = lot[fence]
        fz = pixels.distance[fence] * np.float32(pixels.pixel) / np.maximum(pixels.cosine[fence], np.float32(0.1))
        phase = pixels.u[fence] * 6
        gap = np.clip(
            np.float32(0.5) + (np.abs(phase - np.floor(phase + np.float32(0.5))) / 6 - np.float32(0.055)) / fz, 0, 1
        )
        gap = np.where(fz > 0.1, np.float32(0.3), gap) * (pixels.z[fence] > 0.28)
        solid = np.where(_has_masonry(city, owner), _masonry_colour(city, owner), city.lots.trim.take(owner, axis=1))
        gap = np.where(_has_masonry(city, owner), _Z, gap)
        put(colour, fence, solid * (1 - np.float32(0.75) * gap))
        classes[fence] = BUILDING


def _has_masonry(city: DemoCity, lot: I64) -> BoolMask:
    """Whether the front yard has a masonry wall in place of railings."""
    result: BoolMask = cell_random(51, city.lots.key[lot]) < 0.5
    return result


def _masonry_colour(city: DemoCity, lot: I64) -> F32:
    """Colour of a masonry garden wall."""
    result: F32 = city.lots.wall.take(lot, axis=1) * np.float32(0.8)
    return result
