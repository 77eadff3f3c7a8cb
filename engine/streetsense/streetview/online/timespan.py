"""When a day, month or year begins and ends: ``2019-07-15``, ``2019-07`` or ``2019``."""

from __future__ import annotations

import calendar
from datetime import date, timedelta


def first_day(said: str) -> str:
    """Return its first day."""
    year, month, day = _parts(said)
    return f"{year:04d}-{month or 1:02d}-{day or 1:02d}"


def last_day(said: str) -> str:
    """Return its last day."""
    year, month, day = _parts(said)
    month = month or 12
    return f"{year:04d}-{month:02d}-{day or calendar.monthrange(year, month)[1]:02d}"


def first_instant(said: str) -> str:
    """Return when it begins, ISO 8601 in UTC."""
    return f"{first_day(said)}T00:00:00Z"


def instant_after(said: str) -> str:
    """Return the first instant after it, ISO 8601 in UTC."""
    last = date.fromisoformat(last_day(said))
    return f"{last + timedelta(days=1)}T00:00:00Z" if last < date.max else f"{last}T23:59:59Z"


def _parts(said: str) -> tuple[int, int | None, int | None]:
    """Return year, month and day as far as they are said; a day that its month does not have is the month's last."""
    year, *rest = (int(part) for part in said.split("-"))
    month = rest[0] if rest else None
    if month is None or len(rest) < 2:
        return year, month, None
    return year, month, min(rest[1], calendar.monthrange(year, month)[1])
