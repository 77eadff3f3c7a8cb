"""Taking the owner out of EXIF: names, serial numbers and maker's notes leave a TIFF structure, all else stays.

Directories are rewritten where they are: entries that are left out are closed up, and no value moves, because others
refer to values by their positions. So a block keeps its length, and programs find in it what they found before.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

#: What is taken out (EXIF 3.0, DNG 1.7, and what Windows and Adobe add). The copyright notice stays: it says what may
#: be done with the photo. Maker's notes hold serial numbers, each maker's in a form of its own.
_OWNER_TAGS = frozenset(
    {
        0x013B,  # Artist
        0x013C,  # HostComputer
        0x927C,  # MakerNote
        0x9C9D,  # XPAuthor
        0xA430,  # CameraOwnerName
        0xA431,  # BodySerialNumber
        0xA435,  # LensSerialNumber
        0xA437,  # Photographer
        0xA438,  # ImageEditor
        0xC62F,  # CameraSerialNumber of DNG
        0xC634,  # DNGPrivateData: the maker's note of a raw photo that was converted
        0xFDE8,  # OwnerName of Adobe
        0xFDE9,  # SerialNumber of Adobe
    }
)
#: Values that are metadata in a form of its own.
XMP, IPTC, PHOTOSHOP = 0x02BC, 0x83BB, 0x8649
_SUB_DIRECTORIES = frozenset({0x014A, 0x8769, 0x8825, 0xA005})  # SubIFDs, EXIF, GPS, interoperability
#: Tags of positions, and of the lengths of what is there: strips, tiles, the thumbnail.
_PIXELS = ((0x0111, 0x0117), (0x0144, 0x0145), (0x0201, 0x0202))
_BYTES_OF_KIND = {3: 2, 4: 4, 5: 8, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
#: Photos have a handful.
_MAX_DIRECTORIES = 64

#: Positions in a file: of the first byte, and behind the last.
Span = tuple[int, int]


@dataclass(frozen=True)
class _Entry:
    """An entry of a directory: 12 bytes, which hold a short value; a longer one is apart."""

    at: int
    tag: int
    kind: int
    value: Span
    is_apart: bool


@dataclass(frozen=True)
class _Directory:
    """A directory, which may claim more entries than there can be: then it is not whole, and those are left out."""

    at: int
    entries: list[_Entry]
    is_whole: bool

    @property
    def span(self) -> Span:
        return self.at, self.at + 2 + 12 * len(self.entries)


def take_owner_from_exif(data: bytearray, start: int, end: int) -> list[tuple[int, Span]]:
    """Take the owner out of a TIFF structure, in place. One that makes no sense stays as it is.

    Parameters
    ----------
    data : bytearray
        The file.
    start, end : int
        Where the structure begins, with its byte order, and ends.

    Returns
    -------
    list of (int, (int, int))
        Tags (`XMP`, `IPTC`, `PHOTOSHOP`) and positions of other forms of metadata in it, which are not looked into.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[start : start + 4]))
    if order is None or end - start < 8:
        return []
    block = _Block(data, start, end, order)
    directories = block.directories()
    tables = [directory.span for directory in directories]
    owned = [entry.value for entry in _apart(directories) if entry.tag in _OWNER_TAGS]
    kept = [entry.value for entry in _apart(directories) if entry.tag not in _OWNER_TAGS]
    # Where values lie on directories, or directories on each other, any change would change something else as well.
    if len(directories) > _MAX_DIRECTORIES or _share(tables) or _touch(kept, tables):
        return []
    kept += [(first, last + 4) for first, last in tables]
    kept += [span for directory in directories for span in block.pixels(directory)]
    _zero(data, owned, [*kept, (start, start + 8)])
    for directory in directories:
        block.close_up(directory)
    others = {(entry.tag, entry.value): None for entry in _apart(directories) if entry.tag in (XMP, IPTC, PHOTOSHOP)}
    return list(others)[:_MAX_DIRECTORIES]


@dataclass(frozen=True)
class _Block:
    """A TIFF structure within a file."""

    data: bytearray
    start: int
    end: int
    order: str

    def directories(self) -> list[_Directory]:
        """Return all directories that can be reached, each once; one more than allowed when there are more."""
        found: dict[int, _Directory] = {}
        ahead = [(self._number(self.start + 4, 4), True)]
        while ahead and len(found) <= _MAX_DIRECTORIES:
            offset, is_chained = ahead.pop()
            at = self.start + offset
            if offset < 8 or at + 2 > self.end or at in found:
                continue
            found[at] = directory = self._directory(at)
            for entry in directory.entries:
                if entry.tag in _SUB_DIRECTORIES:
                    ahead += [(number, False) for number in islice(self._numbers(entry), _MAX_DIRECTORIES)]
            behind = directory.span[1]
            # Some cameras leave out the position of the next directory where there cannot be any.
            if is_chained and directory.is_whole and behind + 4 <= self.end:
                ahead.append((self._number(behind, 4), True))
        return list(found.values())

    def pixels(self, directory: _Directory) -> Iterator[Span]:
        """Yield where a directory's pixels are, which no other value may reach into."""
        numbers = {entry.tag: entry for entry in directory.entries}
        for place, size in _PIXELS:
            if place in numbers and size in numbers:
                for offset, length in zip(self._numbers(numbers[place]), self._numbers(numbers[size]), strict=False):
                    yield self.start + offset, min(self.start + offset + length, self.end)

    def close_up(self, directory: _Directory) -> None:
        """Take the owner's entries out of a directory, and close it up."""
        first, last = directory.span
        entries = [bytes(self.data[entry.at : entry.at + 12]) for entry in directory.entries]
        rest = [raw for raw, entry in zip(entries, directory.entries, strict=True) if entry.tag not in _OWNER_TAGS]
        if len(rest) == len(entries):
            return
        following = bytes(self.data[last : min(last + 4, self.end)]) if directory.is_whole else b""
        count = len(rest) if directory.is_whole else self._number(first, 2)
        table = struct.pack(f"{self.order}H", count) + b"".join(rest) + following
        self.data[first:last] = table.ljust(last - first, b"\0")

    def _directory(self, at: int) -> _Directory:
        claimed = self._number(at, 2)
        count = min(claimed, (self.end - at - 2) // 12)
        return _Directory(at, [self._entry(at + 2 + 12 * number) for number in range(count)], count == claimed)

    def _entry(self, at: int) -> _Entry:
        tag, kind, count, offset = struct.unpack_from(f"{self.order}HHII", self.data, at)
        size = count * _BYTES_OF_KIND.get(kind, 1)
        if size <= 4:
            return _Entry(at, tag, kind, (at + 8, at + 8 + size), is_apart=False)
        first = min(self.start + offset, self.end)
        return _Entry(at, tag, kind, (first, min(first + size, self.end)), is_apart=True)

    def _numbers(self, entry: _Entry) -> Iterator[int]:
        """Yield the whole numbers of an entry."""
        if entry.kind in (3, 4, 13):
            size, (first, last) = _BYTES_OF_KIND[entry.kind], entry.value
            yield from (self._number(at, size) for at in range(first, last - size + 1, size))

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], "little" if self.order == "<" else "big")


def _apart(directories: Iterable[_Directory]) -> Iterator[_Entry]:
    for directory in directories:
        yield from (entry for entry in directory.entries if entry.is_apart)


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same positions as spans that neither overlap nor touch, in their order."""
    merged: list[Span] = []
    for first, last in sorted(span for span in spans if span[0] < span[1]):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged


def _common(some: Iterable[Span], others: Iterable[Span]) -> Iterator[Span]:
    """Yield what both have in common."""
    merged = _merged(others)
    for first, last in _merged(some):
        number = max(0, bisect_right(merged, (first, first)) - 1)
        while number < len(merged) and merged[number][0] < last:
            low, high = max(first, merged[number][0]), min(last, merged[number][1])
            if low < high:
                yield low, high
            number += 1


def _touch(some: Iterable[Span], others: Iterable[Span]) -> bool:
    return any(True for _ in _common(some, others))


def _share(spans: list[Span]) -> bool:
    """Tell whether some of the spans overlap."""
    ordered = sorted(spans)
    return any(second[0] < first[1] for first, second in pairwise(ordered))


def _zero(data: bytearray, owned: Iterable[Span], kept: Iterable[Span]) -> None:
    """Write zeros where the owner's values are, except where something else is as well."""
    owned = _merged(owned)
    shared = [(span, bytes(data[span[0] : span[1]])) for span in _common(owned, kept)]
    for first, last in owned:
        data[first:last] = bytes(last - first)
    for (first, last), value in shared:
        data[first:last] = value
