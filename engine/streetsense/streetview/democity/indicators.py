"""Block groups of the synthetic city and the indicators measured in them.

Each indicator is a declared mixture of the two latent fields plus noise. The noise share is the part of its variance
that nothing in the pictures can explain, so ``1 - noise_share`` bounds the R² that any predictor can reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from .hashing import F32, normal, uniform
from .latent import LatentFields


@dataclass(frozen=True)
class Indicator:
    """How one indicator follows from the latent fields.

    Attributes
    ----------
    unit
        Unit of the values.
    description
        One line for people.
    wealth, centrality
        Weights of the standardised fields.
    noise_share
        Share of the variance that is noise, 0 to 1.
    mean, deviation
        Of the values (of their logarithm where ``log``).
    minimum, maximum
        Limits that the values are clipped to.
    log
        Whether the values are log-normal.
    """

    unit: str
    description: str
    wealth: float
    centrality: float
    noise_share: float
    mean: float
    deviation: float
    minimum: float
    maximum: float
    log: bool = False


INDICATORS: Final[Mapping[str, Indicator]] = MappingProxyType({
    "median_income": Indicator(
        "USD/year", "Median household income (synthetic)", 1.0, 0.10, 0.15, 11.05, 0.42, 12_000.0, 250_001.0, log=True),
    "poverty_rate": Indicator(
        "%", "Population below the poverty line (synthetic)", -1.0, 0.20, 0.20, 17.0, 8.0, 0.5, 60.0),
    "obesity": Indicator(
        "% of adults", "Obesity prevalence (synthetic)", -1.0, -0.35, 0.25, 29.0, 5.0, 12.0, 50.0),
    "diabetes": Indicator(
        "% of adults", "Diagnosed diabetes prevalence (synthetic)", -1.0, -0.15, 0.30, 11.0, 2.8, 3.0, 26.0),
    "mental_distress": Indicator(
        "% of adults", "Frequent mental distress (synthetic)", -0.8, 0.25, 0.38, 15.0, 2.6, 6.0, 28.0),
    "walk_bike_commute": Indicator(
        "% of workers", "Commute on foot or by bicycle (synthetic)", 0.15, 1.0, 0.25, 11.0, 6.0, 0.0, 50.0),
    "drive_alone_commute": Indicator(
        "% of workers", "Commute alone by car (synthetic)", 0.25, -1.0, 0.20, 58.0, 12.0, 10.0, 92.0),
    "crime_rate": Indicator(
        "incidents/1000 residents/year", "Reported crime (synthetic)",
        -0.7, 0.75, 0.35, 3.5, 0.45, 3.0, 200.0, log=True),
})  # fmt: skip


def draw_block_groups(seed: int, size_m: tuple[float, float]) -> NDArray[np.object_]:
    """Tile the city with polygons of about 115 m across.

    The polygons are the Voronoi cells of a jittered lattice. Their borders do not follow streets, so that points on a
    street's centre line lie clearly in one polygon.

    Parameters
    ----------
    seed
        The city's seed.
    size_m
        Width and height of the city in metres.

    Returns
    -------
    NDArray of shapely.Polygon
        In local metres, ordered from south-west to north-east by lattice row.
    """
    nx, ny = max(2, round(size_m[0] / 116)), max(2, round(size_m[1] / 116))
    j, i = np.divmod(np.arange(nx * ny), nx)
    x = (i + 0.5 + 0.5 * (uniform(seed, 61, i, j) - 0.5)) * (size_m[0] / nx)
    y = (j + 0.5 + 0.5 * (uniform(seed, 62, i, j) - 0.5)) * (size_m[1] / ny)
    frame = shapely.box(0, 0, *size_m)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(np.stack([x, y], -1)), extend_to=shapely.buffer(frame, 500), ordered=True
        )
    )
    result: NDArray[np.object_] = shapely.intersection(cells, frame)
    return result


def measure(seed: int, latent: LatentFields, polygons: NDArray[np.object_]) -> dict[str, F32]:
    """Values of every indicator in every block group.

    Parameters
    ----------
    seed
        The city's seed.
    latent
        The fields that the indicators follow.
    polygons
        Block groups in local metres.

    Returns
    -------
    dict of str to NDArray[np.float32]
        One array a name of :data:`INDICATORS`, in its unit.
    """
    centre = shapely.get_coordinates(shapely.centroid(polygons))
    wealth, centrality = (_standard(field) for field in latent.wealth_and_centrality(centre[:, 0], centre[:, 1]))
    values: dict[str, F32] = {}
    cells = np.arange(len(polygons))
    for order, (name, indicator) in enumerate(INDICATORS.items()):
        signal = _standard(indicator.wealth * wealth + indicator.centrality * centrality)
        noise = _standard(normal(seed, 63, order, cells))
        z = np.sqrt(1 - indicator.noise_share) * signal + np.sqrt(indicator.noise_share) * noise
        value = indicator.mean + indicator.deviation * z
        value = np.exp(value) if indicator.log else value
        values[name] = np.clip(value, indicator.minimum, indicator.maximum).astype(np.float32)
    return values


def _standard(values: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = values.astype(np.float64)
    result: NDArray[np.float64] = (wide - wide.mean()) / wide.std()
    return result
