"""What all algorithms of StreetSense have in common."""

from __future__ import annotations

import html

from qgis.core import QgsProcessingAlgorithm
from qgis.PyQt.QtGui import QIcon

from ..i18n import tr
from ..resources import path
from .headless import explanation
from .reach import Reach

#: Parameters that are called the same everywhere.
STUDY, OUTPUT, LOAD = "STUDY", "OUTPUT", "LOAD"


class StreetSenseAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that speaks to the engine.

    Parameters
    ----------
    reach : Reach
        Where the engine is.
    """

    def __init__(self, reach: Reach) -> None:
        super().__init__()
        self.reach = reach

    def icon(self) -> QIcon:
        """Return the icon of StreetSense."""
        return icon()

    def shortHelpString(self) -> str:
        """Return what it does, what every input means, and how it runs without a window."""
        rows = []
        for definition in self.parameterDefinitions():
            name, text = html.escape(definition.description()), html.escape(definition.help())
            rows.append(f"<p><b>{name}</b> <i>{definition.name()}</i><br>{text}</p>")
        heading = html.escape(tr("Processing", "Inputs"))
        about, closing = html.escape(self.shortDescription()), html.escape(explanation())
        return f"<p>{about}</p><h3>{heading}</h3>{''.join(rows)}<p>{closing}</p>"


def icon() -> QIcon:
    """Return the icon of StreetSense; an empty one when it is not there."""
    try:
        return QIcon(path("icons/streetsense.svg"))
    except FileNotFoundError:
        return QIcon()
