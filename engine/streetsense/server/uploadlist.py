"""The server's list of uploads, begun and finished.

It is a SQLite file beside the parts. The parts themselves say how far an upload is: their size is the offset, so
nothing has to be written down while bytes come in, and nothing is lost when the server is killed. Only of a part that
is to be checked it is written down where it begins, since it counts whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streetsense.atomic import UNFINISHED
from streetsense.server.problems import Problem
from streetsense.server.uploadages import UploadAges
from streetsense.server.uploaddatabase import UploadDatabase
from streetsense.server.uploadedfiles import UploadedFiles

#: Seconds after its last byte, or its end, that an upload is forgotten; the file of a finished one stays.
EXPIRES_AFTER = 7 * 86400.0

_PLACED = "-placed"
_UNFINISHED_OF = re.compile(f"{re.escape(UNFINISHED)}([0-9a-f]{{32}})({_PLACED})?")


@dataclass(frozen=True)
class Upload:
    """One upload.

    Attributes
    ----------
    id, study : str
        Which one, into which study.
    name : str
        Where it goes, relative to the study: a file, or the folder that an archive is unpacked into.
    length : int
        Bytes of the whole file.
    sha256 : str or None
        Of the whole file, where the client said it or it has come whole.
    unpack : bool
        Whether it is an archive to be unpacked.
    created : float
        Seconds since the epoch.
    finished : bool
        Whether the file is in its place.
    """

    id: str
    study: str
    name: str
    length: int
    sha256: str | None
    unpack: bool
    created: float
    finished: bool

    @property
    def staging(self) -> str:
        """The name that the file or folder has in the study until it is whole."""
        return f"{UNFINISHED}{self.id}"

    @property
    def placed(self) -> str:
        """The name of the file in an unpacked folder that says whose it is until the list says so."""
        return f"{UNFINISHED}{self.id}{_PLACED}"


class UploadList:
    """All uploads of a server. Thread-safe.

    Parameters
    ----------
    folder : Path
        Where list and parts are; made when it is missing.
    wall, steady : callable
        The system's clock and one that never jumps, in seconds.

    Attributes
    ----------
    files : UploadedFiles
        The files that are in their places.
    room : threading.RLock
        To be held while somebody looks how much room there is and takes it.

    Raises
    ------
    Problem
        500 when the list is damaged, 507 when the disk does not take it.
    """

    def __init__(
        self, folder: Path, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._holding = threading.Lock()  # never held for long: the event loop itself takes it
        self._busy: set[str] = set()
        self._reserved: dict[str, tuple[str, int]] = {}
        self._database = UploadDatabase(folder / "uploads.sqlite")
        self._ages = UploadAges(self._database, wall, steady)
        self.files = UploadedFiles(self._database, self._clear)
        self.room = threading.RLock()
        self._remove_parts_of_none()

    def part(self, upload: Upload) -> Path:
        """Return the file that an upload's bytes are collected in."""
        return self._folder / f"{upload.id}.part"

    def offset(self, upload: Upload) -> int:
        """Return how many bytes have come."""
        return upload.length if upload.finished else self.part(upload).stat().st_size

    def add(self, study: str, name: str, length: int, sha256: str | None, *, unpack: bool, done: bool) -> Upload:
        """Begin an upload, or note one that needs no bytes since they are there already."""
        upload = Upload(secrets.token_hex(16), study, name, length, sha256, unpack, time.time(), done)
        if not done:
            self.part(upload).touch(mode=0o600, exist_ok=False)
        try:
            self._database.run(
                "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (upload.id, study, name, length, sha256, unpack, upload.created, done),
            )
        except Problem:
            self.part(upload).unlink(missing_ok=True)
            raise
        return upload

    def get(self, study: str, upload_id: str) -> Upload:
        """Return an upload.

        Raises
        ------
        Problem
            404 when the study has none of that id.
        """
        rows = self._database.run("SELECT * FROM uploads WHERE id = ? AND study = ?", (upload_id, study))
        if not rows:
            raise Problem(404, "No such upload", "upload: there is none of that id; begin a new one.")
        return _upload(rows[0])

    def find_begun(self, study: str, name: str, length: int, sha256: str, *, unpack: bool) -> Upload | None:
        """Return the unfinished upload of the same content to the same place."""
        rows = self._database.run(
            "SELECT * FROM uploads WHERE study = ? AND finished = 0 AND name = ? AND length = ? AND sha256 = ? "
            "AND unpack = ?",
            (study, name, length, sha256, unpack),
        )
        return next((upload for upload in map(_upload, rows) if self.part(upload).exists()), None)

    def mark_unverified(self, upload: Upload, begin: int) -> None:
        """Note that what comes from ``begin`` on counts only once it was checked; the disk has the note then."""
        self._database.run_durably("INSERT OR REPLACE INTO unverified VALUES (?, ?)", (upload.id, begin))

    def mark_verified(self, upload: Upload) -> None:
        """Note that all that has come counts."""
        self._database.run("DELETE FROM unverified WHERE id = ?", (upload.id,))

    def drop_unverified(self, upload: Upload) -> None:
        """Take out of a part what came last and was never checked."""
        for (begin,) in self._database.run("SELECT begin FROM unverified WHERE id = ?", (upload.id,)):
            if self.part(upload).stat().st_size > begin:
                os.truncate(self.part(upload), begin)
            self.mark_verified(upload)

    def mark_whole(self, upload: Upload, sha256: str) -> None:
        """Note what the whole file holds, before it goes to its place: there it can be told by that."""
        self._database.run("UPDATE uploads SET sha256 = ? WHERE id = ?", (sha256, upload.id))

    def mark_finished(self, upload: Upload) -> None:
        """Note that an upload is in its place."""
        self._database.run("UPDATE uploads SET finished = 1 WHERE id = ?", (upload.id,))

    def remove(self, upload: Upload) -> None:
        """Forget an upload and its part; a part whose upload was forgotten is cleared at the next start."""
        ids = [(upload.id,)]
        self._database.change(("DELETE FROM uploads WHERE id = ?", ids), ("DELETE FROM unverified WHERE id = ?", ids))
        self.part(upload).unlink(missing_ok=True)

    def remove_expired(self) -> None:
        """Forget uploads that nothing was heard of for long."""
        for upload_id in self._ages.still_for(EXPIRES_AFTER, self._states):
            for row in self._database.run("SELECT * FROM uploads WHERE id = ?", (upload_id,)):
                with contextlib.suppress(Problem), self.hold(upload_id):
                    self.remove(_upload(row))

    @contextmanager
    def hold(self, upload_id: str) -> Iterator[None]:
        """Keep an upload to one request. What is known of it is to be asked for within.

        Raises
        ------
        Problem
            423 when another one has it.
        """
        with self._holding:
            if upload_id in self._busy:
                raise Problem(
                    423, "Locked", "upload: another connection sends to it; wait until it has ended and try again."
                )
            self._busy.add(upload_id)
        try:
            yield
        finally:
            with self._holding:
                self._busy.discard(upload_id)

    def used(self, study: str, root: Path) -> int:
        """Return the bytes that a study's uploads take, with those still to come."""
        with self.room:
            begun = self._database.run(
                "SELECT coalesce(sum(length), 0) FROM uploads WHERE study = ? AND finished = 0", (study,)
            )
            reserved = sum(size for whose, size in self._reserved.values() if whose == study)
            return self.files.size(study, root) + int(begun[0][0]) + reserved

    @contextmanager
    def reserving(self, upload: Upload) -> Iterator[Callable[[int], None]]:
        """Yield a function that takes room for what an archive becomes, until the block is left."""

        def reserve(size: int) -> None:
            with self.room:
                self._reserved[upload.id] = (upload.study, size)

        try:
            yield reserve
        finally:
            with self.room:
                self._reserved.pop(upload.id, None)

    @property
    def reserved(self) -> int:
        """Bytes that all archives now being unpacked become."""
        with self.room:
            return sum(size for _, size in self._reserved.values())

    def _states(self) -> dict[str, str]:
        found = {}
        for upload in map(_upload, self._database.run("SELECT * FROM uploads")):
            found[upload.id] = "finished"
            if not upload.finished:
                with contextlib.suppress(FileNotFoundError):
                    about = self.part(upload).stat()
                    found[upload.id] = f"{about.st_size} {about.st_mtime_ns}"
        return found

    def _remove_parts_of_none(self) -> None:
        known = {row[0] for row in self._database.run("SELECT id FROM uploads")}
        for part in self._folder.glob("*.part"):
            if part.stem not in known:
                part.unlink(missing_ok=True)

    def _clear(self, path: Path) -> None:
        """Remove what a killed server left in a study, unless it is in use or tells where an upload stands."""
        match = _UNFINISHED_OF.fullmatch(path.name)
        if match is None:
            return
        upload_id, mark = match.groups()
        with contextlib.suppress(Problem), self.hold(upload_id):
            if mark and self._database.run("SELECT 1 FROM uploads WHERE id = ? AND finished = 0", (upload_id,)):
                return
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


_lists: dict[Path, UploadList] = {}
_opening = threading.Lock()


def upload_list(state_dir: Path) -> UploadList:
    """Return the list of the server whose own folder this is: always the same one, whoever asks first.

    Raises
    ------
    Problem
        500 when the list is damaged, 507 when the disk does not take it.
    """
    with _opening:
        if state_dir not in _lists:
            _lists[state_dir] = UploadList(state_dir / "uploads")
        return _lists[state_dir]


def _upload(row: tuple[Any, ...]) -> Upload:
    upload_id, study, name, length, sha256, unpack, created, finished = row
    return Upload(upload_id, study, name, length, sha256, bool(unpack), created, bool(finished))
