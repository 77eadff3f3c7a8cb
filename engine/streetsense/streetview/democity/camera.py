"""The camera of the synthetic city: poses, and the directions of a picture's pixels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streetsense.errors import InputError

from .hashing import F32

#: Height of the camera above the ground in metres, as on a street view car.
CAMERA_M: Final = 2.5
_STEEPEST_DEG: Final = 60.0


@dataclass(frozen=True)
class CameraPose:
    """Where, when and how each of N views is taken; all fields broadcast to one length.

    Attributes
    ----------
    lon, lat : NDArray[np.float64]
        Degrees, EPSG:4326.
    heading_deg : NDArray[np.float64]
        Degrees clockwise from true north; the centre of the view.
    captured_at : NDArray[np.datetime64]
        UTC, ``datetime64[s]``. Midnight sharp means that only the date is known.
    fov_deg : NDArray[np.float64]
        Horizontal field of view in degrees, 10 to 140.
    pitch_deg : NDArray[np.float64]
        Degrees above the horizon, -60 to 60.

    Raises
    ------
    InputError
        When lengths do not agree or a value is out of range.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    captured_at: NDArray[np.datetime64]
    fov_deg: NDArray[np.float64]
    pitch_deg: NDArray[np.float64]

    def __init__(
        self,
        lon: ArrayLike,
        lat: ArrayLike,
        heading_deg: ArrayLike,
        captured_at: ArrayLike,
        fov_deg: ArrayLike = 90.0,
        pitch_deg: ArrayLike = 0.0,
    ) -> None:
        numbers = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (lon, lat, heading_deg, fov_deg, pitch_deg)]
        times = np.atleast_1d(np.asarray(captured_at)).astype("datetime64[s]")
        try:
            longitude, latitude, heading, fov, pitch, when = np.broadcast_arrays(*numbers, times)
        except ValueError as error:
            raise InputError(
                f"poses: the fields have different lengths ({error}); give one value a view, or one for all."
            ) from error
        checks = (
            ("lon", np.abs(longitude) <= 180, "degrees from -180 to 180"),
            ("lat", np.abs(latitude) <= 90, "degrees from -90 to 90"),
            ("heading_deg", np.isfinite(heading), "finite degrees"),
            ("fov_deg", (fov >= 10) & (fov <= 140), "degrees from 10 to 140"),
            ("pitch_deg", np.abs(pitch) <= _STEEPEST_DEG, f"degrees from -{_STEEPEST_DEG:g} to {_STEEPEST_DEG:g}"),
            ("captured_at", ~np.isnat(when), "a date or a time"),
        )
        for name, good, wanted in checks:
            if not good.all():
                raise InputError(f"{name}: {int((~good).sum())} of {good.size} values are out of range; give {wanted}.")
        values = {
            "lon": longitude,
            "lat": latitude,
            "heading_deg": heading,
            "captured_at": when,
            "fov_deg": fov,
            "pitch_deg": pitch,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.lon)


@dataclass(frozen=True)
class Rays:
    """Directions of a picture's pixels, relative to its heading. Flat arrays run row by row from the top left.

    Attributes
    ----------
    height, width
        Pixels.
    focal
        Focal length in pixels.
    pitch
        Radians.
    columns : NDArray[np.float32]
        Ascending azimuths of the columns that walls are cast for, radians. At pitch 0 they are the picture's own
        columns.
    column : NDArray[np.int32]
        Flat: which of those columns each pixel uses.
    azimuth, slope : NDArray[np.float32]
        Flat: radians right of the heading; tangent of the elevation.
    """

    height: int
    width: int
    focal: float
    pitch: float
    columns: F32
    column: NDArray[np.int32]
    azimuth: F32
    slope: F32

    @property
    def pixel(self) -> float:
        """Angle of one pixel at the centre, radians."""
        return 1.0 / self.focal

    def box(self, azimuth: F32, distance: F32, half_width: F32, low: F32, high: F32) -> NDArray[np.int64]:
        """Pixel boxes around upright rectangles that face the camera.

        Parameters
        ----------
        azimuth, distance
            Direction (radians right of the heading) and horizontal metres to the foot.
        half_width
            Metres to either side.
        low, high
            Metres above the ground.

        Returns
        -------
        NDArray[np.int64]
            ``[n, 4]``: first row, row after the last, first column, column after the last. Empty where the rectangle
            is out of view.
        """
        corners_x, corners_y = [], []
        sin_p, cos_p = np.sin(self.pitch), np.cos(self.pitch)
        for side in (-1.0, 1.0):
            lateral = np.sin(azimuth) * distance + side * np.cos(azimuth) * half_width
            forward = np.cos(azimuth) * distance - side * np.sin(azimuth) * half_width
            for z in (low, high):
                up = z - CAMERA_M
                depth = np.maximum(forward * cos_p + up * sin_p, 0.04 * distance + 0.02)
                corners_x.append(self.width / 2 + self.focal * lateral / depth)
                corners_y.append(self.height / 2 - self.focal * (up * cos_p - forward * sin_p) / depth)
        x, y = np.stack(corners_x), np.stack(corners_y)
        box = np.stack(
            [np.floor(y.min(axis=0)), np.ceil(y.max(axis=0)), np.floor(x.min(axis=0)), np.ceil(x.max(axis=0))], -1
        )
        box[:, :2] = np.clip(box[:, :2], 0, self.height)
        box[:, 2:] = np.clip(box[:, 2:], 0, self.width)
        result: NDArray[np.int64] = box.astype(np.int64)
        return result


@lru_cache(maxsize=16)
def rays_of(height: int, width: int, fov_deg: float, pitch_deg: float) -> Rays:
    """Compute the directions of all pixels of a picture.

    Parameters
    ----------
    height, width
        Pixels.
    fov_deg
        Horizontal field of view in degrees.
    pitch_deg
        Degrees above the horizon.

    Returns
    -------
    Rays
        Cached: views of one size and lens share it.
    """
    focal = width / 2 / np.tan(np.radians(fov_deg) / 2)
    pitch = np.radians(pitch_deg)
    x = (np.arange(width) + 0.5 - width / 2) / focal
    y = (height / 2 - np.arange(height) - 0.5) / focal
    if pitch_deg == 0:
        columns = np.arctan(x)
        column = np.broadcast_to(np.arange(width), (height, width))
        azimuth = np.broadcast_to(columns, (height, width))
        slope = y[:, None] / np.sqrt(1 + x**2)
    else:
        forward = (np.cos(pitch) - y * np.sin(pitch))[:, None]
        azimuth = np.arctan2(x[None, :], forward)
        slope = (np.sin(pitch) + y * np.cos(pitch))[:, None] / np.hypot(x[None, :], forward)
        # A margin, so that a picture of one pixel has a span too.
        columns = np.linspace(azimuth.min() - 1e-3, azimuth.max() + 1e-3, 2 * width + 2)
        column = np.rint((azimuth - columns[0]) / (columns[1] - columns[0]))
    return Rays(
        height=height,
        width=width,
        focal=float(focal),
        pitch=float(pitch),
        columns=columns.astype(np.float32),
        column=np.ascontiguousarray(column, dtype=np.int32).ravel(),
        azimuth=np.ascontiguousarray(azimuth, dtype=np.float32).ravel(),
        slope=np.ascontiguousarray(slope, dtype=np.float32).ravel(),
    )
