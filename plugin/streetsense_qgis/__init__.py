"""StreetSense in QGIS: draw an area, run the engine, read the map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .plugin import StreetSense


def classFactory(iface: QgisInterface) -> StreetSense:
    """Return StreetSense for a QGIS; called by QGIS."""
    from .plugin import StreetSense

    return StreetSense(iface)
