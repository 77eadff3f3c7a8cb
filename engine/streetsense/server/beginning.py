"""Whether an upload may begin: its name, its size, and the room there is for it."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath

from streetsense.server.files import inside
from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings
from streetsense.server.uploadlist import Upload, UploadList
from streetsense.server.uploadnames import UploadFacts


def begin(
    known: UploadList, settings: ServerSettings, study: str, root: Path, folder: str, length: int, facts: UploadFacts
) -> Upload:
    """Note a new upload, unless there is no room for it.

    One whose content is there already needs no bytes, and one of the same content that was begun before goes on: so a
    client may ask again when it did not hear the answer.

    Parameters
    ----------
    known : UploadList
        The server's uploads.
    settings : ServerSettings
        What is allowed.
    study, root : str, Path
        The study and its folder.
    folder : str
        The folder in the study that the file goes to.
    length : int
        Bytes of the file.
    facts : UploadFacts
        What the upload says about itself.

    Raises
    ------
    Problem
        409 when the place is taken, 413 when the file is too large, 507 when the quota or the disk is full.
    """
    with known.room:  # one at a time, so that two cannot both take the last of the quota
        return _begin(known, settings, study, root, folder, length, facts)


def _begin(
    known: UploadList, settings: ServerSettings, study: str, root: Path, folder: str, length: int, facts: UploadFacts
) -> Upload:
    name = PurePosixPath(folder, facts.name)
    if facts.unpack:
        name = PurePosixPath(folder, facts.folder) if facts.folder else name.with_suffix("")
    target = inside(root, str(name))
    if length > settings.max_file:
        raise Problem(413, "Content Too Large", f"Upload-Length: files of at most {settings.max_file} bytes are taken.")
    if facts.sha256 and known.files.has(study, root, str(name), facts.sha256):
        return known.add(study, str(name), length, facts.sha256, unpack=facts.unpack, done=True)
    if facts.sha256 and (begun := known.find_begun(study, str(name), length, facts.sha256, unpack=facts.unpack)):
        return begun
    if target.is_dir():
        raise Problem(409, "Conflict", f"filename: '{name}' is a folder of the study already; choose another name.")
    if any(parent.is_file() for parent in target.parents):
        raise Problem(409, "Conflict", f"filename: a folder of '{name}' is a file already; choose another name.")
    known.remove_expired()
    if known.used(study, root) + length > settings.quota:
        raise Problem(
            507, "Insufficient Storage",
            f"Upload-Length: the uploads of '{study}' would take more than {settings.quota} bytes; the administrator "
            "can allow more.",
        )  # fmt: skip
    if shutil.disk_usage(settings.studies).free - known.reserved - length < settings.keep_free:
        raise Problem(
            507, "Insufficient Storage", "Upload-Length: the disk has no room for this file; ask the administrator."
        )
    return known.add(study, str(name), length, facts.sha256, unpack=facts.unpack, done=False)
