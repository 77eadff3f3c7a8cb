"""Messages between the server and its warm process: a JSON object and some bytes, each with its length before it."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, BinaryIO

from streetsense.errors import StreetSenseError

#: Lengths of the JSON text and of the bytes.
_LENGTHS = struct.Struct(">II")
#: The longest message, in bytes: larger than any photo that is decoded.
MAX_LENGTH = 512 * 2**20

#: A JSON object and the bytes beside it.
Frame = tuple[dict[str, Any], bytes]


def pack(facts: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return a message as it is sent."""
    text = json.dumps(facts).encode()
    return _LENGTHS.pack(len(text), len(payload)) + text + payload


def read_frame(stream: BinaryIO) -> Frame | None:
    """Read one message; None when the other side is gone."""
    head = stream.read(_LENGTHS.size)
    if len(head) < _LENGTHS.size:
        return None
    length, more = _lengths(head)
    body = stream.read(length + more)
    return None if len(body) < length + more else (json.loads(body[:length]), body[length:])


async def receive(reader: asyncio.StreamReader) -> Frame:
    """Read one message.

    Raises
    ------
    asyncio.IncompleteReadError
        When the other side is gone.
    """
    length, more = _lengths(await reader.readexactly(_LENGTHS.size))
    body = await reader.readexactly(length + more)
    return json.loads(body[:length]), body[length:]


def _lengths(head: bytes) -> tuple[int, int]:
    length, more = _LENGTHS.unpack(head)
    if length + more > MAX_LENGTH:
        raise StreetSenseError(f"message: {length + more:,} bytes are more than any message has.")
    return length, more
