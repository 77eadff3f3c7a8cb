"""Capture times of any precision as whole numbers that can be compared exactly.

A month counts 31 days here, so that the same day of the next month is one month later, always, and in whole numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.streetview.capturetime import capture_times

if TYPE_CHECKING:
    import pyarrow as pa

#: Days that every month counts.
DAYS_A_MONTH = 31
#: The day number of a capture whose time is unknown.
UNKNOWN_DAY = -1

Days = NDArray[np.int32]


def day_numbers(captured_at: pa.Array | pa.ChunkedArray) -> tuple[Days, Days]:
    """Return the first and the last day that each capture time may mean.

    Parameters
    ----------
    captured_at : pyarrow array of string, length n
        ISO 8601 text of any precision, as views have it; null where the time is unknown.

    Returns
    -------
    first, last : ndarray of int32, shape (n,)
        ``(year * 12 + month) * 31 + day``, months and days from 0. Both are the same for a day, 30 apart for a month
        and 371 apart for a year; `UNKNOWN_DAY` where there is no time.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    column = captured_at.combine_chunks() if isinstance(captured_at, pa.ChunkedArray) else captured_at
    # A city has few days: everything below happens once for each, not once for each view.
    codes = pc.utf8_slice_codeunits(column, 0, 10).dictionary_encode()
    texts = capture_times(pd.Series(codes.dictionary.to_pylist(), dtype="object"))
    spans = [_span(text) for text in texts]
    table = np.array([*spans, (UNKNOWN_DAY, UNKNOWN_DAY)], dtype=np.int32)
    rows = codes.indices.fill_null(len(spans)).to_numpy(zero_copy_only=False)
    return table[rows, 0], table[rows, 1]


def middle_days(first: Days, last: Days) -> Days:
    """Return the day that stands for a time in comparisons: the 16th of a month, the 1st of July of a year."""
    return (first + (last - first + 1) // 2).astype(np.int32)


def limit(text: str | None, name: str) -> tuple[int, int] | None:
    """Return the first and last day of a limit that a person wrote: ``2019``, ``2019-07`` or ``2019-07-15``.

    Raises
    ------
    InputError
        When it is no date.
    """
    if text is None:
        return None
    import pandas as pd

    parsed = capture_times(pd.Series([text], dtype="object"))[0]
    if parsed is None:
        raise InputError(f"{name}: '{text}' is no date; write a year, month or day, as in 2019, 2019-07 or 2019-07-15.")
    return _span(parsed[:10])


def _span(text: str | None) -> tuple[int, int]:
    if text is None:
        return UNKNOWN_DAY, UNKNOWN_DAY
    year, *rest = (int(part) for part in text[:10].split("-"))
    if not rest:
        return year * 12 * DAYS_A_MONTH, (year + 1) * 12 * DAYS_A_MONTH - 1
    month = (year * 12 + rest[0] - 1) * DAYS_A_MONTH
    return (month, month + DAYS_A_MONTH - 1) if len(rest) == 1 else (month + rest[1] - 1, month + rest[1] - 1)
