"""The ground of the synthetic city: carriageway with its markings, kerbs, pavements, lawns, litter, rain and snow."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .blend import blend
from .camera import CAMERA_M
from .city import DemoCity
from .classes import CLUTTER, PAVEMENT, ROAD, VEGETATION
from .groundmap import OUTSIDE, PARK, SQUARE, YARD, StreetTable
from .hashing import F32, I64, cell_random
from .moment import Moment
from .shadow import sun_share


@dataclass(frozen=True)
class _Pixels:
    """Pixels of ground; one entry a pixel, lengths in metres.

    ``along`` and ``offset`` are coordinates of the nearest street, ``edge`` the signed distance from its kerb
    (negative on the road), ``fp_*`` the width of the pixel in those directions, ``fine`` and ``broad`` two kinds of
    noise.
    """

    x: F32
    y: F32
    distance: F32
    piece: I64
    zone: NDArray[np.uint8]
    edge: F32
    along: F32
    offset: F32
    fp_along: F32
    fp_offset: F32
    fp_mean: F32
    fine: F32
    broad: F32
    neglect: F32

    def at(self, rows: NDArray[np.intp]) -> _Pixels:
        """Only some of the pixels."""
        return _Pixels(*(getattr(self, field.name).take(rows) for field in fields(self)))


def stripe(distance: F32, half: float, footprint: F32) -> F32:
    """Coverage of a stripe by a pixel, 0 to 1: a box filter that fades and never shimmers.

    Parameters
    ----------
    distance
        Metres from the middle of the stripe.
    half
        Half its width in metres.
    footprint
        Width of the pixel across the stripe in metres.

    Returns
    -------
    NDArray[np.float32]
        0 to 1.
    """
    cover = np.float32(0.5) + (np.float32(half) - np.abs(distance)) / footprint
    result: F32 = np.clip(cover, 0, np.minimum(1, np.float32(2 * half) / footprint))
    return result


def paint_ground(
    city: DemoCity, moment: Moment, x: F32, y: F32, dx: F32, dy: F32, distance: F32, pixel: float
) -> tuple[F32, NDArray[np.uint8]]:
    """Colour pixels of ground.

    Parameters
    ----------
    city
        Streets and rasters.
    moment
        Light and weather.
    x, y
        Where the pixels lie, local metres.
    dx, dy
        Unit vectors of the view, horizontal.
    distance
        Horizontal metres from the camera.
    pixel
        Angle of a pixel in radians.

    Returns
    -------
    colour : NDArray[np.float32]
        Linear RGB ``[3, n]``.
    classes : NDArray[np.uint8]
        Numbers into ``CLASSES``.
    """
    table = city.street_table
    pixels = _locate(city, x, y, dx, dy, distance, pixel)
    edge = pixels.edge
    colour = _asphalt(table, moment, pixels)
    classes = np.where(edge < 0, np.uint8(ROAD), np.uint8(PAVEMENT))
    _pave(table, moment, pixels, colour)
    _plant(table, moment, pixels, colour, classes)
    _pave_squares(table, pixels, colour)
    _litter(moment, pixels, colour, classes)
    if moment.snow > 0:
        lie = np.where(
            edge < np.float32(-0.4), np.float32(0.35) + (pixels.broad - np.float32(0.5)) * 3, np.float32(0.92)
        )
        lie = np.clip(lie, 0, 1) * np.float32(moment.snow)
        blend(colour, np.arange(lie.size), 0.80, lie)

    sun = sun_share(city.ground, moment, x, y, 0.0)
    incidence = np.float32(max(moment.sun[2], 0.0))
    light = moment.skylight[:, None] * np.float32(0.92) + moment.sunlight[:, None] * (sun * incidence)
    if moment.night > 0.05:
        # Pools of lamplight every 26 m, as the lamps stand.
        pool = np.float32(0.35) + np.float32(0.65) * np.cos(pixels.along * np.float32(np.pi / 26)) ** 2
        lamps = pool * np.clip(np.float32(1.3) - np.abs(edge) * np.float32(0.09), 0, 1) * np.float32(moment.night)
        light = light + np.array([[0.34], [0.22], [0.10]], dtype=np.float32) * lamps
    colour *= light
    if moment.wet > 0:
        # Wet ground mirrors the sky the more, the flatter the look.
        mirror = np.clip(distance / 18, 0.12, 1) * (edge < 0.0) * (np.float32(0.5) + pixels.broad)
        colour += (moment.horizon[:, None] - colour) * (mirror * np.float32(0.30 * moment.wet))
    return colour, classes


def _locate(city: DemoCity, x: F32, y: F32, dx: F32, dy: F32, distance: F32, pixel: float) -> _Pixels:
    """Look up the street of each pixel and its position in that street's coordinates."""
    ground, table = city.ground, city.street_table
    row, column = ground.cell(x, y)
    cell = row * np.int32(ground.edge.shape[1]) + column
    piece = ground.street.ravel().take(cell).astype(np.int64)
    ux, uy = table.ux.take(piece), table.uy.take(piece)
    px, py = x - table.ax.take(piece), y - table.ay.take(piece)
    # A pixel is long in the direction of the look and narrow across it.
    flat = distance * np.float32(pixel)
    deep = flat * (distance * np.float32(1 / CAMERA_M) + 1)
    cosine = np.abs(dx * ux + dy * uy)
    sine = np.sqrt(np.maximum(1 - cosine * cosine, 0))
    fp_mean = np.sqrt(deep * flat)
    return _Pixels(
        x=x,
        y=y,
        distance=distance,
        piece=piece,
        zone=ground.zone.ravel().take(cell),
        edge=ground.edge_distance(x, y),
        along=px * ux + py * uy,
        offset=px * uy - py * ux,
        fp_along=cosine * deep + sine * flat + np.float32(0.004),
        fp_offset=sine * deep + cosine * flat + np.float32(0.004),
        fp_mean=fp_mean,
        fine=city.fine_noise.sample(x * 24, y * 24, fp_mean * 24),
        broad=city.smooth_noise.sample(x * 9, y * 9, fp_mean * 9),
        neglect=1 - table.wealth.take(piece),
    )


def _asphalt(table: StreetTable, moment: Moment, pixels: _Pixels) -> F32:
    """Carriageway: grain, patches, wheel tracks, paint and, where nobody mends it, cracks."""
    broad, neglect = pixels.broad - np.float32(0.5), pixels.neglect
    tone = np.float32(0.095) + (pixels.fine - np.float32(0.5)) * np.float32(0.055)
    tone += broad * (np.float32(0.03) + np.float32(0.06) * neglect)
    crack = np.clip((np.float32(0.016) - np.abs(broad + np.float32(0.04))) * 90, 0, 1)
    crack *= np.clip(neglect * 1.6 - 0.5, 0, 1) * np.clip(np.float32(0.25) / pixels.fp_mean, 0, 1)
    tone *= 1 - np.float32(0.55) * crack
    wheel = np.abs(np.abs(pixels.offset) - table.half.take(pixels.piece) * np.float32(0.42))
    tone *= np.float32(0.94) + np.float32(0.08) * np.clip(np.abs(wheel - np.float32(0.75)) * 1.2, 0, 1)
    road = np.flatnonzero((pixels.edge < 0) & (pixels.distance < 110))
    some = pixels.at(road)
    paint = _markings(table, some) * (np.float32(0.76) - np.float32(0.42) * some.neglect)
    paint *= np.clip(np.float32(0.55) + some.fine * np.float32(0.8), 0, 1)
    old = tone[road]
    tone[road] = old + (np.float32(0.62) - old) * paint
    tone *= 1 - np.float32(0.45 * moment.wet)
    colour: F32 = np.stack([tone, tone, tone * np.float32(1.03)]).astype(np.float32, copy=False)
    return colour


def _pave(table: StreetTable, moment: Moment, pixels: _Pixels, colour: F32) -> None:
    """Pavement: slabs with joints, lighter kerb stones with the gutter's shadow beside them."""
    rows = np.flatnonzero(pixels.edge > -(pixels.fp_offset + np.float32(0.3)))
    some = pixels.at(rows)
    edge, footprint = some.edge, some.fp_offset
    gutter = stripe(edge + np.float32(0.13), 0.13, footprint)
    blend(colour, rows, 0.0, np.float32(0.38) * gutter)
    slab = np.float32(0.31) - np.float32(0.07) * some.neglect
    slab += (some.fine - np.float32(0.5)) * np.float32(0.07) + (some.broad - np.float32(0.5)) * np.float32(0.09)
    joint = _joints(some.along, some.fp_along, 0.9) + _joints(edge, footprint, 0.9)
    slab *= (1 - np.float32(0.25) * np.minimum(joint, 1)) * np.float32(1 - 0.35 * moment.wet)
    slab += (np.float32(0.42) - slab) * stripe(edge - np.float32(0.09), 0.1, footprint) * np.float32(0.7)
    on_walk = np.clip(np.float32(0.5) + edge / footprint, 0, 1)
    blend(colour, rows, slab * table.warm.take(some.piece, axis=1), on_walk)


def _plant(table: StreetTable, moment: Moment, pixels: _Pixels, colour: F32, classes: NDArray[np.uint8]) -> None:
    """Lawns of parks, meadows and front yards, and grass strips beside the kerbs of well-kept streets."""
    rows = np.flatnonzero(pixels.edge > -pixels.fp_offset)
    some = pixels.at(rows)
    zone, edge = some.zone, some.edge
    green = (zone == PARK) | (zone == OUTSIDE) | ((zone == YARD) & (some.neglect < np.float32(0.54)))
    beyond = np.clip(np.float32(0.5) + (edge - table.pavement.take(some.piece)) / some.fp_offset, 0, 1)
    lawn = np.maximum(beyond * green, _verge(table, some))
    # Winding gravel paths, two families that cross.
    bend_x, bend_y = np.sin(some.y * np.float32(1 / 17)), np.sin(some.x * np.float32(1 / 21))
    off_path = np.minimum(
        np.abs(np.sin(some.x * np.float32(1 / 15) + bend_x)), np.abs(np.sin(some.y * np.float32(1 / 18) + bend_y))
    )
    on_path = np.clip(np.float32(0.5) + (np.float32(1.3) - 14 * off_path) / some.fp_mean, 0, 1)
    lawn = lawn * (1 - np.float32(0.9) * on_path * (zone == PARK))
    # Fresh in spring, dry in late summer, dull in winter.
    fresh = np.array([[0.085], [0.155], [0.035]], dtype=np.float32)
    dull = np.array([[0.15], [0.145], [0.06]], dtype=np.float32)
    mix = np.float32(np.clip(1 - moment.leaf + 0.5 * moment.autumn, 0, 0.85))
    grass = (fresh * (1 - mix) + dull * mix) * (
        np.float32(0.5) + some.fine * np.float32(0.7) + some.broad * np.float32(0.35)
    )
    blend(colour, rows, grass, lawn)
    classes[rows[lawn > 0.5]] = VEGETATION


def _pave_squares(table: StreetTable, pixels: _Pixels, colour: F32) -> None:
    """Large warm slabs on squares."""
    rows = np.flatnonzero((pixels.zone == SQUARE) & (pixels.edge > 0))
    if not rows.size:
        return
    some = pixels.at(rows)
    beyond = np.clip(np.float32(0.5) + (some.edge - table.pavement.take(some.piece)) / some.fp_offset, 0, 1)
    joint = _joints(some.x, some.fp_mean, 1.4) + _joints(some.y, some.fp_mean, 1.4)
    paving = np.float32(0.36) + (some.fine - np.float32(0.5)) * np.float32(0.08)
    paving *= 1 - np.float32(0.3) * np.minimum(joint, 1)
    blend(colour, rows, paving * np.array([[1.05], [0.98], [0.88]], dtype=np.float32), beyond)


def _joints(position: F32, footprint: F32, period: float) -> F32:
    """Thin dark joints every ``period`` metres, gone where a pixel is wider than a quarter of the period."""
    phase = position * np.float32(1 / period)
    distance = np.abs(phase - np.floor(phase + np.float32(0.5))) * np.float32(period)
    visible = np.clip(2 - footprint * np.float32(5 / period), 0, 1)
    result: F32 = stripe(distance, 0.012, footprint) * visible
    return result


def _markings(table: StreetTable, pixels: _Pixels) -> F32:
    """Coverage by road paint: centre line, parking line, stop line and zebra crossing."""
    piece, along, offset = pixels.piece, pixels.along, pixels.offset
    fp_along, fp_offset = pixels.fp_along, pixels.fp_offset
    rank, half = table.rank.take(piece), table.half.take(piece)
    from_b = table.length.take(piece) - table.end_b.take(piece) - along
    inside = np.minimum(along - table.end_a.take(piece), from_b)
    running = inside > np.float32(3.4)
    phase = along * np.float32(1 / 6.0)
    dash = np.abs(phase - np.floor(phase) - np.float32(0.5)) * 6
    dashes = np.clip(np.float32(0.5) + (np.float32(1.5) - dash) / fp_along, 0, 1)
    dashes = np.where(fp_along > 4, np.float32(0.5), dashes)
    centre = stripe(offset, 0.075, fp_offset) * dashes * (rank < 2.5)
    double = stripe(np.abs(offset) - np.float32(0.14), 0.06, fp_offset)
    centre = np.where(rank < 1, double, centre)
    parking = stripe(np.abs(offset) - half + np.float32(2.15), 0.05, fp_offset) * (rank < 2)
    lane = np.maximum(centre, parking) * running
    zebra_zone = np.clip(np.float32(0.5) + (np.float32(1.5) - np.abs(inside + np.float32(0.6))) / fp_along, 0, 1)
    bar = np.abs(offset - np.floor(offset) - np.float32(0.5))
    bars = np.clip(np.float32(0.5) + (np.float32(0.25) - bar) / fp_offset, 0, 1)
    bars = np.where(fp_offset > 0.7, np.float32(0.5), bars)
    zebra = zebra_zone * bars * (rank < 2.5) * (np.abs(offset) < half - np.float32(0.3))
    stop = stripe(inside - np.float32(2.4), 0.2, fp_along) * (rank < 2.5) * (np.abs(offset) < half)
    result: F32 = np.maximum(lane, np.maximum(zebra, stop))
    return result


def _verge(table: StreetTable, pixels: _Pixels) -> F32:
    """Grass strip between kerb and pavement in well-kept streets, with gaps for crossings."""
    piece, along = pixels.piece, pixels.along
    half = np.minimum(np.float32(0.75), table.pavement.take(piece) * np.float32(0.25))
    from_b = table.length.take(piece) - table.end_b.take(piece) - along
    inside = np.minimum(along - table.end_a.take(piece), from_b)
    from_middle = np.abs(pixels.edge - np.float32(0.2) - half)
    strip = np.clip(np.float32(0.5) + (half - from_middle) / pixels.fp_offset, 0, 1)
    result: F32 = strip * table.verge.take(piece) * (inside > 2)
    return result


def _litter(moment: Moment, pixels: _Pixels, colour: F32, classes: NDArray[np.uint8]) -> None:
    """Scraps of paper and bags, mostly along the kerb; other scraps every few days."""
    rows = np.flatnonzero((pixels.neglect > np.float32(0.25)) & (pixels.fp_mean < 0.6))
    if not rows.size:
        return
    some = pixels.at(rows)
    column, row = (
        np.floor(some.x * np.float32(1.6)).astype(np.int32),
        np.floor(some.y * np.float32(1.6)).astype(np.int32),
    )
    near_kerb = np.clip(np.float32(1.25) - np.abs(some.edge - np.float32(0.5)) * np.float32(0.4), 0.05, 1)
    chance = np.float32(0.16) * (some.neglect - np.float32(0.25)) ** 2 * near_kerb
    taken = np.flatnonzero(cell_random(3 + moment.day // 3 % 1000, column, row) < chance)
    rows, some, column, row = rows[taken], some.at(taken), column[taken], row[taken]
    cx = cell_random(5, column, row) * np.float32(0.35) + np.float32(0.15)
    cy = cell_random(6, column, row) * np.float32(0.35) + np.float32(0.15)
    offset = np.abs(some.x - column / np.float32(1.6) - cx) + np.abs(some.y - row / np.float32(1.6) - cy)
    cover = np.clip(np.float32(0.5) + (np.float32(0.17) - offset) / some.fp_mean, 0, 1)
    cover *= np.clip(np.float32(0.5) / some.fp_mean, 0, 1)
    scrap = cell_random(9, np.floor(some.x * 4).astype(np.int32), np.floor(some.y * 4).astype(np.int32))
    blend(colour, rows, np.float32(0.18) + np.float32(0.6) * scrap, cover)
    classes[rows[cover > 0.5]] = CLUTTER
