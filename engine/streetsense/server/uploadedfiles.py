"""What the uploaded files of studies hold: looked up in the folder, read once, remembered."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from streetsense.atomic import UNFINISHED
from streetsense.server.uploaddatabase import UploadDatabase

_NOTE = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class UploadedFile:
    """A file that was uploaded: its path relative to the study, bytes, and sha256 (hexadecimal)."""

    name: str
    size: int
    sha256: str


class UploadedFiles:
    """The uploaded files of all studies. Thread-safe.

    Parameters
    ----------
    database : UploadDatabase
        Where it is kept what files hold.
    clear : callable
        Given each unfinished file or folder that lies in a study when it is looked at first: a killed server may have
        left it.
    """

    def __init__(self, database: UploadDatabase, clear: Callable[[Path], None]) -> None:
        self._database, self._clear = database, clear
        self._looked_at: set[str] = set()
        self._lock = threading.Lock()

    def note(self, study: str, root: Path, name: str, sha256: str) -> None:
        """Note what a file holds that has just come into its place."""
        about = (root / name).stat()
        self._database.run(_NOTE, (study, name, about.st_size, about.st_mtime_ns, sha256))

    def has(self, study: str, root: Path, name: str, sha256: str) -> bool:
        """Tell whether a file is there with just this content, without reading it."""
        rows = self._database.run(
            "SELECT size, modified FROM files WHERE study = ? AND name = ? AND sha256 = ?", (study, name, sha256)
        )
        try:
            about = (root / name).stat()
        except OSError:
            return False
        return rows == [(about.st_size, about.st_mtime_ns)]

    def size(self, study: str, root: Path) -> int:
        """Return the bytes of a study's uploaded files."""
        if study not in self._looked_at:
            self.look(study, root)
        rows = self._database.run("SELECT coalesce(sum(size), 0) FROM files WHERE study = ?", (study,))
        return int(rows[0][0])

    def all(self, study: str, root: Path) -> list[UploadedFile]:
        """Return the uploaded files of a study, sorted by name; those that somebody else put there are read first."""
        self.look(study, root)
        for (name,) in self._database.run("SELECT name FROM files WHERE study = ? AND sha256 IS NULL", (study,)):
            try:
                with (root / name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                self.note(study, root, name, digest)
            except OSError:
                continue
        rows = self._database.run(
            "SELECT name, size, sha256 FROM files WHERE study = ? AND sha256 IS NOT NULL ORDER BY name", (study,)
        )
        return [UploadedFile(*row) for row in rows]

    def look(self, study: str, root: Path) -> None:
        """Bring the list of files up to date with the folder; what new ones hold is found out when somebody asks."""
        with self._lock:
            found, unfinished = _walk(root)
            rows = self._database.run("SELECT name, size, modified FROM files WHERE study = ?", (study,))
            known = {name: (size, modified) for name, size, modified in rows}
            # A file may have come since the folder was walked through.
            gone = [name for name in known.keys() - found.keys() if not (root / name).is_file()]
            changed = [(name, facts) for name, facts in found.items() if known.get(name) != facts]
            self._database.change(
                ("DELETE FROM files WHERE study = ? AND name = ?", [(study, name) for name in gone]),
                (_NOTE, [(study, name, *facts, None) for name, facts in changed]),
            )
            is_first = study not in self._looked_at
            self._looked_at.add(study)
        if is_first:
            for path in unfinished:
                self._clear(path)


def _walk(root: Path) -> tuple[dict[str, tuple[int, int]], list[Path]]:
    """Return size and time of the files below ``uploads``, and what is unfinished there."""
    found, unfinished = {}, []
    for parent, folders, names in os.walk(root / "uploads"):
        unfinished += [Path(parent, name) for name in (*folders, *names) if name.startswith(UNFINISHED)]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                try:
                    about = path.stat()
                except FileNotFoundError:
                    continue
                found[path.relative_to(root).as_posix()] = (about.st_size, about.st_mtime_ns)
    return found, unfinished
