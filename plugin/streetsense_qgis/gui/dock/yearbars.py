"""How many captures there are of each year, as bars: the same colours as on the map."""

from __future__ import annotations

from qgis.PyQt.QtCore import QLocale, QRect, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QPaintEvent
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

from ...i18n import tr
from ...layers.coverage import year_colours
from ...layers.palette import QUIET
from ...runs.coverage import UNKNOWN

#: Pixels between and in the rows.
_GAP, _INSIDE = 6, 3
#: So short is the bar of the smallest number that is none of nothing.
_SHORTEST = 2


class YearBars(QWidget):
    """Draws a bar for each year, the newest on top.

    Parameters
    ----------
    parent : QWidget
        Of this widget.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._rows: list[tuple[str, int, object]] = []

    def show_counts(self, by_year: dict[str, int]) -> None:
        """Show counts by year; what is no year comes last."""
        years = sorted((int(year) for year in by_year if year.isdecimal()), reverse=True)
        colours = year_colours(years)
        self._rows = [(str(year), by_year[str(year)], colours[year]) for year in years]
        for other in (name for name in by_year if not name.isdecimal()):
            self._rows.append((tr("Dock", "unknown") if other == UNKNOWN else other, by_year[other], QUIET))
        spoken = ", ".join(f"{label}: {count}" for label, count, _ in self._rows)
        self.setAccessibleName(tr("Dock", "Captures by year"))
        self.setAccessibleDescription(spoken)
        self.setToolTip(tr("Dock", "Captures by year"))
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room that all rows take."""
        return QSize(200, len(self._rows) * self._height)

    @property
    def _height(self) -> int:
        return self.fontMetrics().height() + _INSIDE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw."""
        painter = QPainter(self)
        metrics, locale = self.fontMetrics(), QLocale()
        counts = [locale.toString(count) for _, count, _ in self._rows]
        left = max((metrics.horizontalAdvance(label) for label, _, _ in self._rows), default=0) + _GAP
        right = max(map(metrics.horizontalAdvance, counts), default=0) + _GAP
        room = max(10, self.width() - left - right)
        most = max((count for _, count, _ in self._rows), default=1) or 1
        painter.setPen(self.palette().color(self.foregroundRole()))
        for number, (label, count, colour) in enumerate(self._rows):
            top, height = number * self._height, self._height
            centred = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(0, top, left - _GAP, height), centred | Qt.AlignmentFlag.AlignRight, label)
            width = max(_SHORTEST, round(room * count / most))
            painter.fillRect(QRect(left, top + 2, width, height - 4), colour)
            beside = QRect(left + width + _GAP, top, right, height)
            painter.drawText(beside, centred | Qt.AlignmentFlag.AlignLeft, counts[number])
        painter.end()
