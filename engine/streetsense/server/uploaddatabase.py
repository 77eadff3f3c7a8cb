"""The SQLite file behind the list of uploads: opened, asked and changed, with its failures as sentences."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from streetsense.server.problems import Problem

_TABLES = """
CREATE TABLE IF NOT EXISTS uploads (
    id TEXT PRIMARY KEY, study TEXT NOT NULL, name TEXT NOT NULL, length INTEGER NOT NULL, sha256 TEXT,
    unpack INTEGER NOT NULL, created REAL NOT NULL, finished INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS uploads_of ON uploads (study, finished);
CREATE TABLE IF NOT EXISTS unverified (id TEXT PRIMARY KEY, begin INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS files (
    study TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, sha256 TEXT,
    PRIMARY KEY (study, name)
);
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, state TEXT NOT NULL, since REAL NOT NULL);
CREATE TABLE IF NOT EXISTS clock (one INTEGER PRIMARY KEY CHECK (one = 1), elapsed REAL NOT NULL, wall REAL NOT NULL);
"""

#: Rows that come back.
Rows = list[tuple[Any, ...]]


class UploadDatabase:
    """The tables of the list of uploads. Thread-safe.

    Parameters
    ----------
    path : Path
        The SQLite file; made when it is missing.

    Raises
    ------
    Problem
        500 when the file is damaged, 507 when the disk does not take it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._failures():
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                for setting in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
                    self._connection.execute(f"PRAGMA {setting}")
                self._connection.executescript(_TABLES)
            except sqlite3.Error:
                self._connection.close()
                raise

    def run(self, statement: str, values: tuple[object, ...] = ()) -> Rows:
        """Run one statement and return its rows."""
        with self._lock, self._failures():
            return self._connection.execute(statement, values).fetchall()

    def change(self, *changes: tuple[str, Iterable[tuple[object, ...]]]) -> None:
        """Run statements, each once for every row of values: all of them or none."""
        with self._lock, self._failures():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for statement, rows in changes:
                    self._connection.executemany(statement, rows)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def run_durably(self, statement: str, values: tuple[object, ...]) -> None:
        """Run one statement, and return only when the disk has it: a power failure does not take it back."""
        with self._lock, self._failures():
            self._connection.execute("PRAGMA synchronous=FULL")
            try:
                self._connection.execute(statement, values)
            finally:
                self._connection.execute("PRAGMA synchronous=NORMAL")

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise Problem(
                507,
                "Insufficient Storage",
                f"uploads: the server cannot keep its list ({error}); ask the administrator.",
            ) from error
        except sqlite3.DatabaseError as error:
            where = "/".join(self._path.parts[-3:])
            raise Problem(
                500,
                "",
                f"uploads: the server's list of them is damaged; stop it, move {where}* away and start it again.",
            ) from error
