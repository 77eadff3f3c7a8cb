"""Taking out of a photo's file who owns the camera, and its serial numbers. The pixels are not touched."""

from __future__ import annotations

from streetsense.images.privateblocks import clean_exif
from streetsense.images.privatejpeg import clean_jpeg
from streetsense.images.privatepng import SIGNATURE, clean_png
from streetsense.images.privatetexts import blank_xmp


def without_owner(data: bytes) -> bytes:
    """Return a photo without the names of people and the serial numbers of cameras and lenses in its metadata.

    Artist, owner, photographer, computer, serial numbers and the maker's note leave EXIF, their counterparts in XMP and
    IPTC are blanked. Position, direction, time, orientation, lens, panorama and the copyright notice stay, and so does
    every pixel. What is not understood stays as it is. Twice is the same as once.

    Parameters
    ----------
    data : bytes
        An encoded photo: JPEG (also of several pictures), PNG, WebP or TIFF. Other bytes come back as they are.
    """
    if data.startswith(SIGNATURE):
        return clean_png(data)
    changed = bytearray(data)
    if data.startswith(b"\xff\xd8"):
        clean_jpeg(changed)
    elif data.startswith((b"II*\0", b"MM\0*")):
        clean_exif(changed, (0, len(changed)))
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        _clean_webp(changed)
    return bytes(changed)


def _clean_webp(data: bytearray) -> None:
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        span = at + 8, min(at + 8 + size, len(data))
        if data.startswith(b"EXIF", at):
            clean_exif(data, span)
        elif data.startswith(b"XMP ", at):
            blank_xmp(data, span)
        at += 8 + size + size % 2
