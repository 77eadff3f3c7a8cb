"""Archives that are unpacked on the server: into one folder, whole or not at all."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from streetsense.errors import InputError
from streetsense.jobs import JobQueue
from streetsense.server import unpacking
from streetsense.server.unpacking import UnpackLimits, unpack
from tests.server.served import client_of
from tests.server.tus import TUS, begin, left_over, send, upload


@pytest.fixture
def client(studies: Path) -> Iterator[TestClient]:
    with client_of(studies, JobQueue(studies), quota=100_000, max_file=50_000, keep_free=0) as client:
        yield client


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def test_an_archive_is_unpacked_into_a_folder_of_its_name(client: TestClient, studies: Path) -> None:
    answer = upload(client, "layer.zip", zipped({"a.shp": b"1", "sub/b.dbf": b"22"}), unpack="yes")
    assert answer.status_code == 201
    folder = studies / "town/uploads/layer"
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")} == {
        "a.shp": b"1",
        "sub/b.dbf": b"22",
    }
    assert left_over(studies) == []
    assert {entry["name"] for entry in client.get("/studies/town/uploads").json()["files"]} == {
        "uploads/layer/a.shp",
        "uploads/layer/sub/b.dbf",
    }


def link_in_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    return content.getvalue()


def with_flag(archive: bytes, flag: int) -> bytes:
    at = archive.index(b"PK\1\2") + 8
    return archive[:at] + struct.pack("<H", flag) + archive[at + 2 :]


BAD_ARCHIVES = {
    "bomb": zipped({"a": b"\0" * 30_000_000}, compression=zipfile.ZIP_DEFLATED),
    "over the quota": zipped({"a": os.urandom(600) * 200}, compression=zipfile.ZIP_DEFLATED),
    "upwards": zipped({"../a": b"x"}),
    "absolute": zipped({"/etc/a": b"x"}),
    "hidden": zipped({".a": b"x"}),
    "link": link_in_zip(),
    "encrypted": with_flag(zipped({"a": b"x"}), 1),
    "rare": zipped({"a": b"x"}, compression=zipfile.ZIP_LZMA),
    "empty": zipped({}),
    "file and folder": zipped({"a": b"x", "a/b": b"y"}),
    "no archive": b"this is no archive at all, whatever its name says",
    "cut": zipped({"a": os.urandom(1000)})[:-30],
    "damaged": zipped({"a": b"secret words"}).replace(b"secret words", b"secret wards"),
}


@pytest.mark.parametrize("kind", list(BAD_ARCHIVES))
def test_a_bad_archive_is_refused_with_a_sentence_and_leaves_nothing(
    client: TestClient, studies: Path, tmp_path: Path, kind: str
) -> None:
    answer = upload(client, "x.zip", BAD_ARCHIVES[kind], unpack="yes")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("archive: ")
    assert not (studies / "town/uploads/x").exists()
    assert left_over(studies) == []
    assert client.get("/studies/town/uploads").json()["used"] == 0


def test_an_archive_with_too_many_entries_is_refused_before_its_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({str(number): b"" for number in range(30)}))
    with pytest.raises(InputError, match="more than 20 entries"):
        unpack(path, tmp_path / "out", UnpackLimits(entries=20))
    assert not (tmp_path / "out").exists()


def test_an_archive_whose_list_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    honest = zipped({"a": b"\1" * 100_000}, compression=zipfile.ZIP_DEFLATED)
    at = honest.index(b"PK\1\2") + 24
    path = tmp_path / "lie.zip"
    path.write_bytes(honest[:at] + struct.pack("<I", 10) + honest[at + 4 :])
    with pytest.raises(InputError, match="archive: "):
        unpack(path, tmp_path / "out", UnpackLimits())
    assert list(tmp_path.iterdir()) == [path]


def during_the_first(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen while the first file of an archive is unpacked."""
    real, waiting = unpacking._extract, [happens]

    def extract(*arguments: object) -> int:
        written = real(*arguments)  # type: ignore[arg-type]
        if waiting:
            waiting.pop()()
        return written

    monkeypatch.setattr(unpacking, "_extract", extract)


def test_of_two_archives_for_one_folder_one_is_unpacked_and_the_other_refused(
    client: TestClient, studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []
    second = zipped({"b1": b"b", "b2": b"b"})
    during_the_first(
        monkeypatch,
        lambda: answers.append(upload(client, "b.zip", second, unpack="yes", folder="one").status_code),
    )
    first = upload(client, "a.zip", zipped({"a1": b"a", "a2": b"a"}), unpack="yes", folder="one")
    assert (answers, first.status_code) == ([201], 400)
    assert "is in the study already" in first.json()["detail"]
    assert sorted(path.name for path in (studies / "town/uploads/one").iterdir()) == ["b1", "b2"]
    assert left_over(studies) == []


def test_two_archives_cannot_both_take_the_last_of_the_quota(
    client: TestClient, studies: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[int] = []
    large = zipped({"a": bytes(range(250)) * 240}, compression=zipfile.ZIP_DEFLATED)  # 60 of 100 thousand bytes
    during_the_first(monkeypatch, lambda: answers.append(upload(client, "b.zip", large, unpack="yes").status_code))
    assert upload(client, "a.zip", large, unpack="yes").status_code == 201
    assert answers == [400]
    assert client.get("/studies/town/uploads").json()["used"] == 60_000
    (studies / "town/uploads/a/a").unlink()
    client.get("/studies/town/uploads")
    assert upload(client, "b.zip", large, unpack="yes").status_code == 201


@pytest.mark.parametrize("place", ["storing._note_unpacked", "uploadlist.UploadList.mark_finished"])
def test_a_server_that_was_killed_after_unpacking_finishes_the_upload(
    client: TestClient, studies: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def killed(*_arguments: object) -> None:
        raise RuntimeError("killed")

    content = zipped({"a": b"1"})
    where = begin(client, "layer.zip", len(content), unpack="yes").headers["Location"]
    with monkeypatch.context() as patched:
        patched.setattr(f"streetsense.server.{place}", killed)
        assert send(client, where, 0, content).status_code == 500
    assert client.head(where, headers=TUS).headers["Upload-Offset"] == str(len(content))
    assert client.get(where).json()["finished"] is True
    assert [path.name for path in (studies / "town/uploads/layer").iterdir()] == ["a"]
    assert left_over(studies) == []
