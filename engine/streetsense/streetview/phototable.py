"""The table that comes with photos: which column is what, and clean values of one type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.streetview.capturetime import capture_times
from streetsense.streetview.photonames import AMBIGUOUS, match_names, stems
from streetsense.vectors import require_columns

#: What a table can say, and what other people call it; the first that a table has is taken. Compared without case and
#: punctuation. Positions and headings that a provider computed from the pictures come before the device's own.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "file": ("file", "filename", "file_name", "image_file", "photo_file", "image_path", "photo_path", "filepath",
             "path", "image", "photo", "img", "picture"),
    "lat": ("lat", "latitude", "lat_deg", "gps_lat", "gps_latitude", "y", "y_wgs84"),
    "lon": ("lon", "lng", "long", "longitude", "lon_deg", "gps_lon", "gps_lng", "gps_longitude", "x", "x_wgs84"),
    "heading_deg": ("heading_deg", "heading", "computed_compass_angle", "compass_angle", "bearing_deg", "bearing",
                    "view_azimuth", "view:azimuth", "azimuth", "direction", "yaw", "course", "gps_img_direction"),
    "pitch_deg": ("pitch_deg", "pitch"),
    "fov_deg": ("fov_deg", "fov", "hfov", "hfov_deg", "field_of_view", "horizontal_fov"),
    "captured_at": ("captured_at", "capture_time", "captured", "datetime", "datetime_utc", "date_time", "taken_at",
                    "date_taken", "datetime_original", "timestamp", "datetime_local", "time", "shot_date", "image_date",
                    "date", "year_month"),
    "pano_id": ("pano_id", "panoid", "panorama_id", "pano"),
    "sequence_id": ("sequence_id", "sequence", "sequence_key", "collection", "skey"),
    "licence": ("licence", "license", "rights"),
    "attribution": ("attribution", "credit", "copyright", "author", "creator", "username", "provider"),
    "source_url": ("source_url", "url", "permalink", "link", "source", "href"),
    "projection": ("is_pano", "is_panorama", "projection_type", "projection", "camera_type", "is360", "field_360"),
}  # fmt: skip
_PANORAMA_WORDS = ["true", "1", "1.0", "yes", "spherical", "equirectangular", "360", "panorama", "pano"]
#: Text that stands for nothing.
_NOTHING = ["nan", "none", "null", "n/a", "na", "nat", "-", "?", "unknown"]
_PERSPECTIVE_WORDS = ["false", "0", "0.0", "no", "perspective", "plane", "flat", "fisheye", "brown"]


@dataclass(frozen=True)
class TableRow:
    """What a table says about one photo; None where it says nothing.

    Attributes
    ----------
    file : str
        The photo, as the table writes it.
    lat, lon : float or None
        Degrees, WGS84, as the table writes them: they may be out of range.
    heading_deg, pitch_deg, fov_deg : float or None
        Degrees: clockwise from north, above the horizon, horizontal field of view.
    captured_at : str or None
        See `streetsense.streetview.capturetime`.
    is_panorama : bool or None
        Whether the photo is an equirectangular panorama.
    """

    file: str
    lat: float | None = None
    lon: float | None = None
    heading_deg: float | None = None
    pitch_deg: float | None = None
    fov_deg: float | None = None
    captured_at: str | None = None
    pano_id: str | None = None
    sequence_id: str | None = None
    licence: str | None = None
    attribution: str | None = None
    source_url: str | None = None
    is_panorama: bool | None = None


class PhotoTable:
    """A table of photos with known columns.

    Parameters
    ----------
    frame : DataFrame
        As `streetsense.vectors.read_table` gives it; point geometry (EPSG:4326) gives positions.
    columns : mapping
        What the user said: our name to the table's column. Everything else is guessed by `guess_columns`.
    photo_names : sequence of str
        The photos that there are (paths relative to their folder), to find the column that names them.

    Attributes
    ----------
    columns : dict
        Our names to the table's columns.
    not_understood : list of str
        A sentence for each column of which some values are no number, or no time, and say nothing therefore.

    Raises
    ------
    InputError
        When a column that the user named does not exist, no column names the photos, or latitude and longitude are
        swapped.
    """

    def __init__(self, frame: pd.DataFrame, columns: Mapping[str, str], photo_names: Sequence[str]) -> None:
        self.columns = guess_columns(frame, columns)
        self.not_understood: list[str] = []
        self._frame_columns = [str(column) for column in frame.columns]
        if "file" not in columns:
            self.columns["file"] = _file_column(frame, self.columns.get("file"), photo_names)
        self._values: dict[str, NDArray[Any]] = {"file": _texts(frame[self.columns["file"]])}
        self._add_positions(frame, said=columns)
        for name in ("heading_deg", "pitch_deg", "fov_deg"):
            if name in self.columns:
                self._values[name] = self._understood_numbers(frame, name)
        if "captured_at" in self.columns:
            self._values["captured_at"] = capture_times(frame[self.columns["captured_at"]])
            self._note_dropped(frame, "captured_at", pd.isna(self._values["captured_at"]), "a time")
        for name in ("pano_id", "sequence_id", "licence", "attribution", "source_url"):
            if name in self.columns:
                self._values[name] = _texts(frame[self.columns[name]])
        if "source_url" in self.columns and "source_url" not in columns:  # "source" is often a name, not an address
            urls = pd.Series(self._values["source_url"], dtype="object")
            urls[~urls.astype("str").str.startswith("http")] = None
            self._values["source_url"] = urls.to_numpy()
        if "projection" in self.columns:
            self._values["is_panorama"] = _are_panoramas(frame[self.columns["projection"]])
        self._refuse_wrong_ranges()

    def __len__(self) -> int:
        return len(self._values["file"])

    @property
    def has_positions(self) -> bool:
        """Whether the table has a latitude and a longitude for at least one row."""
        return "lat" in self._values and bool(np.isfinite(self._values["lat"] + self._values["lon"]).any())

    @property
    def positions(self) -> NDArray[np.float64]:
        """Longitude and latitude of every row, ``[rows, 2]`` in degrees (EPSG:4326); NaN where a row has none."""
        if "lat" not in self._values:
            return np.full((len(self), 2), np.nan)
        return np.column_stack([self._values["lon"], self._values["lat"]])

    def why_no_positions(self) -> str:
        """Say which of the two columns is missing and which columns there are."""
        if "lat" in self._values:
            return "its latitude and longitude columns hold no numbers"
        missing = "latitude" if "lat" not in self.columns else "longitude"
        return f"it has no {missing} column (its columns are {_listed(self._frame_columns)})"

    def values(self, name: str) -> NDArray[Any] | None:
        """Return what every row says about ``name`` (an attribute of `TableRow`); None when there is no such column.

        Numbers are float64 with NaN where a row says nothing, the rest are objects with None.
        """
        return self._values.get(name)

    def row(self, number: int) -> TableRow:
        """Return what row ``number`` says."""
        values = {name: _plain(column[number]) for name, column in self._values.items()}
        return TableRow(**{**values, "file": values["file"] or ""})

    def refuse_swapped(self, bounds: tuple[float, float, float, float]) -> None:
        """Raise when no position lies near the area, but most do once latitude and longitude are exchanged.

        Parameters
        ----------
        bounds : tuple of float
            West, south, east and north of the area in degrees, WGS84.
        """
        if not self.has_positions:
            return
        west, south, east, north = bounds
        margin = max(0.05, east - west, north - south)
        lat, lon = self._values["lat"], self._values["lon"]

        def near(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
            inside: NDArray[np.bool_] = (x > west - margin) & (x < east + margin)
            inside &= (y > south - margin) & (y < north + margin)
            return inside

        if not near(lon, lat).any() and near(lat, lon).sum() > np.isfinite(lat + lon).sum() / 2:
            raise InputError(self._swapped_sentence("no photo lies near the study's area, but they do when exchanged"))

    def matched_to(self, photo_names: Sequence[str]) -> tuple[NDArray[np.int64], dict[int, str]]:
        """Join photos to rows (see `match_names`).

        Parameters
        ----------
        photo_names : sequence of str
            Paths relative to the photos' folder, with forward slashes.

        Returns
        -------
        rows : int array, shape (len(photo_names),)
            The row of each photo; -1 where no row names it.
        unmatched : dict
            The rows that name no photo: row number to the reason.
        """
        files = pd.Series(self._values["file"], dtype="object").fillna("")
        photo_of_row = match_names(files.tolist(), photo_names)
        first = pd.Series(photo_of_row).drop_duplicates()
        first = first[first >= 0]
        rows = np.full(len(photo_names), -1, dtype=np.int64)
        rows[first.to_numpy()] = first.index.to_numpy()
        reasons = np.select(
            [files.eq("").to_numpy(), photo_of_row >= 0, photo_of_row == AMBIGUOUS],
            ["the row names no photo", "an earlier row names the same photo", "several photos have this name"],
            default="the photo is not in the folder",
        )
        unused = np.setdiff1d(np.arange(len(files)), first.index.to_numpy())
        return rows, {int(row): str(reasons[row]) for row in unused}

    def _add_positions(self, frame: pd.DataFrame, said: Mapping[str, str]) -> None:
        geometry = getattr(frame, "geometry", None) if "geometry" in frame.columns else None
        if geometry is not None and not {"lat", "lon"} & set(said):
            points = geometry.geom_type.eq("Point").to_numpy()
            if not points.any():
                raise InputError("table: its geometry is not points; give a layer with one point a photo.")
            coordinates = geometry.where(points).get_coordinates().reindex(frame.index)
            self._values["lat"], self._values["lon"] = (
                coordinates["y"].to_numpy(float),
                coordinates["x"].to_numpy(float),
            )
        elif {"lat", "lon"} <= set(self.columns):
            self._values["lat"] = self._understood_numbers(frame, "lat")
            self._values["lon"] = self._understood_numbers(frame, "lon")
        if "lat" in self._values:
            no_fix = (self._values["lat"] == 0) & (self._values["lon"] == 0)
            self._values["lat"] = np.where(no_fix, np.nan, self._values["lat"])
            self._values["lon"] = np.where(no_fix, np.nan, self._values["lon"])

    def _understood_numbers(self, frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
        numbers = _numbers(frame[self.columns[name]])
        self._note_dropped(frame, name, np.isnan(numbers), "a number")
        return numbers

    def _note_dropped(self, frame: pd.DataFrame, name: str, empty: NDArray[np.bool_], kind: str) -> None:
        """Note what a column holds where its values came out empty, unless it holds nothing."""
        column = self.columns[name]
        texts = pd.Series(_texts(frame[column]), dtype="object")
        dropped = texts[empty & texts.notna().to_numpy()]
        dropped = dropped[~dropped.astype("str").str.lower().isin(_NOTHING)]
        if len(dropped):
            values = "1 value is" if len(dropped) == 1 else f"{len(dropped)} values are"
            self.not_understood.append(
                f"table: in the column '{column}' {values} not understood as {kind} and left out (for example "
                f"'{str(dropped.iloc[0])[:40]}'); correct the table, or name another column with "
                f"--columns {name.removesuffix('_deg')}=COLUMN."
            )

    def _refuse_wrong_ranges(self) -> None:
        if not self.has_positions:
            return
        lat, lon = self._values["lat"], self._values["lon"]
        known = np.isfinite(lat + lon)
        outside = known & ((np.abs(lat) > 90) | (np.abs(lon) > 180))
        exchanged = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
        if exchanged.sum() > known.sum() / 2:
            raise InputError(
                self._swapped_sentence(f"{exchanged.sum()} of {known.sum()} latitudes are beyond 90 degrees")
            )
        if outside.sum() > known.sum() / 2:
            raise InputError(
                f"table: {outside.sum()} of {known.sum()} positions lie outside the world; give degrees (WGS84), or a "
                "point layer that says its coordinate reference system."
            )

    def _swapped_sentence(self, why: str) -> str:
        lat, lon = self.columns.get("lat", "lat"), self.columns.get("lon", "lon")
        return (
            f"table: latitude and longitude look swapped ({why}); exchange the columns, for example with "
            f"--columns lat={lon},lon={lat}."
        )


def guess_columns(frame: pd.DataFrame, said: Mapping[str, str]) -> dict[str, str]:
    """Say which column of a table is what.

    Parameters
    ----------
    frame : DataFrame
        The table.
    said : mapping
        What the user said: our name (a key of `SYNONYMS`, ``heading`` and the like without unit too) to a column.

    Returns
    -------
    dict
        Our name to the table's column, for those that are said or can be guessed.

    Raises
    ------
    InputError
        When ``said`` has a name that we do not know or a column that the table lacks.
    """
    short = {name.removesuffix("_deg"): name for name in SYNONYMS}
    unknown = [name for name in said if name not in SYNONYMS and name not in short]
    if unknown:
        raise InputError(f"columns: there is no '{unknown[0]}' to assign a column to; use {', '.join(short)}.")
    require_columns(frame, list(said.values()), "columns")
    named = {short.get(name, name): column for name, column in said.items()}
    have = {_folded(str(column)): str(column) for column in reversed(frame.columns) if column != "geometry"}
    for name, synonyms in SYNONYMS.items():
        for synonym in synonyms:
            column = have.get(_folded(synonym))
            if name not in named and column is not None and column not in named.values():
                named[name] = column
    return named


def _folded(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())


def _file_column(frame: pd.DataFrame, guess: str | None, photo_names: Sequence[str]) -> str:
    """Return the guess when it names any photo, else the column that names the most."""
    known = set(stems(pd.Series(list(photo_names), dtype="str")))

    def hits(column: str) -> int:
        return int(stems(pd.Series(_texts(frame[column]), dtype="object").dropna().astype("str")).isin(known).sum())

    if guess is not None and hits(guess) > 0:
        return guess
    candidates = [str(c) for c in frame.columns if c != "geometry" and not pd.api.types.is_float_dtype(frame[c].dtype)]
    counts = {column: hits(column) for column in candidates}
    best = max(counts, key=counts.__getitem__, default=None)
    if best is not None and counts[best] > 0:
        return best
    if guess is not None:
        return guess
    raise InputError(
        f"table: no column names the photos; say which one does, with --columns file=COLUMN (its columns are "
        f"{_listed(frame.columns)})."
    )


def _listed(columns: Iterable[object]) -> str:
    names = [str(column) for column in columns]
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def _texts(column: pd.Series) -> NDArray[np.object_]:
    """Return stripped text; None where there is nothing."""
    known = column.notna()
    if pd.api.types.is_float_dtype(column.dtype):  # whole numbers with gaps become floats when a table is read
        whole = column.where(known, 0) % 1 == 0
        text = column.where(whole & known, 0).astype("int64").astype("str").where(whole, column.astype("str"))
    else:
        text = column.astype("str")
    text = text.str.strip()
    result: NDArray[np.object_] = text.to_numpy(dtype=object, copy=True)
    result[~(known & text.ne("")).to_numpy(bool)] = None
    return result


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return numbers, NaN where there are none; a decimal comma is understood."""
    if not pd.api.types.is_numeric_dtype(column.dtype):
        column = column.astype("str").str.strip().str.replace(",", ".", regex=False)
    numbers: NDArray[np.float64] = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _are_panoramas(column: pd.Series) -> NDArray[np.object_]:
    text = column.astype("str").str.strip().str.lower()
    unknown = np.full(len(text), None, dtype=object)
    return np.where(text.isin(_PANORAMA_WORDS), True, np.where(text.isin(_PERSPECTIVE_WORDS), False, unknown))


def _plain(value: Any) -> Any:  # noqa: ANN401 - numpy's scalars become Python's
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    return float(value) if isinstance(value, np.floating) else value
