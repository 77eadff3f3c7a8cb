"""Whether a file is a photo that can be used."""

from __future__ import annotations

from streetsense.images.decode import decode_pixels
from streetsense.images.header import MAX_PIXELS, MAX_SIDE, MIN_SIDE, PhotoInfo, read_header


def check_photo(
    data: bytes, *, max_side: int = MAX_SIDE, max_pixels: int = MAX_PIXELS, min_side: int = MIN_SIDE
) -> PhotoInfo:
    """Make sure that a photo is whole, and say what it is.

    The header decides first, so that a file that claims to be enormous is refused without being decoded. Then the file
    is decoded to its end, a JPEG at an eighth of its size, because only that finds truncated and damaged files.

    Parameters
    ----------
    data : bytes
        The encoded photo.
    max_side, max_pixels, min_side : int
        Limits in pixels on the longest side, the area and the shortest side.

    Returns
    -------
    PhotoInfo
        Size as it is looked at, format, EXIF orientation and pixel type.

    Raises
    ------
    PhotoError
        When the file is empty, no photo, truncated, broken, too large or too small; its text is the reason.
    """
    info = read_header(data, max_side=max_side, max_pixels=max_pixels, min_side=min_side)
    decode_pixels(data, info, short_side=1)
    return info
