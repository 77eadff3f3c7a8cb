"""Bytes on their way from a client into the part of an upload: never many of them in memory at once."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import shutil
import threading
from http import HTTPStatus
from pathlib import Path

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from streetsense.atomic import is_refusal
from streetsense.errors import InputError
from streetsense.server.problems import Problem
from streetsense.server.settings import ServerSettings
from streetsense.server.uploadlist import Upload, UploadList

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
    request: Request, known: UploadList, upload: Upload, expected: Checksum | None, settings: ServerSettings
) -> int:
    """Append the body of a request to the part of an upload; return how many bytes the part then has.

    Parameters
    ----------
    request : Request
        Its body is read block by block.
    known : UploadList
        The server's uploads.
    upload : Upload
        The one to append to; this request holds it.
    expected : bytes, optional
        The sha256 of the body.
    settings : ServerSettings
        How much of the disk is left alone.

    Raises
    ------
    Problem
        413 when more comes than belongs to the file, 460 when the checksum is another one: nothing of the body is kept
        then. 507 when the disk is full, 400 when the client has gone: what came is kept, unless there was a checksum to
        be checked. The same holds when the server stops meanwhile.
    """
    begin = await run_in_threadpool(known.offset, upload)
    if expected is not None:
        await run_in_threadpool(known.mark_unverified, upload, begin)
    appended = _Appended(known.part(upload), begin, upload.length, settings)
    try:
        async for chunk in request.stream():
            if appended.collect(chunk):
                await run_in_threadpool(appended.write)
        await run_in_threadpool(appended.close)
        if expected is not None:
            _compare(appended, begin, expected)
            await run_in_threadpool(known.mark_verified, upload)
    except BaseException as error:
        # Without a checksum every byte that came is good, TCP delivers in order; unless more came than was announced.
        is_wrong = isinstance(error, Problem) and error.status != HTTPStatus.INSUFFICIENT_STORAGE
        end = appended.drop if is_wrong or expected is not None else appended.keep
        try:
            await run_in_threadpool(end)
        finally:
            end()  # a server that stops lets nobody wait for a thread any more; a second time it does nothing
        if isinstance(error, ClientDisconnect):
            raise Problem(400, "", "body: the connection broke; ask for the offset and go on from there.") from None
        raise
    return appended.size


def _compare(appended: _Appended, begin: int, expected: Checksum) -> None:
    if appended.digest() != expected:
        raise Problem(
            460, "Checksum Mismatch", f"Upload-Checksum: the part arrived damaged; send it again from {begin} bytes on."
        )


class _Appended:
    """What is added to a part by one request.

    A request that is broken off may leave a thread behind that is about to write: the lock lets it finish first, and
    what comes after the end is not written.
    """

    def __init__(self, part: Path, begin: int, length: int, settings: ServerSettings) -> None:
        self._part, self._begin, self._length, self._settings = part, begin, length, settings
        self._waiting = bytearray()
        self._hash = hashlib.sha256()
        self._lock = threading.Lock()
        self._ended = False
        self.size = begin

    def collect(self, chunk: bytes) -> bool:
        """Take some bytes; return whether there is a block to be written."""
        self._waiting += chunk
        if self.size + len(self._waiting) > self._length:
            raise Problem(413, "Content Too Large", f"body: more came than the {self._length} bytes of Upload-Length.")
        return len(self._waiting) >= _BLOCK

    def write(self) -> None:
        """Write what waits."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write the rest, and see that the disk has it."""
        with self._lock:
            self._write()
            self._sync()

    def digest(self) -> bytes:
        """Return the sha256 of what was added."""
        return self._hash.digest()

    def keep(self) -> None:
        """End with what came, as far as the disk takes it."""
        with self._lock:
            if not self._ended:
                with contextlib.suppress(Problem, OSError):
                    self._write()
                    self._sync()
                self._end(self.size)

    def drop(self) -> None:
        """Take out again what was added."""
        with self._lock:
            if not self._ended:
                self._end(self._begin)

    def _write(self) -> None:
        if self._ended or not self._waiting:
            return
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

    def _sync(self) -> None:
        with self._part.open("rb") as file:
            os.fsync(file.fileno())

    def _end(self, size: int) -> None:
        self._ended = True
        os.truncate(self._part, size)


def _no_room() -> Problem:
    return Problem(507, "Insufficient Storage", "body: the disk is full; ask the administrator, then go on.")
