"""Cars of the synthetic city: solid bodies, traced per pixel, so that they are right from every side and distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .blend import put
from .camera import CAMERA_M
from .canvas import Canvas, pixels_of
from .city import DemoCity
from .classes import CAR
from .furniture import Sites
from .hashing import F32, I64, uniform
from .moment import Moment
from .palettes import CARS
from .shadow import sun_share

#: Length, width, height of the waist and of the roof, base of the windscreen and of the rear window (shares of half
#: the length from the middle), and how far each slants over the height of the cabin (metres). Hatchback, saloon,
#: estate, off-roader, van, city car.
_SHAPES: Final = np.array([
    (4.00, 1.74, 0.88, 1.46, 0.42, -0.96, 0.72, 0.26),
    (4.60, 1.80, 0.86, 1.42, 0.36, -0.62, 0.80, 0.62),
    (4.62, 1.80, 0.88, 1.48, 0.38, -0.98, 0.78, 0.22),
    (4.50, 1.86, 1.02, 1.72, 0.42, -0.97, 0.58, 0.20),
    (5.10, 1.94, 1.15, 2.15, 0.72, -0.99, 0.62, 0.04),
    (3.50, 1.62, 0.90, 1.52, 0.55, -0.97, 0.62, 0.18),
], dtype=np.float32)  # fmt: skip
_CHANCE: Final = np.cumsum([0.28, 0.22, 0.14, 0.18, 0.08, 0.10])
FRONT, REAR, FLANK, TOP, SCREEN, BACK_WINDOW, SIDE_WINDOW, ROOF = range(8)
_REACH_M: Final = 95.0
_MOST: Final = 26


@dataclass(frozen=True)
class Cars:
    """Cars in a view; one row each.

    Attributes
    ----------
    x, y, bearing
        Middle in local metres; radians clockwise from grid north.
    shape
        Rows of the table of shapes ``[n, 8]``.
    paint
        Linear RGB ``[n, 3]``.
    """

    x: F32
    y: F32
    bearing: F32
    shape: F32
    paint: F32


def draw_cars(city: DemoCity, moment: Moment, canvas: Canvas) -> None:
    """Draw the parked and moving cars of a view and their shadows.

    Parameters
    ----------
    city
        Where cars may stand.
    moment
        Parked cars change every few hours, moving ones every minute.
    canvas
        Changed in place.
    """
    cars = _cars_in_view(city, moment, canvas)
    if not len(cars.x):
        return
    azimuth, distance = canvas.bearing_of(cars.x, cars.y)
    turned = cars.bearing - np.float32(canvas.heading) - azimuth
    half_length, half_width = cars.shape[:, 0] / 2, cars.shape[:, 1] / 2
    broad = np.abs(np.sin(turned)) * half_length + np.abs(np.cos(turned)) * half_width + np.float32(0.5)
    deep = np.abs(np.cos(turned)) * half_length + np.abs(np.sin(turned)) * half_width + np.float32(0.5)
    zero = np.zeros_like(distance)
    near = canvas.rays.box(azimuth, np.maximum(distance - deep, 0.5), broad, zero, cars.shape[:, 3])
    far = canvas.rays.box(azimuth, distance + deep, broad, zero, cars.shape[:, 3])
    boxes = near.copy()
    boxes[:, [0, 2]] = np.minimum(near[:, [0, 2]], far[:, [0, 2]])
    boxes[:, [1, 3]] = np.maximum(near[:, [1, 3]], far[:, [1, 3]])
    order = np.argsort(-distance, kind="stable")
    owner, pixel = pixels_of(boxes[order], canvas.rays.width)
    owner = order[owner]
    # Most boxes reach behind facades: what is hidden by more than the car's depth needs no tracing.
    seen = np.flatnonzero(canvas.depth[pixel] > (distance - deep)[owner])
    owner, pixel = owner[seen], pixel[seen]
    if not owner.size:
        return
    _trace(city, moment, canvas, cars, owner, pixel)


def _cars_in_view(city: DemoCity, moment: Moment, canvas: Canvas) -> Cars:
    parts = []
    for sites, period, salt in (
        (city.furniture.parking, moment.minute // 180, 801),
        (city.furniture.lanes, moment.minute, 802),
    ):
        rows = _taken(city, canvas, sites, period, salt)
        parts.append((sites, rows, period, salt))
    x = np.concatenate([s.x[r] for s, r, _, _ in parts])
    y = np.concatenate([s.y[r] for s, r, _, _ in parts])
    bearing = np.concatenate([s.bearing[r] for s, r, _, _ in parts])
    key = np.concatenate(
        [s.key[r].astype(np.int64) * 4099 + period % 4093 + salt * (1 << 33) for s, r, period, salt in parts]
    )
    kind = np.searchsorted(_CHANCE, uniform(city.seed, 803, key), side="right").clip(0, 5)
    paint = CARS[(uniform(city.seed, 804, key) * len(CARS)).astype(np.int64)]
    shape = _SHAPES[kind]
    # Nothing stands where the camera's own car is.
    east, north = x - np.float32(canvas.x), y - np.float32(canvas.y)
    ahead, aside = east * np.sin(bearing) + north * np.cos(bearing), east * np.cos(bearing) - north * np.sin(bearing)
    free = (np.abs(ahead) > shape[:, 0] / 2 + 1.2) | (np.abs(aside) > shape[:, 1] / 2 + 0.55)
    rows = np.flatnonzero(free)
    if len(rows) > _MOST:
        rows = rows[np.argsort((east * east + north * north)[rows], kind="stable")[:_MOST]]
    return Cars(x[rows], y[rows], bearing[rows], shape[rows], paint[rows])


def _taken(city: DemoCity, canvas: Canvas, sites: Sites, period: int, salt: int) -> I64:
    """Places in front of the camera that hold a car in this period."""
    east, north = sites.x - np.float32(canvas.x), sites.y - np.float32(canvas.y)
    rows = np.flatnonzero(east * east + north * north < _REACH_M * _REACH_M)
    azimuth, distance = canvas.bearing_of(sites.x[rows], sites.y[rows])
    limit = max(abs(float(canvas.rays.columns[0])), abs(float(canvas.rays.columns[-1])))
    rows = rows[np.abs(azimuth) < limit + np.arctan2(np.float32(3.0), distance)]
    result: I64 = rows[uniform(city.seed, salt, period, sites.key[rows]) < sites.chance[rows]]
    return result


class _Slab:
    """Clips rays against half spaces and remembers through which face they enter."""

    def __init__(self, count: int) -> None:
        self.enter = np.full(count, -np.inf, dtype=np.float32)
        self.leave = np.full(count, np.inf, dtype=np.float32)
        self.face = np.zeros(count, dtype=np.int8)

    def clip(self, free: F32, rate: F32, face: int) -> None:
        """Keep the part of each ray where ``rate * t <= free``."""
        rate = np.where(np.abs(rate) < 1e-6, np.float32(1e-6), rate)
        t = free / rate
        entering = rate < 0
        later = entering & (t > self.enter)
        self.enter = np.where(later, t, self.enter)
        self.face[later] = face
        self.leave = np.where(entering, self.leave, np.minimum(self.leave, t))

    @property
    def hit(self) -> NDArray[np.bool_]:
        """Whether the ray meets the body in front of the camera."""
        return (self.enter < self.leave) & (self.enter > 0)


@dataclass(frozen=True)
class _LocalRays:
    """Rays of the listed pixels in their car's own frame: x ahead, y to the right, z up; horizontal speed 1."""

    ox: F32
    oy: F32
    dx: F32
    dy: F32
    dz: F32


def _to_car(canvas: Canvas, cars: Cars, owner: I64, pixel: I64) -> _LocalRays:
    direction = canvas.rays.azimuth[pixel] + np.float32(canvas.heading)
    east, north = np.sin(direction), np.cos(direction)
    sin_b, cos_b = np.sin(cars.bearing), np.cos(cars.bearing)
    to_x, to_y = np.float32(canvas.x) - cars.x, np.float32(canvas.y) - cars.y
    return _LocalRays(
        ox=(to_x * sin_b + to_y * cos_b)[owner],
        oy=(to_x * cos_b - to_y * sin_b)[owner],
        dx=east * sin_b[owner] + north * cos_b[owner],
        dy=east * cos_b[owner] - north * sin_b[owner],
        dz=canvas.rays.slope[pixel],
    )


def _trace(city: DemoCity, moment: Moment, canvas: Canvas, cars: Cars, owner: I64, pixel: I64) -> None:
    """Intersect the rays of all listed pixels with their cars and colour what they meet."""
    rays = _to_car(canvas, cars, owner, pixel)
    ox, oy, dx, dy, dz = rays.ox, rays.oy, rays.dx, rays.dy, rays.dz
    oz = np.full_like(ox, CAMERA_M)
    half_length, half_width = cars.shape[owner, 0] / 2, cars.shape[owner, 1] / 2
    waist, roof = cars.shape[owner, 2], cars.shape[owner, 3]

    body = _Slab(len(owner))
    body.clip(half_width - oy, dy, FLANK)
    body.clip(half_width + oy, -dy, FLANK)
    body.clip(oz, -dz, FLANK)
    slant = np.float32(0.10)
    body.clip(half_length - ox - slant * oz, dx + slant * dz, FRONT)
    body.clip(half_length + ox - slant * oz, -dx + slant * dz, REAR)
    fall = np.float32(0.055)
    body.clip(waist + np.float32(0.02) - oz - fall * ox, dz + fall * dx, TOP)

    cabin = _Slab(len(owner))
    above = oz - waist
    lean = np.float32(0.24)
    cabin.clip(half_width - np.float32(0.05) - oy - lean * above, dy + lean * dz, SIDE_WINDOW)
    cabin.clip(half_width - np.float32(0.05) + oy - lean * above, -dy + lean * dz, SIDE_WINDOW)
    cabin_height = roof - waist
    front_slant, rear_slant = cars.shape[owner, 6] / cabin_height, cars.shape[owner, 7] / cabin_height
    cabin.clip(cars.shape[owner, 4] * half_length - ox - front_slant * above, dx + front_slant * dz, SCREEN)
    cabin.clip(-cars.shape[owner, 5] * half_length + ox - rear_slant * above, -dx + rear_slant * dz, BACK_WINDOW)
    cabin.clip(roof - oz, dz, ROOF)
    cabin.clip(above + np.float32(0.1), -dz, SIDE_WINDOW)

    cabin_first = cabin.hit & (~body.hit | (cabin.enter < body.enter))
    t = np.where(cabin_first, cabin.enter, body.enter)
    face = np.where(cabin_first, cabin.face, body.face)
    hit = (body.hit | cabin.hit) & (t < canvas.depth[pixel])
    _shadow_below(canvas, pixel, rays, half_length, half_width, ~hit)
    at = np.flatnonzero(hit)
    if not at.size:
        return
    who, where = owner[at], pixel[at]
    point = ((ox + dx * t)[at], (oy + dy * t)[at], (oz + dz * t)[at])
    footprint = (np.float32(canvas.rays.pixel) * t[at]).astype(np.float32)
    colour, gloss = _surface(cars, who, face[at], point, footprint)
    light = _light(city, moment, cars, who, face[at], point[1])
    colour = colour * light + moment.horizon * gloss[:, None]
    if moment.snow > 0:
        flat = ((face[at] == TOP) | (face[at] == ROOF)) * np.float32(moment.snow)
        colour = colour + (np.float32(0.8) * light - colour) * flat[:, None]
    # Far cars come first in the list, and of repeated indices NumPy keeps the last value: near cars cover far ones.
    put(canvas.colour, where, np.ascontiguousarray(colour.T))
    canvas.classes[where] = CAR
    canvas.depth[where] = t[at]


def _shadow_below(
    canvas: Canvas, pixel: I64, rays: _LocalRays, half_length: F32, half_width: F32, miss: NDArray[np.bool_]
) -> None:
    """Darken the ground under and around the cars."""
    at = np.flatnonzero(miss & (rays.dz < -0.01))
    t = np.float32(-CAMERA_M) / rays.dz[at]
    x, y = rays.ox[at] + rays.dx[at] * t, rays.oy[at] + rays.dy[at] * t
    outside = np.maximum(np.abs(x) - half_length[at], np.abs(y) - half_width[at])
    dark = np.clip(np.float32(0.55) - outside * np.float32(1.5), 0, 0.7)
    keep = (dark > 0.01) & (np.abs(canvas.depth[pixel[at]] - t) < 0.05 * t)
    where, dark = pixel[at[keep]], dark[keep]
    # Two cars may shade one pixel: the darker shadow counts, whatever the order.
    least = np.ones(canvas.depth.shape, dtype=np.float32)
    np.minimum.at(least, where, 1 - dark)
    touched = np.unique(where)
    put(canvas.colour, touched, canvas.colour.take(touched, axis=1) * least[touched])


def _surface(
    cars: Cars, who: I64, face: NDArray[np.int8], point: tuple[F32, F32, F32], footprint: F32
) -> tuple[F32, F32]:
    """Colour of each point of a car and how much sky it mirrors."""
    x, y, z = point
    half_length, half_width = cars.shape[who, 0] / 2, cars.shape[who, 1] / 2
    waist, roof, paint = cars.shape[who, 2], cars.shape[who, 3], cars.paint[who]
    colour = paint.copy()
    gloss = np.where((face == TOP) | (face == ROOF), np.float32(0.10), np.float32(0.03)).astype(np.float32)

    def lay(value: float | F32, where: NDArray[np.bool_]) -> None:
        colour[where] = value if isinstance(value, float) else value[where]

    flank = face == FLANK
    lay(paint * np.float32(0.62), flank & (z < 0.42))
    lay(
        paint * np.float32(0.5),
        flank & (np.abs(np.abs(x) - np.float32(0.55)) < 0.012 + footprint * 0.4) & (z > 0.4) & (footprint < 0.05),
    )
    lay(paint * np.float32(0.55), flank & (np.abs(z - waist * np.float32(0.8)) < 0.018) & (footprint < 0.05))
    axle = np.abs(np.abs(x) - (half_length - np.float32(0.82)))
    wheel = np.hypot(axle, z - np.float32(0.33))
    lay(0.012, flank & (wheel < 0.41))
    lay(0.02, flank & (wheel < 0.34))
    lay(0.30, flank & (wheel < 0.215) & (wheel > 0.05))
    sill = flank & (z < 0.2) & (wheel >= 0.34)
    lay(0.008, sill)

    across = np.abs(y) / half_width
    front, rear = face == FRONT, face == REAR
    lay(paint * np.float32(0.55), (front | rear) & (z < 0.45))
    lay(0.02, front & (z > 0.36) & (z < 0.58) & (across < 0.55))
    lay(np.full_like(paint, 0.85), front & (z > waist - 0.30) & (z < waist - 0.12) & (across > 0.62) & (across < 0.95))
    lay(
        np.tile(np.array([0.55, 0.02, 0.02], dtype=np.float32), (len(x), 1)),
        rear & (z > waist - 0.30) & (z < waist - 0.05) & (across > 0.68),
    )
    lay(0.62, (front | rear) & (np.abs(z - 0.47) < 0.055) & (across < 0.28))
    lay(0.008, (front | rear) & (z < 0.2) & (across < 0.72))
    lay(0.012, (front | rear) & (z < 0.34) & (across >= 0.72))

    inset = np.minimum(z - waist - np.float32(0.04), roof - np.float32(0.09) - z)
    pillar = np.abs(x + np.float32(0.12)) < 0.045
    screen = ((face == SCREEN) | (face == BACK_WINDOW)) & (inset > 0) & (across < 0.86)
    side = (face == SIDE_WINDOW) & (inset > 0) & ~pillar
    glass = screen | side
    lay(0.018, glass)
    gloss[glass] = (np.float32(0.07) + np.float32(0.16) * np.clip((z - waist) / (roof - waist), 0, 1))[glass]
    return colour, gloss


def _light(city: DemoCity, moment: Moment, cars: Cars, who: I64, face: NDArray[np.int8], y: F32) -> F32:
    """Light on each face: sky from above, sun by the angle."""
    share = sun_share(city.ground, moment, cars.x, cars.y, np.full_like(cars.x, 1.2))
    sin_b, cos_b = np.sin(cars.bearing), np.cos(cars.bearing)
    sun_x, sun_y, sun_z = (np.float32(v) for v in moment.sun)
    ahead, right = (sun_x * sin_b + sun_y * cos_b)[who], (sun_x * cos_b - sun_y * sin_b)[who]
    flank = np.where(y > 0, right, -right)
    facing = np.select(
        [face == FRONT, face == REAR, (face == FLANK) | (face == SIDE_WINDOW), face == SCREEN, face == BACK_WINDOW],
        [ahead, -ahead, flank, 0.5 * ahead + 0.8 * sun_z, 0.4 * sun_z - 0.7 * ahead],
        default=sun_z,
    )
    sky = np.where(
        (face == TOP) | (face == ROOF), np.float32(1.0), np.where(face >= SCREEN, np.float32(0.85), np.float32(0.66))
    )
    direct = np.maximum(facing, 0) * share[who]
    result: F32 = (moment.skylight[None] * sky[:, None] + moment.sunlight[None] * direct[:, None]).astype(np.float32)
    return result
