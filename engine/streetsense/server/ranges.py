"""The bytes of a file as an answer: whole, or the ranges that were asked for (RFC 9110, section 14).

The file is opened once. What is sent belongs together even when a job replaces the file meanwhile: the old one stays
readable until it is closed.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import re
import secrets
import stat
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from io import FileIO
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from fastapi.concurrency import run_in_threadpool
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from streetsense.server.problems import Problem

_CHUNK = 256 * 2**10
#: More ranges than these in one request are answered with the whole file.
_MAX_RANGES = 64
_RANGE = re.compile(r"\s*(\d{0,40})-(\d{0,40})\s*", re.ASCII)


@dataclass(frozen=True)
class OpenFile:
    """A regular file, open for reading.

    Attributes
    ----------
    file : FileIO
        Its bytes.
    size : int
        How many there are.
    modified : float
        Seconds since the epoch.
    etag : str
        Strong validator: files here are replaced as a whole, and a new file differs in number, time or size.
    """

    file: FileIO
    size: int
    modified: float
    etag: str

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()


def open_regular(path: Path) -> OpenFile:
    """Open a regular file.

    Raises
    ------
    OSError
        When there is none, or ``path`` is a link or anything else: a link could lead out of the study.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = FileIO(os.open(path, flags))
    about = os.fstat(file.fileno())
    if not stat.S_ISREG(about.st_mode):
        file.close()
        raise FileNotFoundError(path)
    facts = f"{about.st_dev}-{about.st_ino}-{about.st_mtime_ns}-{about.st_size}"
    return OpenFile(file, about.st_size, about.st_mtime, f'"{hashlib.sha256(facts.encode()).hexdigest()[:32]}"')


class RangedFile(StreamingResponse):
    """The answer to a download. Make it with `answer`."""

    @classmethod
    def answer(
        cls,
        asked: Mapping[str, str],
        opened: OpenFile,
        name: str,
        media_type: str,
        *,
        inline: bool = False,
        etag: str | None = None,
    ) -> Response:
        """Return the answer to a request with the headers ``asked``; it closes the file.

        Parameters
        ----------
        asked : mapping
            Headers of the request; Range, If-Range, If-None-Match and Want-Repr-Digest matter.
        opened : OpenFile
            The file.
        name, media_type : str
            What it is called and what it holds.
        inline : bool
            Whether a browser may show it rather than save it.
        etag : str, optional
            In place of the file's own.

        Raises
        ------
        Problem
            416 when no range lies within the file.
        """
        etag = etag or opened.etag
        headers = {
            "ETag": etag,
            "Last-Modified": formatdate(opened.modified, usegmt=True),
            "Accept-Ranges": "bytes",
            "Cache-Control": "private, no-cache",
            "Content-Disposition": disposition(name, inline=inline),
        }
        try:
            if _matches(asked.get("if-none-match"), etag):
                opened.file.close()
                return Response(status_code=304, headers=headers)
            if "sha-256" in asked.get("want-repr-digest", ""):
                headers["Repr-Digest"] = f"sha-256=:{_digest(opened)}:"
            is_same = asked.get("if-range") in (None, etag)
            ranges = parse_ranges(asked.get("range", ""), opened.size) if is_same else None
        except BaseException:
            opened.file.close()
            raise
        return cls(opened, ranges, media_type, headers)

    def __init__(
        self, opened: OpenFile, ranges: list[tuple[int, int]] | None, media_type: str, headers: dict[str, str]
    ) -> None:
        self._opened = opened
        parts: list[tuple[bytes, int, int]] = [(b"", start, end) for start, end in ranges or [(0, opened.size)]]
        tail = b""
        if ranges is not None and len(ranges) == 1:
            start, end = ranges[0]
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{opened.size}"
        elif ranges is not None:
            boundary = secrets.token_hex(16)
            parts = [(_part_head(boundary, media_type, *ends, opened.size), *ends) for ends in ranges]
            tail, media_type = f"\r\n--{boundary}--\r\n".encode(), f"multipart/byteranges; boundary={boundary}"
        headers["Content-Length"] = str(sum(len(head) + end - start for head, start, end in parts) + len(tail))
        super().__init__(
            self._bytes(parts, tail),
            status_code=200 if ranges is None else 206,
            headers=headers | {"Content-Type": media_type},
            background=BackgroundTask(opened.file.close),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file whatever happens to the client."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._opened.file.close()

    async def _bytes(self, parts: list[tuple[bytes, int, int]], tail: bytes) -> AsyncIterator[bytes]:
        file = self._opened.file
        for head, start, end in parts:
            if head:
                yield head
            file.seek(start)
            while start < end:
                chunk = await run_in_threadpool(file.read, min(_CHUNK, end - start))
                if not chunk:
                    raise OSError("the file became shorter while it was sent")
                start += len(chunk)
                yield chunk
        if tail:
            yield tail


def parse_ranges(text: str, size: int) -> list[tuple[int, int]] | None:
    """Return the ranges of a ``Range`` header as half-open intervals; None when the whole file is to be sent.

    Headers that make no sense are ignored, as the standard says, and so are too many or overlapping ranges.

    Raises
    ------
    Problem
        416 when no range lies within the file.
    """
    unit, _, listed = text.partition("=")
    found = [_RANGE.fullmatch(item) for item in listed.split(",")]
    if unit.strip().lower() != "bytes" or len(found) > _MAX_RANGES:
        return None
    ranges = []
    for match in found:
        if match is None or not any(match.groups()):
            return None
        first, last = match.groups()
        if first and last and int(last) < int(first):
            return None
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start < end:
            ranges.append((start, end))
    if not ranges:
        raise Problem(
            416, "", f"Range: the file has {size} bytes; ask for a part of them.",
            headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    in_order = sorted(ranges)
    overlaps = any(after[0] < before[1] for before, after in itertools.pairwise(in_order))
    return None if overlaps else ranges


def disposition(name: str, *, inline: bool = False) -> str:
    """Return a ``Content-Disposition`` for a file of any name (RFC 6266): nothing of it can break the header."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='', errors='replace')}"


def _matches(asked: str | None, etag: str) -> bool:
    if asked is None:
        return False
    return asked.strip() == "*" or etag in (item.strip().removeprefix("W/") for item in asked.split(","))


def _part_head(boundary: str, media_type: str, start: int, end: int, size: int) -> bytes:
    return (
        f"\r\n--{boundary}\r\nContent-Type: {media_type}\r\nContent-Range: bytes {start}-{end - 1}/{size}\r\n\r\n"
    ).encode()


_DIGESTS: OrderedDict[str, str] = OrderedDict()
_DIGESTS_KEPT = 1024


def _digest(opened: OpenFile) -> str:
    """Return the sha256 of a file, base64; computed once for each content."""
    digest = _DIGESTS.get(opened.etag)
    if digest is None:
        whole = hashlib.sha256()
        opened.file.seek(0)
        while chunk := opened.file.read(_CHUNK):
            whole.update(chunk)
        digest = _DIGESTS[opened.etag] = base64.b64encode(whole.digest()).decode()
        while len(_DIGESTS) > _DIGESTS_KEPT:
            _DIGESTS.popitem(last=False)
    return digest
