"""What a date does to the synthetic city: sun, season, weather, exposure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .hashing import uniform

CLEAR, FAIR, OVERCAST, RAIN, HAZE = range(5)
_DAY_S: Final = 86_400
RGB = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """Light, season and weather at one time; the same all over the city.

    Attributes
    ----------
    day, minute
        Whole days and minutes since 1970 (UTC): hash keys of what changes daily and at once.
    hour
        Local solar hour, 0 to 24.
    sun
        Unit vector (east, north, up) towards the sun; below the horizon at night.
    sunlight, skylight
        Linear RGB of the direct and the ambient light.
    horizon, zenith
        Linear RGB of the sky.
    cloud
        Share of the sky under cloud, 0 to 1.
    weather
        CLEAR, FAIR, OVERCAST, RAIN or HAZE.
    wet, snow, night
        0 to 1.
    leaf, autumn, blossom
        Foliage density, turn of its colour, share of flowering trees, 0 to 1.
    haze_m
        Distance in metres at which haze hides two thirds of the contrast.
    gain
        Linear RGB factor of exposure and white balance.
    """

    day: int
    minute: int
    hour: float
    sun: tuple[float, float, float]
    sunlight: RGB
    skylight: RGB
    horizon: RGB
    zenith: RGB
    cloud: float
    weather: int
    wet: float
    snow: float
    night: float
    leaf: float
    autumn: float
    blossom: float
    haze_m: float
    gain: RGB


def _ramp(value: float, low: float, high: float) -> float:
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def _rgb(*values: float) -> RGB:
    return np.array(values, dtype=np.float32)


def moment_at(seed: int, captured_at: np.datetime64, longitude: float, latitude: float) -> Moment:
    """Work out sun, season and weather.

    A time of exactly midnight means that only the date is known, as with most street view archives: a daytime hour is
    drawn for it.

    Parameters
    ----------
    seed
        The city's seed.
    captured_at
        UTC.
    longitude, latitude
        Degrees, for the sun.

    Returns
    -------
    Moment
        The same for the same seed and time.
    """
    second = int(captured_at.astype("datetime64[s]").astype(np.int64))
    day, of_day = divmod(second, _DAY_S)
    year_day = float((np.datetime64(day, "D") - np.datetime64(day, "D").astype("datetime64[Y]")).astype(np.int64))
    if of_day == 0:
        hour = 9.2 + 7.6 * float(uniform(seed, 301, day))
    else:
        hour = (of_day / 3600 + longitude / 15) % 24
    declination = np.radians(-23.44) * np.cos(2 * np.pi * (year_day + 10) / 365.25)
    angle, parallel = np.radians(15 * (hour - 12)), np.radians(latitude)
    up = np.sin(parallel) * np.sin(declination) + np.cos(parallel) * np.cos(declination) * np.cos(angle)
    east = -np.cos(declination) * np.sin(angle)
    north = np.cos(parallel) * np.sin(declination) - np.sin(parallel) * np.cos(declination) * np.cos(angle)
    elevation = float(np.degrees(np.arcsin(np.clip(up, -1, 1))))

    winter = 0.5 + 0.5 * np.cos(2 * np.pi * (year_day - 15) / 365.25)
    draw = float(uniform(seed, 302, day))
    limits = np.cumsum([0.40 - 0.18 * winter, 0.26, 0.16 + 0.14 * winter, 0.10 + 0.04 * winter])
    weather = int(np.searchsorted(limits, draw, side="right"))
    snowy = winter > 0.86 and float(uniform(seed, 303, day // 6)) < 0.34 and weather != RAIN
    snow = 0.55 + 0.45 * float(uniform(seed, 304, day)) if snowy else 0.0
    cloud = (0.10, 0.42, 1.0, 1.0, 0.30)[weather]
    direct = (1.0, 0.92, 0.05, 0.0, 0.62)[weather] * _ramp(elevation, -1.0, 9.0)
    night = 1.0 - _ramp(elevation, -8.0, 5.0)
    low = 1.0 - _ramp(elevation, 4.0, 32.0)

    warm = _rgb(1.0, 0.93, 0.82) * (1 - low) + _rgb(1.0, 0.70, 0.40) * low
    blue, grey = _rgb(0.10, 0.24, 0.58), _rgb(0.50, 0.53, 0.56)
    pale = _rgb(0.56, 0.70, 0.84) * (1 - 0.8 * low) + _rgb(0.90, 0.70, 0.46) * 0.8 * low
    dull = {CLEAR: 0.0, FAIR: 0.12, OVERCAST: 1.0, RAIN: 1.0, HAZE: 0.62}[weather]
    level = {CLEAR: 1.0, FAIR: 1.0, OVERCAST: 0.95, RAIN: 0.62, HAZE: 1.0}[weather]
    daylight = (1 - night) * (0.55 + 0.45 * _ramp(elevation, 0.0, 25.0))
    dark = _rgb(0.012, 0.016, 0.034)
    zenith = (blue * (1 - dull) + grey * 0.9 * dull) * level * daylight + dark * night
    horizon = (pale * (1 - dull) + grey * 1.15 * dull) * level * daylight + dark * 2.2 * night
    sky_tint = _rgb(0.80, 0.92, 1.10) * (1 - dull) + _rgb(1.0, 1.0, 1.0) * dull
    skylight = sky_tint * (0.40 + 0.42 * dull) * level * daylight + _rgb(0.050, 0.045, 0.055) * night
    sunlight = warm * 1.7 * direct

    # Cameras adjust: exposure lifts dark scenes most of the way, and each day's white balance is a little off.
    meter = float(skylight.mean() + 0.55 * sunlight.mean() * max(up, 0.15))
    exposure = 1.08 / max(meter, 0.14) ** 0.72 * (0.86 + 0.30 * float(uniform(seed, 305, day)))
    balance = 1 + 0.10 * (uniform(seed, 306, day, np.arange(3)) - 0.5)
    leaf = _ramp(year_day, 88, 128) * (1 - _ramp(year_day, 296, 328))
    return Moment(
        day=day,
        minute=second // 60,
        hour=hour,
        sun=(float(east), float(north), float(up)),
        sunlight=sunlight.astype(np.float32),
        skylight=skylight.astype(np.float32),
        horizon=horizon.astype(np.float32),
        zenith=zenith.astype(np.float32),
        cloud=cloud,
        weather=weather,
        wet=1.0 if weather == RAIN else (0.35 if weather == OVERCAST and draw > 0.8 else 0.0),
        snow=snow,
        night=night,
        leaf=leaf,
        autumn=_ramp(year_day, 252, 300),
        blossom=_ramp(year_day, 88, 104) * (1 - _ramp(year_day, 122, 136)),
        haze_m={CLEAR: 1500.0, FAIR: 1300.0, OVERCAST: 700.0, RAIN: 330.0, HAZE: 240.0}[weather],
        gain=(exposure * balance).astype(np.float32),
    )
