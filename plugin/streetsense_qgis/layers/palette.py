"""Colours: even in lightness, told apart with every colour vision, the same as in the engine's own styles."""

from __future__ import annotations

from qgis.core import QgsGradientColorRamp, QgsGradientStop
from qgis.PyQt.QtGui import QColor

#: Ten steps of matplotlib's viridis, low to high.
VIRIDIS = ("440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725")
#: Views and where the model looked: not in viridis, legible on white, black and aerial photographs.
VIEW = QColor("#e8590c")
LOOKED_AT = QColor("#d6336c")
#: Behind everything.
QUIET = QColor("#8a8a8a")


def viridis() -> QgsGradientColorRamp:
    """Return viridis as a ramp."""
    colours = [QColor(f"#{colour}") for colour in VIRIDIS]
    last = len(colours) - 1
    stops = [QgsGradientStop(place / last, colour) for place, colour in enumerate(colours[1:-1], 1)]
    return QgsGradientColorRamp(colours[0], colours[-1], False, stops)
