"""Where results lie on this computer."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProject

from ..connection.settings import ConnectionSettings


def results_folder(study: str) -> str:
    """Return the folder for the results of a study: beside the project, so that both can move together.

    A project that was never saved has no place; then it is the folder of StreetSense's data.
    """
    home = QgsProject.instance().absolutePath()
    if home:
        return str(Path(home, "streetsense", study))
    return str(Path(ConnectionSettings.load().data_folder, "results", study))
