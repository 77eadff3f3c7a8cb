"""Unpacking uploaded ZIP archives: only what fits, into one folder, whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streetsense.errors import InputError
from streetsense.server.uploadnames import checked_path

_CHUNK = 2**20
#: Bytes of an archive's own list of entries that are read at most.
_MAX_LIST = 64 * 2**20
_END, _END_SIZE, _LOCATOR, _END_64 = b"PK\5\6", 22, b"PK\6\7", b"PK\6\6"


@dataclass(frozen=True)
class UnpackLimits:
    """What an archive may become.

    Attributes
    ----------
    entries : int
        Files and folders.
    size : int
        Bytes of all files.
    ratio : float
        How many times larger than the archive all files may be together; photos hardly shrink at all.
    """

    entries: int = 200_000
    size: int = 50 * 2**30
    ratio: float = 100.0


def unpack(archive: Path, folder: Path, limits: UnpackLimits, reserve: Callable[[int], None] | None = None) -> int:
    """Unpack ``archive`` into ``folder``, which must not exist; return how many files it had.

    Parameters
    ----------
    archive, folder : Path
        What to unpack, and where to.
    limits : UnpackLimits
        What it may become.
    reserve : callable, optional
        Given the bytes that all files will take before the first is written; it raises when there is no room for them.

    Raises
    ------
    InputError
        When the archive is damaged, encrypted, too large once unpacked, or holds names or kinds of files that are not
        taken. Nothing is left of it then.
    """
    folder.mkdir(parents=True)
    is_whole = False
    try:
        _check_list(archive, limits)
        with zipfile.ZipFile(archive) as opened:
            entries = _checked_entries(opened, archive.stat().st_size, limits)
            left = sum(entry.file_size for entry, _ in entries)
            if reserve is not None:
                reserve(left)
            for entry, name in entries:
                left -= _extract(opened, entry, folder / name, left)
        is_whole = True
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError) as error:
        raise InputError(f"archive: it is damaged or of a kind that is not read ({error}); pack it again.") from error
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise InputError("archive: it holds a file and a folder of one name; pack it again.") from error
    finally:
        if not is_whole:
            shutil.rmtree(folder, ignore_errors=True)
    return len(entries)


def too_large(size: int, allowed: int) -> InputError:
    """Return how an archive is refused that there is no room for."""
    return InputError(
        f"archive: it would take {size} bytes unpacked, and {allowed} are allowed; send less or ask the administrator "
        "for more."
    )


def _checked_entries(opened: zipfile.ZipFile, size: int, limits: UnpackLimits) -> list[tuple[zipfile.ZipInfo, str]]:
    """Return the files of an archive with their checked names, judged by its list before anything is unpacked."""
    infos = opened.infolist()
    if len(infos) > limits.entries:
        raise InputError(f"archive: it holds more than {limits.entries} entries; send several smaller ones.")
    whole = sum(info.file_size for info in infos)
    if whole > limits.size:
        raise too_large(whole, limits.size)
    if whole > limits.ratio * size + _CHUNK or sum(info.compress_size for info in infos) > size:
        raise InputError("archive: it is packed far denser than files can be; pack it again with an ordinary program.")
    files: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if info.flag_bits & 0x1:
            raise InputError(f"archive: '{info.filename[:100]}' is encrypted; pack it without a password.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"archive: '{info.filename[:100]}' is packed in a rare way; pack it again with 'deflate'.")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(f"archive: '{info.filename[:100]}' is a link or a device; pack files alone.")
        name = checked_path(info.filename.removesuffix("/"), "archive")
        if info.is_dir():
            continue
        if name in files:
            raise InputError(f"archive: it holds '{name[:100]}' twice; pack it again.")
        files[name] = info
    if not files:
        raise InputError("archive: it holds no file; pack it again.")
    return [(info, name) for name, info in files.items()]


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one file, whatever the list said of its size never more than ``left`` bytes; return how many."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with opened.open(entry) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > min(left, entry.file_size):
                raise InputError("archive: it holds more than its list says; pack it again with an ordinary program.")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return written


def _check_list(archive: Path, limits: UnpackLimits) -> None:
    """Refuse an archive whose list of entries alone would fill the memory (APPNOTE.TXT, 4.3.14 to 4.3.16)."""
    with archive.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - _END_SIZE - 0xFFFF)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(_END)
        if at < 0 or len(tail) < at + _END_SIZE:
            raise InputError("archive: it is no ZIP archive, or its end is missing; pack it again.")
        entries, listed = struct.unpack_from("<HI", tail, at + 10)
        if at >= 20 and tail[at - 20 : at - 16] == _LOCATOR:
            (where,) = struct.unpack_from("<Q", tail, at - 12)
            if where > size:
                raise InputError("archive: it is damaged; pack it again.")
            file.seek(where)
            end = file.read(56)
            if len(end) < 56 or end[:4] != _END_64:
                raise InputError("archive: it is damaged; pack it again.")
            entries, listed = struct.unpack_from("<QQ", end, 32)
    if entries > limits.entries or listed > _MAX_LIST:
        raise InputError(f"archive: it holds more than {limits.entries} entries; send several smaller ones.")
