"""A file that has come whole: checked, unpacked where that was asked for, and put in its place in the study."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

from streetsense.atomic import is_refusal
from streetsense.errors import InputError, StorageError
from streetsense.server.files import inside
from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings
from streetsense.server.unpacking import UnpackLimits, too_large, unpack
from streetsense.server.uploadlist import Upload, UploadList

_placing = threading.Lock()


def put_in_place(known: UploadList, root: Path, upload: Upload, settings: ServerSettings) -> Upload:
    """Move the whole file of an upload into the study, under its name and at once.

    Parameters
    ----------
    known : UploadList
        The server's uploads.
    root : Path
        The study's folder.
    upload : Upload
        One whose bytes have all come.
    settings : ServerSettings
        The quota.

    Raises
    ------
    Problem
        400 when the content is not what was announced or an archive is refused: the upload is given up then.
    """
    part, target = known.part(upload), inside(root, upload.name)
    digest = _digest(part)
    if upload.sha256 not in (None, digest):
        known.remove(upload)
        raise Problem(
            400, "Bad input", "sha256: the file is not the one that was announced; send it again from the start."
        )
    try:
        known.mark_whole(upload, digest)
        if upload.unpack:
            _unpack(known, root, upload, target, settings)
            return _note_unpacked(known, root, upload, target)
        _move(part, target, upload.staging)
        return _note_moved(known, root, upload, digest)
    except StorageError:
        raise
    except InputError:
        known.remove(upload)
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_room() from error
        if is_refusal(error) or error.errno in (errno.EISDIR, errno.ENOTEMPTY):
            raise Problem(409, "Conflict", f"filename: '{upload.name}' cannot be made; choose another name.") from error
        raise


def recover(known: UploadList, root: Path, study: str, upload_id: str, settings: ServerSettings) -> Upload:
    """Return an upload that this request holds, after finishing what a killed server left of it.

    Raises
    ------
    Problem
        404 when there is none of that id, or its bytes are lost.
    """
    upload = known.get(study, upload_id)
    if upload.finished:
        return upload
    if upload.unpack and (target := inside(root, upload.name)) and (target / upload.placed).is_file():
        return _note_unpacked(known, root, upload, target)  # only the notes are missing
    part = known.part(upload)
    if part.exists():
        known.drop_unverified(upload)
        return put_in_place(known, root, upload, settings) if part.stat().st_size == upload.length else upload
    if not upload.unpack and _is_of(inside(root, upload.name), upload):
        return _note_moved(known, root, upload, str(upload.sha256))
    known.remove(upload)
    raise Problem(404, "No such upload", "upload: its bytes are gone; begin a new one.")


def _is_of(target: Path, upload: Upload) -> bool:
    """Tell whether a file is the one of an upload; what a part holds is noted before it moves, so it is known."""
    try:
        return target.stat().st_size == upload.length and _digest(target) == upload.sha256
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _move(part: Path, target: Path, staging: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o644)
    try:
        part.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(part, target, target.with_name(staging))  # the study lies on a disk of its own
    _sync_folder(target.parent)


def _copy(part: Path, target: Path, staging: Path) -> None:
    try:
        shutil.copyfile(part, staging)
        with staging.open("rb") as file:
            os.fsync(file.fileno())
        staging.replace(target)
    finally:
        staging.unlink(missing_ok=True)
    part.unlink()


def _note_moved(known: UploadList, root: Path, upload: Upload, digest: str) -> Upload:
    known.files.note(upload.study, root, upload.name, digest)
    known.mark_finished(upload)
    return replace(upload, finished=True)


def _unpack(known: UploadList, root: Path, upload: Upload, folder: Path, settings: ServerSettings) -> None:
    """Unpack an archive beside its folder, and give it the name of the folder when it is whole."""
    staging = folder.with_name(upload.staging)
    shutil.rmtree(staging, ignore_errors=True)
    _check_free(folder, upload)
    with known.reserving(upload) as reserve:

        def take_room(size: int) -> None:
            with known.room:
                room = max(0, settings.quota - (known.used(upload.study, root) - upload.length))
                if size > room:
                    raise too_large(size, room)
                if size > shutil.disk_usage(settings.studies).free - settings.keep_free - known.reserved:
                    raise _no_room()
                reserve(size)

        unpack(known.part(upload), staging, UnpackLimits(size=settings.quota), take_room)
        try:
            (staging / upload.placed).touch()
            _sync_folder(staging)
            with _placing:  # of two archives for one folder the second is refused
                _check_free(folder, upload)
                staging.rename(folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        _sync_folder(folder.parent)
        known.files.look(upload.study, root)


def _check_free(folder: Path, upload: Upload) -> None:
    if folder.exists():
        raise InputError(f"filename: '{upload.name}' is in the study already; choose another folder.")


def _note_unpacked(known: UploadList, root: Path, upload: Upload, folder: Path) -> Upload:
    """Forget the archive. The mark in the folder goes last: until then it says that this upload is in its place."""
    known.part(upload).unlink(missing_ok=True)
    known.files.look(upload.study, root)
    known.mark_finished(upload)
    (folder / upload.placed).unlink(missing_ok=True)
    return replace(upload, finished=True)


def _no_room() -> Problem:
    return Problem(507, "Insufficient Storage", "disk: it is full; ask the administrator, then go on.")


def _sync_folder(folder: Path) -> None:
    """See that the disk has a folder's new names (Windows cannot open folders, and need not)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
