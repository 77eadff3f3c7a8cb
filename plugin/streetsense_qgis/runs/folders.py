"""Where results lie on this computer."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject

from ..connection.inside import inside
from ..connection.settings import ConnectionSettings


def results_folder(study: str) -> str:
    """Return the folder for the results of a study: beside the project, so that both can move together.

    A project that was never saved has no place; then it is the folder of StreetSense's data.

    Raises
    ------
    EngineError
        When the name of the study leads elsewhere; engines name studies too.
    """
    home = QgsProject.instance().absolutePath()
    folder = Path(home, "streetsense") if home else Path(ConnectionSettings.load().data_folder, "results")
    return str(inside(folder, study))
