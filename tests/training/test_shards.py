"""Shards: what becomes of photos in them, what a run that was stopped leaves, and what damaged folders are told."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from streetsense.errors import Cancelled, InputError, StreetSenseError
from streetsense.images import DECODER, decode_photo, encode_jpeg
from streetsense_training.shards import Shards, make_shards

SIDE = 96
Photos = list[tuple[str, Path, str]]


class Listener:
    """A progress that remembers, and that stops the work after some reports where it is told to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.reports: list[tuple[float, float]] = []
        self.warnings: list[str] = []
        self._stop_after = stop_after

    def report(self, done: float, total: float, message: str = "") -> None:
        self.reports.append((done, total))
        if len(self.reports) == self._stop_after:
            raise Cancelled("stopped")

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def scene(width: int, height: int, seed: int) -> NDArray[np.uint8]:
    """Return synthetic pixels with smooth areas and edges."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 255, (height // 20 + 1, width // 20 + 1, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def write_photos(folder: Path, number: int, width: int = 160, height: int = 120) -> Photos:
    """Write synthetic photos and return them as `make_shards` wants them."""
    photos = []
    for seed in range(number):
        path = folder / f"{seed}.jpg"
        path.write_bytes(encode_jpeg(scene(width, height, seed), 90))
        photos.append((f"view-{seed}", path, f"sha-{seed}"))
    return photos


def content(shards: Shards) -> dict[str, bytes]:
    """Return every view's JPEG."""
    return {str(view_id): shards.read(row) for row, view_id in enumerate(shards.view_ids)}


def files(folder: Path) -> dict[str, int]:
    """Return the time at which every file was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


# What becomes of photos


def test_every_photo_becomes_a_square_that_is_found_by_its_view(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 10)
    shards = make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4)
    assert sorted(shards.view_ids) == sorted(view_id for view_id, _, _ in photos)
    for seed, row in enumerate(shards.rows([view_id for view_id, _, _ in photos])):
        square = np.asarray(Image.fromarray(scene(160, 120, seed)).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        pixels = decode_photo(shards.read(int(row)))
        assert pixels.shape == (SIDE, SIDE, 3)
        assert np.abs(pixels.astype(int) - square).mean() < 2


def test_the_shape_of_the_originals_is_remembered(tmp_path: Path) -> None:
    Image.fromarray(scene(400, 100, 0)).save(tmp_path / "wide.jpg")
    Image.fromarray(scene(80, 320, 0)).save(tmp_path / "high.jpg")
    make_shards(tmp_path / "s", [(name, tmp_path / f"{name}.jpg", "") for name in ("wide", "high")], side=SIDE)
    shards = Shards.open(tmp_path / "s")
    assert shards.aspects[shards.rows(["wide", "high"])].tolist() == [4.0, 0.25]
    assert shards.aspects.dtype == np.float32


def test_views_that_are_not_there_have_row_minus_one(tmp_path: Path) -> None:
    shards = make_shards(tmp_path / "s", write_photos(tmp_path, 3), side=SIDE)
    rows = shards.rows(np.array(["view-2", "nowhere", "view-0", "view-2"]))
    assert rows.dtype == np.int64
    assert shards.view_ids[rows[[0, 2, 3]]].tolist() == ["view-2", "view-0", "view-2"]
    assert rows[1] == -1


def test_a_row_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    shards = make_shards(tmp_path / "s", write_photos(tmp_path, 3), side=SIDE)
    for row in (-1, 3):
        with pytest.raises(IndexError, match=f"row {row} of 3"):
            shards.read(row)


def test_a_shard_is_a_tar_that_others_can_read(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 2)
    photos = [("a/../b: ü", *photos[0][1:]), ("x" * 300, *photos[1][1:])]
    shards = make_shards(tmp_path / "s", photos, side=SIDE)
    with tarfile.open(tmp_path / "s" / "shard-00000.tar") as tar:
        members = tar.getmembers()
        read = [tar.extractfile(member).read() for member in members]  # type: ignore[union-attr]
    assert [member.name for member in members] == ["a%2F..%2Fb%3A%20%C3%BC.jpg", "x" * 300 + ".jpg"]
    assert read == [shards.read(0), shards.read(1)]
    assert Image.open(io.BytesIO(read[1])).size == (SIDE, SIDE)


def test_the_same_photos_make_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 12)
    for workers in (1, 3):
        make_shards(tmp_path / str(workers), photos, side=SIDE, shard_size=5, workers=workers)
    for path in (tmp_path / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "3" / path.name).read_bytes()


def test_the_record_says_what_the_photos_are(tmp_path: Path) -> None:
    make_shards(tmp_path / "s", write_photos(tmp_path, 3), side=SIDE, quality=80)
    record = Shards.open(tmp_path / "s").record
    assert (record.side, record.quality, record.decoder, record.views) == (SIDE, 80, DECODER, 3)


def test_progress_hears_of_every_photo(tmp_path: Path) -> None:
    listener = Listener()
    make_shards(tmp_path / "s", write_photos(tmp_path, 5), side=SIDE, progress=listener)
    assert listener.reports == [(done, 5) for done in range(1, 6)]
    assert listener.warnings == []


# Photos that cannot be used


def test_photos_that_cannot_be_used_are_left_out_and_counted_by_reason(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 6)
    photos[1][1].unlink()
    photos[2][1].write_bytes(photos[2][1].read_bytes()[:1500])
    photos[3][1].write_bytes(b"<html>404</html>")
    photos[4][1].unlink()
    listener = Listener()
    shards = make_shards(tmp_path / "s", photos, side=SIDE, shard_size=2, progress=listener)
    assert sorted(shards.view_ids) == ["view-0", "view-5"]
    assert shards.record.left_out == {"missing": 2, "truncated": 1, "no photo": 1}
    assert Shards.open(tmp_path / "s").record == shards.record
    assert listener.warnings == ["4 of 6 photos were left out of the shards (missing: 2, truncated: 1, no photo: 1)."]


def test_shards_fill_up_although_photos_are_left_out(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 6)
    photos[0][1].unlink()
    make_shards(tmp_path / "s", photos, side=SIDE, shard_size=5)
    assert len(list((tmp_path / "s").glob("*.tar"))) == 1


def test_no_usable_photo_makes_no_shard(tmp_path: Path) -> None:
    shards = make_shards(tmp_path / "s", [("v", tmp_path / "nowhere.jpg", "")], side=SIDE)
    assert len(shards) == 0
    assert shards.rows(["v"]).tolist() == [-1]
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["shards.json"]


# Going on


def test_a_run_that_was_stopped_goes_on_and_leaves_finished_shards_alone(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 20)
    with pytest.raises(Cancelled):
        make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4, progress=Listener(stop_after=11))
    before = {name: time for name, time in files(tmp_path / "s").items() if name.startswith("shard-")}
    assert sorted(before) == [f"shard-0000{number}.{kind}" for number in (0, 1) for kind in ("parquet", "tar")]
    listener = Listener()
    made = make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4, progress=listener)
    assert before.items() <= files(tmp_path / "s").items()
    assert len(listener.reports) == 12
    assert content(made) == content(make_shards(tmp_path / "whole", photos, side=SIDE, shard_size=4))


def test_what_a_killed_run_left_is_made_anew(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 8)
    whole = content(make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4))
    (tmp_path / "s" / "shard-00001.parquet").unlink()
    (tmp_path / "s" / ".unfinished-1234-shard-00002.tar").write_bytes(b"half")
    assert len(Shards.open(tmp_path / "s")) == 4
    assert content(make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4)) == whole
    assert not list((tmp_path / "s").glob(".unfinished-*"))


@pytest.mark.parametrize("damage", ["tar cut off", "tar gone", "index damaged"])
def test_a_damaged_shard_is_made_anew(tmp_path: Path, damage: str) -> None:
    photos = write_photos(tmp_path, 8)
    whole = content(make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4))
    tar, index = (tmp_path / "s" / f"shard-00000.{kind}" for kind in ("tar", "parquet"))
    if damage == "tar cut off":
        os.truncate(tar, 3000)
    elif damage == "tar gone":
        tar.unlink()
    else:
        index.write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"shard-00000.parquet: the .*; run the command that made it again\.$"):
        Shards.open(tmp_path / "s")
    assert content(make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4)) == whole


def test_more_photos_make_new_shards_for_the_new_ones_only(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 9)
    make_shards(tmp_path / "s", photos[:5], side=SIDE, shard_size=4)
    before, listener = files(tmp_path / "s"), Listener()
    shards = make_shards(tmp_path / "s", photos, side=SIDE, shard_size=4, progress=listener)
    assert len(listener.reports) == 4
    assert (shards.rows([view_id for view_id, _, _ in photos]) >= 0).all()
    after = files(tmp_path / "s")
    assert all(after[name] == time for name, time in before.items() if name != "shards.json")


def test_nothing_is_read_when_all_photos_are_there(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 3)
    make_shards(tmp_path / "s", photos, side=SIDE)
    for _, path, _ in photos:
        path.unlink()
    listener = Listener()
    unknown = [(view_id, path, "") for view_id, path, _ in photos]
    for again in (photos, unknown):
        assert len(make_shards(tmp_path / "s", again, side=SIDE, progress=listener)) == 3
    assert listener.reports == []
    assert listener.warnings == []


def test_a_photo_that_changed_is_shrunk_again_and_the_newest_counts(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 3)
    make_shards(tmp_path / "s", photos, side=SIDE)
    photos[1][1].write_bytes(encode_jpeg(scene(200, 100, 77), 90))
    photos[1] = (*photos[1][:2], "another")
    for _ in range(2):
        listener = Listener()
        shards = make_shards(tmp_path / "s", photos, side=SIDE, progress=listener)
        assert len(shards) == len(set(shards.view_ids)) == 3
        assert shards.aspects[shards.rows(["view-1"])].tolist() == [2.0]
    assert listener.reports == []


def test_an_unknown_sha256_is_computed(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 1)
    listener = Listener()
    known = hashlib.sha256(photos[0][1].read_bytes()).hexdigest()
    make_shards(tmp_path / "s", [(*photos[0][:2], "")], side=SIDE)
    make_shards(tmp_path / "s", [(*photos[0][:2], known)], side=SIDE, progress=listener)
    assert listener.reports == []


# What is refused


def test_a_folder_of_another_side_or_quality_is_refused(tmp_path: Path) -> None:
    photos = write_photos(tmp_path, 1)
    make_shards(tmp_path / "s", photos, side=SIDE, quality=95)
    message = r"s: the photos there have 96 px and quality 95, not 128 px and quality 95; choose another folder or "
    with pytest.raises(InputError, match=message + r"delete this one\.$"):
        make_shards(tmp_path / "s", photos, side=128, quality=95)
    with pytest.raises(InputError, match="not 96 px and quality 90"):
        make_shards(tmp_path / "s", photos, side=SIDE, quality=90)


def test_a_folder_without_shards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none: there are no shards of photos; make them first\.$"):
        Shards.open(tmp_path / "none")


@pytest.mark.parametrize("text", [None, "{", '{"side": -1, "quality": 95}'])
def test_a_folder_without_its_record_is_refused(tmp_path: Path, text: str | None) -> None:
    photos = write_photos(tmp_path, 1)
    make_shards(tmp_path / "s", photos, side=SIDE)
    record = tmp_path / "s" / "shards.json"
    record.unlink() if text is None else record.write_text(text)
    for attempt in (lambda: Shards.open(tmp_path / "s"), lambda: make_shards(tmp_path / "s", photos, side=SIDE)):
        with pytest.raises(InputError, match=r"shards.json.*; delete .* and run the same.* again\.$"):
            attempt()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match=r"a part of the path is a file, not a folder; choose another path\.$"):
        make_shards(tmp_path / "file" / "s", write_photos(tmp_path, 1), side=SIDE)


def test_a_file_that_has_gone_is_named(tmp_path: Path) -> None:
    make_shards(tmp_path / "s", write_photos(tmp_path, 1), side=SIDE)
    shards = Shards.open(tmp_path / "s")
    (tmp_path / "s" / "shard-00000.tar").unlink()
    message = r"shard-00000.tar: the file has gone; run the same command again to make it anew\.$"
    with pytest.raises(StreetSenseError, match=message):
        shards.read(0)


def test_few_files_are_open_however_many_shards_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streetsense_training.shards._OPEN_FILES", 3)
    shards = make_shards(tmp_path / "s", write_photos(tmp_path, 12), side=SIDE, shard_size=1)
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("open files are counted in /proc")
    before = len(list(descriptors.iterdir()))
    read = [shards.read(row) for row in [*range(12), *range(12)]]
    assert len(list(descriptors.iterdir())) == before + 3
    assert read[:12] == read[12:]


# Real photos


@pytest.mark.real
def test_all_real_faces_are_found_by_their_view(tmp_path: Path, shared_data: Path) -> None:
    paths = sorted((shared_data / "panoramax_capferret" / "faces").glob("*.jpg"))
    shards = make_shards(tmp_path / "s", [(path.stem, path, "") for path in paths], side=112, shard_size=64)
    assert shards.record.left_out == {}
    assert shards.rows([path.stem for path in paths]).tolist() == list(range(len(paths)))
    for path, row in zip(paths[::40], shards.rows([path.stem for path in paths[::40]]), strict=True):
        pixels = decode_photo(path.read_bytes())
        square = np.asarray(Image.fromarray(pixels).resize((112, 112), Image.Resampling.BICUBIC), dtype=int)
        # Two on average: half of it the reduced decode and the colours at half the size, half of it JPEG.
        assert np.abs(decode_photo(shards.read(int(row))) - square).mean() < 4
        assert shards.aspects[row] == pytest.approx(pixels.shape[1] / pixels.shape[0])
