"""Files of this computer on their way into a study: which ones belong together, and what they are called there."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..i18n import tr
from .errors import EngineError

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: What the engine takes for photos.
_PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".heic", ".heif")


@dataclass(frozen=True)
class LocalFile:
    """A file to be sent: where it is here, and where it goes, relative to the study's folder ``uploads``."""

    path: Path
    name: str

    @property
    def size(self) -> int:
        """Bytes that it has.

        Raises
        ------
        EngineError
            When it cannot be read.
        """
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def sha256(self) -> str:
        """Return the checksum of what it holds.

        Raises
        ------
        EngineError
            When it cannot be read.
        """
        digest = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                while block := file.read(2**20):
                    digest.update(block)
        except OSError as error:
            raise _unreadable(self.path, error) from error
        return digest.hexdigest()


def files_of(path: Path) -> tuple[str, list[LocalFile]]:
    """Return what a file or a folder of photos is called among the uploads, and the files that belong to it.

    Raises
    ------
    EngineError
        When it is a folder without photos.
    """
    name = safe_name(path.name) or "files"
    # Files of one name from different folders must not replace each other there.
    folder = short_hash(str(path.parent))
    if path.is_dir():
        there = folder_name(path)
        files = [LocalFile(path / photo, f"{there}/{photo}") for photo in _photos_in(path)]
        if not files:
            sentence = tr("Processing", "{path}: there are no photos in this folder; choose another one.")
            raise EngineError(sentence.format(path=path), "disk")
        return there, files
    parts = [path]
    if path.suffix.lower() == _SHAPEFILE[0]:
        parts = [one for one in path.parent.iterdir() if one.stem == path.stem and one.suffix.lower() in _SHAPEFILE]
    stem = name[: len(name) - len(path.suffix)]
    return f"{folder}/{name}", [LocalFile(part, f"{folder}/{stem}{part.suffix}") for part in sorted(parts)]


def folder_name(path: Path) -> str:
    """Return what a folder of photos is called among the uploads."""
    return f"photos/{short_hash(str(path.parent))}/{safe_name(path.name) or 'files'}"


def safe_name(name: str) -> str:
    """Return a name that every file system takes; letters of all languages stay, and so does the suffix."""
    stem, dot, suffix = unicodedata.normalize("NFC", name).rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and re.fullmatch(r"\w{1,10}", suffix) else (stem + dot + suffix, "")
    return re.sub(r"[^\w.-]+", "_", stem).strip("._ ")[:50] + suffix


def short_hash(text: str) -> str:
    """Return eight letters that stand for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _photos_in(folder: Path) -> Iterator[str]:
    """Yield the photos of a folder and of its folders, relative to it and with forward slashes."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(_PHOTOS):
                yield (Path(where) / name).relative_to(folder).as_posix()


def _unreadable(path: Path, error: OSError) -> EngineError:
    sentence = tr("Processing", "{path} cannot be read ({reason}); check the path.")
    return EngineError(sentence.format(path=path, reason=error.strerror or error), "disk")
