"""Whom the photos of a layer of views are to be credited to, found in the background."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsTask

from ..i18n import tr

#: A label with more names than this hides the map; the layer's own rows have them all.
MOST_NAMES = 8
# The engine calls the table "views" and has both columns.
_ATTRIBUTION = "SELECT attribution FROM views WHERE attribution <> '' GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT ?"
_LICENCE = "SELECT licence FROM views WHERE licence <> '' GROUP BY 1 ORDER BY COUNT(*) DESC LIMIT ?"


class RightsTask(QgsTask):
    """Reads the distinct attributions and licences of a GeoPackage of views.

    Parameters
    ----------
    path : str
        The file.
    found : callable
        Called on the main thread at the end, with attribution and licence; both empty when nothing is known.
    """

    def __init__(self, path: str, found: Callable[[str, str], None]) -> None:
        super().__init__(tr("Layers", "Reading whom the photos are by"), QgsTask.Flag.CanCancel)
        self._path, self._found = path, found
        self._attribution, self._licence = "", ""

    def run(self) -> bool:
        """Read; in a thread of its own."""
        address = f"{Path(self._path).resolve().as_uri()}?mode=ro"
        try:
            with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
                self._attribution = _joined(database, _ATTRIBUTION)
                self._licence = _joined(database, _LICENCE)
        except sqlite3.Error:
            return False  # without it the map names nobody but whom the run names
        return True

    def finished(self, result: bool) -> None:
        """Tell; on the main thread."""
        told = result and not self.isCanceled()
        self._found(self._attribution if told else "", self._licence if told else "")


def _joined(database: sqlite3.Connection, question: str) -> str:
    names = [str(row[0]) for row in database.execute(question, (MOST_NAMES + 1,))]
    if len(names) > MOST_NAMES:
        names = [*names[:MOST_NAMES], tr("Layers", "and others")]
    return " | ".join(names)
