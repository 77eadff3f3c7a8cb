"""Points in Mapbox vector tiles, with their properties in the types that the tile has.

GDAL reads such tiles too, but turns whole numbers into floating point where one is missing (names of 17 digits lose
their last), and a server's GDAL reads only the formats that users send.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

#: Types in which protocol buffers write a field.
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_POINT, _MOVE_TO = 1, 1

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class TilePoint:
    """A point of a tile's layer.

    Attributes
    ----------
    x, y : float
        Right and down from the tile's upper left corner; the tile's sides are 1.
    properties : dict
        What the tile says of it.
    """

    x: float
    y: float
    properties: dict[str, Value]


def tile_points(tile: bytes, layer: str) -> list[TilePoint]:
    """Read the points of one layer.

    Parameters
    ----------
    tile : bytes
        Not compressed.
    layer : str
        The layer's name.

    Returns
    -------
    list of TilePoint
        In the tile's order; of a feature of several points the first. Nothing when the tile has no such layer.

    Raises
    ------
    ValueError
        When the bytes are no vector tile, or damaged.
    """
    try:
        return [point for field, body in _fields(tile) if field == 3 for point in _layer_points(_bytes(body), layer)]
    except (IndexError, struct.error, UnicodeDecodeError, ZeroDivisionError) as error:
        raise ValueError("no vector tile, or a damaged one") from error


def _layer_points(data: bytes, wanted: str) -> Iterator[TilePoint]:
    """Yield the points of a layer when it is the wanted one."""
    name, extent = "", 4096
    keys: list[str] = []
    values: list[Value] = []
    features: list[bytes] = []
    for field, body in _fields(data):
        if field == 1:
            name = _bytes(body).decode()
        elif field == 2:
            features.append(_bytes(body))
        elif field == 3:
            keys.append(_bytes(body).decode())
        elif field == 4:
            values.append(_value(_bytes(body)))
        elif field == 5:
            extent = _integer(body)
    if name != wanted:
        return
    for feature in features:
        tags: list[int] = []
        geometry: list[int] = []
        kind = 0
        for field, body in _fields(feature):
            if field == 2:
                tags = _packed(_bytes(body))
            elif field == 3:
                kind = _integer(body)
            elif field == 4:
                geometry = _packed(_bytes(body))
        if kind != _POINT or len(geometry) < 3 or geometry[0] & 7 != _MOVE_TO:
            continue
        properties = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
        yield TilePoint(_signed(geometry[1]) / extent, _signed(geometry[2]) / extent, properties)


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message: their numbers, and whole numbers or bytes."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            number, at = _varint(data, at)
            yield key >> 3, number
            continue
        if kind == _LENGTH:
            size, at = _varint(data, at)
        elif kind in {_FOUR_BYTES, _EIGHT_BYTES}:
            size = 4 if kind == _FOUR_BYTES else 8
        else:
            raise ValueError("no vector tile")
        if at + size > end:
            raise ValueError("the tile is cut")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a whole number of variable length; return it and where the next thing begins."""
    byte = data[at]
    at += 1
    if byte < 128:
        return byte, at
    number, shift = byte & 127, 7
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            raise ValueError("no vector tile")


def _packed(data: bytes) -> list[int]:
    """Read whole numbers that follow each other."""
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        if byte < 128:
            numbers.append(number | byte << shift)
            number = shift = 0
        else:
            number |= (byte & 127) << shift
            shift += 7
    if shift:
        raise ValueError("the tile is cut")
    return numbers


def _value(data: bytes) -> Value:
    """Read a property's value."""
    for field, body in _fields(data):
        if field == 1:
            return _bytes(body).decode()
        if field == 2:
            return float(struct.unpack("<f", _bytes(body))[0])
        if field == 3:
            return float(struct.unpack("<d", _bytes(body))[0])
        number = _integer(body)
        if field == 4:
            return number - (1 << 64) if number >= 1 << 63 else number
        if field == 5:
            return number
        if field == 6:
            return _signed(number)
        if field == 7:
            return bool(number)
    return None


def _signed(number: int) -> int:
    """Undo the folding that gives small negative numbers few bytes."""
    return (number >> 1) ^ -(number & 1)


def _bytes(body: int | bytes) -> bytes:
    if isinstance(body, int):
        raise ValueError("no vector tile")
    return body


def _integer(body: int | bytes) -> int:
    if isinstance(body, bytes):
        raise ValueError("no vector tile")
    return body
