"""An attention map as a picture: numbers become colours that everybody reads in the same order."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtGui import QImage

#: Lightness, chroma and hue (OKLCh) of colours on the way from low to high: evenly spaced in lightness, so that people
#: with any colour vision, and prints without colour, keep the order.
_ANCHORS = (
    (0.14, 0.04, 285.0),
    (0.30, 0.13, 305.0),
    (0.46, 0.18, 350.0),
    (0.62, 0.18, 40.0),
    (0.78, 0.155, 72.0),
    (0.95, 0.11, 105.0),
)
#: Longest side of the enlarged map in pixels; Qt enlarges it further where the screen has more.
_SIDE = 512


def colour_table() -> list[int]:
    """Return 256 colours from low to high as Qt's ``0xAARRGGBB``, opaque."""
    return [_colour_at(index / 255) for index in range(256)]


def overlay_image(values: Sequence[Sequence[float]], scale: tuple[float, float]) -> QImage:
    """Return a map as a picture, smooth between the patches' centres.

    Parameters
    ----------
    values : sequence of sequences of float
        One value a patch, row by row from the top left; what is not finite counts as the least.
    scale : (float, float)
        The values of the first and the last colour; what lies beyond takes these colours.

    Returns
    -------
    QImage
        Indexed colours, with the proportions of the grid.

    Raises
    ------
    ValueError
        When the rows are not of one length, or there are none.
    """
    rows, columns = len(values), len(values[0]) if values else 0
    if not columns or any(len(row) != columns for row in values):
        raise ValueError("An attention map is a grid of values, with rows of one length.")
    low, high = scale
    span = high - low
    levels = bytes(_level(value, low, span) for row in values for value in row)
    small = QImage(levels, columns, rows, columns, QImage.Format.Format_Grayscale8)
    size = QSize(columns, rows).scaled(_SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatio)
    large = small.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_Grayscale8)
    # The grey levels are the numbers of the colours: the same bytes, read with the table.
    pixels = large.constBits().asstring(large.bytesPerLine() * large.height())
    coloured = QImage(pixels, large.width(), large.height(), large.bytesPerLine(), QImage.Format.Format_Indexed8)
    coloured.setColorTable(colour_table())
    return coloured.copy()  # `pixels` belongs to Python and goes away


def _level(value: float, low: float, span: float) -> int:
    if not math.isfinite(value) or span <= 0:
        return 0
    return round(255 * min(1.0, max(0.0, (value - low) / span)))


def _colour_at(share: float) -> int:
    place = share * (len(_ANCHORS) - 1)
    index = min(int(place), len(_ANCHORS) - 2)
    part = place - index
    one, two = _ANCHORS[index], _ANCHORS[index + 1]
    turn = (two[2] - one[2] + 180) % 360 - 180  # the short way round
    return _from_oklch(one[0] + part * (two[0] - one[0]), one[1] + part * (two[1] - one[1]), one[2] + part * turn)


def _from_oklch(lightness: float, chroma: float, hue_deg: float) -> int:
    """Return the sRGB colour, with as much chroma as the screen can show."""
    while True:
        red, green, blue = _linear(lightness, chroma, math.radians(hue_deg))
        if chroma < 0.005 or all(-1e-4 <= part <= 1.0001 for part in (red, green, blue)):
            break
        chroma -= 0.004
    return 0xFF000000 | _byte(red) << 16 | _byte(green) << 8 | _byte(blue)


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """Return linear red, green and blue of a colour in OKLCh (B. Ottosson's matrices)."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _byte(linear: float) -> int:
    linear = min(1.0, max(0.0, linear))
    encoded = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
    return round(255 * encoded)
