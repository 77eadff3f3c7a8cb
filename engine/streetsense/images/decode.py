"""From the bytes of a photo to its pixels and back, fast for JPEG.

A JPEG stores blocks of 8 x 8 cosine coefficients, and decoding only the low ones gives the picture at a half, a quarter
or an eighth of its size for less work and memory than decoding it all. The scales between these exist as well, but they
are slower and shift the picture by parts of a pixel, up to three grey levels on average. The files that libjpeg-turbo
cannot turn into RGB go to Pillow.
"""

from __future__ import annotations

import io
from typing import cast

import numpy as np
import PIL
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from streetsense.images.header import FORMATS, MIN_SIDE, PhotoError, PhotoInfo, read_header

#: What turns files into pixels here; recorded with encoders and embeddings, because decoders differ by grey levels.
DECODER = f"simplejpeg {simplejpeg.__version__} DCT-scaled, Pillow {PIL.__version__}"

#: The one complaint of libjpeg-turbo that leaves every pixel intact: some cameras pad their files.
_HARMLESS = "extraneous bytes before marker"


def decode_photo(data: bytes, short_side: int | None = None, *, min_side: int = MIN_SIDE) -> NDArray[np.uint8]:
    """Decode a photo, upright, in RGB.

    The interpreter's lock is released while pixels are decoded, so threads work in parallel.

    Parameters
    ----------
    data : bytes
        The encoded photo.
    short_side : int, optional
        The short side in pixels that is needed. JPEGs are then decoded at the smallest of the scales 1/8, 1/4, 1/2 and
        1 whose short side is at least this long; other formats come whole. None decodes at full size.
    min_side : int
        Smallest side in pixels that is accepted.

    Returns
    -------
    numpy.ndarray
        ``[H, W, 3]`` uint8, C-contiguous, EXIF orientation applied. Grey becomes RGB, transparency is laid on white,
        16 bits a channel become 8.

    Raises
    ------
    PhotoError
        When the file is empty, no photo, truncated, broken, too large or too small.
    """
    info = read_header(data, min_side=min_side)
    return upright(decode_pixels(data, info, short_side), info.orientation)


def decode_pixels(data: bytes, info: PhotoInfo, short_side: int | None) -> NDArray[np.uint8]:
    """Decode as `decode_photo` does, for a header that is known already, without applying the orientation."""
    if info.format in ("JPEG", "MPO") and info.mode in ("RGB", "L"):
        return _decode_jpeg(data, _scaled_side(min(info.width, info.height), short_side))
    return _decode_with_pillow(data, short_side)


def upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Apply an EXIF orientation (1 to 8, EXIF 2.3 tag 0x0112) to ``[H, W, 3]`` pixels."""
    if orientation >= 5:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def encode_jpeg(pixels: NDArray[np.uint8], quality: int = 92) -> bytes:
    """Encode ``[H, W, 3]`` uint8 RGB pixels as a JPEG with 4:2:0 chroma; ``quality`` is libjpeg's, 1 to 100."""
    array = np.ascontiguousarray(pixels)
    return cast(bytes, simplejpeg.encode_jpeg(array, quality=quality, colorspace="RGB", colorsubsampling="420"))


def _scaled_side(whole: int, needed: int | None) -> int:
    """Return the short side at the smallest good scale that is long enough, where the whole has ``whole``."""
    if needed is None:
        return whole
    return next((side for side in (-(-whole // parts) for parts in (8, 4, 2)) if side >= needed), whole)


def _decode_jpeg(data: bytes, short_side: int) -> NDArray[np.uint8]:
    try:
        try:
            return _simplejpeg(data, short_side, strict=True)
        except ValueError as error:
            if _HARMLESS not in str(error):
                raise
            return _simplejpeg(data, short_side, strict=False)
    except ValueError as error:
        reason = str(error)
        if "Premature end" in reason:
            raise PhotoError("truncated: the JPEG ends before its last row") from error
        raise PhotoError(f"broken: {reason}") from error


def _simplejpeg(data: bytes, short_side: int, *, strict: bool) -> NDArray[np.uint8]:
    decoded = simplejpeg.decode_jpeg(data, "RGB", min_height=short_side, min_width=short_side, strict=strict)
    return cast(NDArray[np.uint8], decoded)


def _decode_with_pillow(data: bytes, short_side: int | None) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if short_side is not None:
                share = min(1.0, short_side / min(image.size))
                image.draft(None, (int(image.width * share), int(image.height * share)))
            return np.array(_to_rgb(image), dtype=np.uint8)
    except PhotoError:
        raise
    except Exception as error:  # Plugins fed with garbage raise whatever their parsing stumbles over.
        kind = "truncated" if "truncated" in str(error) else "broken"
        raise PhotoError(f"{kind}: {str(error) or type(error).__name__}") from error


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert any of Pillow's pixel types to 8-bit RGB."""
    if image.mode == "F":
        raise PhotoError("unusable pixels: floating point values are not a photo")
    if image.mode.startswith("I"):
        # 16-bit grey: Pillow's own conversion clips at 255 instead of scaling.
        grey = np.clip(np.asarray(image, dtype=np.int64) >> 8, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")
