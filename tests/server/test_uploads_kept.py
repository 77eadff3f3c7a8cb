"""Uploads when something goes wrong: what is kept, what is dropped, and what is cleared away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from httpx2 import Client

from streetsense.jobs import JobQueue
from streetsense.server import beginning, uploads
from streetsense.server.problems import Problem
from streetsense.server.receiving import receive
from streetsense.server.uploaddatabase import UploadDatabase
from streetsense.server.uploadlist import UploadList, upload_list
from tests.server.conftest import PATIENCE, until
from tests.server.served import client_of, settings_of
from tests.server.serving import serving
from tests.server.tus import PART, TUS, begin, send, upload

MIB = 2**20
DAY = 86400.0
WRONG = bytes(32)


@pytest.fixture
def client(studies: Path) -> Iterator[TestClient]:
    with client_of(studies, JobQueue(studies), keep_free=0) as client:
        yield client


@pytest.fixture
def known(tmp_path: Path) -> UploadList:
    return UploadList(tmp_path / "list")


def parts_of(studies: Path) -> list[Path]:
    return list((studies / ".streetsense/uploads").glob("*.part"))


@pytest.mark.parametrize(("expected", "kept"), [(None, MIB + 1000), (WRONG, 0)])
def test_a_server_that_stops_keeps_what_came_unless_it_was_to_be_checked(
    known: UploadList, tmp_path: Path, expected: bytes | None, kept: int
) -> None:
    one = known.add("town", "uploads/a", 4 * MIB, None, unpack=False, done=False)

    async def stop_meanwhile() -> None:
        is_waiting = asyncio.Event()
        chunks = [b"x" * MIB, b"x" * 1000]

        async def come() -> dict[str, Any]:
            if chunks:
                return {"type": "http.request", "body": chunks.pop(0), "more_body": True}
            is_waiting.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")

        request = Request({"type": "http", "method": "PATCH", "headers": []}, come)
        task = asyncio.create_task(receive(request, known, one, expected, settings_of(tmp_path, keep_free=0)))
        await asyncio.wait_for(is_waiting.wait(), PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stop_meanwhile())
    assert known.offset(one) == kept


class Usage(NamedTuple):
    free: int


@pytest.mark.parametrize(("expected", "kept"), [(None, MIB), (WRONG, 0)])
def test_a_disk_that_fills_up_keeps_what_came_unless_it_was_to_be_checked(
    known: UploadList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: bytes | None, kept: int
) -> None:
    one = known.add("town", "uploads/a", 4 * MIB, None, unpack=False, done=False)
    left, chunks = [2**40], [b"x" * MIB, b"x" * MIB]
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(left.pop() if left else 0))

    async def come() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    request = Request({"type": "http", "method": "PATCH", "headers": []}, come)
    with pytest.raises(Problem, match="the disk is full"):
        asyncio.run(receive(request, known, one, expected, settings_of(tmp_path, keep_free=0)))
    assert known.offset(one) == kept


def test_a_part_with_a_checksum_counts_for_nothing_when_the_server_is_killed_before_its_end(studies: Path) -> None:
    with serving(studies, "--keep-free", 0) as served:
        token = {"Authorization": f"Bearer {served.token}"}
        with Client(base_url=served.url, headers=token) as client:
            path = urlsplit(begin(client, "a.bin", 8 * MIB).headers["Location"]).path
            send(client, path, 0, b"good")
        checksum = "sha256 " + base64.b64encode(WRONG).decode()
        lines = PART | token | {"Host": "127.0.0.1", "Upload-Offset": "4", "Upload-Checksum": checksum}
        head = "".join(f"{name}: {value}\r\n" for name, value in (lines | {"Content-Length": str(6 * MIB)}).items())
        with socket.create_connection(("127.0.0.1", served.port)) as peer:
            peer.sendall(f"PATCH {path} HTTP/1.1\r\n{head}\r\n".encode() + b"x" * (3 * MIB))
            until(lambda: parts_of(studies)[0].stat().st_size > MIB, "something is written")
            served.process.kill()
            served.process.wait()
    with serving(studies, "--keep-free", 0) as served, Client(base_url=served.url, headers=token) as client:
        assert client.head(path, headers=TUS).headers["Upload-Offset"] == "4"
    assert parts_of(studies)[0].read_bytes() == b"good"


@pytest.mark.parametrize("digest", [None, hashlib.sha256(b"new").hexdigest()])
def test_an_older_file_in_its_place_is_not_taken_for_one_whose_bytes_are_lost(
    client: TestClient, studies: Path, digest: str | None
) -> None:
    upload(client, "a.csv", b"old")
    where = begin(client, "a.csv", 3, **({"sha256": digest} if digest else {})).headers["Location"]
    parts_of(studies)[0].unlink()
    assert client.get(where).status_code == 404
    assert (studies / "town/uploads/a.csv").read_bytes() == b"old"


def test_an_upload_that_cannot_be_taken_off_the_list_keeps_its_bytes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise Problem(507, "", "uploads: the disk is full.")

    where = begin(client, "a.csv", 3).headers["Location"]
    send(client, where, 0, b"ab")
    with monkeypatch.context() as patched:
        patched.setattr(UploadDatabase, "change", full)
        assert client.delete(where, headers=TUS).status_code == 507
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "2"


def test_the_same_content_that_ends_meanwhile_is_answered_as_finished(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(b"abcd").hexdigest()
    where = begin(client, "a.csv", 4, sha256=digest).headers["Location"]
    real = beginning.begin

    def begin_slowly(*arguments: object) -> object:
        begun = real(*arguments)  # type: ignore[arg-type]
        assert send(client, where, 0, b"abcd").status_code == 204
        return begun

    monkeypatch.setattr(uploads, "begin", begin_slowly)
    again = upload(client, "a.csv", b"abcd", sha256=digest)
    assert (again.status_code, again.headers["Location"], again.headers["Upload-Offset"]) == (201, where, "4")


def test_a_slow_list_of_uploads_holds_up_no_other_request(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    where = begin(client, "a.csv", 4).headers["Location"]
    asked, go_on = threading.Event(), threading.Event()
    real = UploadDatabase.run

    def slow(self: UploadDatabase, *arguments: object) -> object:
        asked.set()
        assert go_on.wait(PATIENCE)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(UploadDatabase, "run", slow)
    codes: list[int] = []
    head = threading.Thread(target=lambda: codes.append(client.head(where, headers=TUS).status_code))
    other = threading.Thread(target=lambda: codes.append(client.get("/conformance").status_code), daemon=True)
    head.start()
    try:
        assert asked.wait(PATIENCE)
        other.start()
        other.join(PATIENCE / 4)
        assert codes == [200]
    finally:
        go_on.set()
        head.join()
    assert codes == [200, 200]


def test_the_list_of_files_changes_as_a_whole(known: UploadList, tmp_path: Path) -> None:
    folder = tmp_path / "town/uploads"
    folder.mkdir(parents=True)
    for number in range(50):
        (folder / str(number)).touch()
    statements: list[str] = []
    known._database._connection.set_trace_callback(statements.append)
    known.files.look("town", tmp_path / "town")
    inserts = [number for number, one in enumerate(statements) if one.startswith("INSERT")]
    assert len(inserts) == 50
    assert statements.count("COMMIT") == statements.count("BEGIN IMMEDIATE") == 1
    assert statements.index("BEGIN IMMEDIATE") < inserts[0] < inserts[-1] < statements.index("COMMIT")


def test_what_a_killed_server_left_is_cleared_away_but_nothing_in_use(client: TestClient, studies: Path) -> None:
    folder = studies / "town/uploads/photos"
    left, used, others = (folder / f".unfinished-{name}" for name in ("a" * 32, "b" * 32, "by-somebody"))
    for path in (left, used, others):
        path.mkdir(parents=True)
        (path / "a.jpg").touch()
    orphan = studies / ".streetsense/uploads" / f"{'c' * 32}.part"
    orphan.parent.mkdir(parents=True)
    orphan.touch()
    with upload_list(studies / ".streetsense").hold("b" * 32):
        begin(client, "a.csv", 3)
    assert (left.exists(), used.exists(), others.exists(), orphan.exists()) == (False, True, True, False)
    assert len(parts_of(studies)) == 1


def test_a_damaged_list_is_said_in_a_sentence_until_it_is_moved_away(client: TestClient, studies: Path) -> None:
    path = studies / ".streetsense/uploads/uploads.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, " * 500)
    for answer in (
        client.get("/studies/town/uploads"),
        begin(client, "a.csv", 3),
        client.get("/studies/town/uploads/x"),
    ):
        assert (answer.status_code, ".streetsense/uploads/uploads.sqlite" in answer.json()["detail"]) == (500, True)
    path.unlink()
    assert begin(client, "a.csv", 3).status_code == 201


class Clocks:
    """The system's clock, and one that never jumps."""

    def __init__(self) -> None:
        self.wall, self.steady = 1.8e9, 5.0

    def pass_by(self, seconds: float) -> None:
        self.wall, self.steady = self.wall + seconds, self.steady + seconds

    def open(self, folder: Path) -> UploadList:
        return UploadList(folder, lambda: self.wall, lambda: self.steady)


def test_a_clock_that_jumps_ahead_costs_no_upload(tmp_path: Path) -> None:
    clocks = Clocks()
    known = clocks.open(tmp_path)
    one = known.add("town", "a", 3, None, unpack=False, done=False)
    known.remove_expired()
    clocks.wall += 400 * DAY
    clocks.pass_by(DAY)
    known.add("town", "b", 3, None, unpack=False, done=False)
    known.remove_expired()
    clocks.wall += 400 * DAY
    clocks.steady = 1.0  # the computer was started again
    again = clocks.open(tmp_path)
    again.remove_expired()
    assert again.get("town", one.id) == one
    assert again.part(one).exists()


def test_an_upload_that_was_still_for_a_week_is_forgotten_and_a_busy_or_growing_one_is_not(tmp_path: Path) -> None:
    clocks = Clocks()
    known = clocks.open(tmp_path)
    still, growing, busy = (known.add("town", name, 99, None, unpack=False, done=False) for name in "abc")
    with known.hold(busy.id):
        for day in range(9):
            known.part(growing).write_bytes(b"x" * day)
            known.remove_expired()
            clocks.pass_by(DAY)
    with sqlite3.connect(tmp_path / "uploads.sqlite") as database:
        assert {row[0] for row in database.execute("SELECT name FROM uploads")} == {"b", "c"}
    assert (known.part(still).exists(), known.part(growing).exists(), known.part(busy).exists()) == (False, True, True)
