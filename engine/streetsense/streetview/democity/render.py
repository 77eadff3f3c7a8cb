"""Pictures of the synthetic city from any pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError

from .blend import put
from .camera import CAMERA_M, CameraPose, Rays, rays_of
from .canvas import Canvas
from .cars import draw_cars
from .city import CENTRE, DemoCity
from .classes import CLASSES, SKY
from .facades import WallPixels, paint_walls
from .figures import draw_figures
from .ground import paint_ground
from .hashing import F32, cell_random, uniform
from .moment import Moment, moment_at
from .sky import paint_sky
from .walls import cast_columns
from .wires import draw_wires

_LARGEST_PX: Final = 4096


@dataclass(frozen=True)
class RenderedViews:
    """Pictures and what they show.

    Attributes
    ----------
    images : NDArray[np.uint8]
        ``[N, H, W, 3]`` sRGB.
    visible : NDArray[np.float32]
        ``[N, len(CLASSES)]``: share of the pixels of each class; rows sum to 1.
    class_map : NDArray[np.uint8] or None
        ``[N, H, W]`` numbers into ``CLASSES``, when asked for.
    """

    images: NDArray[np.uint8]
    visible: F32
    class_map: NDArray[np.uint8] | None


def render_views(
    city: DemoCity, poses: CameraPose, *, size: tuple[int, int] = (224, 224), class_map: bool = False
) -> RenderedViews:
    """Render views of the synthetic city.

    The same pose gives the same bytes whatever else is in the batch and whatever was rendered before. A pose inside a
    building sees out through its walls; a pose outside the city sees meadow and the city's edge.

    Parameters
    ----------
    city : DemoCity
        Which city.
    poses : CameraPose
        N views.
    size : tuple of int, default (224, 224)
        Height and width in pixels.
    class_map : bool, default False
        Whether to return the class of every pixel.

    Returns
    -------
    RenderedViews
        Images, visible shares and, if asked for, class maps.

    Raises
    ------
    InputError
        When the size is out of range.
    """
    height, width = size
    if not (1 <= height <= _LARGEST_PX and 1 <= width <= _LARGEST_PX):
        raise InputError(f"size: {size} is out of range; give height and width from 1 to {_LARGEST_PX} pixels.")
    count = len(poses)
    images = np.empty((count, height, width, 3), dtype=np.uint8)
    visible = np.empty((count, len(CLASSES)), dtype=np.float32)
    maps = np.empty((count, height, width), dtype=np.uint8) if class_map else None
    x, y = city.to_local(poses.lon, poses.lat)
    for i in range(count):
        moment = moment_at(city.seed, poses.captured_at[i], *CENTRE)
        rays = rays_of(height, width, float(poses.fov_deg[i]), float(poses.pitch_deg[i]))
        heading = float(np.radians((poses.heading_deg[i] - city.convergence_deg) % 360))
        canvas = paint_view(city, moment, rays, float(x[i]), float(y[i]), heading)
        images[i] = _develop(city, moment, canvas)
        visible[i] = np.bincount(canvas.classes, minlength=len(CLASSES)) / canvas.classes.size
        if maps is not None:
            maps[i] = canvas.classes.reshape(height, width)
    return RenderedViews(images=images, visible=visible, class_map=maps)


def paint_view(city: DemoCity, moment: Moment, rays: Rays, x: float, y: float, heading: float) -> Canvas:
    """Paint one view in linear light, before haze and exposure."""
    hits = cast_columns(city.walls, x, y, CAMERA_M, heading, rays.columns)
    column, slope = rays.column, rays.slope
    layers, columns = hits.distance.shape
    layer = _layer_of(rays, hits.top_slope)
    code = np.minimum(layer, layers - 1) * np.int32(columns) + column
    distance = hits.distance.ravel()[code]
    up = np.float32(CAMERA_M) + slope * np.minimum(distance, np.float32(1e6))
    is_wall = (layer < layers) & np.isfinite(distance) & (up >= 0)
    is_ground = ~is_wall & (slope < np.float32(-0.0015))
    canvas = Canvas(
        colour=np.empty((3, slope.size), dtype=np.float32),
        classes=np.full(slope.size, SKY, dtype=np.uint8),
        depth=np.full(slope.size, np.inf, dtype=np.float32),
        rays=rays, heading=heading, x=x, y=y,
    )  # fmt: skip
    direction = rays.columns + np.float32(heading)
    east, north = np.sin(direction), np.cos(direction)

    at = np.flatnonzero(~is_wall & ~is_ground)
    put(canvas.colour, at, paint_sky(moment, city.cloud_noise, direction[column[at]], slope[at], rays.pixel))
    at = np.flatnonzero(is_ground)
    reach = np.float32(-CAMERA_M) / slope[at]
    dx, dy = east[column[at]], north[column[at]]
    colour, classes = paint_ground(
        city, moment, np.float32(x) + dx * reach, np.float32(y) + dy * reach, dx, dy, reach, rays.pixel
    )
    put(canvas.colour, at, colour)
    canvas.classes[at], canvas.depth[at] = classes, reach
    at = np.flatnonzero(is_wall)
    dx, dy, reach = east[column[at]], north[column[at]], distance[at]
    wall = hits.wall.ravel()[code[at]]
    walls = city.walls
    pixels = WallPixels(
        wall=wall,
        u=hits.along.ravel()[code[at]],
        z=up[at],
        distance=reach,
        cosine=np.abs(dx * walls.uy[wall] - dy * walls.ux[wall]),
        x=np.float32(x) + dx * reach,
        y=np.float32(y) + dy * reach,
        pixel=rays.pixel,
    )
    colour, classes = paint_walls(city, moment, pixels)
    put(canvas.colour, at, colour)
    canvas.classes[at], canvas.depth[at] = classes, reach
    draw_cars(city, moment, canvas)
    draw_wires(city, canvas)
    draw_figures(city, moment, canvas)
    return canvas


def _layer_of(rays: Rays, top_slope: F32) -> NDArray[np.int32]:
    """How many layers of wall each pixel looks over."""
    if rays.pitch == 0:
        # A level camera's columns are the picture's own: compare whole rows, without a look-up per pixel.
        grid = rays.slope.reshape(rays.height, rays.width)
        count = np.zeros(grid.shape, dtype=np.int32)
        for top in top_slope:
            count += grid > top
        return count.ravel()
    layer = np.zeros(rays.slope.shape, dtype=np.int32)
    for top in top_slope:
        layer += rays.slope > top[rays.column]
    return layer


def _develop(city: DemoCity, moment: Moment, canvas: Canvas) -> NDArray[np.uint8]:
    """Haze, exposure, a little sensor noise and the display curve."""
    clear = np.exp(-canvas.depth / np.float32(moment.haze_m))
    clear[np.isinf(canvas.depth)] = 1
    veil = moment.horizon[:, None]
    colour = (veil + (canvas.colour - veil) * clear) * moment.gain[:, None]
    grey = colour.mean(axis=0)
    colour = np.maximum(grey + (colour - grey) * np.float32(1.18), 0)
    # A soft shoulder keeps bright walls and clouds from burning out.
    colour = np.sqrt(colour * (1 + colour * np.float32(0.35)) / (1 + colour * np.float32(0.85)))
    height, width = canvas.rays.height, canvas.rays.width
    image = colour.reshape(3, height, width)
    shift = int(uniform(city.seed, 701, round(canvas.x * 10), round(canvas.y * 10), moment.minute) * 65_000)
    grain = _grain(height, width, shift)
    levels: NDArray[np.uint8] = np.clip((image + grain) * 255 + np.float32(0.5), 0, 255).astype(np.uint8)
    return levels.transpose(1, 2, 0)


def _grain(height: int, width: int, shift: int) -> F32:
    """Sensor noise of about one grey level."""
    index = (np.arange(height * width, dtype=np.int32) * np.int32(1031)) & np.int32(0x3FFFFF)
    grain: F32 = (cell_random(shift, index) - np.float32(0.5)) * np.float32(0.016)
    return grain.reshape(height, width)
