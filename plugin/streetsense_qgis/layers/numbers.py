"""Numbers as the user writes them."""

from __future__ import annotations

import math

from qgis.PyQt.QtCore import QLocale


def decimals_for(step: float) -> int:
    """Return how many decimals tell numbers apart that differ by ``step``."""
    if not math.isfinite(step) or step <= 0:
        return 0
    return max(0, min(6, 1 - math.floor(math.log10(step))))


def in_words(value: float, decimals: int | None = None, unit: str = "") -> str:
    """Return a number with its unit; decimals are chosen by its size when not given."""
    if decimals is None:
        decimals = decimals_for(abs(value) / 10)
    text = QLocale().toString(float(value), "f", decimals)
    return f"{text} {unit}" if unit else text
