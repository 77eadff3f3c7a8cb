"""The list of a server's jobs on disk: SQLite with a write-ahead log, so that a kill loses nothing that was said."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from streetsense.errors import InputError
from streetsense.jobs.job import Job
from streetsense.jobs.record import JobState

#: The layout of the table; a list with another one is refused.
_VERSION = 1
_COLUMNS = [field.name for field in fields(Job) if field.name != "folder"]
_JSON = {"inputs", "outputs"}
_TABLE = f"""
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    {", ".join(f"{name}" for name in _COLUMNS)},
    key TEXT,
    digest TEXT NOT NULL,
    UNIQUE (id),
    UNIQUE (study, key)
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE INDEX IF NOT EXISTS jobs_by_finish ON jobs (finished);
"""


class JobStore:
    """The list. Its methods may be called from any thread.

    Parameters
    ----------
    path : Path
        The database file; its folder exists.
    studies : Path
        The folder of the studies, where the records of jobs are.

    Raises
    ------
    InputError
        When the file is no list of jobs, or one of another version.
    """

    def __init__(self, path: Path, studies: Path) -> None:
        self._studies, self._lock = studies, threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        try:
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise InputError(f"jobs: {path} was written by another version of StreetSense; move it away.")
            # With the write-ahead log synced at every commit, not even a power cut loses an accepted job.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(_TABLE)
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise InputError(f"jobs: {path} cannot be used as a list of jobs ({error}); move it away.") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def add(self, job: Job, digest: str, key: str | None) -> None:
        """Add a job; ``digest`` stands for the request that it came with."""
        values = [*(_stored(job, name) for name in _COLUMNS), key, digest]
        marks = ", ".join("?" * len(values))
        self._write(f"INSERT INTO jobs ({', '.join(_COLUMNS)}, key, digest) VALUES ({marks})", values)

    def save(self, job: Job, *names: str) -> None:
        """Store the named attributes of a job."""
        changes = ", ".join(f"{name} = ?" for name in names)
        self._write(f"UPDATE jobs SET {changes} WHERE id = ?", [*(_stored(job, name) for name in names), job.id])

    def remove(self, job_id: str) -> None:
        """Take a job off the list."""
        self._write("DELETE FROM jobs WHERE id = ?", [job_id])

    def get(self, job_id: str) -> Job | None:
        """Return a job, or None when it is not on the list."""
        found = self._read("SELECT * FROM jobs WHERE id = ?", [job_id])
        return self._job(found[0]) if found else None

    def by_key(self, study: str, key: str) -> tuple[Job, str] | None:
        """Return the job that came with an idempotency key, and the digest of its request."""
        found = self._read("SELECT * FROM jobs WHERE study = ? AND key = ?", [study, key])
        return (self._job(found[0]), found[0]["digest"]) if found else None

    def active(self) -> list[Job]:
        """Return the jobs that wait or run, first come first."""
        states = [JobState.ACCEPTED.value, JobState.RUNNING.value]
        return [
            self._job(row) for row in self._read("SELECT * FROM jobs WHERE state IN (?, ?) ORDER BY number", states)
        ]

    def jobs(
        self,
        *,
        study: str | None,
        processes: Sequence[str],
        states: Sequence[str],
        after: str | None,
        before: str | None,
        shortest: float | None,
        longest: float | None,
        limit: int,
        offset: int,
    ) -> tuple[list[Job], int]:
        """Return jobs, newest first, and how many there are in all (see `streetsense.jobs.queue.JobQueue.jobs`)."""
        seconds = "(julianday(coalesce(finished, 'now')) - julianday(started)) * 86400"
        conditions: list[tuple[str, list[Any]]] = [("1", [])]
        for column, values in (("process", processes), ("state", states)):
            if values:
                conditions.append((f"{column} IN ({', '.join('?' * len(values))})", list(values)))
        for condition, value in (
            ("study = ?", study),
            ("created >= ?", after),
            ("created <= ?", before),
            (f"{seconds} >= ?", shortest),
            (f"{seconds} <= ?", longest),
        ):
            if value is not None:
                conditions.append((condition, [value]))
        where = " AND ".join(condition for condition, _ in conditions)
        values = [value for _, of in conditions for value in of]
        with self._lock:
            (total,) = self._read(f"SELECT count(*) FROM jobs WHERE {where}", values)[0]
            rows = self._read(
                f"SELECT * FROM jobs WHERE {where} ORDER BY number DESC LIMIT ? OFFSET ?", [*values, limit, offset]
            )
        return [self._job(row) for row in rows], total

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs there are in each state."""
        found = {
            row["state"]: row["n"] for row in self._read("SELECT state, count(*) AS n FROM jobs GROUP BY state", [])
        }
        return {state: found.get(state.value, 0) for state in JobState}

    def newest(self) -> str | None:
        """Return when the list last heard of a job; None while it is empty."""
        found: str | None = self._read("SELECT max(updated) AS newest FROM jobs", [])[0]["newest"]
        return found

    def outdated(self, finished_before: str, keep: int, limit: int) -> list[Job]:
        """Return ended jobs that finished before a time, or are not among the newest ``keep``; ``limit`` at most."""
        ended = "state IN ('successful', 'failed', 'dismissed')"
        rows = self._read(
            f"SELECT * FROM jobs WHERE {ended} AND (finished < ? OR number NOT IN "
            f"(SELECT number FROM jobs WHERE {ended} ORDER BY number DESC LIMIT ?)) LIMIT ?",
            [finished_before, keep, limit],
        )
        return [self._job(row) for row in rows]

    def _write(self, statement: str, values: list[Any]) -> None:
        with self._lock:
            self._connection.execute(statement, values)

    def _read(self, statement: str, values: list[Any]) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _job(self, row: sqlite3.Row) -> Job:
        values: dict[str, Any] = {name: row[name] for name in _COLUMNS}
        values |= {name: None if row[name] is None else json.loads(row[name]) for name in _JSON}
        values["state"], values["has_secrets"] = JobState(row["state"]), bool(row["has_secrets"])
        return Job(**values, folder=self._studies / row["study"] / "jobs" / row["id"])


def _stored(job: Job, name: str) -> Any:  # noqa: ANN401 - what SQLite takes
    value = getattr(job, name)
    if name in _JSON:
        return None if value is None else json.dumps(value)
    return value.value if isinstance(value, JobState) else value
