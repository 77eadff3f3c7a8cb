"""When a photo was taken, as ISO 8601 text that keeps the precision it came with.

``2019-12-29T12:35:13.170Z`` is an instant in UTC. Without ``Z`` it is the local time of a place whose offset nobody
wrote down; it is kept as it is instead of being guessed. ``2019-07-15``, ``2019-07`` and ``2019`` stay days, months and
years.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Year, month, day, hour, minute, second, fraction, offset; whatever follows the year may end early.
_WRITTEN = (
    r"^\s*(?P<year>[12]\d{3})(?:[-:/.](?P<month>\d{1,2})(?:[-:/.](?P<day>\d{1,2})"
    r"(?:[T_ ]+(?P<hour>\d{1,2})[:_](?P<minute>\d{2})(?:[:_](?P<second>\d{2})(?:[.,:_](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<offset>Z|z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)?)?)?\s*$"
)
_COMPACT = r"^\s*([12]\d{3})([01]\d)([0-3]\d)\s*$"
#: Seconds since 1970 stay below this until the year 5138; milliseconds passed it in 1973.
_MILLISECONDS_FROM = 1e11
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def capture_times(values: pd.Series) -> NDArray[np.object_]:
    """Parse a column of capture times.

    Parameters
    ----------
    values : Series
        Text (ISO 8601, EXIF ``2019:12:29 13:35:13``, ``2019-12-29 13:35:13:170``, a month or a year alone, an offset
        at the end), numbers (seconds or milliseconds since 1970, a year, 20190715), or datetimes.

    Returns
    -------
    object array, shape (n,)
        ISO 8601 text as the module describes it; None where there is nothing or nothing that can be understood.
    """
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return _from_datetimes(values.dt.tz_convert("UTC").dt.tz_localize(None), "Z")
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _from_datetimes(values, "")
    text = values.astype("object").where(values.notna(), None).map(_as_text).astype("str")
    text = text.str.replace(_COMPACT, r"\1-\2-\3", regex=True)
    result = _from_text(text)
    left = np.array([item is None for item in result], dtype=bool)
    if left.any():
        result[left] = _from_epochs(pd.to_numeric(text[left], errors="coerce").to_numpy(dtype=float))
    return result


def _as_text(value: object) -> str:
    """Write whole floats without their fraction, as spreadsheets turn 2019 and epochs into floats."""
    if isinstance(value, float | np.floating):
        return str(int(value)) if np.isfinite(value) and value == int(value) else repr(float(value))
    return "" if value is None else str(value)


def _from_text(text: pd.Series) -> NDArray[np.object_]:
    parts = text.str.extract(_WRITTEN)
    numbers = {name: pd.to_numeric(parts[name], errors="coerce").to_numpy(float) for name in parts.columns[:6]}
    have = {name: np.isfinite(column) for name, column in numbers.items()}
    filled = {
        name: np.where(have[name], numbers[name], start).astype(np.int64)
        for name, start in (("year", 1970), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))
    }
    month_days = _DAYS[np.clip(filled["month"], 1, 12) - 1]
    valid = have["year"] & (filled["month"] >= 1) & (filled["month"] <= 12)
    valid &= (filled["day"] >= 1) & (filled["day"] <= month_days)
    valid &= (filled["hour"] < 24) & (filled["minute"] < 60) & (filled["second"] < 61)
    fraction = parts["fraction"].fillna("").str.ljust(3, "0").str[:3].replace("", "0").to_numpy()
    instant = (
        (filled["year"] - 1970).astype("datetime64[Y]").astype("datetime64[M]")
        + (np.where(valid, filled["month"], 1) - 1).astype("timedelta64[M]")
    ).astype("datetime64[D]") + (np.where(valid, filled["day"], 1) - 1).astype("timedelta64[D]")
    valid &= instant.astype("datetime64[M]").astype(np.int64) % 12 + 1 == filled["month"]  # 29 February
    seconds = filled["hour"] * 3600 + filled["minute"] * 60 + filled["second"]
    offset, has_offset = _offset_seconds(parts["offset"])
    milliseconds = instant.astype("datetime64[ms]") + (
        (seconds - offset) * 1000 + pd.to_numeric(pd.Series(fraction)).to_numpy(np.int64)
    ).astype("timedelta64[ms]")
    written = np.datetime_as_string(milliseconds, unit="ms")
    length = np.select(
        [~have["month"], ~have["day"], ~have["hour"], parts["fraction"].isna().to_numpy()], [4, 7, 10, 19], default=23
    )
    result = _cut(written, length)
    result[has_offset] += "Z"
    result[~valid] = None
    return result


def _offset_seconds(offset: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the offsets from UTC in seconds, and where there is one."""
    digits = offset.str.extract(r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?$")
    hours = pd.to_numeric(digits["hours"]).fillna(0).to_numpy(np.int64)
    minutes = pd.to_numeric(digits["minutes"]).fillna(0).to_numpy(np.int64)
    sign = np.where(digits["sign"].eq("-").fillna(False).to_numpy(bool), -1, 1)
    return sign * (hours * 3600 + minutes * 60), offset.notna().to_numpy()


def _from_epochs(numbers: NDArray[np.float64]) -> NDArray[np.object_]:
    """Read seconds or milliseconds since 1970, UTC."""
    seconds = np.where(np.abs(numbers) >= _MILLISECONDS_FROM, numbers / 1000, numbers)
    usable = np.isfinite(seconds) & (np.abs(seconds) >= 1e6) & (np.abs(seconds) < _MILLISECONDS_FROM)
    milliseconds = np.rint(np.where(usable, seconds, 0) * 1000).astype(np.int64).astype("datetime64[ms]")
    result = _from_datetimes(pd.Series(milliseconds), "Z")
    result[~usable] = None
    return result


def _from_datetimes(values: pd.Series, ending: str) -> NDArray[np.object_]:
    milliseconds = values.to_numpy(dtype="datetime64[ms]")
    known = ~np.isnat(milliseconds)
    written = np.datetime_as_string(np.where(known, milliseconds, np.datetime64(0, "ms")), unit="ms")
    whole = milliseconds.astype(np.int64) % 1000 == 0
    result = _cut(written, np.where(whole, 19, 23))
    result += ending
    result[~known] = None
    return result


def _cut(written: NDArray[np.str_], length: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return each text's first ``length`` characters, for the few lengths that there are."""
    result = np.empty(len(written), dtype=object)
    for wanted in np.unique(length):
        result[length == wanted] = written[length == wanted].astype(f"<U{wanted}")
    return result
