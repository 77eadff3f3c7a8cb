"""Taking the owner out of a JPEG's segments, in all pictures that the file holds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from streetsense.images.privateblocks import clean_exif, clean_photoshop
from streetsense.images.privateexif import Span
from streetsense.images.privatetexts import blank_gopro, blank_xmp

_XMP = b"http://ns.adobe.com/xap/1.0/\0"
#: A packet longer than a segment: this, the MD5 digest of the whole as 32 letters, its length, and where the part goes.
_LONG_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_LONG_HEAD = len(_LONG_XMP) + 32 + 4 + 4
_PHOTOSHOP = b"Photoshop 3.0\0"
_EXIF, _GOPRO = b"Exif\0", b"GoPro\0"
_START = b"\xff\xd8\xff"
#: Files of several pictures (MPO) hold some; each picture's thumbnail is one as well.
_MAX_PICTURES = 64


def clean_jpeg(data: bytearray) -> None:
    """Take the owner out of a JPEG, of the pictures behind it, and of thumbnails.

    Within compressed pixels no picture can begin: there 0xFF stands before zero or the number of a restart.
    """
    at = 0
    for _ in range(_MAX_PICTURES):
        at = data.find(_START, at)
        if at < 0:
            return
        _clean_picture(data, at)
        at += len(_START)


def _clean_picture(data: bytearray, start: int) -> None:
    long_parts, packets = [], []
    for marker, (first, last) in _segments(data, start):
        match marker:
            case 0xE1 if data.startswith(_EXIF, first, last):
                clean_exif(data, (first, last))
            case 0xE1 if data.startswith(_XMP, first, last):
                packets.append((first + len(_XMP), last))
                blank_xmp(data, packets[-1])
            case 0xE1 if data.startswith(_LONG_XMP, first, last) and last - first > _LONG_HEAD:
                long_parts.append((first, last))
            case 0xE6 if data.startswith(_GOPRO, first, last):
                blank_gopro(data, (first, last))
            case 0xED if data.startswith(_PHOTOSHOP, first, last):
                clean_photoshop(data, (first + len(_PHOTOSHOP), last))
    if long_parts:
        _clean_long_xmp(data, long_parts, packets)


def _segments(data: bytearray, start: int) -> Iterator[tuple[int, Span]]:
    """Yield the markers of a picture's segments and where their contents are, up to the start of its pixels."""
    at = start + 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in (0xD9, 0xDA) or length < 2:
            return
        yield marker, (at + 4, min(at + 2 + length, len(data)))
        at += 2 + length


def _clean_long_xmp(data: bytearray, parts: list[Span], packets: list[Span]) -> None:
    """Blank the owner in a packet that is spread over segments, and write its digest anew where it was right."""
    name = len(_LONG_XMP)
    parts = sorted(parts, key=lambda part: bytes(data[part[0] + name + 36 : part[0] + _LONG_HEAD]))
    before = b"".join(data[first + _LONG_HEAD : last] for first, last in parts)
    whole = bytearray(before)
    blank_xmp(whole, (0, len(whole)))
    at = 0
    for first, last in parts:
        size = last - first - _LONG_HEAD
        data[first + _LONG_HEAD : last] = whole[at : at + size]
        at += size
    old, new = (hashlib.md5(content, usedforsecurity=False).hexdigest().upper().encode() for content in (before, whole))
    for first, _ in parts:
        place = first + name
        if data[place : place + 32] == old:
            data[place : place + 32] = new
    for first, last in packets:
        place = data.find(old, first, last)
        if place >= 0:
            data[place : place + 32] = new
