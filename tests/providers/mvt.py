"""Writes Mapbox vector tiles, for hosts that stand in for a provider's."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

Value = str | int | float | bool
EXTENT = 4096


def point_tile(
    layer: str, points: Iterable[tuple[int, int, Mapping[str, Value]]], *, first_type: int | None = None
) -> bytes:
    """Return a tile with one layer of points.

    Parameters
    ----------
    layer : str
        Its name.
    points : iterable
        Column and row of 4096 each, and what is said of the point.
    first_type : int, optional
        Written instead of "point" as the type of the first feature.
    """
    keys: dict[str, int] = {}
    values: dict[bytes, int] = {}
    features = []
    for x, y, properties in points:
        tags = b"".join(
            _varint(keys.setdefault(name, len(keys))) + _varint(values.setdefault(_value(value), len(values)))
            for name, value in properties.items()
        )
        kind = 1 if features or first_type is None else first_type
        geometry = _varint(9) + _varint(_folded(x)) + _varint(_folded(y))
        features.append(_bytes(2, _bytes(2, tags) + _number(3, kind) + _bytes(4, geometry)))
    body = _bytes(1, layer.encode()) + b"".join(features)
    body += b"".join(_bytes(3, key.encode()) for key in keys) + b"".join(_bytes(4, value) for value in values)
    return _bytes(3, body + _number(5, EXTENT) + _number(15, 2))


def _value(value: Value) -> bytes:
    if isinstance(value, bool):
        return _number(7, int(value))
    if isinstance(value, int):
        return _number(4, value & 0xFFFF_FFFF_FFFF_FFFF)
    if isinstance(value, float):
        return _varint(3 << 3 | 1) + struct.pack("<d", value)
    return _bytes(1, value.encode())


def _folded(number: int) -> int:
    return (number << 1) ^ (number >> 63)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])
