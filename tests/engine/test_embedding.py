"""The embedding pipeline: order, failures, memory, and the same vectors whatever the batch size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from streetsense.embedding import EmbeddedBatch, default_workers, embed_photos
from streetsense.encoders import Encoder, create_random_encoder, load_encoder
from streetsense.errors import Cancelled, InputError
from streetsense.images import encode_jpeg

NUMBER = 23


def photo(seed: int, side: int = 96) -> bytes:
    """Return a small synthetic photo."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    return encode_jpeg(np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)))


PHOTOS = [(f"v{number:02d}", photo(number)) for number in range(NUMBER)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("encoders") / "tiny"
    create_random_encoder(path, "vit_tiny_patch16_224", image_size=64, depth=2)
    return path


@pytest.fixture(scope="module")
def encoder(folder: Path) -> Encoder:
    return load_encoder(folder)


def joined(batches: Iterator[EmbeddedBatch]) -> tuple[list[str], NDArray[np.float32], list[tuple[str, str]]]:
    made = list(batches)
    ids = [view_id for batch in made for view_id in batch.view_ids]
    return (
        ids,
        np.concatenate([batch.embeddings for batch in made]),
        [item for batch in made for item in batch.failures],
    )


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    return torch.cosine_similarity(torch.from_numpy(a), torch.from_numpy(b)).numpy()


class Recorder:
    """A progress that keeps what it is told, and cancels after some photos."""

    def __init__(self, cancel_at: float = float("inf")) -> None:
        self.reports: list[tuple[float, float, str]] = []
        self.cancel_at = cancel_at

    def report(self, done: float, total: float, message: str = "") -> None:
        self.reports.append((done, total, message))
        if done >= self.cancel_at:
            raise Cancelled("stop")

    def warn(self, message: str) -> None:
        raise AssertionError(message)


@settings(deadline=None, max_examples=15)
@given(batch_size=st.integers(1, 40), workers=st.integers(1, 4))
def test_any_batch_size_and_number_of_workers_give_the_same_vectors_in_order(
    encoder: Encoder, batch_size: int, workers: int
) -> None:
    ids, vectors, failures = joined(embed_photos(encoder, PHOTOS, batch_size=batch_size, workers=workers))
    assert ids == [view_id for view_id, _ in PHOTOS]
    assert failures == []
    squares = torch.stack([torch.from_numpy(encoder.preprocess.from_bytes(data).copy()) for _, data in PHOTOS])
    one_by_one = np.concatenate([encoder.encode(square[None]).numpy() for square in squares])
    assert vectors.dtype == np.float32
    assert cosines(vectors, one_by_one).min() >= 0.9999


def test_files_bytes_and_functions_are_the_same_photo(encoder: Encoder, tmp_path: Path) -> None:
    data = photo(1)
    (tmp_path / "a.jpg").write_bytes(data)
    _, vectors, _ = joined(embed_photos(encoder, [("a", data), ("b", tmp_path / "a.jpg"), ("c", lambda: data)]))
    assert np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(vectors[0], vectors[2])


def test_photos_that_cannot_be_used_are_failures_with_a_reason(encoder: Encoder, tmp_path: Path) -> None:
    def refused() -> bytes:
        raise PermissionError(13, "Permission denied")

    bad = [("empty", b""), ("gone", tmp_path / "no.jpg"), ("cut", photo(1)[:-300]), ("closed", refused)]
    mixed = [PHOTOS[0], bad[0], bad[1], PHOTOS[1], bad[2], bad[3]]
    ids, vectors, failures = joined(embed_photos(encoder, mixed, batch_size=2))
    assert ids == ["v00", "v01"]
    assert vectors.shape == (2, 192)
    assert [view_id for view_id, _ in failures] == ["empty", "gone", "cut", "closed"]
    reasons = " | ".join(reason for _, reason in failures)
    assert all(word in reasons for word in ("empty", "missing", "truncated", "Permission denied"))


def test_failures_alone_make_batches_without_rows(encoder: Encoder) -> None:
    ids, vectors, failures = joined(embed_photos(encoder, [(str(n), b"") for n in range(7)], batch_size=3))
    assert ids == []
    assert vectors.shape == (0, 192)
    assert len(failures) == 7


def test_no_photos_make_no_batch(encoder: Encoder) -> None:
    assert list(embed_photos(encoder, [])) == []


def test_only_a_few_photos_are_held_at_a_time(encoder: Encoder) -> None:
    taken = 0

    def endless() -> Iterator[tuple[str, bytes]]:
        nonlocal taken
        while True:
            taken += 1
            yield str(taken), PHOTOS[0][1]

    batches = embed_photos(encoder, endless(), batch_size=4, workers=2)
    for number in range(1, 6):
        next(batches)
        assert taken <= 4 * number + 2 * 4 + 2
    batches.close()


def test_progress_counts_every_photo(encoder: Encoder) -> None:
    told = Recorder()
    list(embed_photos(encoder, PHOTOS, batch_size=4, progress=told, total=NUMBER))
    assert [done for done, _, _ in told.reports] == list(range(NUMBER))
    assert {total for _, total, _ in told.reports} == {NUMBER}
    assert told.reports[-1][2].endswith("views/s")


def test_cancelling_ends_the_work_and_keeps_what_was_handed_out(encoder: Encoder) -> None:
    kept: list[str] = []
    with pytest.raises(Cancelled):
        for batch in embed_photos(encoder, PHOTOS, batch_size=4, progress=Recorder(cancel_at=10), total=NUMBER):
            kept += batch.view_ids
    assert kept == [f"v{number:02d}" for number in range(8)]


def test_a_batch_keeps_its_vectors_when_the_next_one_is_made(encoder: Encoder) -> None:
    batches = embed_photos(encoder, PHOTOS, batch_size=5)
    first = next(batches)
    before = first.embeddings.copy()
    list(batches)
    assert np.array_equal(first.embeddings, before)
    assert len(first.view_ids) == 5


def test_bf16_and_fp32_agree_to_a_cosine_of_0_9998(folder: Path) -> None:
    made = [joined(embed_photos(load_encoder(folder, precision=p), PHOTOS))[1] for p in ("bf16", "fp32")]
    assert cosines(*made).min() >= 0.9998


@pytest.mark.parametrize("wrong", [{"batch_size": 0}, {"workers": 0}])
def test_numbers_below_one_are_refused_by_name(encoder: Encoder, wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        list(embed_photos(encoder, PHOTOS, **wrong))


def test_there_is_always_a_worker() -> None:
    assert 1 <= default_workers() <= 16


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_vectors_of_the_cpu(folder: Path) -> None:
    made = [joined(embed_photos(load_encoder(folder, device), PHOTOS))[1] for device in ("cpu", "cuda")]
    assert cosines(*made).min() >= 0.9998


@pytest.mark.real
def test_the_scaled_decode_moves_embeddings_of_street_photos_little(folder: Path, shared_data: Path) -> None:
    create_random_encoder(folder.parent / "full", "vit_tiny_patch16_224", depth=4)
    encoder = load_encoder(folder.parent / "full", precision="fp32")
    files = sorted((shared_data / "opensfm_photos").rglob("*.jpg"))[:6]
    files += sorted((shared_data / "panoramax_capferret").rglob("*.jpg"))[:10]
    assert len(files) == 16

    def whole(file: Path) -> bytes:
        stream = io.BytesIO()
        ImageOps.exif_transpose(Image.open(file)).save(stream, "PNG", compress_level=0)
        return stream.getvalue()

    _, scaled, _ = joined(embed_photos(encoder, [(file.name, file) for file in files]))
    _, full, _ = joined(embed_photos(encoder, [(file.name, whole(file)) for file in files]))
    assert cosines(scaled, full).min() >= 0.999
