"""Blocks of metadata that hold others: EXIF with XMP and IPTC in it, Photoshop's resources with all three."""

from __future__ import annotations

from streetsense.images.privateexif import IPTC, PHOTOSHOP, XMP, Span, take_owner_from_exif
from streetsense.images.privatetexts import blank_iptc, blank_xmp, photoshop_blocks

_HEADER = b"Exif\0"


def clean_exif(data: bytearray, span: Span) -> None:
    """Take the owner out of EXIF, with or without its header, and out of what it holds."""
    for block in _cleaned_exif(data, span):
        clean_photoshop(data, block)


def clean_photoshop(data: bytearray, span: Span) -> None:
    """Take the owner out of Photoshop's resources. In EXIF within them no further ones are looked for."""
    for kind, block in photoshop_blocks(data, span):
        if kind == "xmp":
            blank_xmp(data, block)
        elif kind == "iptc":
            blank_iptc(data, block)
        else:
            _cleaned_exif(data, block)


def _cleaned_exif(data: bytearray, span: Span) -> list[Span]:
    """Take the owner out of EXIF; return where it has resources of Photoshop, which are left alone."""
    first, last = span
    while data.startswith(_HEADER, first, last):  # some programs write it twice
        first += len(_HEADER) + 1
    resources = []
    for tag, value in take_owner_from_exif(data, first, last):
        if tag == XMP:
            blank_xmp(data, value)
        elif tag == IPTC:
            blank_iptc(data, value)
        elif tag == PHOTOSHOP:
            resources.append(value)
    return resources
