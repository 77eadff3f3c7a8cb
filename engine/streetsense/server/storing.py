"""A file that has come whole: checked, unpacked where that was asked for, and put in its place in the study."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from streetsense.atomic import atomic_path, is_refusal
from streetsense.errors import InputError
from streetsense.server.files import inside
from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings
from streetsense.server.unpacking import UnpackLimits, unpack
from streetsense.server.uploadlist import Upload, UploadList


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
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if upload.sha256 not in (None, digest):
        known.remove(upload)
        raise Problem(
            400, "Bad input", "sha256: the file is not the one that was announced; send it again from the start."
        )
    try:
        if upload.unpack:
            _unpack(known, root, upload, target, settings)
        else:
            _move(part, target)
            known.note_file(upload.study, root, upload.name, digest)
    except InputError:
        known.remove(upload)
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Problem(
                507, "Insufficient Storage", "disk: it is full; ask the administrator, then go on."
            ) from error
        if is_refusal(error):
            raise Problem(409, "Conflict", f"filename: '{upload.name}' cannot be made; choose another name.") from error
        raise
    known.mark_finished(upload)
    return replace(upload, finished=True)


def recover(known: UploadList, root: Path, upload: Upload, settings: ServerSettings) -> Upload:
    """Finish what a killed server left between the last byte and the last note; return the upload as it is then.

    Raises
    ------
    Problem
        404 when its bytes are lost.
    """
    if upload.finished:
        return upload
    part = known.part(upload)
    if part.exists():
        return put_in_place(known, root, upload, settings) if part.stat().st_size == upload.length else upload
    if inside(root, upload.name).exists():  # the part was moved, or unpacked and deleted; only the note is missing
        known.mark_finished(upload)
        return replace(upload, finished=True)
    known.remove(upload)
    raise Problem(404, "No such upload", "upload: its bytes are gone; begin a new one.")


def _move(part: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o644)
    try:
        part.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with atomic_path(target) as temporary:  # the study lies on a disk of its own
            shutil.copyfile(part, temporary)
        part.unlink()
    _sync_folder(target.parent)


def _unpack(known: UploadList, root: Path, upload: Upload, folder: Path, settings: ServerSettings) -> None:
    room = settings.quota - (known.used(upload.study, root) - upload.length)
    free = shutil.disk_usage(settings.studies).free - settings.keep_free
    if folder.exists():
        raise InputError(f"filename: '{upload.name}' is in the study already; choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unpack(known.part(upload), folder, UnpackLimits(size=max(0, min(room, free))))
    _sync_folder(folder.parent)
    known.part(upload).unlink()
    known.look(upload.study, root)


def _sync_folder(folder: Path) -> None:
    """See that the disk has a folder's new names (Windows cannot open folders, and need not)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
