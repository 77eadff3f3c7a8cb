"""The Python client: jobs, uploads and downloads, also over bad networks."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from streetsense import client as client_package
from streetsense.client import Client, Failed, Refused, downloading, uploading
from streetsense.client.uploading import LocalFile
from streetsense.errors import Cancelled, InputError
from streetsense.jobs import JobQueue
from streetsense.progress import Silent
from streetsense.server import PROTOCOL_VERSION
from tests.server.conftest import until
from tests.server.cutting import cutting
from tests.server.served import TOKEN, on_loopback

NewQueue = Callable[..., JobQueue]


@pytest.fixture
def url(studies: Path, new_queue: NewQueue) -> Iterator[str]:
    with on_loopback(studies, new_queue(), keep_free=0) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, TOKEN) as client:
        yield client


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def test_client_and_server_speak_one_version(client: Client) -> None:
    assert client_package.PROTOCOL_VERSION == PROTOCOL_VERSION == client.health().protocol_version


def test_a_refusal_is_the_servers_sentence(client: Client) -> None:
    with pytest.raises(Refused, match="study: the server has no 'none'"):
        client.study("none")
    with pytest.raises(Refused, match="steps: 'x' cannot be used"):
        client.submit("count", "town", {"steps": "x"})


def test_a_job_is_waited_for_and_gives_its_outputs(client: Client) -> None:
    job = client.submit("count", "town", {"steps": 3})
    assert client.wait(job.jobID) == {"total": 3, "file": "results/count.txt"}
    assert client.job(job.jobID).status == "successful"


def test_one_key_is_one_job_however_often_it_is_sent(client: Client) -> None:
    first, second = (client.submit("count", "town", {"steps": 3}, key="once") for _ in range(2))
    assert first.jobID == second.jobID


def test_a_failed_job_says_its_last_word(client: Client) -> None:
    with pytest.raises(Failed, match="how: 'input' is refused; give another"):
        client.wait(client.submit("end", "town", {"how": "input"}).jobID)


def test_warnings_of_a_job_arrive(client: Client) -> None:
    said: list[str] = []

    class Screen(Silent):
        def warn(self, message: str) -> None:
            said.append(message)

    client.wait(client.submit("leak", "town", {"key": "a-secret-of-length"}).jobID, Screen())
    assert [text.partition("=")[0] for text in said] == ["refused: key"]
    assert "a-secret-of-length" not in said[0]


def test_an_interrupt_dismisses_the_job(client: Client) -> None:
    job = client.submit("count", "town", {"steps": 100_000, "pause": 0.01})
    with pytest.raises(Cancelled):
        client.wait(job.jobID, is_cancelled=lambda: client.job(job.jobID).status == "running")
    assert client.job(job.jobID).status == "dismissed"


def test_events_are_told_once_over_a_connection_that_breaks(url: str, studies: Path) -> None:
    with Client(url, TOKEN) as direct:
        job = direct.submit("count", "town", {"steps": 30, "pause": 0.05})
        with cutting(port_of(url), down=[700, 900]) as proxy, Client(proxy.url, TOKEN) as client:
            told = [event.status for event in client.events(job.jobID)]
    lines = (studies / "town/jobs" / job.jobID / "events.jsonl").read_text().splitlines()
    assert told == [json.loads(line)["status"] for line in lines]
    assert told[-1] == "successful"


def test_waiting_outlasts_a_server_that_is_started_anew(studies: Path, new_queue: NewQueue) -> None:
    queue = new_queue()
    with cutting(0) as address, Client(address.url, TOKEN) as client:
        with on_loopback(studies, queue) as url:
            address.target = ("127.0.0.1", port_of(url))
            job = client.submit("count", "town", {"steps": 40, "pause": 0.05})
            outputs: list[object] = []
            waiting = threading.Thread(target=lambda: outputs.append(client.wait(job.jobID)))
            waiting.start()
            until(lambda: queue.get(job.jobID).state == "running", "start of the job")
        with on_loopback(studies, queue) as url:
            address.target = ("127.0.0.1", port_of(url))
            waiting.join(60)
    assert outputs == [{"total": 40, "file": "results/count.txt"}]


def test_an_upload_goes_on_where_the_connection_broke(
    url: str, studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "CHUNK", 2**18)
    content = os.urandom(2_000_000)
    (tmp_path / "big.bin").write_bytes(content)
    with cutting(port_of(url), up=[700_000, 1_500_000]) as proxy, Client(proxy.url, TOKEN) as client:
        assert client.upload("town", tmp_path / "big.bin") == "uploads/big.bin"
        assert proxy.cuts == []
        # Each cut costs less than one part, and every request has a head.
        assert proxy.up < len(content) + 2 * 2**18 + 40_000
    assert (studies / "town/uploads/big.bin").read_bytes() == content


def test_another_client_goes_on_where_the_first_one_ended(
    url: str, studies: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploading, "CHUNK", 2**18)
    content = os.urandom(2_000_000)
    (tmp_path / "big.bin").write_bytes(content)

    class Stops(Silent):
        def report(self, done: float, total: float, message: str = "") -> None:
            if done > 1_000_000:
                raise Cancelled("enough")

    with Client(url, TOKEN) as first, pytest.raises(Cancelled):
        first.upload("town", tmp_path / "big.bin", progress=Stops())
    with cutting(port_of(url)) as proxy, Client(proxy.url, TOKEN) as second:
        second.upload("town", tmp_path / "big.bin")
        assert proxy.up < 1_000_000
    assert (studies / "town/uploads/big.bin").read_bytes() == content


def test_files_that_the_study_has_are_not_sent_again(client: Client, studies: Path, tmp_path: Path) -> None:
    files = []
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(os.urandom(1000))
        files.append(LocalFile(tmp_path / f"{number}.jpg", f"photos/a/{number}.jpg"))
    assert client.upload_files("town", files) == 20
    (tmp_path / "7.jpg").write_bytes(b"another")
    assert client.upload_files("town", files) == 1
    assert (studies / "town/uploads/photos/a/7.jpg").read_bytes() == b"another"


def test_a_file_that_cannot_be_read_is_one_sentence(client: Client, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"upload: .*none cannot be read"):
        client.upload("town", tmp_path / "none")


@pytest.fixture
def result(studies: Path) -> Path:
    path = studies / "town/results/map.tif"
    path.parent.mkdir()
    path.write_bytes(os.urandom(3_000_000))
    return path


def test_a_download_goes_on_where_the_connection_broke(
    url: str, result: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RANGE", 2**20)
    target = tmp_path / "here/map.tif"
    with cutting(port_of(url), down=[500_000, 1_700_000]) as proxy, Client(proxy.url, TOKEN) as client:
        assert client.download("town", "results/map.tif", target)
        assert proxy.cuts_down == []
        assert proxy.down < 3_000_000 + 400_000
    assert target.read_bytes() == result.read_bytes()
    assert list(target.parent.iterdir()) == [target]


def test_a_download_that_is_there_is_not_done_again(client: Client, result: Path, tmp_path: Path) -> None:
    assert client.download("town", "results/map.tif", tmp_path / "map.tif")
    assert not client.download("town", "results/map.tif", tmp_path / "map.tif")


def test_a_download_of_a_file_that_changed_begins_anew(client: Client, result: Path, tmp_path: Path) -> None:
    class Replaces(Silent):
        is_done = False

        def report(self, done: float, total: float, message: str = "") -> None:
            if not self.is_done:
                self.is_done = True
                (result.parent / "new").write_bytes(b"x" * 2_000_000)
                (result.parent / "new").replace(result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(downloading, "RANGE", 2**20)
        client.download("town", "results/map.tif", tmp_path / "map.tif", Replaces())
    assert (tmp_path / "map.tif").read_bytes() == b"x" * 2_000_000
    assert list(tmp_path.glob(".unfinished-*")) == []


def test_a_download_of_an_empty_file_makes_one(client: Client, result: Path, tmp_path: Path) -> None:
    (result.parent / "empty.csv").touch()
    client.download("town", "results/empty.csv", tmp_path / "empty.csv")
    assert (tmp_path / "empty.csv").read_bytes() == b""


def test_a_study_is_made_and_listed(client: Client) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]]}
    client.create_study("new", square, "A new one")
    assert [(study.name, study.title) for study in client.studies()] == [("new", "A new one"), ("town", "town")]
    assert client.study("new")["area_km2"] == pytest.approx(1.23, abs=0.05)
