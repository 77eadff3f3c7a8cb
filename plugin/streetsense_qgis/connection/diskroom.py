"""How much room there is on a disk, and sizes in words."""

from __future__ import annotations

import shutil
from pathlib import Path

from qgis.PyQt.QtCore import QLocale

from ..i18n import tr
from .errors import EngineError


def free_bytes(folder: str | Path) -> int | None:
    """Return the bytes that are free where a folder is, or will be; ``None`` where that cannot be told."""
    place = Path(folder).absolute()
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
        return shutil.disk_usage(place).free
    except OSError:
        return None


def check_room(folder: str | Path, needed: int) -> None:
    """See that there is room.

    Parameters
    ----------
    folder : path
        Where something will be written.
    needed : int
        Bytes that it takes.

    Raises
    ------
    EngineError
        Of kind ``disk``, when there is less.
    """
    free = free_bytes(folder)
    if free is not None and free < needed:
        sentence = tr(
            "Install",
            "The engine needs {needed} of free space in {folder}, and there are {free}: free some space, or choose "
            "a data folder on another disk in the settings of StreetSense.",
        )
        raise EngineError(
            sentence.format(needed=size_in_words(needed), folder=folder, free=size_in_words(free)), "disk"
        )


def size_in_words(size: int) -> str:
    """Return a number of bytes as people read it, such as ``1.7 GB``, in their own notation."""
    digits = 0 if size < 1_000_000_000 else 1
    return QLocale().formattedDataSize(int(size), digits, QLocale.DataSizeFormat.DataSizeSIFormat)
