"""The columns of views that rules of pairs look at, for tens of millions of views at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.progress import Progress
from streetsense_training.pairs.days import Days, day_numbers

if TYPE_CHECKING:
    import pyarrow as pa

    from streetsense.study import Study

#: Headings are kept as whole millionths of a degree: differences are exact, and a tolerance includes its limit.
MICRODEGREES = 1_000_000
#: The heading of a view that has none.
UNKNOWN_HEADING = -1

#: Positions that are projected at once.
_CHUNK = 1_000_000
#: A point in well-known binary, as every writer of GeoParquet on today's machines makes it.
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


@dataclass(frozen=True)
class ViewColumns:
    """Views with a photo, ordered by ``view_id``.

    Attributes
    ----------
    view_ids : pyarrow.Array of string, length n
        Their keys.
    xy : ndarray of float64, shape (n, 2)
        Positions in the study's CRS (metres); not finite where unknown.
    heading : ndarray of int32, shape (n,)
        Millionths of a degree clockwise from north, 0 <= heading < 360e6; `UNKNOWN_HEADING` without.
    first_day, last_day : ndarray of int32, shape (n,)
        Capture times (`streetsense_training.pairs.days.day_numbers`).
    panorama : ndarray of int32, shape (n,)
        Views of one capture have the same number.
    """

    view_ids: pa.Array
    xy: NDArray[np.float64]
    heading: NDArray[np.int32]
    first_day: Days
    last_day: Days
    panorama: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.view_ids)


def read_views(study: Study, progress: Progress) -> ViewColumns:
    """Read the views of a study that have a photo.

    Raises
    ------
    InputError
        When there is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = ["view_id", "status", "provider", "pano_id", "captured_at", "heading_deg", "geometry"]
    progress.report(0, 3, "reading views")
    table = study.views_table.read(names)
    usable = pc.equal(table["status"], "ok").fill_null(False).to_numpy()
    # Rows lie in the order in which they were fetched; by key they lie the same in every copy of the study.
    rows = pc.sort_indices(table["view_id"]).to_numpy()
    rows = pa.array(rows[usable[rows]])
    if len(rows) == 0:
        raise InputError("views: the study has no photos; run 'streetsense fetch' first.")

    def column(name: str) -> pa.Array:
        # One column is sorted at a time, and let go before the next: texts of all of them would need much memory.
        nonlocal table
        values = table[name].take(rows)
        table = table.drop_columns([name])
        return pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values

    progress.report(1, 3, "projecting positions")
    lonlat = _lonlat(column("geometry"))
    xy = _projected(lonlat, study)
    captured_at = column("captured_at")
    first_day, last_day = day_numbers(captured_at)
    progress.report(2, 3, "telling panoramas apart")
    time = _codes(captured_at)
    del captured_at
    panorama = _panoramas(_codes(column("provider")), column("pano_id"), time, lonlat)
    heading = heading_numbers(column("heading_deg").to_numpy(zero_copy_only=False))
    return ViewColumns(column("view_id"), xy, heading, first_day, last_day, panorama)


def heading_numbers(degrees: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return headings in millionths of a degree, `UNKNOWN_HEADING` where they are not finite."""
    known = np.isfinite(degrees)
    whole = np.rint(np.where(known, degrees, 0.0) % 360.0 * MICRODEGREES) % (360 * MICRODEGREES)
    return np.where(known, whole, UNKNOWN_HEADING).astype(np.int32)


def _lonlat(geometry: pa.Array) -> NDArray[np.float64]:
    """Return longitude and latitude of points in well-known binary, not a number for nulls; shape (n, 2)."""
    import pyarrow as pa

    filled = geometry.fill_null(np.array([(1, 1, np.nan, np.nan)], _POINT).tobytes())
    try:
        fixed = filled.cast(pa.binary(_POINT.itemsize))
    except pa.ArrowInvalid:  # points with a height are longer
        return _any_lonlat(filled)
    points = np.frombuffer(fixed.buffers()[1], _POINT, len(fixed), fixed.offset * _POINT.itemsize)
    if not ((points["order"] == 1).all() and (points["kind"] == 1).all()):
        return _any_lonlat(filled)
    return np.stack([points["x"], points["y"]], axis=1)


def _any_lonlat(wkb: pa.Array) -> NDArray[np.float64]:
    import shapely

    points = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    return np.stack([shapely.get_x(points), shapely.get_y(points)], axis=1)


def _projected(lonlat: NDArray[np.float64], study: Study) -> NDArray[np.float64]:
    from pyproj import Transformer

    transformer = Transformer.from_crs("EPSG:4326", study.crs, always_xy=True)
    xy = np.empty_like(lonlat)
    for start in range(0, len(lonlat), _CHUNK):
        part = slice(start, start + _CHUNK)
        xy[part] = np.stack(transformer.transform(lonlat[part, 0], lonlat[part, 1]), axis=1)
    return xy


def _panoramas(
    provider: NDArray[np.int32], names: pa.Array, time: NDArray[np.int32], lonlat: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the number of the capture of each view.

    Views share a capture when their provider calls it the same; where it says nothing, when they have the same position
    and time.
    """
    import pyarrow.compute as pc

    named = pc.fill_null(pc.not_equal(names, ""), False).to_numpy(zero_copy_only=False)
    result = np.empty(len(named), dtype=np.int32)
    together = _codes(names)[named].astype(np.int64) * (int(provider.max()) + 2) + provider[named] + 1
    _, numbers = np.unique(together, return_inverse=True)
    result[named] = numbers
    rest = np.flatnonzero(~named)
    if len(rest):
        lon, lat, when = lonlat[rest, 0], lonlat[rest, 1], time[rest]
        order = np.lexsort((when, lat, lon))
        lon, lat, when = lon[order], lat[order], when[order]
        # The same position is the same to the last bit; unknown ones differ from each other.
        same = (np.diff(lon) == 0) & (np.diff(lat) == 0) & (np.diff(when) == 0)
        first = int(numbers.max()) + 1 if len(numbers) else 0
        result[rest[order]] = first + np.concatenate([[0], np.cumsum(~same)])
    return result


def _codes(texts: pa.Array) -> NDArray[np.int32]:
    """Return a number for each distinct text, -1 for null."""
    codes: NDArray[np.int32] = texts.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes
