"""Which views may be paired at all: dates, held-out places, quotas, and what the rule must know of a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from streetsense.errors import InputError
from streetsense.progress import Progress
from streetsense.units import read_units
from streetsense_training.pairs.candidates import Candidates
from streetsense_training.pairs.days import UNKNOWN_DAY, limit, middle_days
from streetsense_training.pairs.holdout import held_out_blocks
from streetsense_training.pairs.polygons import polygon_numbers, read_polygons
from streetsense_training.pairs.rules import PairRule
from streetsense_training.pairs.views import UNKNOWN_HEADING, ViewColumns

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.study import Study


class Selection(BaseModel):
    """What a person left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: str | None = Field(default=None, description="views taken before are not used")
    until: str | None = Field(default=None, description="views taken after are not used")
    hold_out: float = Field(default=0.0, description="share of the blocks whose views are held out")
    hold_out_block_m: float = Field(default=200.0, description="side of a block (metres)")
    hold_out_area: str | None = Field(default=None, description="polygons whose views are held out")
    quotas: str | None = Field(default=None, description="polygons that each get as many pairs")
    quota_column: str = Field(default="name", description="their column of names")
    quota: int | None = Field(default=None, description="pairs for each")
    unit_column: str | None = Field(default=None, description="the column that names the rule's units")


@dataclass(frozen=True)
class Selected:
    """What is left, and what became of the others.

    Attributes
    ----------
    rows : ndarray of int64, shape (n,)
        Rows of the views that may be paired.
    candidates : Candidates
        The same, of length n.
    held_out : ndarray of int64
        Rows of the views that are held out.
    left_out : dict
        Why views are left out (`PairRule.failure`), and how many.
    quota_names : list of str
        Names of the quota's polygons, by number.
    """

    rows: NDArray[np.int64]
    candidates: Candidates
    held_out: NDArray[np.int64]
    left_out: dict[str, int]
    quota_names: list[str]


def select(
    study: Study, views: ViewColumns, rule: PairRule, selection: Selection, seed: int, progress: Progress
) -> Selected:
    """Choose the views that may be paired.

    Raises
    ------
    InputError
        When a limit is no date, or polygons cannot be read or hold no view.
    """
    count = len(views)
    limits = limit(selection.since, "since"), limit(selection.until, "until")
    left = np.ones(count, dtype=bool)
    left_out: dict[str, int] = {}

    def leave_out(reason: str, bad: NDArray[np.bool_] | np.bool_) -> None:
        left_out[reason] = int((bad & left).sum())
        np.logical_and(left, ~bad, out=left)

    placed = np.isfinite(views.xy).all(axis=1)
    held = np.zeros(count, dtype=bool)
    held[placed] = _held_out(study, views.xy[placed], selection, seed, progress)
    if rule.objective != "self" or selection.hold_out or selection.hold_out_area or selection.quotas:
        leave_out("no_position", ~placed)
    leave_out("held_out", held)
    leave_out("outside_dates", _outside(views, *limits))
    quota, names = np.full(count, -1, dtype=np.int32), list[str]()
    if selection.quotas is not None:
        polygons = read_polygons(selection.quotas, "quotas", selection.quota_column)
        names = polygons["unit_id"].tolist()
        quota[left] = polygon_numbers(views.xy[left], polygons, study.crs, "quotas", progress)
        leave_out("outside_quotas", quota < 0)
    unit = np.full(count, -1, dtype=np.int32)
    if rule.units is not None:
        units = _units(study, rule.units, views.xy[left], selection.unit_column)
        unit[left] = polygon_numbers(views.xy[left], units, study.crs, "units", progress)
        leave_out("outside_units", unit < 0)
    if rule.heading_limit is not None:
        leave_out("heading_unknown", views.heading == UNKNOWN_HEADING)
    if rule.needs_day:
        leave_out("date_unknown", views.first_day == UNKNOWN_DAY)
    rows = np.flatnonzero(left)
    candidates = Candidates(
        views.xy[rows, 0], views.xy[rows, 1], views.heading[rows],
        middle_days(views.first_day[rows], views.last_day[rows]),
        views.panorama[rows], unit[rows], quota[rows],
    )  # fmt: skip
    return Selected(rows, candidates, np.flatnonzero(held), left_out, names)


def _held_out(
    study: Study, xy: NDArray[np.float64], selection: Selection, seed: int, progress: Progress
) -> NDArray[np.bool_]:
    if selection.hold_out_area is None:
        return held_out_blocks(xy, selection.hold_out, selection.hold_out_block_m, seed)
    polygons = read_polygons(selection.hold_out_area, "hold_out_area")
    return polygon_numbers(xy, polygons, study.crs, "hold_out_area", progress) >= 0


def _outside(views: ViewColumns, since: tuple[int, int] | None, until: tuple[int, int] | None) -> NDArray[np.bool_]:
    """Tell which views may have been taken outside the dates; those of unknown time may."""
    outside = np.zeros(len(views), dtype=bool)
    if since is None and until is None:
        return outside
    if since is not None and until is not None and since[0] > until[1]:
        raise InputError("until: it is before 'since', which leaves no time; exchange the two.")
    outside |= views.first_day == UNKNOWN_DAY
    if since is not None:
        outside |= views.first_day < since[0]
    if until is not None:
        outside |= views.last_day > until[1]
    return outside


def _units(study: Study, source: str, xy: NDArray[np.float64], column: str | None) -> gpd.GeoDataFrame:
    """Read the units, or make the cells that hold a view."""
    import geopandas as gpd

    places = np.unique(xy, axis=0)
    if len(places) == 0:
        places = np.zeros((1, 2))  # No view is left: which cells there are makes no difference.
    cover = gpd.GeoDataFrame(geometry=gpd.points_from_xy(places[:, 0], places[:, 1]), crs=study.crs)
    return read_units(source, cover, study.crs, id_column=column)
