"""Loading: batches hold what was requested, in order, whatever the threads; damaged photos fail alone."""

from __future__ import annotations

import gc
import shutil
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from streetsense.errors import InputError, StreetSenseError
from streetsense.images import decode_photo, encode_jpeg
from streetsense_training.loading import LoadedBatch, ViewLoader
from streetsense_training.shards import Shards, make_shards

SIDE, NUMBER = 80, 30


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Shards:
    """Return shards of synthetic photos of different shapes."""
    folder = tmp_path_factory.mktemp("photos")
    photos = []
    for seed in range(NUMBER):
        coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
        pixels = np.asarray(Image.fromarray(coarse).resize((100 + 2 * seed, 90), Image.Resampling.BICUBIC))
        (folder / f"{seed}.jpg").write_bytes(encode_jpeg(pixels))
        photos.append((f"v{seed}", folder / f"{seed}.jpg", ""))
    return make_shards(folder / "shards", photos, side=SIDE, shard_size=7)


def damaged(shards: Shards, folder: Path, rows: list[int]) -> Shards:
    """Return a copy of shards in which the photos of these rows are not JPEGs any more."""
    shutil.copytree(shards.folder, folder)
    for row in rows:
        data = shards.read(row)
        for tar in folder.glob("*.tar"):
            tar.write_bytes(tar.read_bytes().replace(data, bytes(len(data))))
    return Shards.open(folder)


def requests(*rows: list[int]) -> Iterator[NDArray[np.int64]]:
    return (np.array(each, dtype=np.int64) for each in rows)


def random_requests(number: int, size: int = 40) -> list[NDArray[np.int64]]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, NUMBER, size) for _ in range(number)]


def as_bytes(batches: Iterator[LoadedBatch]) -> list[tuple[bytes, bytes, bytes]]:
    return [
        (batch.images.numpy().tobytes(), batch.aspects.numpy().tobytes(), batch.failed.tobytes()) for batch in batches
    ]


def threads_of_loaders() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("load")]


# What a batch holds


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_batch_holds_the_requested_photos_in_order(shards: Shards, in_memory: bool) -> None:
    rows = [5, 0, 29, 5, 17]
    (batch,) = ViewLoader(shards, workers=2, in_memory=in_memory).batches(requests(rows))
    assert batch.images.shape == (5, SIDE, SIDE, 3)
    assert (batch.images.dtype, batch.aspects.dtype, batch.failed.dtype) == (torch.uint8, torch.float32, np.bool_)
    for image, row in zip(batch.images.numpy(), rows, strict=True):
        assert np.array_equal(image, decode_photo(shards.read(row)))
    assert batch.aspects.tolist() == shards.aspects[rows].tolist()
    assert not batch.failed.any()


@given(st.lists(st.lists(st.integers(-1, NUMBER - 1), max_size=40), max_size=6), st.integers(1, 4), st.booleans())
@settings(deadline=None, max_examples=25)
def test_batches_come_in_the_order_of_their_requests(
    shards: Shards, rows: list[list[int]], ahead: int, in_memory: bool
) -> None:
    loader = ViewLoader(shards, workers=2, ahead=ahead, in_memory=in_memory)
    batches = list(loader.batches(requests(*rows)))
    assert len(batches) == len(rows)
    for batch, wanted in zip(batches, rows, strict=True):
        negative = np.array(wanted, dtype=int) < 0
        assert np.array_equal(batch.failed, negative)
        assert not batch.images[torch.from_numpy(negative)].any()
        assert np.array_equal(batch.aspects.isnan().numpy(), negative)
        known = [shards.aspects[row] for row in wanted if row >= 0]
        assert batch.aspects[torch.from_numpy(~negative)].tolist() == known


@pytest.mark.parametrize("in_memory", [False, True])
def test_batches_do_not_depend_on_workers_and_look_ahead(shards: Shards, tmp_path: Path, in_memory: bool) -> None:
    some = damaged(shards, tmp_path / "s", [3, 11])
    made = [
        as_bytes(ViewLoader(some, workers=workers, ahead=ahead, in_memory=in_memory).batches(iter(random_requests(12))))
        for workers, ahead in ((1, 1), (2, 3), (5, 2))
    ]
    assert made[0] == made[1] == made[2]


def test_photos_in_memory_are_read_once(shards: Shards, tmp_path: Path) -> None:
    copy = damaged(shards, tmp_path / "s", [])
    loader = ViewLoader(copy, workers=1, in_memory=True)
    first = as_bytes(loader.batches(iter(random_requests(12))))
    shutil.rmtree(tmp_path / "s")
    copy.read = None  # type: ignore[assignment, method-assign]
    assert as_bytes(loader.batches(iter(random_requests(12)))) == first


# Memory


@pytest.mark.parametrize("in_memory", [False, True])
def test_images_stay_as_they_are_while_they_are_held(shards: Shards, in_memory: bool) -> None:
    loader = ViewLoader(shards, workers=2, in_memory=in_memory)
    held = [(batch.images[3], batch.images[3].clone()) for batch in loader.batches(iter(random_requests(12)))]
    assert all(torch.equal(image, copy) for image, copy in held)


def test_the_memory_of_images_that_nobody_holds_is_used_again(shards: Shards) -> None:
    loader = ViewLoader(shards, workers=1, ahead=2)
    places = [batch.images.data_ptr() for batch in loader.batches(iter(random_requests(20)))]
    assert len(set(places)) <= 2 + 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="only a GPU has use for pinned memory")
def test_pinned_images_are_those_of_ordinary_memory(shards: Shards) -> None:
    pinned = ViewLoader(shards, workers=2, pin=True).batches(iter(random_requests(12)))
    ordinary = ViewLoader(shards, workers=2).batches(iter(random_requests(12)))
    for one, other in zip(pinned, ordinary, strict=True):
        assert one.images.is_pinned()
        assert torch.equal(one.images.to("cuda", non_blocking=True).cpu(), other.images)


def test_memory_does_not_grow_with_the_number_of_batches(shards: Shards) -> None:
    loader = ViewLoader(shards, workers=2, ahead=2)
    batch = 40 * SIDE * SIDE * 3
    tracemalloc.start()
    for _ in loader.batches(iter(random_requests(60))):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * batch


def test_few_requests_are_read_before_their_turn(shards: Shards) -> None:
    read = 0

    def counted() -> Iterator[NDArray[np.int64]]:
        nonlocal read
        for rows in random_requests(20, size=4):
            read += 1
            yield rows

    for taken, _ in enumerate(ViewLoader(shards, workers=2, ahead=3).batches(counted()), start=1):
        assert read == min(20, taken + 3)


def test_photos_that_do_not_fit_in_memory_are_refused(shards: Shards, monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(available=2**20 * 0.9)
    monkeypatch.setattr("streetsense_training.loading.psutil.virtual_memory", lambda: free)
    message = (
        r"^in_memory: 30 photos of 80 px take 0\.0 GiB and 0\.0 GiB of memory are free; load them from the disk, or"
    )
    with pytest.raises(InputError, match=message + r" make them smaller\.$"):
        ViewLoader(shards, in_memory=True)


# Failures


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_damaged_photo_fails_alone(shards: Shards, tmp_path: Path, in_memory: bool) -> None:
    loader = ViewLoader(damaged(shards, tmp_path / "s", [4]), workers=2, in_memory=in_memory)
    for _ in range(2):
        (batch,) = loader.batches(requests([3, 4, 5]))
        assert batch.failed.tolist() == [False, True, False]
        assert not batch.images[1].any()
        assert np.array_equal(batch.images[2].numpy(), decode_photo(shards.read(5)))


def test_a_photo_of_another_size_fails(shards: Shards, tmp_path: Path) -> None:
    small = encode_jpeg(np.zeros((16, 16, 3), np.uint8))
    shutil.copytree(shards.folder, tmp_path / "s")
    data = shards.read(2)
    tar = tmp_path / "s" / "shard-00000.tar"
    tar.write_bytes(tar.read_bytes().replace(data, small + bytes(len(data) - len(small))))
    (batch,) = ViewLoader(Shards.open(tmp_path / "s")).batches(requests([1, 2]))
    assert batch.failed.tolist() == [False, True]


def test_a_file_that_has_gone_ends_the_work_with_its_name(shards: Shards, tmp_path: Path) -> None:
    copy = damaged(shards, tmp_path / "s", [])
    (tmp_path / "s" / "shard-00001.tar").unlink()
    batches = ViewLoader(copy, workers=2).batches(requests([0, 1], [8], [0]))
    assert not next(batches).failed.any()
    with pytest.raises(StreetSenseError, match=r"shard-00001\.tar: the file has gone"):
        next(batches)
    assert threads_of_loaders() == []


def test_a_row_that_is_not_there_is_an_error(shards: Shards) -> None:
    with pytest.raises(IndexError, match="row 30 of 30"):
        list(ViewLoader(shards).batches(requests([0, 30])))


@pytest.mark.parametrize("name", ["workers", "ahead"])
def test_too_few_workers_or_batches_ahead_are_refused(shards: Shards, name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name}: 0 is too few; use 1 or more\.$"):
        ViewLoader(shards, **{name: 0})  # type: ignore[arg-type]


def test_shards_without_a_photo_are_refused(tmp_path: Path) -> None:
    empty = make_shards(tmp_path / "s", [], side=SIDE)
    with pytest.raises(InputError, match=r"s: no photo is there; run 'streetsense fetch' again\.$"):
        ViewLoader(empty)


# Ending


def test_closing_the_batches_ends_the_threads(shards: Shards) -> None:
    batches = ViewLoader(shards, workers=3).batches(iter(random_requests(50)))
    next(batches)
    assert threads_of_loaders()
    batches.close()
    assert threads_of_loaders() == []


def test_an_error_in_the_requests_reaches_the_consumer_and_ends_the_threads(shards: Shards) -> None:
    def broken() -> Iterator[NDArray[np.int64]]:
        yield np.array([1])
        raise KeyError("no more pairs")

    with pytest.raises(KeyError, match="no more pairs"):
        list(ViewLoader(shards, workers=3).batches(broken()))
    gc.collect()
    assert threads_of_loaders() == []


# Real photos


@pytest.mark.real
def test_real_faces_load_the_same_from_disk_and_memory(tmp_path: Path, shared_data: Path) -> None:
    paths = sorted((shared_data / "panoramax_capferret" / "faces").glob("*.jpg"))[:60]
    real = make_shards(tmp_path / "s", [(path.stem, path, "") for path in paths], side=112, shard_size=16)
    rows = [np.random.default_rng(0).permutation(60)[:24] for _ in range(4)]
    disk = as_bytes(ViewLoader(real, workers=2).batches(iter(rows)))
    assert as_bytes(ViewLoader(real, workers=2, in_memory=True).batches(iter(rows))) == disk
    assert not any(any(failed) for _, _, failed in disk)
