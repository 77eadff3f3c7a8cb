"""Studies over HTTP: made once, listed, counted."""

from __future__ import annotations

import errno
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streetsense.jobs import JobQueue
from streetsense.study import Study
from tests.server.served import client_of

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}
FEATURE = {"type": "Feature", "properties": None, "geometry": SQUARE}


@pytest.fixture
def client(studies: Path) -> Iterator[TestClient]:
    with client_of(studies, JobQueue(studies)) as client:
        yield client


@pytest.mark.parametrize("area", [SQUARE, FEATURE, {"type": "FeatureCollection", "features": [FEATURE]}])
def test_a_study_is_made_from_any_geojson(client: TestClient, studies: Path, area: dict[str, object]) -> None:
    answer = client.post("/studies", json={"name": "new", "title": "A new one", "area": area})
    assert (answer.status_code, answer.headers["Location"]) == (201, "http://127.0.0.1:8765/studies/new")
    made = Study.open(studies / "new")
    assert (made.name, made.crs.to_string()) == ("A new one", "EPSG:32631")
    found = client.get("/studies/new/area").json()
    assert found["features"][0]["geometry"]["type"] == "Polygon"


def test_a_name_is_taken_once(client: TestClient, studies: Path) -> None:
    assert client.post("/studies", json={"name": "town", "area": SQUARE}).status_code == 409
    (studies / "taken").mkdir()
    (studies / "taken/notes.txt").write_text("x")
    assert client.post("/studies", json={"name": "taken", "area": SQUARE}).status_code == 409


@pytest.mark.parametrize("left", [[], [".unfinished-0123abcd-study.json"]])
def test_a_folder_that_a_killed_server_left_does_not_block_its_name(
    client: TestClient, studies: Path, left: list[str]
) -> None:
    (studies / "new").mkdir()
    for name in left:
        (studies / "new" / name).write_text("{")
    assert client.post("/studies", json={"name": "new", "area": SQUARE}).status_code == 201
    assert [path.name for path in (studies / "new").iterdir()] == ["study.json"]


def test_a_full_disk_is_said_and_does_not_block_the_name(
    client: TestClient, studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("streetsense.atomic._sync", full)
        answer = client.post("/studies", json={"name": "new", "area": SQUARE})
    assert (answer.status_code, "the disk is full" in answer.json()["detail"]) == (507, True)
    assert not (studies / "new").exists()
    assert client.post("/studies", json={"name": "new", "area": SQUARE}).status_code == 201


def test_of_two_clients_that_want_one_name_one_gets_it(client: TestClient) -> None:
    codes: list[int] = []
    ask = lambda: codes.append(client.post("/studies", json={"name": "new", "area": SQUARE}).status_code)  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [201, 409, 409, 409]


@pytest.mark.parametrize("name", ["../x", "/x", ".streetsense", "", "a/b", "a\\b", "x" * 200, "a\n", "dot."])
def test_a_name_that_is_no_folder_name_is_refused(client: TestClient, studies: Path, name: str) -> None:
    assert client.post("/studies", json={"name": name, "area": SQUARE}).status_code == 400
    assert {path.name for path in studies.iterdir() if not path.name.startswith(".")} == {"town"}


@pytest.mark.parametrize(
    "area",
    [
        {},
        {"type": "Polygon"},
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "FeatureCollection", "features": []},
        {"type": "FeatureCollection", "features": [{"type": "Feature"}]},
        {"type": "FeatureCollection", "features": 3},
        {"type": "Polygon", "coordinates": [[[0, 0], [500, 0], [500, 500], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[["a", 0], [1, 0], [1, 1], ["a", 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "Feature", "geometry": None},
    ],
)
def test_an_area_that_is_none_is_refused_with_a_sentence(
    client: TestClient, studies: Path, area: dict[str, object]
) -> None:
    answer = client.post("/studies", json={"name": "new", "area": area})
    assert (answer.status_code, answer.json()["detail"][:5]) == (400, "area:")
    assert not (studies / "new").exists()


def test_a_study_is_counted_as_the_command_line_does(client: TestClient, studies: Path) -> None:
    (studies / "town/results").mkdir()
    (studies / "town/results/a.csv").write_text("x")
    found = client.get("/studies/town").json()
    assert (found["name"], found["crs"], found["views"], found["results"]) == ("town", "EPSG:32630", {}, ["a.csv"])
    assert found["files"][0]["path"] == "results/a.csv"
    assert str(studies) not in json.dumps(found)


def test_the_list_has_the_studies_and_no_other_folder(client: TestClient, studies: Path, tmp_path: Path) -> None:
    (studies / "other").mkdir()
    (studies / "broken").mkdir()
    (studies / "broken/study.json").write_text("{")
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(studies / "town/study.json", tmp_path / "elsewhere")
    (studies / "link").symlink_to(tmp_path / "elsewhere")
    assert [entry["name"] for entry in client.get("/studies").json()["studies"]] == ["town"]
    for name in ("other", "link", ".streetsense", "%2e%2e", "none"):
        for path in ("", "/uploads", "/files", "/views", "/area", "/encoders", "/results/x"):
            assert client.get(f"http://127.0.0.1:8765/studies/{name}{path}").status_code == 404


def test_encoders_are_listed_with_their_records(client: TestClient, studies: Path) -> None:
    folder = studies / "town/encoders/tiny"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text('{"name": "tiny"}')
    assert client.get("/studies/town/encoders").json() == {"encoders": [{"name": "tiny"}]}
