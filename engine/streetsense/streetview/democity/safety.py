"""How safe a view of the synthetic city looks, from what is visible in it.

The score imitates a crowd's rating of photos on a scale of 0 to 10. It depends on the view alone: greenery, people,
cars, litter and graffiti, neglected facades, open sky and darkness. Part of that changes with the date, so a
representation that ignores what moves cannot predict it in full: people, cars and light carry about a third of the
score's variance over random streets, dates and hours.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .camera import CameraPose
from .city import CENTRE, DemoCity
from .classes import CAR, CLASSES, CLUTTER, DECAY, PERSON, SKY, VEGETATION
from .hashing import F32, normal
from .moment import moment_at

#: Deviation of the noise that stands for the raters' disagreement, in points.
NOISE_POINTS: Final = 0.45
_STATIC: Final = {VEGETATION: (2.6, 0.25), DECAY: (-2.0, 0.16), CLUTTER: (-2.2, 0.02), SKY: (0.7, 0.35)}
_DYNAMIC: Final = {PERSON: (1.9, 0.008), CAR: (-1.7, 0.10)}
_DARK_POINTS: Final = 2.6
_DULL_POINTS: Final = 1.1


def safety_parts(city: DemoCity, visible: F32, poses: CameraPose) -> tuple[F32, F32]:
    """The two parts of the score before noise.

    Parameters
    ----------
    city : DemoCity
        Which city.
    visible : NDArray[np.float32]
        ``[N, len(CLASSES)]`` shares from :func:`~.render.render_views`.
    poses : CameraPose
        The same N views.

    Returns
    -------
    static, dynamic : NDArray[np.float32]
        Points from what stays (greenery, neglect, litter, openness) and from what changes (people, cars, darkness,
        dull weather).
    """
    if visible.shape != (len(poses), len(CLASSES)):
        raise ValueError(f"visible has shape {visible.shape}, not {(len(poses), len(CLASSES))}")

    def saturate(weights: dict[int, tuple[float, float]]) -> NDArray[np.float64]:
        # The first square metres of green or litter count most: 1 - exp(-share/scale).
        terms = [
            points * (1 - np.exp(-visible[:, c].astype(np.float64) / scale)) for c, (points, scale) in weights.items()
        ]
        return np.asarray(np.sum(terms, axis=0), dtype=np.float64)

    times, index = np.unique(poses.captured_at, return_inverse=True)
    moments = [moment_at(city.seed, time, *CENTRE) for time in times]
    dark = np.array([m.night for m in moments])
    dull = np.array([1 - min(1.0, float(m.sunlight.mean()) + 0.25 * float(m.skylight.mean())) for m in moments])
    light = -(_DARK_POINTS * dark + _DULL_POINTS * dull * (1 - dark))[index]
    return saturate(_STATIC).astype(np.float32), (saturate(_DYNAMIC) + light).astype(np.float32)


def safety_scores(city: DemoCity, visible: F32, poses: CameraPose) -> F32:
    """Rate how safe views look.

    Parameters
    ----------
    city : DemoCity
        Which city.
    visible : NDArray[np.float32]
        ``[N, len(CLASSES)]`` shares from :func:`~.render.render_views`.
    poses : CameraPose
        The same N views.

    Returns
    -------
    NDArray[np.float32]
        ``[N]`` scores from 0 (unsafe) to 10 (safe); the same view always gets the same score.
    """
    static, dynamic = safety_parts(city, visible, poses)
    x, y = city.to_local(poses.lon, poses.lat)
    keys = (np.rint(x * 10), np.rint(y * 10), np.rint(poses.heading_deg * 10), poses.captured_at.astype(np.int64) // 60)
    noise = NOISE_POINTS * normal(city.seed, 901, *keys)
    result: F32 = np.clip(5.6 + static + dynamic + noise, 0, 10).astype(np.float32)
    return result
