"""Downloads: whole, in ranges, under any name, and never from outside the study."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import shapely
from fastapi.testclient import TestClient

from streetsense.jobs import JobQueue
from streetsense.server.ranges import disposition, parse_ranges
from streetsense.study import VIEW_SCHEMA, Study
from tests.server.served import client_of

CONTENT = bytes(range(256)) * 40
FILE = "/studies/town/results/map.gpkg"


@pytest.fixture
def client(studies: Path) -> Iterator[TestClient]:
    results = studies / "town" / "results"
    results.mkdir()
    (results / "map.gpkg").write_bytes(CONTENT)
    with client_of(studies, JobQueue(studies)) as client:
        yield client


def test_a_file_comes_whole_with_all_that_is_known_of_it(client: TestClient) -> None:
    answer = client.get(FILE, headers={"Want-Repr-Digest": "sha-256=1"})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/geopackage+sqlite3"
    assert answer.headers["Accept-Ranges"] == "bytes"
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert answer.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    head = client.head(FILE)
    assert (head.headers["Content-Length"], head.content) == (str(len(CONTENT)), b"")
    assert head.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-0", 0, 1), ("bytes=100-199", 100, 200), ("bytes=10000-", 10000, 10240), ("bytes=-5", 10235, 10240),
     ("bytes=-99999", 0, 10240), ("bytes=10239-99999", 10239, 10240), ("bytes=20000-,3-4", 3, 5)],
)  # fmt: skip
def test_a_range_comes_with_its_place(client: TestClient, asked: str, start: int, end: int) -> None:
    answer = client.get(FILE, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/10240"
    assert answer.headers["Content-Length"] == str(end - start)


def test_several_ranges_come_as_parts(client: TestClient) -> None:
    answer = client.get(FILE, headers={"Range": "bytes=0-1,100-103"})
    kind, _, boundary = answer.headers["Content-Type"].partition("; boundary=")
    assert (answer.status_code, kind) == (206, "multipart/byteranges")
    assert len(answer.content) == int(answer.headers["Content-Length"])
    parts = [part.partition(b"\r\n\r\n") for part in answer.content.split(f"\r\n--{boundary}".encode())[1:-1]]
    assert [body for _, _, body in parts] == [CONTENT[:2], CONTENT[100:104]]
    assert [b"Content-Range: bytes 100-103/10240" in head for head, _, _ in parts] == [False, True]


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999999999999999-", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(client: TestClient, asked: str) -> None:
    answer = client.get(FILE, headers={"Range": asked})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */10240")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=a-b", "items=0-1", "bytes", "bytes=", "bytes=-", "bytes=0-9,5-20", "bytes=" + "1-1," * 99],
)
def test_a_range_that_makes_no_sense_is_ignored(client: TestClient, asked: str) -> None:
    assert client.get(FILE, headers={"Range": asked}).status_code == 200


def test_a_file_that_changed_comes_whole_instead_of_its_rest(client: TestClient, studies: Path) -> None:
    etag = client.head(FILE).headers["ETag"]
    ranged = {"Range": "bytes=4-", "If-Range": etag}
    assert client.get(FILE, headers=ranged).status_code == 206
    new = studies / "town/results/new"
    new.write_bytes(CONTENT[::-1])
    new.replace(studies / "town/results/map.gpkg")
    answer = client.get(FILE, headers=ranged)
    assert (answer.status_code, answer.content) == (200, CONTENT[::-1])


def test_a_file_that_the_client_has_is_not_sent_again(client: TestClient) -> None:
    etag = client.head(FILE).headers["ETag"]
    assert client.get(FILE, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(FILE, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not list open files in /proc")
def test_no_file_stays_open_after_answers(client: TestClient) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=99999-"}, {"If-None-Match": "*"}):
        for _ in range(20):
            client.get(FILE, headers=headers)
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 10


@pytest.mark.parametrize(
    "name", ["../study.json", "..%2fstudy.json", "%2e%2e/study.json", "/etc/passwd", "%2fetc/passwd", ".hidden",
             ".unfinished-1-a.gpkg", "a%00", "none.gpkg", "", "sub", "link", "folder-link/secret", "a\\b"]
)  # fmt: skip
def test_what_is_no_result_is_not_there(client: TestClient, studies: Path, tmp_path: Path, name: str) -> None:
    results = studies / "town" / "results"
    (tmp_path / "secret").write_text("private")
    (results / "link").symlink_to(tmp_path / "secret")
    (results / "folder-link").symlink_to(tmp_path)
    (results / "sub").mkdir()
    for hidden in (".hidden", ".unfinished-1-a.gpkg"):
        (results / hidden).write_text("private")
    answer = client.get(f"http://127.0.0.1:8765/studies/town/results/{name}")
    assert answer.status_code == 404
    assert "private" not in answer.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_in_the_results_does_not_hold_the_server_up(client: TestClient, studies: Path) -> None:
    os.mkfifo(studies / "town/results/pipe")
    assert client.get("/studies/town/results/pipe").status_code == 404


def test_any_name_is_safe_in_the_header(client: TestClient, studies: Path) -> None:
    name = 'plan "é" ; x=1\r\nSet-Cookie: a=b.csv'
    assert disposition(name).isascii()
    assert "\r" not in disposition(name)
    (studies / "town/results/Größe 1.csv").write_text("x")
    answer = client.get("/studies/town/results/Größe 1.csv")
    assert answer.headers["Content-Disposition"].endswith("filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.csv")


def test_the_list_has_results_and_what_tells_about_the_rest_and_nothing_else(client: TestClient, studies: Path) -> None:
    town = studies / "town"
    shown = {"results/a/b.png", "encoders/e/config.json", "predictors/p/predictor.json", "pairs/p/page.html"}
    hidden = {"encoders/e/model.safetensors", "results/.unfinished-1-c", "jobs/1/inputs.json", "pairs/p/pairs.parquet"}
    for name in shown | hidden:
        (town / name).parent.mkdir(parents=True, exist_ok=True)
        (town / name).write_text("x")
    (town / "results/out").symlink_to(studies)
    listed = {entry["path"] for entry in client.get("/studies/town/files").json()["files"]}
    assert listed == shown | {"results/map.gpkg"}
    for name in listed:
        assert client.get(f"/studies/town/files/{name}").status_code == 200
    for name in hidden | {"study.json", "results/../study.json"}:
        assert client.get(f"/studies/town/files/{name}").status_code == 404


def test_ranges_never_reach_outside_the_file() -> None:
    for text in ("bytes=0-", "bytes=-1", "bytes=0-18446744073709551615"):
        for size in (1, 7):
            found = parse_ranges(text, size)
            assert found is not None
            assert all(0 <= start < end <= size for start, end in found)


@pytest.fixture
def photographed(studies: Path, tmp_path: Path) -> Path:
    """The study with views: one stored, one linked from outside, one without photo."""
    town = studies / "town"
    (town / "photos/ab").mkdir(parents=True)
    (town / "photos/ab/abc.jpg").write_bytes(b"jpeg bytes")
    (tmp_path / "own.jpg").write_bytes(b"private")
    rows = {
        "view_id": ["stored", "linked", "none"],
        "status": ["ok", "ok", "failed"],
        "sha256": ["abc", "def", None],
        "path": ["photos/ab/abc.jpg", str(tmp_path / "own.jpg"), None],
        "geometry": shapely.to_wkb(shapely.points([[-1.25, 44.65], [-1.24, 44.66], [-1.2, 44.7]])).tolist(),
    }
    columns = [
        pa.array(rows[field.name], field.type) if field.name in rows else pa.nulls(3, field.type)
        for field in VIEW_SCHEMA
    ]
    Study.open(town).views_table.append(pa.table(columns, schema=VIEW_SCHEMA))
    return town


def test_a_photo_comes_as_it_is_stored(client: TestClient, photographed: Path) -> None:
    answer = client.get("/studies/town/views/stored/photo")
    assert (answer.content, answer.headers["Content-Type"], answer.headers["ETag"]) == (
        b"jpeg bytes",
        "image/jpeg",
        '"abc"',
    )
    assert client.get("/studies/town/views/stored/photo", headers={"If-None-Match": '"abc"'}).status_code == 304


@pytest.mark.parametrize(
    ("view", "word"), [("linked", "outside"), ("none", "no photo"), ("unknown", "has no 'unknown'")]
)
def test_a_photo_that_the_study_does_not_hold_is_not_sent(
    client: TestClient, photographed: Path, view: str, word: str
) -> None:
    answer = client.get(f"/studies/town/views/{view}/photo")
    assert answer.status_code == 404
    assert word in answer.json()["detail"]
    assert "private" not in answer.text


def test_views_are_listed_by_place_and_in_pages(client: TestClient, photographed: Path) -> None:
    whole = client.get("/studies/town/views").json()
    assert [feature["id"] for feature in whole["features"]] == ["linked", "none", "stored"]
    near = client.get("/studies/town/views", params={"bbox": "-1.26,44.64,-1.23,44.67"}).json()
    assert [feature["id"] for feature in near["features"]] == ["linked", "stored"]
    assert near["features"][1]["geometry"] == {"type": "Point", "coordinates": [-1.25, 44.65]}
    page = client.get("/studies/town/views", params={"limit": 1, "offset": 1, "status": "ok"}).json()
    assert (page["numberMatched"], page["features"][0]["id"]) == (2, "stored")
    assert client.get("/studies/town/views", params={"bbox": "here"}).status_code == 400
    assert json.dumps(whole)
