"""Photos as files: reading them upright and not too large, and keeping them whole. Runs in any thread."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
from pathlib import Path

from qgis.PyQt.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from qgis.PyQt.QtGui import QImage, QImageReader

#: Longest side that is shown (pixels), and how many a photo may have before it is read.
_SIDE, _MOST_PIXELS = 4096, 400_000_000


class NoImage(Exception):
    """What should be a photo cannot be read as one."""


def read_photo(places: list[Path]) -> QImage | None:
    """Return the photo that lies in the first of these places that has one; None when none has."""
    for place in places:
        if place.is_file():
            reader = QImageReader(str(place))
            reader.setDecideFormatFromContent(True)
            return _read(reader)
    return None


def photo_from(data: bytes) -> QImage:
    """Return the photo of the bytes of an image file.

    Raises
    ------
    NoImage
        When they are none.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    return _read(QImageReader(buffer))


def keep_photo(data: bytes, place: Path) -> bool:
    """Write a photo where the layer expects it, whole or not at all; tell whether it is there.

    The engine names photos by their sha256; bytes that do not fit the name are not kept. A folder that cannot be
    written to is no fault: the photo is then fetched again when it is needed.
    """
    digest = hashlib.sha256(data).hexdigest()
    if re.fullmatch(r"[0-9a-f]{64}", place.stem) and place.stem != digest:
        return False
    unfinished = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(data)
        unfinished.replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        return False
    return True


def _read(reader: QImageReader) -> QImage:
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and size.width() * size.height() > _MOST_PIXELS:
        raise NoImage
    if size.isValid() and max(size.width(), size.height()) > _SIDE:
        reader.setScaledSize(size.scaled(QSize(_SIDE, _SIDE), Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise NoImage
    # In the form that the screen takes, so that the window's thread need not convert it.
    return image.convertToFormat(QImage.Format.Format_RGB32)
