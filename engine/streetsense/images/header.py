"""What a photo's header says, read before any pixel is decoded."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image

from streetsense.errors import StreetSenseError

#: The longest side that is decoded, in pixels. The largest street view panoramas have 16,384.
MAX_SIDE = 29_999
#: The most pixels that are decoded: just below the number at which Pillow refuses by itself.
MAX_PIXELS = 178_000_000
#: The shortest side that still shows a street, in pixels.
MIN_SIDE = 64
#: What is opened. The list is closed, because Pillow's other plugins include some that run outside programs.
FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_ORIENTATION_TAG = 0x0112

# Pillow warns from half its limit on; the limits above decide instead, and they are checked before any decoding.
# What it says about damaged EXIF would reach the user without the photo's name.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.TiffImagePlugin")


class PhotoError(StreetSenseError):
    """A file that cannot be used as a photo; its text is the reason, fit for the ``error`` column of the views."""


@dataclass(frozen=True)
class PhotoInfo:
    """What a photo's header says.

    Attributes
    ----------
    width, height : int
        Size in pixels of the photo as it is looked at, that is after its EXIF orientation is applied.
    format : str
        ``JPEG``, ``MPO``, ``PNG``, ``WEBP``, ``TIFF`` or ``BMP``.
    orientation : int
        EXIF orientation, 1 to 8; 1 where the file does not say it.
    mode : str
        Pixel type as Pillow names it: ``RGB``, ``L``, ``CMYK``, ``I;16``, ``RGBA``, ...
    """

    width: int
    height: int
    format: str
    orientation: int = 1
    mode: str = "RGB"


def read_header(
    data: bytes, *, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE
) -> PhotoInfo:
    """Read a photo's header and refuse what must not or cannot be decoded.

    Parameters
    ----------
    data : bytes
        The encoded photo.
    max_side, max_pixels, min_side : int
        Limits in pixels on the longest side, the area and the shortest side.

    Raises
    ------
    PhotoError
        When the file is empty, no photo, too large or too small.
    """
    if not data:
        raise PhotoError("the file is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            columns, rows, kind, mode = image.width, image.height, str(image.format), image.mode
            _require_size(columns, rows, max_side=max_side, max_pixels=max_pixels, min_side=min_side)
            orientation = _orientation(image)
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(f"too large: over {max_pixels:,} pixels, refused before decoding") from error
    except Exception as error:  # Plugins fed with garbage raise whatever their parsing stumbles over.
        raise PhotoError(_no_photo(data)) from error
    if orientation >= 5:
        columns, rows = rows, columns
    return PhotoInfo(columns, rows, kind, orientation, mode)


def _require_size(columns: int, rows: int, *, max_side: int, max_pixels: int, min_side: int) -> None:
    size = f"{columns} x {rows} pixels"
    if max(columns, rows) > max_side or columns * rows > max_pixels:
        raise PhotoError(
            f"too large: {size}, refused before decoding (limits {max_side:,} a side, {max_pixels:,} in all)"
        )
    if min(columns, rows) < min_side:
        raise PhotoError(f"too small: {size} (at least {min_side} a side are needed)")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; damaged EXIF does not make a photo unusable, so it counts as upright."""
    try:
        if image.format == "PNG":
            # Pillow's getexif would decode the whole PNG to look behind its pixels.
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))
        else:
            exif = image.getexif()
        value = exif.get(_ORIENTATION_TAG, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _no_photo(data: bytes) -> str:
    start = data[:256].lstrip().lower()
    if start.startswith((b"<", b"{")):
        return "no photo: the file holds text, such as a web page or an error message"
    if data.startswith(b"\xff\xd8"):
        return "broken: the JPEG ends within its header or is damaged there"
    if data[4:8] == b"ftyp":
        return "no photo that can be read: HEIC, AVIF or video; convert it to JPEG"
    return "no photo: not a JPEG, PNG, WebP, TIFF or BMP file"
