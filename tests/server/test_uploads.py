"""Uploads: resumed after broken connections and kills, checked, and never outside the study."""

from __future__ import annotations

import base64
import hashlib
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient
from httpx2 import Client

from streetsense.jobs import JobQueue
from streetsense.server.uploadlist import upload_list
from tests.server.conftest import until
from tests.server.served import BEARER, client_of, on_loopback
from tests.server.serving import serving
from tests.server.tus import PART, TUS, begin, left_over, metadata, send, upload


@pytest.fixture
def client(studies: Path) -> Iterator[TestClient]:
    with client_of(studies, JobQueue(studies), quota=100_000, max_file=50_000, keep_free=0) as client:
        yield client


def test_a_file_sent_in_parts_arrives_whole_and_only_when_it_is_whole(client: TestClient, studies: Path) -> None:
    where = begin(client, "labels/a.csv", 10).headers["Location"]
    assert send(client, where, 0, b"01234").headers["Upload-Offset"] == "5"
    target = studies / "town" / "uploads" / "labels" / "a.csv"
    assert not target.exists()
    assert send(client, where, 5, b"56789").status_code == 204
    assert target.read_bytes() == b"0123456789"
    assert left_over(studies) == []


def test_head_says_how_far_an_upload_is_also_when_it_has_ended(client: TestClient) -> None:
    where = begin(client, "a.csv", 4).headers["Location"]
    for offset in (0, 2):
        head = client.head(where, headers=TUS)
        assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (str(offset), "4")
        assert send(client, where, offset, b"xy").status_code == 204
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "4"
    assert send(client, where, 4, b"").status_code == 204


def test_a_file_may_come_with_the_request_that_begins_it(client: TestClient, studies: Path) -> None:
    answer = upload(client, "a.csv", b"abc")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "3")
    assert (studies / "town/uploads/a.csv").read_bytes() == b"abc"


def test_an_empty_file_needs_no_part(client: TestClient, studies: Path) -> None:
    assert begin(client, "empty.txt", 0).headers["Upload-Offset"] == "0"
    assert (studies / "town/uploads/empty.txt").read_bytes() == b""


def test_photos_have_a_folder_of_their_own(client: TestClient, studies: Path) -> None:
    where = begin(client, "north/IMG (1).jpg", 2, "photos").headers["Location"]
    send(client, where, 0, b"ab")
    assert (studies / "town/uploads/photos/north/IMG (1).jpg").read_bytes() == b"ab"


def test_a_part_at_the_wrong_place_is_refused_and_changes_nothing(client: TestClient) -> None:
    where = begin(client, "a.csv", 10).headers["Location"]
    send(client, where, 0, b"0123")
    for offset in (0, 3, 5):
        assert send(client, where, offset, b"xx").status_code == 409
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "4"


def test_a_second_client_at_one_upload_is_locked_out(client: TestClient, studies: Path) -> None:
    where = begin(client, "a.csv", 10).headers["Location"]
    known = upload_list(studies / ".streetsense")
    with known.hold(where.rsplit("/", 1)[1]):
        assert send(client, where, 0, b"xx").status_code == 423
        assert client.delete(where, headers=TUS).status_code == 423
    assert send(client, where, 0, b"xx").status_code == 204


def test_a_damaged_part_is_dropped_and_can_be_sent_again(client: TestClient, studies: Path) -> None:
    where = begin(client, "a.csv", 4).headers["Location"]
    right = "sha256 " + base64.b64encode(hashlib.sha256(b"abcd").digest()).decode()
    assert send(client, where, 0, b"abxd", **{"Upload-Checksum": right}).status_code == 460
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "0"
    assert send(client, where, 0, b"abcd", **{"Upload-Checksum": right}).status_code == 204
    assert (studies / "town/uploads/a.csv").read_bytes() == b"abcd"


@pytest.mark.parametrize(("checksum", "kept"), [("", 4), ("Upload-Checksum: sha256 " + "A" * 43 + "=\r\n", 0)])
def test_what_came_before_a_connection_broke_is_kept_unless_it_was_to_be_checked(
    studies: Path, checksum: str, kept: int
) -> None:
    with on_loopback(studies, JobQueue(studies), keep_free=0) as url, Client(base_url=url, headers=BEARER) as client:
        where = begin(client, "a.csv", 10).headers["Location"]
        port = urlsplit(url).port
        with socket.create_connection(("127.0.0.1", port)) as peer:
            head = f"PATCH {urlsplit(where).path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{checksum}Content-Length: 10\r\n"
            head += "".join(f"{name}: {value}\r\n" for name, value in (PART | BEARER | {"Upload-Offset": "0"}).items())
            peer.sendall(f"{head}\r\n0123".encode())
            part = next((studies / ".streetsense/uploads").glob("*.part"))
            until(lambda: client.head(where, headers=TUS).status_code == 423, "the server has begun to receive")
        until(lambda: client.head(where, headers=TUS).status_code == 200, "the server has seen the end")
        assert client.head(where, headers=TUS).headers["Upload-Offset"] == str(kept)
        assert part.stat().st_size == kept
        assert send(client, where, kept, b"0123456789"[kept:]).status_code == 204
    assert (studies / "town/uploads/a.csv").read_bytes() == b"0123456789"


def test_more_bytes_than_announced_are_refused(client: TestClient) -> None:
    where = begin(client, "a.csv", 4).headers["Location"]
    assert send(client, where, 0, b"012345").status_code == 413
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "0"


def test_a_file_that_is_not_the_announced_one_is_given_up(client: TestClient, studies: Path) -> None:
    answer = upload(client, "a.csv", b"abcd", sha256=hashlib.sha256(b"abce").hexdigest())
    assert answer.status_code == 400
    assert not (studies / "town/uploads/a.csv").exists()
    assert left_over(studies) == []


def test_the_list_says_what_needs_no_sending_again(client: TestClient, studies: Path) -> None:
    upload(client, "a.csv", b"abcd")
    (studies / "town/uploads/by hand.csv").write_bytes(b"xyz")
    found = {entry["name"]: entry for entry in client.get("/studies/town/uploads").json()["files"]}
    assert {name: entry["sha256"] for name, entry in found.items()} == {
        "uploads/a.csv": hashlib.sha256(b"abcd").hexdigest(),
        "uploads/by hand.csv": hashlib.sha256(b"xyz").hexdigest(),
    }
    assert found["uploads/a.csv"]["size"] == 4


def test_the_same_content_under_the_same_name_needs_no_bytes(client: TestClient) -> None:
    digest = hashlib.sha256(b"abcd").hexdigest()
    upload(client, "a.csv", b"abcd", sha256=digest)
    again = begin(client, "a.csv", 4, sha256=digest)
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "4")


def test_an_upload_that_is_begun_again_goes_on_where_it_was(client: TestClient) -> None:
    digest = hashlib.sha256(b"0123456789").hexdigest()
    where = begin(client, "a.csv", 10, sha256=digest).headers["Location"]
    send(client, where, 0, b"0123")
    again = begin(client, "a.csv", 10, sha256=digest)
    assert (again.headers["Location"], again.headers["Upload-Offset"]) == (where, "4")
    other = begin(client, "a.csv", 10, sha256=hashlib.sha256(b"other").hexdigest())
    assert (other.headers["Location"] != where, other.headers["Upload-Offset"]) == (True, "0")


def test_other_content_under_the_same_name_replaces_the_file_at_once(client: TestClient, studies: Path) -> None:
    target = studies / "town/uploads/a.csv"
    upload(client, "a.csv", b"old")
    where = begin(client, "a.csv", 3).headers["Location"]
    assert target.read_bytes() == b"old"
    send(client, where, 0, b"new")
    assert target.read_bytes() == b"new"


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/etc/passwd", "a\\b", "..", ".hidden", "a/.git/x", "a//b", "", "C:/x", "nul", "a\n", "a\0b",
     "x" * 300, "/".join("abcdefghij"), "a.", " a", "x|layername=y"],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(client: TestClient, studies: Path, name: str) -> None:
    before = sorted(studies.rglob("*"))
    assert begin(client, name, 3).status_code == 400
    assert [path for path in sorted(studies.rglob("*")) if ".streetsense" not in path.parts] == [
        path for path in before if ".streetsense" not in path.parts
    ]


def test_a_link_in_the_study_does_not_lead_an_upload_out(client: TestClient, studies: Path, tmp_path: Path) -> None:
    (studies / "town/uploads").mkdir()
    (studies / "town/uploads/out").symlink_to(tmp_path)
    assert begin(client, "out/a.csv", 3).status_code == 404
    assert not (tmp_path / "a.csv").exists()


def test_a_file_does_not_take_the_place_of_a_folder(client: TestClient) -> None:
    upload(client, "a/b.csv", b"x")
    assert begin(client, "a", 3).status_code == 409
    assert begin(client, "a/b.csv/c", 3).status_code == 409


def test_the_quota_counts_begun_and_finished_uploads(client: TestClient) -> None:
    assert begin(client, "a", 50_000).status_code == 201
    assert upload(client, "b", b"x" * 40_000).status_code == 201
    assert begin(client, "c", 10_001).status_code == 507
    assert begin(client, "c", 10_000).status_code == 201


def test_an_upload_that_was_given_up_frees_its_share(client: TestClient, studies: Path) -> None:
    where, _ = (begin(client, name, 50_000).headers["Location"] for name in "ab")
    send(client, where, 0, b"xxx")
    assert begin(client, "c", 50_000).status_code == 507
    assert client.delete(where, headers=TUS).status_code == 204
    assert client.head(where, headers=TUS).status_code == 404
    assert begin(client, "c", 50_000).status_code == 201


def test_a_file_larger_than_allowed_is_refused_by_what_it_announces(client: TestClient) -> None:
    assert begin(client, "a", 50_001).status_code == 413


def test_a_full_disk_is_said_before_any_byte_comes(studies: Path) -> None:
    with client_of(studies, JobQueue(studies), keep_free=2**60) as client:
        assert begin(client, "a", 3).status_code == 507


def test_requests_that_are_no_tus_are_refused(client: TestClient) -> None:
    headers = {"Upload-Length": "3", "Upload-Metadata": metadata("a")}
    other = client.post("/studies/town/uploads", headers=headers | {"Tus-Resumable": "0.2.2"})
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")
    assert client.post("/studies/town/uploads", headers=headers | TUS, content=b"abc").status_code == 415
    assert client.post("/studies/town/uploads", headers=TUS | {"Upload-Length": "3"}).status_code == 400
    assert client.post("/studies/none/uploads", headers=headers | TUS).status_code == 404
    about = client.options("/studies/town/uploads")
    assert about.headers["Tus-Extension"].split(",")[0] == "creation"


def test_an_upload_outlasts_a_server_that_is_killed(studies: Path) -> None:
    with serving(studies) as served:
        token = {"Authorization": f"Bearer {served.token}"}
        with Client(base_url=served.url, headers=token) as client:
            path = urlsplit(begin(client, "a.csv", 10).headers["Location"]).path
            assert send(client, path, 0, b"01234").status_code == 204
        served.process.kill()
        served.process.wait()
    with serving(studies) as served, Client(base_url=served.url, headers=token) as client:
        assert client.head(path, headers=TUS).headers["Upload-Offset"] == "5"
        assert send(client, path, 5, b"56789").status_code == 204
    assert (studies / "town/uploads/a.csv").read_bytes() == b"0123456789"


def test_a_server_that_was_killed_before_the_last_note_finishes_the_upload(client: TestClient, studies: Path) -> None:
    where = begin(client, "a.csv", 4).headers["Location"]
    part = next((studies / ".streetsense/uploads").glob("*.part"))
    part.write_bytes(b"abcd")  # all bytes had come
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == "4"
    assert (studies / "town/uploads/a.csv").read_bytes() == b"abcd"

    with sqlite3.connect(studies / ".streetsense/uploads/uploads.sqlite") as database:
        database.execute("UPDATE uploads SET finished = 0")  # and the file was in its place
    assert client.get(where).json()["finished"] is True
