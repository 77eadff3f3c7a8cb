"""Taking the owner out of a PNG's chunks of EXIF and text; their checksums are written anew."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from streetsense.images.privateblocks import clean_exif, clean_photoshop
from streetsense.images.privateexif import Span
from streetsense.images.privatetexts import blank_iptc, blank_xmp

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: A compressed text that becomes longer than this stays as it is.
_MAX_TEXT = 16 * 2**20
#: Keywords of texts that name the owner: PNG's own, and EXIF's as ImageMagick writes them (``exif:Artist``).
_OWNER = re.compile(
    rb"(?:.*:)?(?:author|artist|hostcomputer|makernote|photographer|imageeditor|by-?line|\w*serialnumber|\w*ownername)",
    re.IGNORECASE,
)
#: Whole blocks of metadata as hexadecimal digits: their kind, length and digits.
_RAW = re.compile(rb"(\s*\w+\s+\d+\s)([0-9a-fA-F\s]*)")
_RAW_KEYWORD = b"Raw profile type "
_Clean = Callable[[bytearray, Span], None]


def clean_png(data: bytes) -> bytes:
    """Return a PNG without its owner; chunks that make no sense, and all behind them, stay as they are."""
    parts, at = [data[: len(SIGNATURE)]], len(SIGNATURE)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        behind = at + 12 + size
        if behind > len(data):
            break
        kind, content = data[at + 4 : at + 8], data[at + 8 : behind - 4]
        cleaned = _KINDS[kind](content) if kind in _KINDS else content
        if cleaned == content:
            parts.append(data[at:behind])
        else:
            checksum = zlib.crc32(kind + cleaned)
            parts.append(len(cleaned).to_bytes(4, "big") + kind + cleaned + checksum.to_bytes(4, "big"))
        at = behind
    return b"".join([*parts, data[at:]])


def _exif(content: bytes) -> bytes:
    return _in_place(clean_exif, content)


def _plain_text(content: bytes) -> bytes:
    keyword, _, text = content.partition(b"\0")
    return keyword + content[len(keyword) : len(keyword) + 1] + _text(keyword, text)


def _packed_text(content: bytes) -> bytes:
    keyword, _, rest = content.partition(b"\0")
    return keyword + b"\0" + rest[:1] + _repacked(keyword, rest[1:]) if rest[:1] == b"\0" else content


def _international_text(content: bytes) -> bytes:
    found = re.match(rb"([^\0]*)\0([\0\1])\0[^\0]*\0[^\0]*\0", content)
    if found is None:
        return content
    text = content[found.end() :]
    return found[0] + (_repacked(found[1], text) if found[2] == b"\1" else _text(found[1], text))


_KINDS = {b"eXIf": _exif, b"tEXt": _plain_text, b"zTXt": _packed_text, b"iTXt": _international_text}


def _repacked(keyword: bytes, packed: bytes) -> bytes:
    """Clean a compressed text."""
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(packed, _MAX_TEXT)
    except zlib.error:
        return packed
    cleaned = _text(keyword, text) if unpacker.eof else text
    return packed if cleaned == text else zlib.compress(cleaned)


def _text(keyword: bytes, text: bytes) -> bytes:
    """Clean a text, by what its keyword says it is."""
    if keyword == b"XML:com.adobe.xmp":
        return _in_place(blank_xmp, text)
    if keyword.startswith(_RAW_KEYWORD):
        return _raw_profile(text)
    return b" " * len(text) if _OWNER.fullmatch(keyword) else text


def _raw_profile(text: bytes) -> bytes:
    found = _RAW.fullmatch(text)
    try:
        block = bytes.fromhex((found[2] if found else b"").decode("ascii"))
    except ValueError:
        return text
    cleaned = _in_place(_clean_any, block)
    if found is None or cleaned == block:
        return text
    digits = iter(cleaned.hex().encode())
    return found[1] + bytes(letter if chr(letter).isspace() else next(digits) for letter in found[2])


def _clean_any(data: bytearray, span: Span) -> None:
    """Clean a block by how it begins."""
    if data.startswith(b"8BIM"):
        clean_photoshop(data, span)
    elif data.startswith(b"\x1c"):
        blank_iptc(data, span)
    elif data.startswith((b"Exif\0", b"II*\0", b"MM\0*")):
        clean_exif(data, span)
    else:
        blank_xmp(data, span)


def _in_place(clean: _Clean, content: bytes) -> bytes:
    changed = bytearray(content)
    clean(changed, (0, len(changed)))
    return bytes(changed)
