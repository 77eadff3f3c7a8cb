"""Requests to set providers up with, and questions asked to their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import shapely

from streetsense.streetview.nearest import NearestPoints
from streetsense.streetview.online.provider import FoundCapture, OnlineProvider, Question
from streetsense.streetview.provider import FetchRequest
from streetsense.streetview.views import Cuts
from streetsense.vectors import WGS84, utm_crs
from streetsense.web import Waits, Web

T = TypeVar("T")

#: As patient as usual, but quick about it.
QUICK = Waits(
    first_s=0.01, most_s=0.05, busy_first_s=0.02, busy_most_s=0.1, told_most_s=0.2, busy_attempts=1, recovery_s=0.5
)


def request_for(
    bounds: tuple[float, float, float, float],
    points: Sequence[tuple[float, float]] = (),
    *,
    cuts: Cuts | None = None,
    secrets: Mapping[str, str] | None = None,
    **options: Any,
) -> FetchRequest:
    """Return a request for a rectangle (west, south, east, north) with sample points (longitude, latitude)."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], crs=WGS84)
    sampled = gpd.GeoDataFrame(
        {"point_id": [f"p{number}" for number in range(len(points))], "road_bearing_deg": np.zeros(len(points))},
        geometry=[shapely.Point(*point) for point in points],
        crs=WGS84,
    )
    nearest = NearestPoints(sampled, utm_crs(area), options.get("max_distance", 50.0))
    return FetchRequest(area, sampled, nearest, cuts or Cuts(), sampled.iloc[:0], options, secrets or {})


def with_web(provider: OnlineProvider, work: Callable[[Web], Awaitable[T]], waits: Waits = QUICK) -> T:
    """Do something that asks a provider's hosts."""

    async def run() -> T:
        async with Web(provider.limits, user_agent="StreetSense-tests", waits=waits) as web:
            return await work(web)

    return asyncio.run(run())


def found_by(provider: OnlineProvider, waits: Waits = QUICK) -> tuple[dict[str, FoundCapture], int]:
    """Ask all questions of a provider, and those that they lead to; return captures by name, and unreadable ones."""

    async def discover(web: Web) -> tuple[dict[str, FoundCapture], int]:
        captures: dict[str, FoundCapture] = {}
        unreadable = 0
        questions: list[Question] = list(provider.questions())
        while questions:
            findings = await provider.ask(web, questions.pop())
            captures |= {capture.source_id: capture for capture in findings.captures}
            unreadable += findings.unreadable
            questions.extend(findings.further)
        return captures, unreadable

    return with_web(provider, discover, waits)
