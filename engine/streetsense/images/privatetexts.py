"""Taking the owner out of XMP, IPTC, Photoshop's and GoPro's metadata: values become blanks of the same length."""

from __future__ import annotations

import re

from streetsense.images.privateexif import Span

#: Names of properties, whatever the prefix: those of EXIF and its relatives, Dublin Core, Photoshop, IPTC. Rights and
#: credits stay, as the copyright notice does.
_NAMES = (
    rb"(?:[A-Za-z_][\w.-]*:)?(?:\w*SerialNumber|\w*OwnerName|\w*Maker[Nn]ote|Artist|creator|Author|"
    rb"AuthorsPosition|CaptionWriter|Photographer|ImageEditor|ImageCreator\w*|HostComputer|CreatorContactInfo|CiAdr\w+|"
    rb"CiEmailWork|CiTelWork|CiUrlWork)"
)
_ATTRIBUTE = re.compile(rb"(?<=[\s\"'])" + _NAMES + rb"\s*=\s*(?:\"([^\"<]*)\"|'([^'<]*)')")
_TAG = re.compile(rb"<(/?)(" + _NAMES + rb")(?:\s[^<>]*)?>")
#: Datasets of IPTC's record 2: by-line and its title, contact, writer of the caption.
_IPTC_OWNER = frozenset({80, 85, 118, 122})
#: Photoshop's resources of IPTC, EXIF and XMP.
_IPTC_RESOURCE, _EXIF_RESOURCE, _XMP_RESOURCE = 0x0404, 0x0422, 0x0424
#: The camera's serial number in GoPro's metadata: letters, their size and number.
_GOPRO_SERIAL = re.compile(rb"CASNc(.)(..)", re.DOTALL)


def blank_xmp(data: bytearray, span: Span) -> None:
    """Blank the owner in a packet of XMP."""
    first, last = span
    packet = bytes(data[first:last])
    values = [found.span(1 if found[1] is not None else 2) for found in _ATTRIBUTE.finditer(packet)]
    opened = None
    for tag in _TAG.finditer(packet):
        if not tag[1]:
            opened = None if tag[0].endswith(b"/>") else tag
        elif opened is not None and opened[2] == tag[2]:
            values.append((opened.end(), tag.start()))
            opened = None
    for begin, end in values:
        _blank(data, first + begin, first + end)


def blank_iptc(data: bytearray, span: Span) -> None:
    """Blank the owner in the datasets of IPTC (IIM 4.2)."""
    at, last = span
    while at + 5 <= last and data[at] == 0x1C:
        record, dataset, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5], "big")
        at += 5
        if size & 0x8000:  # a long value, the size of whose size this is
            digits = size & 0x7FFF
            size = int.from_bytes(data[at : min(at + digits, last)], "big")
            at += digits
        if record == 2 and dataset in _IPTC_OWNER:
            _blank(data, at, min(at + size, last))
        at += size


def photoshop_blocks(data: bytearray, span: Span) -> list[tuple[str, Span]]:
    """Return the blocks of ``iptc``, ``exif`` and ``xmp`` among Photoshop's resources."""
    kinds = {_IPTC_RESOURCE: "iptc", _EXIF_RESOURCE: "exif", _XMP_RESOURCE: "xmp"}
    at, last = span
    found = []
    while at + 12 <= last and data[at : at + 4] == b"8BIM":
        kind = int.from_bytes(data[at + 4 : at + 6], "big")
        at += 6 + (data[at + 6] + 2) // 2 * 2  # a name with its length, even together
        size = int.from_bytes(data[at : at + 4], "big")
        at += 4
        if kind in kinds:
            found.append((kinds[kind], (at, min(at + size, last))))
        at += size + size % 2
    return found


def blank_gopro(data: bytearray, span: Span) -> None:
    """Blank the camera's serial number in GoPro's metadata (GPMF)."""
    first, last = span
    for found in _GOPRO_SERIAL.finditer(bytes(data[first:last])):
        begin = first + found.end()
        _blank(data, begin, min(begin + found[1][0] * int.from_bytes(found[2], "big"), last))


def _blank(data: bytearray, first: int, last: int) -> None:
    if first < last:
        data[first:last] = b" " * (last - first)
