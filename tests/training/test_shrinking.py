"""Shrinking: the square is that of a careful resize of the original, and the original's shape is remembered."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from streetsense.images import PhotoError, decode_photo, encode_jpeg
from streetsense_training.shrinking import Squares, shrink

SQUARES = Squares(side=96, quality=95)


def scene(width: int, height: int) -> Image.Image:
    """Return a synthetic image with smooth areas and edges, and the modest colours of a street."""
    generator, cells = np.random.default_rng(0), (height // 40 + 1, width // 40 + 1)
    coarse = generator.integers(40, 215, (*cells, 1)) + generator.integers(-30, 30, (*cells, 3))
    return Image.fromarray(coarse.astype(np.uint8)).resize((width, height), Image.Resampling.BICUBIC)


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def resized(image: Image.Image, side: int = SQUARES.side) -> NDArray[np.int64]:
    return np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC), dtype=np.int64)


def reencoded(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return pixels as the JPEG of a square has them."""
    return decode_photo(encode_jpeg(pixels.astype(np.uint8), SQUARES.quality)).astype(np.int64)


@pytest.mark.parametrize("size", [(160, 120), (640, 640), (1024, 512), (300, 900)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_square_is_the_resized_original(size: tuple[int, int], kind: str) -> None:
    options = {} if kind == "PNG" else {"quality": 95}
    jpeg, aspect = shrink(saved(scene(*size), kind, **options), SQUARES)
    pixels = decode_photo(jpeg)
    assert pixels.shape == (96, 96, 3)
    # The colours of these narrow cells suffer from being kept at half the size.
    assert np.abs(pixels - resized(scene(*size))).mean() < 3
    assert np.abs(pixels - reencoded(resized(scene(*size)))).mean() < 1.5
    assert aspect == size[0] / size[1]


def test_a_turned_photo_is_upright_and_has_the_aspect_it_is_looked_at() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    jpeg, aspect = shrink(saved(scene(400, 100), quality=95, exif=turned), SQUARES)
    assert aspect == 0.25
    assert np.abs(decode_photo(jpeg) - resized(scene(400, 100).rotate(-90, expand=True))).mean() < 2


def test_a_photo_smaller_than_the_square_is_enlarged() -> None:
    jpeg, _ = shrink(saved(scene(80, 64), quality=95), SQUARES)
    assert decode_photo(jpeg).shape == (96, 96, 3)


def test_fine_stripes_become_grey_instead_of_other_stripes() -> None:
    stripes = np.zeros((960, 960, 3), np.uint8)
    stripes[:, ::2] = 255
    jpeg, _ = shrink(saved(Image.fromarray(stripes), "PNG"), SQUARES)
    # At the rim the filter reaches over a part of the stripes only.
    assert np.abs(decode_photo(jpeg).astype(int) - 127.5).max() < 6


def test_a_lower_quality_takes_fewer_bytes() -> None:
    photo = saved(scene(640, 480))
    sizes = [len(shrink(photo, Squares(96, quality))[0]) for quality in (50, 80, 95)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("data", [b"", b"<html>404</html>", saved(scene(640, 480))[:4000]])
def test_a_file_that_is_no_whole_photo_is_refused(data: bytes) -> None:
    with pytest.raises(PhotoError):
        shrink(data, SQUARES)


@pytest.mark.real
def test_real_faces_keep_their_pixels(shared_data: Path) -> None:
    paths = sorted((shared_data / "panoramax_capferret" / "faces").glob("*.jpg"))[:40]
    assert len(paths) == 40
    for path in paths:
        jpeg, aspect = shrink(path.read_bytes(), Squares(side=256, quality=95))
        with Image.open(path) as photo:
            assert np.abs(decode_photo(jpeg) - resized(photo, 256)).mean() < 2.5
            assert aspect == photo.width / photo.height
