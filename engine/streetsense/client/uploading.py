"""Files on their way to a server: in parts, each with its checksum, and on from where it broke."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, urlsplit

from streetsense.client.connection import Connection, Refused, Unreachable
from streetsense.client.models import UploadedFile
from streetsense.errors import InputError
from streetsense.progress import Progress

#: Bytes of a part. This much at most is sent twice when a connection breaks.
CHUNK = 4 * 2**20
#: Connections that send many files.
CONNECTIONS = 4
_TUS = {"Tus-Resumable": "1.0.0"}
_PART = _TUS | {"Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True)
class LocalFile:
    """A file to be sent.

    Attributes
    ----------
    path : Path
        Where it is here.
    name : str
        Where it goes, relative to the study's folder ``uploads``, with forward slashes.
    """

    path: Path
    name: str


def send_file(
    connection: Connection, study: str, file: LocalFile, sent: Callable[[int], None], *, unpack: bool = False
) -> str:
    """Send one file; return its path relative to the study.

    Parameters
    ----------
    connection : Connection
        To the server.
    study : str
        Into which study.
    file : LocalFile
        What to send. It must not change meanwhile.
    sent : callable
        Called with the number of bytes that were done since the last call. What it raises stops the upload, which a
        later one of the same file continues.
    unpack : bool
        Whether it is a ZIP archive that the server is to unpack.

    Raises
    ------
    InputError
        When the file cannot be read, or the server refuses it.
    StreetSenseError
        When the server cannot be reached any more.
    """
    size, digest = _look_at(file.path)
    metadata = {"filename": file.name, "sha256": digest} | ({"unpack": "yes"} if unpack else {})
    headers = _TUS | {
        "Upload-Length": str(size),
        "Upload-Metadata": ",".join(f"{key} {_base64(value.encode())}" for key, value in metadata.items()),
    }
    where, offset = _begin(connection, study, file.path, size, headers)
    sent(offset)
    while offset < size:
        reached = _send_part(connection, where, file.path, offset)
        sent(reached - offset)
        offset = reached
    name = PurePosixPath(file.name)
    return f"uploads/{name.with_suffix('') if unpack else name}"


def send_files(
    connection: Connection, study: str, files: Iterable[LocalFile], there: Iterable[UploadedFile], progress: Progress
) -> int:
    """Send many files over a few connections; return how many were sent, since the server did not have them.

    Raises
    ------
    StreetSenseError
        What `send_file` raises for the first file that cannot be sent; those that are under way are finished.
    """
    known = {entry.name: (entry.size, entry.sha256) for entry in there}
    waiting = list(files)
    sizes = {file: _size(file.path) for file in waiting}
    total = sum(sizes.values())
    lock, done, count = threading.Lock(), 0, 0

    def send(file: LocalFile) -> bool:
        nonlocal done
        size = sizes[file]
        wanted = known.get(f"uploads/{file.name}")
        is_there = wanted is not None and wanted[0] == size and wanted[1] == _look_at(file.path)[1]

        def sent(number: int) -> None:
            nonlocal done
            with lock:
                done += number
                progress.report(done, max(total, 1), f"uploading {file.path.name}")

        if is_there:
            sent(size)
        else:
            send_file(connection, study, file, sent)
        return not is_there

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        outcomes = [pool.submit(send, file) for file in waiting]
        try:
            for outcome in outcomes:
                count += outcome.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return count


def _begin(connection: Connection, study: str, path: Path, size: int, headers: dict[str, str]) -> tuple[str, int]:
    """Begin an upload, or take up one that was begun; return its path on the server and where it stands.

    A file of one part goes with the request.
    """
    target = f"/studies/{quote(study, safe='')}/uploads"
    content = None
    if 0 < size <= CHUNK:
        content = path.read_bytes()
        headers = headers | _PART | {"Upload-Checksum": _checksum(content)}
    answer = connection.ask("POST", target, headers=headers, content=content)
    return f"{target}/{urlsplit(answer.headers['Location']).path.rsplit('/', 1)[1]}", int(
        answer.headers["Upload-Offset"]
    )


def _send_part(connection: Connection, where: str, path: Path, offset: int) -> int:
    """Send the part that begins at ``offset``; return where the upload stands then, which may be the same place."""
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read(CHUNK)
    headers = _PART | {"Upload-Offset": str(offset), "Upload-Checksum": _checksum(content)}
    until = time.monotonic() + connection.patience
    while True:
        try:
            answer = connection.ask("PATCH", where, headers=headers, content=content, again=False)
            return int(answer.headers["Upload-Offset"])
        except Unreachable:
            # The part may have arrived although the answer did not: the server knows.
            if time.monotonic() > until:
                raise
        except Refused as refused:
            if refused.status not in (409, 460) or time.monotonic() > until:
                raise
        reached = int(connection.ask("HEAD", where, headers=_TUS).headers["Upload-Offset"])
        if reached != offset:
            return reached


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error


def _look_at(path: Path) -> tuple[int, str]:
    """Return the size and the sha256 of a file."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"upload: {path} cannot be read ({error.strerror}); check the path.")


def _checksum(content: bytes) -> str:
    return f"sha256 {_base64(hashlib.sha256(content).digest())}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
