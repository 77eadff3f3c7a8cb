"""Which of the captures that were found are wanted: in the area, in the time, and nearest to the sample points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from streetsense.streetview.spreading import spread_order

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.streetview.nearest import NearestPoints


@dataclass(frozen=True)
class Wish:
    """Which captures a user wants.

    Attributes
    ----------
    since, until : str or None
        First and last day, month or year (ISO 8601), both inclusive. Captures without a date are left out when one of
        them is given; those that know only their month or year are in when some day of it is.
    history : bool
        All captures of a place, instead of the nearest ones alone.
    per_point : int
        How many captures of a sample point, the nearest first, when the history is not wanted.
    """

    since: str | None = None
    until: str | None = None
    history: bool = False
    per_point: int = 1


def select(captures: pd.DataFrame, area: gpd.GeoDataFrame, nearest: NearestPoints, wish: Wish) -> pd.DataFrame:
    """Choose captures.

    With sample points every capture belongs to its nearest point, so that none is taken twice, and captures without a
    point near by are left out; without sample points all captures inside the area are wanted.

    Parameters
    ----------
    captures : DataFrame
        ``source_id``, ``lon``, ``lat`` (EPSG:4326), ``captured_at``.
    area : GeoDataFrame
        Polygons, EPSG:4326.
    nearest : NearestPoints
        Knows the sample points and how far away a capture may be.
    wish : Wish
        The rest.

    Returns
    -------
    DataFrame
        The rows of ``captures`` that are in the area and in the time, with ``point_id`` (None without a point) and
        ``is_chosen``.
    """
    import shapely

    there = captures[in_time(captures["captured_at"], wish.since, wish.until)]
    lon, lat = there["lon"].to_numpy(float), there["lat"].to_numpy(float)
    if nearest.is_empty:
        polygon = shapely.union_all(area.geometry.to_numpy())
        shapely.prepare(polygon)
        inside = shapely.intersects_xy(polygon, lon, lat)
        within: pd.DataFrame = there[inside].assign(point_id=None, is_chosen=True)
        return within
    rows, metres = nearest.rows_and_metres(lon, lat)
    there = there.assign(row=rows, metres=metres)[rows >= 0]
    there["point_id"] = nearest.ids(there["row"].to_numpy())
    chosen = np.ones(len(there), dtype=bool)
    if not wish.history:
        # Of two that are equally near the newer one; the name decides at last, so that every run chooses the same.
        by_nearness = there.assign(metres=there["metres"].round(2)).sort_values(
            ["row", "metres", "captured_at", "source_id"], ascending=[True, True, False, True]
        )
        rank = by_nearness.groupby("row").cumcount()
        chosen = (rank.reindex(there.index) < wish.per_point).to_numpy()
    selected: pd.DataFrame = there.drop(columns=["row", "metres"]).assign(is_chosen=chosen)
    return selected


def in_time(captured_at: pd.Series, since: str | None, until: str | None) -> NDArray[np.bool_]:
    """Tell which capture times lie between two days, months or years, both inclusive.

    Two dates are compared as far as both are known: a capture of ``2019-07`` is neither before nor after the 15th.
    """
    wanted = np.ones(len(captured_at), dtype=bool)
    if since is None and until is None:
        return wanted
    text = captured_at.astype("object").fillna("").astype(str).str[:10]
    length = text.str.len().to_numpy()
    for limit, is_first in ((since, True), (until, False)):
        if limit is None:
            continue
        limit = limit[:10]
        for known in (4, 7, 10):
            these = length == known
            both = min(known, len(limit))
            said = text[these].str[:both]
            wanted[these] &= (said >= limit[:both]).to_numpy() if is_first else (said <= limit[:both]).to_numpy()
    return wanted & (length >= 4)


def spread(frame: pd.DataFrame) -> pd.DataFrame:
    """Put captures into an order that is spread over the area (`spread_order`); those of a sample point together."""
    place = frame["point_id"].astype("object").fillna(frame["source_id"]).to_numpy(dtype=object)
    return frame.iloc[spread_order(place)]


def by_year(captured_at: pd.Series) -> dict[str, int]:
    """Count captures by year; those without a date are ``unknown``."""
    years = captured_at.astype("object").fillna("").astype(str).str[:4].replace("", "unknown")
    return {str(year): int(number) for year, number in years.value_counts().sort_index().items()}
