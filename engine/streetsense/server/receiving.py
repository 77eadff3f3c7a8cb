"""Bytes on their way from a client into the part of an upload: never many of them in memory at once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from streetsense.atomic import is_refusal
from streetsense.errors import InputError
from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings

#: Bytes that are collected before they are written.
_BLOCK = 2**20

#: The sha256 that a part of a file is to have.
Checksum = bytes


def parse_checksum(header: str | None) -> Checksum | None:
    """Read a header ``Upload-Checksum``; None when there is none.

    Raises
    ------
    InputError
        When it is no sha256 in base64.
    """
    if header is None:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm.lower() != "sha256" or len(digest) != 32:
        raise InputError("Upload-Checksum: it is no 'sha256 ' with a digest in base64; correct it or leave it out.")
    return digest


async def receive(
    request: Request, part: Path, length: int, expected: Checksum | None, settings: ServerSettings
) -> int:
    """Append the body of a request to ``part``; return how many bytes the part then has.

    Parameters
    ----------
    request : Request
        Its body is read block by block.
    part : Path
        The file to append to.
    length : int
        What the part may grow to.
    expected : bytes, optional
        The sha256 of the body.
    settings : ServerSettings
        How much of the disk is left alone.

    Raises
    ------
    Problem
        413 when more comes than belongs to the file, 460 when the checksum is another one, 507 when the disk is full,
        400 when the client has gone: what came is kept, unless there was a checksum to be checked.
    """
    begin = part.stat().st_size
    appended = _Appended(part, begin, length, settings)
    try:
        async for chunk in request.stream():
            if appended.collect(chunk):
                await run_in_threadpool(appended.write)
        await run_in_threadpool(appended.close)
        if expected is not None and appended.digest() != expected:
            raise Problem(
                460,
                "Checksum Mismatch",
                f"Upload-Checksum: the part arrived damaged; send it again from {begin} bytes on.",
            )
    except ClientDisconnect:
        # Without a checksum every byte that came is good: TCP delivers in order.
        await run_in_threadpool(appended.close if expected is None else appended.drop)
        raise Problem(400, "", "body: the connection broke; ask for the offset and go on from there.") from None
    except BaseException:
        await run_in_threadpool(appended.drop)
        raise
    return appended.size


class _Appended:
    """What is added to a part by one request."""

    def __init__(self, part: Path, begin: int, length: int, settings: ServerSettings) -> None:
        self._part, self._begin, self._length, self._settings = part, begin, length, settings
        self._waiting = bytearray()
        self._hash = hashlib.sha256()
        self.size = begin

    def collect(self, chunk: bytes) -> bool:
        """Take some bytes; return whether there is a block to be written."""
        self._waiting += chunk
        if self.size + len(self._waiting) > self._length:
            raise Problem(413, "Content Too Large", f"body: more came than the {self._length} bytes of Upload-Length.")
        return len(self._waiting) >= _BLOCK

    def write(self) -> None:
        """Write what waits."""
        try:
            if shutil.disk_usage(self._part.parent).free - len(self._waiting) < self._settings.keep_free:
                raise _no_room()
            with self._part.open("r+b") as file:
                file.seek(self.size)
                file.write(self._waiting)
        except OSError as error:
            raise (_no_room() if is_refusal(error) else error) from error
        self._hash.update(self._waiting)
        self.size += len(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """Write the rest, and see that the disk has it."""
        if self._waiting:
            self.write()
        with self._part.open("rb") as file:
            os.fsync(file.fileno())

    def digest(self) -> bytes:
        """Return the sha256 of what was added."""
        return self._hash.digest()

    def drop(self) -> None:
        """Take out again what was added."""
        os.truncate(self._part, self._begin)


def _no_room() -> Problem:
    return Problem(507, "Insufficient Storage", "body: the disk is full; ask the administrator, then go on.")
