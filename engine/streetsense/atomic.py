"""Files that are either whole or absent: written under another name, synced, then renamed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streetsense.errors import InputError, StorageError

#: What marks a file as unfinished. Readers ignore it, and `remove_unfinished` clears what a killed process left.
UNFINISHED = ".unfinished-"


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on any error.

    The temporary name keeps the suffix, because GDAL and pyarrow choose formats by it.

    Parameters
    ----------
    path : Path
        The file to make or to replace. Its folder is created.

    Raises
    ------
    StorageError
        When the disk is full or the folder cannot be written to (one sentence that names the folder).
    InputError
        When the name cannot be had there.
    """
    path = Path(path)
    temporary = path.with_name(f"{UNFINISHED}{uuid.uuid4().hex[:8]}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        if is_refusal(error):
            raise storage_error(error, path) from error
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as indented JSON to ``path`` atomically (UTF-8, keys in the order given)."""
    write_bytes(path, (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode())


def remove_unfinished(folder: Path) -> int:
    """Delete the temporary files that killed processes left in ``folder``; return how many there were."""
    leftovers = list(folder.glob(f"{UNFINISHED}*")) if folder.is_dir() else []
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)


#: What a disk can answer to a write, and what a person can do about it.
_REFUSALS = {
    errno.ENOSPC: "the disk is full; free some space and run the same command again, it continues where it stopped",
    errno.EDQUOT: "the disk quota is used up; free some space and run the same command again, it continues",
    errno.EROFS: "the disk is read-only; choose a folder that can be written to",
    errno.EACCES: "permission to write is missing; choose a folder of your own or change its permissions",
    errno.EPERM: "permission to write is missing; choose a folder of your own or change its permissions",
    errno.ENAMETOOLONG: "the name is too long for this disk; choose a shorter one",
    errno.ENOTDIR: "a part of the path is a file, not a folder; choose another path",
    errno.ENOENT: "the folder cannot be made or has gone; choose another path",
    errno.EEXIST: "a file of that name is in the way; choose another path",
}
#: Those of them that another name mends; all others are the disk's.
_NAMES = (errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENOENT, errno.EEXIST)


def is_refusal(error: OSError) -> bool:
    """Tell whether an error means that the disk does not take what is written."""
    return error.errno in _REFUSALS


def storage_error(error: OSError, path: Path) -> InputError:
    """Turn an operating system's refusal to write ``path`` into a sentence a person can act on."""
    reason = _REFUSALS.get(error.errno or 0, f"the system refused to write ({error.strerror or error})")
    kind = InputError if error.errno in _NAMES else StorageError
    return kind(f"{path.parent}: {reason}.")


def _sync(path: Path) -> None:
    """Flush a file or folder to the disk where the platform can (Windows cannot open folders)."""
    if path.is_dir() and os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
