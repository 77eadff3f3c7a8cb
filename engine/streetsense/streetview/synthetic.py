"""The provider ``democity``: views of a synthetic city, rendered where and when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.images import encode_jpeg
from streetsense.streetview.democity import CLASSES, CameraPose, DemoCity, render_views, safety_scores
from streetsense.streetview.provider import Capture, FetchRequest, gives_on
from streetsense.streetview.terms import Terms
from streetsense.streetview.views import Cuts, TakenView, View

if TYPE_CHECKING:
    import geopandas as gpd

    from streetsense.progress import Progress

LICENCE = "GPL-2.0-or-later (synthetic)"
ATTRIBUTION = "StreetSense democity (synthetic)"
TERMS = Terms(
    title="Synthetic city",
    description="Rendered views of a city that does not exist, with labels that are true.",
    licence=LICENCE,
    attribution=ATTRIBUTION,
    url="https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
    notice="The views are rendered on this computer: nothing is asked of anybody, and nothing in them is real. They "
    "may be used for anything, also in tests and courses; maps of them are no maps of a real place.",
    is_online=False,
    is_recommended=False,
)
_JPEG_QUALITY = 90
#: A capture is called ``seed<number>/<date>/<sample point>``.
_SEED = "seed"
#: Captures are taken between these hours UTC, which in the city's longitude is 9:00 to 16:00 by the sun.
_FIRST_HOUR, _HOURS = 11, 7


class DemoCityProvider:
    """Rendered views at every sample point, heading and date.

    Parameters
    ----------
    points : GeoDataFrame
        Sample points in EPSG:4326: ``point_id``, ``road_bearing_deg``. They must lie in the city.
    cuts : Cuts
        Headings (relative to the road's bearing or to north), pitch, field of view and size of the views.
    dates : sequence of str
        Days (``2019-07-15``) or months (``2019-07``). Every panorama has its own time of day, and in a month its own
        day, drawn from the seed, the point and the date.
    seed : int
        Which city.

    Raises
    ------
    InputError
        When there are no sample points, some lie outside the city, or a date cannot be understood.
    """

    name = "democity"
    labels_name = "democity_safety"

    def __init__(self, points: gpd.GeoDataFrame, cuts: Cuts, dates: Sequence[str], seed: int = 0) -> None:
        if points.empty:
            raise InputError("sample points: there are none; run 'streetsense sample' on the roads of democity first.")
        self._city, self._seed, self._cuts = DemoCity(seed), seed, cuts
        _require_inside(points, self._city)
        self._ids = points["point_id"].to_numpy(dtype=object)
        self._lon, self._lat = points.geometry.x.to_numpy(), points.geometry.y.to_numpy()
        turn = points["road_bearing_deg"].fillna(0.0).to_numpy(float) if cuts.relative_to == "road" else 0.0
        self._turn = np.broadcast_to(turn, len(points))
        self._dates = [_first_day_and_length(date) for date in dates]
        self._written_dates = [date.strip() for date in dates]
        self.views_per_capture = len(cuts.headings_deg)

    def captures(self, progress: Progress) -> Sequence[Capture]:
        """List one panorama a date and sample point, date by date."""
        progress.report(0, 1, "listing the panoramas of the synthetic city")
        return [
            Capture(f"{_SEED}{self._seed}/{date}/{point}", number * len(self._ids) + row, str(point))
            for number, date in enumerate(self._written_dates)
            for row, point in enumerate(self._ids)
        ]

    def finished_views(self, capture: Capture, done: Mapping[str, str]) -> int:
        """Return how many views of ``capture`` are among ``done`` (see `Provider`)."""
        keys = self._cuts.view_ids(self.name, capture.source_id)
        return len(keys) if all(key in done for key in keys) else 0

    def take(self, capture: Capture) -> list[TakenView]:
        """Render the views of one panorama, with what is visible in them and how safe it looks."""
        number, row = divmod(capture.row, len(self._ids))
        moment = self._moment(number, capture.source_id)
        headings = (np.asarray(self._cuts.headings_deg) + self._turn[row]) % 360
        poses = CameraPose(self._lon[row], self._lat[row], headings, moment, self._cuts.fov_deg, self._cuts.pitch_deg)
        rendered = render_views(self._city, poses, size=(self._cuts.size, self._cuts.size))
        safety = safety_scores(self._city, rendered.visible, poses)
        keys = self._cuts.view_ids(self.name, capture.source_id)
        return [
            TakenView(
                View(
                    view_id=key,
                    provider=self.name,
                    source_id=capture.source_id,
                    lon=float(self._lon[row]),
                    lat=float(self._lat[row]),
                    heading_deg=float(headings[view]),
                    pitch_deg=self._cuts.pitch_deg,
                    fov_deg=self._cuts.fov_deg,
                    captured_at=f"{moment}Z",
                    width=self._cuts.size,
                    height=self._cuts.size,
                    pano_id=f"{self._ids[row]}@{self._written_dates[number]}",
                    point_id=str(self._ids[row]),
                    licence=LICENCE,
                    attribution=ATTRIBUTION,
                ),
                encode_jpeg(rendered.images[view], _JPEG_QUALITY),
                labels={"safety": float(safety[view]), **_shares(rendered.visible[view])},
            )
            for view, key in enumerate(keys)
        ]

    def truth_layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the block groups with their synthetic indicators, EPSG:4326."""
        return {"democity_block_groups": self._city.block_groups()}

    def _moment(self, number: int, source_id: str) -> np.datetime64:
        """Draw when a panorama is taken: the same for the same seed, point and date."""
        first, days = self._dates[number]
        draw = int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:8], "big")
        day = first + np.timedelta64(draw % days, "D")
        second = _FIRST_HOUR * 3600 + (draw // days) % (_HOURS * 3600)
        moment: np.datetime64 = day.astype("datetime64[s]") + np.timedelta64(second, "s")
        return moment


@gives_on(TERMS)
def democity_provider(request: FetchRequest) -> DemoCityProvider:
    """Set the provider up from the inputs of ``fetch``: seed, dates.

    Raises
    ------
    InputError
        See `DemoCityProvider` and `require_same_city`.
    """
    seed = int(request.options["seed"])
    require_same_city(request.known["source_id"], seed)
    return DemoCityProvider(request.points, request.cuts, request.options["dates"], seed)


def require_same_city(source_ids: pd.Series, seed: int) -> None:
    """Raise when a study has views of another city: two cities at the same place make no sense together.

    Parameters
    ----------
    source_ids : Series of str
        ``source_id`` of the study's views that this provider made.
    seed : int
        The city that is asked for.

    Raises
    ------
    InputError
        When some of the views are of a city with another seed.
    """
    seeds = source_ids.astype("str").str.extract(rf"^{_SEED}(\d+)/", expand=False).dropna().unique()
    others = sorted({int(number) for number in seeds} - {seed})
    if others:
        raise InputError(
            f"seed: the study holds views of democity {' and '.join(map(str, others))}; use that seed or a new study."
        )


def _shares(visible: NDArray[np.float32]) -> dict[str, float]:
    return {f"visible_{name}": float(share) for name, share in zip(CLASSES, visible, strict=True)}


def _require_inside(points: gpd.GeoDataFrame, city: DemoCity) -> None:
    area = shapely.union_all(city.area().geometry.to_numpy()).buffer(1e-5)  # about a metre, for rounded positions
    outside = int((~shapely.intersects_xy(area, points.geometry.x.to_numpy(), points.geometry.y.to_numpy())).sum())
    if outside:
        west, south, east, north = area.bounds
        raise InputError(
            f"sample points: {outside} of {len(points)} lie outside democity, which lies between "
            f"{west:.4f}, {south:.4f} and {east:.4f}, {north:.4f}; make a study with the city's own area and roads."
        )


def _first_day_and_length(date: str) -> tuple[np.datetime64, int]:
    """Return the first day of a day or month, and how many days it has."""
    try:
        day = np.datetime64(date.strip())
    except ValueError:
        day = np.datetime64("NaT")
    unit = np.datetime_data(day.dtype)[0]
    if np.isnat(day) or unit not in {"D", "M"} or not 1970 <= pd.Timestamp(day.astype("datetime64[D]")).year <= 2100:
        raise InputError(f"dates: '{date}' is no day or month; write 2019-07-15 or 2019-07.")
    first = day.astype("datetime64[D]")
    return first, int(((day + 1).astype("datetime64[D]") - first).astype(int))
