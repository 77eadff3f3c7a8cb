"""Files on their way: in pieces, on from where they broke, whole or not there at all."""

from __future__ import annotations

import os
import re
import time
import uuid
from pathlib import Path

import pytest
from engines import RunningEngine
from loopback import TOKEN, Asked, loopback
from qgis.PyQt.QtCore import QTimer
from streetsense_qgis.connection import downloading, uploading
from streetsense_qgis.connection.client import EngineClient
from streetsense_qgis.connection.errors import EngineError

pytestmark = pytest.mark.usefixtures("qgis_app")

AREA = {"type": "Polygon", "coordinates": [[[10, 50], [10.002, 50], [10.002, 50.002], [10, 50.002], [10, 50]]]}
CONTENT = os.urandom(3_000_000)


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PIECE", 2**20)
    monkeypatch.setattr(uploading, "PART", 2**20)


class Files:
    """A server of one file with ranges; it cuts the connection at given bytes, once each."""

    def __init__(self, content: bytes, cuts: list[int] | None = None) -> None:
        self.content, self.cuts, self.etag = content, cuts or [], '"one"'
        self.ranges: list[tuple[int, int]] = []
        self.pause = 0.0

    def __call__(self, asked: Asked) -> None:
        time.sleep(self.pause)
        begin, end = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", asked.headers["Range"]).groups())
        end = min(end, len(self.content) - 1)
        self.ranges.append((begin, end))
        if asked.headers.get("If-Range", self.etag) != self.etag:
            asked.say(200, self.content, ETag=self.etag)
            return
        if begin > end:
            asked.say(416, {"detail": "Range: there is nothing."})
            return
        headers = {"ETag": self.etag, "Content_Range": f"bytes {begin}-{end}/{len(self.content)}"}
        if self.cuts and begin <= self.cuts[0] <= end:
            part = self.content[begin : self.cuts.pop(0)]
            asked.say(206, part, Content_Length=str(end - begin + 1), **headers)
            asked.wfile.flush()
            asked.cut()
            return
        asked.say(206, self.content[begin : end + 1], **headers)


def test_a_file_arrives_in_ranges_with_progress_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    files, shares = Files(CONTENT), []
    with loopback(files) as server:
        pending = EngineClient(server.url, TOKEN).download("s", "results/a b.tif", str(tmp_path / "x.tif"))
        pending.progressed.connect(lambda share, what: shares.append((share, what)))
        assert pending.wait() == str(tmp_path / "x.tif")
        assert server.asked[0][1] == "/studies/s/files/results/a%20b.tif"
    assert (tmp_path / "x.tif").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["x.tif"]
    assert len(files.ranges) == 3
    assert shares == sorted(shares)
    assert shares[-1] == (1.0, "Downloading x.tif")


def test_a_download_that_breaks_goes_on_from_there(tmp_path: Path) -> None:
    files = Files(CONTENT, [500_000, 1_500_000, 1_500_001])
    with loopback(files) as server:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert max(begin for begin, _ in files.ranges) > 0
    assert sum(end - begin for begin, end in files.ranges) < len(CONTENT) * 2


def test_a_cancelled_download_keeps_its_part_and_a_later_one_goes_on(tmp_path: Path) -> None:
    files, target = Files(CONTENT), tmp_path / "x"
    with loopback(files) as server:
        client = EngineClient(server.url, TOKEN)
        pending = client.download("s", "f", str(target))
        pending.progressed.connect(lambda share, _: pending.cancel() if share > 0.4 else None)
        with pytest.raises(EngineError) as error:
            pending.wait()
        assert error.value.kind == "cancelled"
        kept = (tmp_path / "x.part").stat().st_size
        assert 0 < kept < len(CONTENT)
        assert not target.exists()
        files.ranges.clear()
        client.download("s", "f", str(target)).wait()
        assert files.ranges[0][0] == kept
    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_begins_anew(tmp_path: Path) -> None:
    files, target = Files(CONTENT), tmp_path / "x"
    (tmp_path / "x.part").write_bytes(b"of the old one")
    (tmp_path / "x.part.etag").write_text('"old"')
    with loopback(files) as server:
        EngineClient(server.url, TOKEN).download("s", "f", str(target)).wait()
    assert target.read_bytes() == CONTENT


def test_a_part_of_nobody_knows_what_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(b"of something")
    with loopback(Files(CONTENT)) as server:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_an_empty_file_arrives(tmp_path: Path) -> None:
    with loopback(Files(b"")) as server:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert (tmp_path / "x").read_bytes() == b""


def test_a_part_that_was_whole_already_is_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "x.part").write_bytes(CONTENT)
    (tmp_path / "x.part.etag").write_text('"one"')
    with loopback(Files(CONTENT)) as server:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert (tmp_path / "x").read_bytes() == CONTENT


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.part").symlink_to("/dev/full")
    with loopback(Files(CONTENT)) as server, pytest.raises(EngineError) as error:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert error.value.kind == "disk"
    assert "disk is full" in str(error.value)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with loopback(Files(CONTENT)) as server, pytest.raises(EngineError) as error:
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "file" / "x")).wait()
    assert error.value.kind == "disk"


def test_a_missing_file_is_told_in_the_engine_s_words(tmp_path: Path) -> None:
    with (
        loopback(lambda asked: asked.say(404, {"detail": "file: there is none."})) as server,
        pytest.raises(EngineError, match="file: there is none"),
    ):
        EngineClient(server.url, TOKEN).download("s", "f", str(tmp_path / "x")).wait()
    assert not (tmp_path / "x").exists()


class TestUpload:
    """To a real engine."""

    @pytest.fixture
    def study(self, engine: RunningEngine) -> str:
        name = f"transfers-{uuid.uuid4().hex[:8]}"
        EngineClient(engine.url, engine.token).create_study(name, AREA).wait()
        return name

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        path = tmp_path / "Bezirke mit Umlaut ü.gpkg"
        path.write_bytes(CONTENT)
        return path

    def test_a_file_is_sent_whole_with_progress(self, engine: RunningEngine, study: str, file: Path) -> None:
        shares: list[float] = []
        pending = EngineClient(engine.url, engine.token).upload(study, str(file), "in/ü.gpkg")
        pending.progressed.connect(lambda share, _: shares.append(share))
        assert pending.wait() == "uploads/in/ü.gpkg"
        assert (engine.studies / study / "uploads" / "in" / "ü.gpkg").read_bytes() == CONTENT
        assert shares == sorted(shares)
        assert shares[-1] == 1.0

    def test_a_file_that_is_there_is_not_sent_again(self, engine: RunningEngine, study: str, file: Path) -> None:
        client = EngineClient(engine.url, engine.token)
        client.upload(study, str(file), "x").wait()
        shares: list[float] = []
        pending = client.upload(study, str(file), "x")
        pending.progressed.connect(lambda share, _: shares.append(share))
        pending.wait()
        assert set(shares) == {1.0}

    def test_a_cancelled_upload_goes_on_later(self, engine: RunningEngine, study: str, file: Path) -> None:
        client = EngineClient(engine.url, engine.token)
        pending = client.upload(study, str(file), "x")
        pending.progressed.connect(lambda share, _: pending.cancel() if share > 0.6 else None)
        with pytest.raises(EngineError) as error:
            pending.wait()
        assert error.value.kind == "cancelled"
        shares: list[float] = []
        again = client.upload(study, str(file), "x")
        again.progressed.connect(lambda share, _: shares.append(share))
        again.wait()
        assert shares[0] > 0
        assert (engine.studies / study / "uploads" / "x").read_bytes() == CONTENT

    def test_an_empty_file_is_sent(self, engine: RunningEngine, study: str, tmp_path: Path) -> None:
        (tmp_path / "empty").touch()
        EngineClient(engine.url, engine.token).upload(study, str(tmp_path / "empty"), "empty").wait()
        assert (engine.studies / study / "uploads" / "empty").read_bytes() == b""

    def test_a_file_that_is_not_there_is_one_sentence(self, engine: RunningEngine, study: str) -> None:
        with pytest.raises(EngineError) as error:
            EngineClient(engine.url, engine.token).upload(study, "/nowhere/x.gpkg", "x").wait()
        assert error.value.kind == "disk"


def test_an_upload_that_breaks_asks_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(CONTENT)
    received, breaks = bytearray(), [True, False, True]

    def respond(asked: Asked) -> None:
        tus = {"Tus_Resumable": "1.0.0"}
        if asked.command == "POST":
            asked.say(201, Location="/studies/s/uploads/7", Upload_Offset="0", **tus)
        elif asked.command == "HEAD":
            asked.say(200, Upload_Offset=str(len(received)), **tus)
        else:
            assert int(asked.headers["Upload-Offset"]) == len(received)
            received.extend(asked.body)  # the part arrives, the answer does not
            if breaks and breaks.pop(0):
                asked.cut()
            else:
                asked.say(204, Upload_Offset=str(len(received)), **tus)

    with loopback(respond) as server:
        EngineClient(server.url, TOKEN).upload("s", str(tmp_path / "x"), "x").wait()
    assert bytes(received) == CONTENT


def test_the_window_goes_on_while_a_large_file_is_looked_at(tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(200_000_000)
    gaps, last = [], [time.monotonic()]

    def beat() -> None:
        now = time.monotonic()
        gaps.append(now - last[0])
        last[0] = now

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(5)
    with loopback(lambda asked: asked.say(507, {"detail": "no room."})) as server:
        with pytest.raises(EngineError, match="no room"):
            EngineClient(server.url, TOKEN).upload("s", str(large), "x").wait()
        metadata = server.asked[0][2]["Upload-Metadata"]
    timer.stop()
    assert "sha256 " in metadata
    assert len(gaps) > 10, "it took many turns"
    assert sorted(gaps)[len(gaps) // 2] < 0.06
