"""Labels: what is known about units or views, brought into the form that a model learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.vectors import require_columns

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS

#: Names of identifier columns, in the order they are looked for.
ID_COLUMNS = ("unit_id", "geoid", "geoid10", "geoid20", "h3", "h3_id", "tract", "id", "code")
_VIEW_COLUMNS = ("view_id", "source_id", "file", "filename", "photo", "image", "path")
_LATITUDES, _LONGITUDES = ("lat", "latitude", "y"), ("lon", "lng", "long", "longitude", "x")


@dataclass(frozen=True)
class Classes:
    """Two classes made from a score or found in a column.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        0, 1, or NaN where a sample belongs to neither.
    names : tuple of str
        What class 0 and class 1 mean.
    between : int
        Samples that were dropped because they lie between the thresholds.
    """

    values: NDArray[np.float64]
    names: tuple[str, str]
    between: int


def numeric_target(labels: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where there is none (infinite values count as none).

    Raises
    ------
    InputError
        When the column is missing, holds text that is no number, or holds nothing.
    """
    import pandas as pd

    require_columns(labels, [column], "labels")
    raw = labels[column]
    given = raw.notna() & (raw.astype("str").str.strip() != "")
    values = pd.to_numeric(raw.where(given), errors="coerce").astype("float64").to_numpy()
    if bool(np.any(given.to_numpy() & np.isnan(values))):
        example = raw[given.to_numpy() & np.isnan(values)].iloc[0]
        raise InputError(f"target: '{column}' holds '{example}', which is no number; choose a numeric column.")
    values = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(values).all():
        raise InputError(f"target: '{column}' is empty in every row; choose a column with values.")
    return np.asarray(values)


def classes_from(values: NDArray[np.float64], low: float | None = None, high: float | None = None) -> Classes:
    """Turn target values into classes 0 and 1.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A score, or a column that holds two different values.
    low, high : float, optional
        Scores below ``low`` are class 0 and above ``high`` class 1; those between are dropped. Scores are rounded to
        two decimals first, as the published code for Place Pulse does (3.5 and 6.5 there).

    Raises
    ------
    InputError
        For one threshold without the other, thresholds in the wrong order, or more than two values without thresholds.
    """
    known = np.isfinite(values)
    if (low is None) != (high is None):
        raise InputError(
            "threshold_low: the thresholds go together; give threshold_low and threshold_high, or neither."
        )
    if low is not None and high is not None:
        if low > high:
            raise InputError(f"threshold_low: {low:g} lies above threshold_high ({high:g}); swap them.")
        rounded = np.round(values, 2)
        result = np.where(rounded < low, 0.0, np.where(rounded > high, 1.0, np.nan))
        return Classes(result, (f"below {low:g}", f"above {high:g}"), int((known & np.isnan(result)).sum()))
    kinds = np.unique(values[known])
    if kinds.size > 2:
        raise InputError(
            f"target: it has {kinds.size} different values and a classification needs two; give threshold_low and "
            "threshold_high, or use --task regress."
        )
    if kinds.size < 2:
        raise InputError("target: every label belongs to one class; give labels of two classes.")
    result = np.where(known, (values == kinds[1]).astype(np.float64), np.nan)
    return Classes(result, (f"{kinds[0]:g}", f"{kinds[1]:g}"), 0)


def identifier_column(table: pd.DataFrame, given: str | None, name: str) -> str:
    """Return the name of the column that identifies rows: the one that was given, or a usual name.

    Parameters
    ----------
    table : DataFrame
        Any table.
    given : str or None
        What the user said.
    name : str
        What the user calls the table; errors begin with it.
    """
    if given is not None:
        require_columns(table, [given], name)
        return given
    found = _first_column(table, ID_COLUMNS)
    if found is None:
        have = ", ".join(map(str, list(table.columns)[:12]))
        raise InputError(
            f"id_column: {name} has no column with a usual name ({', '.join(ID_COLUMNS)}); say which of {have} "
            "identifies a row."
        )
    return found


def text_ids(column: pd.Series) -> pd.Series:
    """Return identifiers as text: whole numbers without a decimal point, missing ones as missing."""
    import pandas as pd

    if pd.api.types.is_float_dtype(column) and bool((column.dropna() % 1 == 0).all()):
        column = column.astype("Int64")
    return column.astype("string").str.strip()


def rows_of_ids(wanted: NDArray[np.object_], labels: pd.Series) -> NDArray[np.int64]:
    """Return the row of ``labels`` for every wanted identifier, -1 where there is none.

    Raises
    ------
    InputError
        When labels repeat an identifier, or not a single one matches; the sentence shows examples of both sides.
    """
    import pandas as pd

    index = pd.Index(labels)
    known = index[index.notna()]
    if not known.is_unique:
        raise InputError(f"labels: '{known[known.duplicated()][0]}' occurs more than once; keep one row a unit.")
    rows = index.get_indexer(pd.Index(wanted.astype(object)))
    if len(rows) == 0 or (rows < 0).all():
        here, there = ", ".join(map(str, wanted[:3])), ", ".join(map(str, known[:3]))
        raise InputError(
            f"labels: they match no unit; units are called {here or '(none)'} and labels {there or '(none)'}, "
            "choose another id_column or make them alike."
        )
    return np.asarray(rows, dtype=np.int64)


def samples_of_views(
    labels: pd.DataFrame, views: gpd.GeoDataFrame, *, id_column: str | None, crs: CRS, match_distance: float
) -> pd.DataFrame:
    """Find the views that each row of a label table is about.

    Parameters
    ----------
    labels : DataFrame
        One row a labelled view, panorama or place: a column with view ids, source ids or file names, or else point
        geometry or latitude and longitude.
    views : GeoDataFrame
        ``view_id``, ``source_id`` and geometry (EPSG:4326).
    id_column : str, optional
        The column that names the view.
    crs : CRS
        Metres.
    match_distance : float
        How far (metres) the nearest view of a place may be.

    Returns
    -------
    DataFrame
        ``view_id`` and ``label`` (row number in ``labels``). Several views may belong to one label (the faces of a
        panorama); a place whose nearest view is taken by an earlier label gets none.

    Raises
    ------
    InputError
        When nothing names or places the labels, or nothing matches.
    """
    column = id_column or _first_column(labels, _VIEW_COLUMNS)
    if column is None:
        return _nearest_views(labels, views, crs, match_distance)
    require_columns(labels, [column], "labels")
    return _named_views(text_ids(labels[column]), views, column)


def _named_views(names: pd.Series, views: gpd.GeoDataFrame, column: str) -> pd.DataFrame:
    import pandas as pd

    wanted = pd.DataFrame({"name": names.to_numpy(), "label": np.arange(len(names))}).dropna()
    if wanted["name"].duplicated().any():
        example = wanted["name"][wanted["name"].duplicated()].iloc[0]
        raise InputError(f"labels: '{example}' occurs more than once in '{column}'; keep one row a view.")
    source = views["source_id"].astype("string")
    ways = (views["view_id"].astype("string"), source, source.str.rsplit("/", n=1).str[-1])
    best = max(ways, key=lambda way: int(way.isin(wanted["name"]).sum()))
    found = pd.DataFrame({"view_id": views["view_id"].to_numpy(), "name": best.to_numpy()}).merge(wanted, on="name")
    if found.empty:
        here, there = ", ".join(views["source_id"].astype("str")[:3]), ", ".join(wanted["name"][:3])
        raise InputError(f"labels: '{column}' matches no view; views are called {here or '(none)'} and labels {there}.")
    return found[["view_id", "label"]]


def _nearest_views(labels: pd.DataFrame, views: gpd.GeoDataFrame, crs: CRS, limit: float) -> pd.DataFrame:
    import pandas as pd
    from scipy.spatial import cKDTree

    places = _places(labels).to_crs(crs)
    here = np.column_stack([places.x.to_numpy(), places.y.to_numpy()])
    usable = np.flatnonzero(np.isfinite(here).all(axis=1))
    positions = views.geometry.to_crs(crs)
    tree = cKDTree(np.column_stack([positions.x.to_numpy(), positions.y.to_numpy()]))
    found_at = tree.query(here[usable], distance_upper_bound=limit)
    distance, row = np.asarray(found_at[0]), np.asarray(found_at[1])
    near = np.isfinite(distance)
    if not near.any():
        raise InputError(
            f"labels: no label lies within {limit:g} m of a view; check the coordinates or match_distance."
        )
    found = pd.DataFrame({"view_id": views["view_id"].to_numpy()[row[near]], "label": usable[near]})
    return found.drop_duplicates("view_id").reset_index(drop=True)


def _places(labels: pd.DataFrame) -> gpd.GeoSeries:
    """Return the position of every label as points in EPSG:4326."""
    import geopandas as gpd
    import pandas as pd

    if isinstance(labels, gpd.GeoDataFrame):
        return labels.geometry.representative_point()
    latitude, longitude = _first_column(labels, _LATITUDES), _first_column(labels, _LONGITUDES)
    if latitude is None or longitude is None:
        raise InputError(
            "labels: nothing says which unit or view a row is about; give units, an id_column, a column 'view_id' or "
            "'file', or latitude and longitude."
        )
    x, y = (pd.to_numeric(labels[c], errors="coerce").to_numpy(dtype=np.float64) for c in (longitude, latitude))
    if np.nanmax(np.abs(y), initial=0.0) > 90 or np.nanmax(np.abs(x), initial=0.0) > 180:
        raise InputError(f"labels: '{latitude}' and '{longitude}' hold values outside the world; are they swapped?")
    return gpd.GeoSeries(gpd.points_from_xy(x, y), crs="EPSG:4326")


def _first_column(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    lower = {str(column).lower(): str(column) for column in reversed(list(table.columns))}
    return next((lower[name] for name in names if name in lower), None)
