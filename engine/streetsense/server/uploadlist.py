"""The server's list of uploads, begun and finished, and of what the uploaded files hold.

It is a SQLite file beside the parts. The parts themselves say how far an upload is: their size is the offset, so
nothing has to be written down while bytes come in, and nothing is lost when the server is killed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from streetsense.atomic import UNFINISHED
from streetsense.server.problems import Problem

#: Seconds after its last byte, or its end, that an upload is forgotten; the file of a finished one stays.
EXPIRES_AFTER = 7 * 86400.0

_TABLES = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, study TEXT NOT NULL, name TEXT NOT NULL, length INTEGER NOT NULL, sha256 TEXT,
    unpack INTEGER NOT NULL, created REAL NOT NULL, finished INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS uploads_of ON uploads (study, finished);
CREATE TABLE IF NOT EXISTS files (
    study TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, sha256 TEXT,
    PRIMARY KEY (study, name)
);
"""


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
        Of the whole file, where the client said it.
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


@dataclass(frozen=True)
class UploadedFile:
    """A file that was uploaded: its path relative to the study, bytes, and sha256 (hexadecimal)."""

    name: str
    size: int
    sha256: str


class UploadList:
    """All uploads of a server. Thread-safe.

    Parameters
    ----------
    folder : Path
        Where list and parts are; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._lock = threading.RLock()
        self._busy: set[str] = set()
        self._looked_at: set[str] = set()
        self._database = sqlite3.connect(folder / "uploads.sqlite", check_same_thread=False, isolation_level=None)
        for setting in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.executescript(_TABLES)

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
        self._run(
            "INSERT INTO uploads VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (upload.id, study, name, length, sha256, unpack, upload.created, done),
        )
        return upload

    def get(self, study: str, upload_id: str) -> Upload:
        """Return an upload.

        Raises
        ------
        Problem
            404 when the study has none of that id.
        """
        rows = self._run("SELECT * FROM uploads WHERE id = ? AND study = ?", (upload_id, study))
        if not rows:
            raise Problem(404, "No such upload", "upload: there is none of that id; begin a new one.")
        return _upload(rows[0])

    def find_begun(self, study: str, name: str, length: int, sha256: str, *, unpack: bool) -> Upload | None:
        """Return the unfinished upload of the same content to the same place."""
        rows = self._run(
            "SELECT * FROM uploads WHERE study = ? AND finished = 0 AND name = ? AND length = ? AND sha256 = ? "
            "AND unpack = ?",
            (study, name, length, sha256, unpack),
        )
        return next((upload for upload in map(_upload, rows) if self.part(upload).exists()), None)

    def mark_finished(self, upload: Upload) -> None:
        """Note that an upload is in its place."""
        self._run("UPDATE uploads SET finished = 1 WHERE id = ?", (upload.id,))

    def remove(self, upload: Upload) -> None:
        """Forget an upload and its part."""
        self.part(upload).unlink(missing_ok=True)
        self._run("DELETE FROM uploads WHERE id = ?", (upload.id,))

    def remove_expired(self) -> None:
        """Forget uploads that nothing was heard of for long."""
        now = time.time()
        for row in self._run("SELECT * FROM uploads WHERE created < ?", (now - EXPIRES_AFTER,)):
            upload = _upload(row)
            part = self.part(upload)
            last = part.stat().st_mtime if part.exists() else upload.created
            if last < now - EXPIRES_AFTER and upload.id not in self._busy:
                self.remove(upload)

    @contextmanager
    def hold(self, upload: Upload) -> Iterator[None]:
        """Keep an upload to one request.

        Raises
        ------
        Problem
            423 when another one has it.
        """
        with self._lock:
            if upload.id in self._busy:
                raise Problem(
                    423, "Locked", "upload: another connection sends to it; wait until it has ended and try again."
                )
            self._busy.add(upload.id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(upload.id)

    def used(self, study: str, root: Path) -> int:
        """Return the bytes that a study's uploads take, with those still to come."""
        with self._lock:
            if study not in self._looked_at:
                self.look(study, root)
            (files,) = self._run("SELECT coalesce(sum(size), 0) FROM files WHERE study = ?", (study,))
            (begun,) = self._run(
                "SELECT coalesce(sum(length), 0) FROM uploads WHERE study = ? AND finished = 0", (study,)
            )
            return int(files[0]) + int(begun[0])

    def note_file(self, study: str, root: Path, name: str, sha256: str) -> None:
        """Note what a file holds that has just come into its place."""
        about = (root / name).stat()
        self._run(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
            (study, name, about.st_size, about.st_mtime_ns, sha256),
        )

    def has(self, study: str, root: Path, name: str, sha256: str) -> bool:
        """Tell whether a file is there with just this content, without reading it."""
        rows = self._run(
            "SELECT size, modified FROM files WHERE study = ? AND name = ? AND sha256 = ?", (study, name, sha256)
        )
        try:
            about = (root / name).stat()
        except OSError:
            return False
        return rows == [(about.st_size, about.st_mtime_ns)]

    def files(self, study: str, root: Path) -> list[UploadedFile]:
        """Return the uploaded files of a study, sorted by name; those that somebody else put there are read first."""
        self.look(study, root)
        for (name,) in self._run("SELECT name FROM files WHERE study = ? AND sha256 IS NULL", (study,)):
            try:
                with (root / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                self.note_file(study, root, name, digest)
            except OSError:
                continue
        rows = self._run(
            "SELECT name, size, sha256 FROM files WHERE study = ? AND sha256 IS NOT NULL ORDER BY name", (study,)
        )
        return [UploadedFile(*row) for row in rows]

    def look(self, study: str, root: Path) -> None:
        """Bring the list of files up to date with the folder; what new ones hold is found out when somebody asks."""
        found = {}
        for parent, folders, names in os.walk(root / "uploads"):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(parent, name)
                if not name.startswith((".", UNFINISHED)) and path.is_file() and not path.is_symlink():
                    about = path.stat()
                    found[path.relative_to(root).as_posix()] = (about.st_size, about.st_mtime_ns)
        with self._lock:
            rows = self._run("SELECT name, size, modified FROM files WHERE study = ?", (study,))
            known = {name: (size, modified) for name, size, modified in rows}
            for name in known.keys() - found.keys():
                self._run("DELETE FROM files WHERE study = ? AND name = ?", (study, name))
            for name, facts in found.items():
                if known.get(name) != facts:
                    self._run("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, NULL)", (study, name, *facts))
            self._looked_at.add(study)

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._database.execute(statement, values).fetchall()
        except sqlite3.OperationalError as error:
            raise Problem(
                507, "Insufficient Storage", f"uploads: the server cannot keep its list ({error})."
            ) from error


@cache
def upload_list(state_dir: Path) -> UploadList:
    """Return the list of the server whose own folder this is."""
    return UploadList(state_dir / "uploads")


def _upload(row: tuple[Any, ...]) -> Upload:
    upload_id, study, name, length, sha256, unpack, created, finished = row
    return Upload(upload_id, study, name, length, sha256, bool(unpack), created, bool(finished))
