"""Photos: which files are refused and why, what their pixels are, and the square an encoder sees."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageOps

from streetsense.images import HALF, PhotoError, Preprocess, check_photo, decode_photo, encode_jpeg
from streetsense.images.decode import upright
from streetsense.images.preprocess import centre_box

ORIENTATION = 0x0112


def scene(width: int = 320, height: int = 240, seed: int = 0) -> NDArray[np.uint8]:
    """Return pixels with the smooth areas and edges of a photo."""
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 20 + 1, width // 20 + 1, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def saved(image: Image.Image | NDArray[np.uint8], kind: str = "JPEG", **options: object) -> bytes:
    """Return an image as the bytes of a file."""
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, kind, **options)
    return stream.getvalue()


def rotated(pixels: NDArray[np.uint8], orientation: int, kind: str = "JPEG") -> bytes:
    """Return a file that says ``orientation`` in its EXIF."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return saved(pixels, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))


def bomb(side: int) -> bytes:
    """Return a small PNG whose header claims ``side`` pixels a side."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(bytes(99)), b"IEND"]
    packed = [struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


JPEG = saved(scene(), quality=90)
PNG = saved(scene(), "PNG")


# Which files are refused


def test_a_whole_photo_is_described() -> None:
    info = check_photo(JPEG)
    assert (info.width, info.height, info.format, info.orientation) == (320, 240, "JPEG", 1)


def test_the_size_of_a_turned_photo_is_the_size_it_is_looked_at() -> None:
    info = check_photo(rotated(scene(320, 240), 6))
    assert (info.width, info.height, info.orientation) == (240, 320, 6)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<html><body>403 Forbidden</body></html>", "web page"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "convert it to JPEG"),
        (b"not an image at all" * 20, "no photo"),
        (JPEG[:12], "header"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (JPEG[:-30], "truncated"),
        (PNG[: len(PNG) // 2], "truncated|broken"),
        (PNG[:2000] + bytes(200) + PNG[2200:], "broken"),
        (saved(scene(63, 200)), "too small"),
        (bomb(30_000), "too large.*refused before decoding"),
        (bomb(2**31 - 1), "too large.*refused before decoding"),
        (saved(Image.new("1", (30_000, 100)), "PNG"), "too large: 30000 x 100 pixels, refused before decoding"),
    ],
)
def test_an_unusable_file_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(PhotoError, match=reason):
        check_photo(data)
    with pytest.raises(PhotoError, match=reason):
        decode_photo(data, 100)


def test_a_photo_of_30000_pixels_is_refused_by_its_header() -> None:
    wide = bytearray(JPEG)
    at = wide.index(b"\xff\xc0") + 5
    wide[at : at + 4] = struct.pack(">HH", 30_000, 30_000)
    with pytest.raises(PhotoError, match=r"too large.*refused before decoding"):
        check_photo(bytes(wide))


def test_padding_that_some_cameras_add_is_no_damage() -> None:
    padded = JPEG[:-2] + b"\x00\x01\x02" + JPEG[-2:]
    assert check_photo(padded).width == 320
    assert np.array_equal(decode_photo(padded), decode_photo(JPEG))


def test_other_images_behind_a_photo_are_no_damage() -> None:
    assert check_photo(JPEG + JPEG[:500]).width == 320


def test_damaged_exif_leaves_a_photo_usable() -> None:
    damaged = rotated(scene(), 6).replace(b"II*\x00", b"IIxx").replace(b"MM\x00*", b"MMxx")
    assert check_photo(damaged).orientation == 1


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=300), st.sampled_from([b"", JPEG[:400], PNG[:300], b"RIFF", b"II*\x00", b"BM"]))
def test_any_bytes_are_a_photo_or_a_reason(tail: bytes, head: bytes) -> None:
    try:
        info = check_photo(head + tail)
    except PhotoError as error:
        assert str(error)
    else:
        assert min(info.width, info.height) >= 64


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(JPEG) - 3))
def test_a_jpeg_cut_anywhere_is_refused(length: int) -> None:
    with pytest.raises(PhotoError):
        check_photo(JPEG[:length])


# What their pixels are


def test_a_jpeg_at_full_size_has_the_pixels_that_pillow_finds() -> None:
    ours, pillow = decode_photo(JPEG), np.asarray(Image.open(io.BytesIO(JPEG)))
    assert ours.shape == pillow.shape
    assert np.abs(ours.astype(int) - pillow).max() <= 3


@pytest.mark.parametrize("short_side", [1, 30, 100, 180, 240, 1000])
def test_a_scaled_jpeg_is_as_large_as_asked_or_whole(short_side: int) -> None:
    decoded = decode_photo(JPEG, short_side)
    assert min(short_side, 240) <= min(decoded.shape[:2]) <= 240
    assert decoded.shape[1] / decoded.shape[0] == pytest.approx(320 / 240, rel=0.05)


def test_a_scaled_jpeg_is_smaller_than_the_whole() -> None:
    assert decode_photo(JPEG, 60).shape == (60, 80, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photos_come_upright_from_every_orientation(orientation: int, kind: str) -> None:
    data = rotated(scene(120, 80), orientation, kind)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    decoded = decode_photo(data)
    assert decoded.shape == expected.shape
    assert decoded.flags.c_contiguous
    assert np.abs(decoded.astype(int) - expected).mean() < 1


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 8))
def test_orientations_undo_each_other(orientation: int) -> None:
    pixels = scene(30, 20)
    back = {6: 8, 8: 6}.get(orientation, orientation)
    assert np.array_equal(upright(upright(pixels, orientation), back), pixels)


def test_grey_photos_become_rgb() -> None:
    grey = Image.fromarray(scene()).convert("L")
    decoded = decode_photo(saved(grey, quality=95))
    assert np.abs(decoded.astype(int) - np.asarray(grey)[..., None]).max() <= 8


def test_cmyk_photos_have_the_colours_that_pillow_finds() -> None:
    data = saved(Image.fromarray(scene()).convert("CMYK"), quality=95)
    assert np.array_equal(decode_photo(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_sixteen_bits_a_pixel_become_eight() -> None:
    deep = (np.arange(128 * 128, dtype=np.uint16) * 4).reshape(128, 128)
    decoded = decode_photo(saved(Image.fromarray(deep), "PNG"))
    assert np.array_equal(decoded[..., 0], (deep >> 8).astype(np.uint8))


def test_transparency_is_laid_on_white() -> None:
    layer = np.zeros((80, 80, 4), np.uint8)
    layer[:, 40:, 3] = 255
    decoded = decode_photo(saved(Image.fromarray(layer), "PNG"))
    assert (decoded[:, :40] == 255).all()
    assert (decoded[:, 40:] == 0).all()


def test_a_palette_becomes_rgb() -> None:
    image = Image.fromarray(scene()).quantize(32)
    assert np.array_equal(decode_photo(saved(image, "PNG")), np.asarray(image.convert("RGB")))


def test_floating_point_pixels_are_refused() -> None:
    with pytest.raises(PhotoError, match="floating point"):
        check_photo(saved(Image.new("F", (100, 100), 0.5), "TIFF"))


def test_encoding_and_decoding_keeps_a_photo() -> None:
    pixels = scene()
    again = decode_photo(encode_jpeg(pixels, 95))
    assert np.abs(again.astype(int) - pixels).mean() < 3


# The square that an encoder sees


def published(data: bytes, size: int = 224) -> NDArray[np.uint8]:
    """Return the square as the published pipeline makes it: full decode, Resize(size, bicubic), CenterCrop(size)."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    short = min(image.size)
    resized = (int(size * image.width / short), int(size * image.height / short))
    left, top = (round((side - size) / 2) for side in resized)
    scaled = image.resize(resized, Image.Resampling.BICUBIC)
    return np.asarray(scaled.crop((left, top, left + size, top + size)))


@pytest.mark.parametrize("size", [(640, 427), (427, 640), (300, 256), (224, 300), (100, 130), (640, 640)])
def test_cropping_before_resizing_gives_the_pixels_of_cropping_after_it(size: tuple[int, int]) -> None:
    data = saved(scene(*size), "PNG")
    difference = np.abs(Preprocess().from_bytes(data).astype(int) - published(data))
    assert difference.max() <= 3
    assert difference.mean() < 0.1


@pytest.mark.parametrize("size", [(640, 640), (1024, 768), (2048, 1024), (300, 256)])
def test_the_scaled_decode_stays_close_to_the_published_pipeline(size: tuple[int, int]) -> None:
    data = saved(scene(*size), quality=85)
    difference = np.abs(Preprocess().from_bytes(data).astype(int) - published(data))
    assert difference.mean() < 1


@pytest.mark.real
def test_the_scaled_decode_of_street_photos_stays_within_one_grey_level_on_average(shared_data: Path) -> None:
    photos = sorted((shared_data / "panoramax_capferret").rglob("*.jpg"))[:12]
    photos += sorted((shared_data / "opensfm_photos").rglob("*.jpg"))[:4]
    photos += sorted((shared_data / "global_streetscapes").rglob("*.jp*g"))[:6]
    assert len(photos) >= 20
    differences = []
    for photo in photos:
        upright_photo = saved(ImageOps.exif_transpose(Image.open(photo)), "PNG", compress_level=0)
        ours = Preprocess().from_bytes(photo.read_bytes()).astype(int)
        differences.append(np.abs(ours - published(upright_photo)).mean())
    assert np.mean(differences) < 1
    assert np.max(differences) < 2


@settings(deadline=None, max_examples=40)
@given(st.integers(16, 5000), st.integers(16, 5000), st.integers(16, 518))
def test_the_crop_is_a_centred_square_inside_the_photo(width: int, height: int, size: int) -> None:
    left, top, right, bottom = centre_box(width, height, size)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert right - left == pytest.approx(min(width, height), rel=0.1)
    assert (left + right) / 2 == pytest.approx(width / 2, abs=max(1.0, width / size))


def test_a_preprocessing_survives_its_record() -> None:
    preprocess = Preprocess(size=64, normalisation=HALF)
    assert Preprocess.model_validate_json(preprocess.model_dump_json()) == preprocess


@pytest.mark.parametrize("std", [(0, 1, 1), (1, -1, 1)])
def test_a_standard_deviation_must_be_above_zero(std: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="greater than 0"):
        Preprocess.model_validate({"normalisation": {"mean": (0, 0, 0), "std": std}})
