"""The ledger of one provider: what it was asked and answered, which photos are settled, and what was billed.

It is a small SQLite database that is written the moment something is known, while the study's table of views is written
in parts. So a process that is killed loses nothing but what was under way, and the next run asks only for what is open.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from streetsense.errors import StorageError, StreetSenseError
from streetsense.streetview.online.provider import Findings, FoundCapture, Question

if TYPE_CHECKING:
    import pandas as pd

#: Seconds after which a provider may have new captures, and an answered question is asked again.
_FRESH_S = 7 * 24 * 3600
#: Captures that are read together: as rows, all of them would take three times the memory.
_AT_A_TIME = 20_000
#: What is kept of a capture: everything but the address that does not last.
CAPTURE_COLUMNS = tuple(field.name for field in fields(FoundCapture) if field.name != "fresh_url")
_COLUMNS = ", ".join(CAPTURE_COLUMNS)
_NEWEST = ", ".join(f"{name} = excluded.{name}" for name in CAPTURE_COLUMNS)
_TABLES = f"""
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, answered REAL NOT NULL, further TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS captures (number INTEGER PRIMARY KEY, {_COLUMNS}, UNIQUE (source_id));
CREATE TABLE IF NOT EXISTS answers (
    question INTEGER NOT NULL, capture INTEGER NOT NULL, PRIMARY KEY (question, capture)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS photos (
    key TEXT PRIMARY KEY, status TEXT NOT NULL, views TEXT NOT NULL, bytes INTEGER NOT NULL, noted INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS bills (images INTEGER NOT NULL);
INSERT INTO bills SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM bills);
CREATE INDEX IF NOT EXISTS not_noted ON photos (noted) WHERE noted = 0;
"""


@dataclass(frozen=True)
class SettledPhoto:
    """A photo that need not be asked for any more, or that failed.

    Attributes
    ----------
    key : str
        Which photo.
    status : str
        ``ok``, ``missing`` or ``failed``.
    views : str
        The rows that became of it, as JSON.
    """

    key: str
    status: str
    views: str


class Ledger:
    """Keeps what is known of a provider's questions and photos. To be used from one thread.

    Parameters
    ----------
    path : Path
        The file; its folder is made.

    Raises
    ------
    StorageError
        When the disk is full or cannot be written to.
    StreetSenseError
        When the file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._said_plainly():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30)
            # Whoever kills this process does not kill the system: what was handed to it is kept without syncing.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint=8000")  # each of them waits for the disk
            self._database.executescript(_TABLES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Ask everything again; what was billed stays billed."""
        with self._transaction():
            for table in ("answers", "questions", "photos"):
                self._database.execute(f"DELETE FROM {table}")

    def further(self, question: Question, *, however_old: bool = False) -> list[Question] | None:
        """Return the questions that an answered one led to; None when it is open, or the answer is old."""
        since = 0.0 if however_old else time.time() - _FRESH_S
        with self._said_plainly():
            row = self._database.execute(
                "SELECT further FROM questions WHERE name = ? AND answered > ?", (question.name, since)
            ).fetchone()
        return None if row is None else [Question(kind, tuple(where)) for kind, where in json.loads(row[0])]

    def answer(self, question: Question, findings: Findings) -> None:
        """Keep the answer to a question."""
        further = json.dumps([(one.kind, one.where) for one in findings.further])
        rows = [tuple(getattr(capture, name) for name in CAPTURE_COLUMNS) for capture in findings.captures]
        marks = ", ".join("?" * len(CAPTURE_COLUMNS))
        with self._transaction():
            run = self._database.execute
            run(
                "INSERT INTO questions (name, answered, further) VALUES (?, ?, ?) ON CONFLICT (name) "
                "DO UPDATE SET answered = excluded.answered, further = excluded.further",
                (question.name, time.time(), further),
            )
            (number,) = run("SELECT number FROM questions WHERE name = ?", (question.name,)).fetchone()
            self._database.executemany(
                f"INSERT INTO captures ({_COLUMNS}) VALUES ({marks}) ON CONFLICT (source_id) DO UPDATE SET {_NEWEST}",
                rows,
            )
            run("DELETE FROM answers WHERE question = ?", (number,))
            self._database.executemany(
                "INSERT OR IGNORE INTO answers SELECT ?, number FROM captures WHERE source_id = ?",
                ((number, capture.source_id) for capture in findings.captures),
            )

    def captures(self, questions: Iterable[str]) -> pd.DataFrame:
        """Return the captures that were found by questions of these names, one row each, sorted by ``source_id``.

        Others may be of another area, of another catalogue, or not wanted this time.
        """
        import pandas as pd

        with self._said_plainly():
            run = self._database.execute
            run("CREATE TEMP TABLE IF NOT EXISTS wanted (name TEXT PRIMARY KEY)")
            run("DELETE FROM wanted")
            self._database.executemany("INSERT OR IGNORE INTO wanted VALUES (?)", ((name,) for name in questions))
            parts = pd.read_sql_query(
                f"SELECT {_COLUMNS} FROM captures WHERE number IN (SELECT capture FROM answers JOIN questions "
                "ON questions.number = question JOIN wanted USING (name)) ORDER BY source_id",
                self._database,
                chunksize=_AT_A_TIME,
            )
            frame = pd.concat(list(parts), ignore_index=True)
        numbers = ["lon", "lat", "heading_deg", "pitch_deg", "fov_deg"]
        frame[numbers] = frame[numbers].astype(float)
        return frame.assign(is_pano=frame["is_pano"].astype(bool))

    def settle(self, key: str, status: str, views: str, size: int) -> None:
        """Keep what became of a photo: its rows as JSON, and how many bytes it had."""
        with self._said_plainly():
            self._database.execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, 0)", (key, status, views, size))

    def settled(self) -> dict[str, str]:
        """Return ``ok`` or ``missing`` for the keys of the photos that are."""
        with self._said_plainly():
            return dict(self._database.execute("SELECT key, status FROM photos WHERE status != 'failed'"))

    def not_noted(self) -> Iterator[SettledPhoto]:
        """Yield the photos of which the study's table of views may not know yet."""
        with self._said_plainly():
            rows = self._database.execute("SELECT key, status, views FROM photos WHERE noted = 0").fetchall()
        yield from (SettledPhoto(*row) for row in rows)

    def note_all(self) -> None:
        """Remember that the study's table of views has all photos that are settled."""
        with self._transaction():
            self._database.execute("UPDATE photos SET noted = 1, views = '' WHERE noted = 0")

    def reopen(self, keys: Iterable[str]) -> None:
        """Forget what became of photos: their files are gone."""
        with self._transaction():
            self._database.executemany("DELETE FROM photos WHERE key = ?", ((key,) for key in keys))

    def mean_bytes(self) -> float | None:
        """Return the mean size of the photos so far; None when there is none."""
        with self._said_plainly():
            (mean,) = self._database.execute("SELECT avg(bytes) FROM photos WHERE status = 'ok'").fetchone()
        return None if mean is None else float(mean)

    def bill(self) -> None:
        """Count an image that the provider may bill; before it is asked for, so that a kill hides none."""
        with self._said_plainly():
            self._database.execute("UPDATE bills SET images = images + 1 WHERE rowid = 1")

    def billed(self) -> int:
        """Return how many images may have been billed."""
        with self._said_plainly():
            (number,) = self._database.execute("SELECT coalesce(sum(images), 0) FROM bills").fetchone()
        return int(number)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._said_plainly():
            self._database.execute("BEGIN")
            try:
                yield
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    @contextmanager
    def _said_plainly(self) -> Iterator[None]:
        """Turn the database's errors into sentences."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(
                f"{self._path.parent}: the ledger cannot be written ({error}); see to the disk."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StreetSenseError(
                f"{self._path}: the ledger is damaged ({error}); delete the file, what it lacks is asked again."
            ) from error
        except OSError as error:
            raise StorageError(f"{self._path.parent}: the folder cannot be written to ({error.strerror}).") from error
