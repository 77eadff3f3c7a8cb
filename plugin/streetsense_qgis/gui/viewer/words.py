"""Headings, dates and rights in words."""

from __future__ import annotations

import re

from qgis.PyQt.QtCore import QDate, QDateTime, QLocale, Qt

from ...i18n import tr
from .view import View


def heading_in_words(heading_deg: float) -> str:
    """Return the nearest of eight directions: ``NE`` for 40."""
    names = (
        tr("PhotoViewer", "N"),
        tr("PhotoViewer", "NE"),
        tr("PhotoViewer", "E"),
        tr("PhotoViewer", "SE"),
        tr("PhotoViewer", "S"),
        tr("PhotoViewer", "SW"),
        tr("PhotoViewer", "W"),
        tr("PhotoViewer", "NW"),
    )
    return names[round(heading_deg % 360 / 45) % 8]


def date_in_words(captured_at: str) -> str:
    """Return a capture time as people of this language write it, to the precision that it has."""
    locale = QLocale()
    parts = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(T\d\d:\d\d)?", captured_at)
    if not parts:
        return captured_at or tr("PhotoViewer", "date unknown")
    year, month, day, time = parts.groups()
    if month is None:
        return year
    date = QDate(int(year), int(month), int(day or 1))
    if not date.isValid():
        return captured_at
    if day is None:
        return locale.toString(date, "MMMM yyyy")
    if time is None:
        return _long(locale, date)
    moment = QDateTime.fromString(captured_at.replace("Z", "+00:00"), Qt.DateFormat.ISODate)
    return tr("PhotoViewer", "{date}, {time} UTC").format(
        date=_long(locale, moment.toUTC().date()), time=locale.toString(moment.toUTC().time(), "HH:mm")
    )


def _long(locale: QLocale, date: QDate) -> str:
    """Return a date with the month's name, in the language's order; the day of the week would only take room."""
    form = re.sub(r"[\s,]*dddd[\s,]*", " ", locale.dateFormat(QLocale.FormatType.LongFormat))
    return locale.toString(date, form.strip())


def caption(view: View) -> str:
    """Return when a view was taken and where it looks."""
    if view.heading_deg is None:
        looking = tr("PhotoViewer", "direction unknown")
    else:
        looking = tr("PhotoViewer", "looking {direction} ({degrees}°)").format(
            direction=heading_in_words(view.heading_deg), degrees=round(view.heading_deg) % 360
        )
    return f"{date_in_words(view.captured_at)} · {looking}"


def rights(view: View) -> str:
    """Return whose photo it is and under which licence; said also where it is not known."""
    owner = view.attribution or view.provider or tr("PhotoViewer", "author unknown")
    licence = view.licence or tr("PhotoViewer", "licence unknown")
    return tr("PhotoViewer", "Photo: {owner} · {licence}").format(owner=owner, licence=licence)
