"""Files on their way from a server: in ranges, on from where it broke, checked, and whole or not there at all."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from streetsense.atomic import UNFINISHED, is_refusal, storage_error
from streetsense.client.connection import Connection, Refused, Unreachable
from streetsense.client.models import RemoteFile
from streetsense.errors import StreetSenseError
from streetsense.progress import Progress, Silent

#: Bytes that are asked for at once.
RANGE = 16 * 2**20
#: Connections that bring many files.
CONNECTIONS = 4
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


def download_file(connection: Connection, study: str, file: str, target: Path, progress: Progress) -> bool:
    """Download a file of a study to ``target``; return whether that was needed.

    What a broken download left is continued when the file on the server is still the same.

    Parameters
    ----------
    connection : Connection
        To the server.
    study, file : str
        Which file: its path relative to the study.
    target : Path
        Where it goes. Its folder is made; a file that is there is replaced at once, when the new one is whole.
    progress : Progress
        Told about bytes; what it raises stops the download.

    Raises
    ------
    Refused
        When the server has no such file.
    StreetSenseError
        When the server cannot be reached any more, or what came is not what the server has.
    """
    path = f"/studies/{quote(study, safe='')}/files/{quote(file)}"
    for _ in range(3):  # a job may replace the file meanwhile
        about = connection.ask("HEAD", path, headers={"Want-Repr-Digest": "sha-256=1"}).headers
        etag, size = about["ETag"], int(about["Content-Length"])
        digest = base64.b64decode(about["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":"))
        if target.is_file() and target.stat().st_size == size and _sha256(target) == digest:
            progress.report(size, max(size, 1), target.name)
            return False
        name = f"{UNFINISHED}{hashlib.sha256(etag.encode()).hexdigest()[:16]}-{target.name}"
        part = target.with_name(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.touch()
            if not _fill(connection, path, etag, size, part, progress):
                part.unlink()
                continue
            if _sha256(part) != digest:
                part.unlink()
                raise StreetSenseError(f"download: {file} arrived damaged; run the same command again.")
            _put_in_place(part, target)
        except OSError as error:
            if is_refusal(error):
                raise storage_error(error, target) from error
            raise
        return True
    raise StreetSenseError(f"download: {file} changes all the time; wait until its job has ended.")


def download_files(
    connection: Connection, study: str, files: list[RemoteFile], folder: Path, progress: Progress
) -> None:
    """Download files of a study over a few connections, to the same places below ``folder``.

    Raises
    ------
    StreetSenseError
        What `download_file` raises for the first file that does not arrive.
    """
    lock, done = threading.Lock(), dict.fromkeys((file.path for file in files), 0.0)
    total = max(1, sum(file.size for file in files))

    class _Share(Silent):
        def __init__(self, path: str) -> None:
            self._path = path

        def report(self, number: float, of: float, message: str = "") -> None:
            with lock:
                done[self._path] = number
                progress.report(sum(done.values()), total, message)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        arriving = [
            pool.submit(download_file, connection, study, file.path, folder / file.path, _Share(file.path))
            for file in files
            if not Path(file.path).is_absolute() and ".." not in Path(file.path).parts
        ]
        try:
            for one in arriving:
                one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fill(connection: Connection, path: str, etag: str, size: int, part: Path, progress: Progress) -> bool:
    """Bring ``part`` to its full size; return False when the file on the server has become another one."""
    while (have := part.stat().st_size) < size:
        headers = {"Range": f"bytes={have}-{min(have + RANGE, size) - 1}", "If-Range": etag}
        for attempt in connection.attempts():
            with attempt:
                before = part.stat().st_size
                try:
                    is_same = _append(connection, path, headers, have, part, size, progress)
                except Unreachable:
                    if part.stat().st_size == before:
                        raise
                    is_same = True  # something came: go on from there, with new patience
                except Refused as refused:
                    if refused.status != 416:
                        raise
                    is_same = False
        if not is_same:
            return False
    return have == size


def _append(
    connection: Connection, path: str, headers: dict[str, str], have: int, part: Path, size: int, progress: Progress
) -> bool:
    with connection.stream("GET", path, headers) as answer, part.open("ab") as file:
        found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if answer.status_code != 206 or found is None or int(found[1]) != have or int(found[3]) != size:
            return False
        for block in answer.iter_raw():
            file.write(block)
            progress.report(file.tell(), size, f"downloading {path.rsplit('/', 1)[1]}")
    return True


def _put_in_place(part: Path, target: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    for other in target.parent.glob(f"{UNFINISHED}{'[0-9a-f]' * 16}-*"):  # of what the file once was
        if other.name.endswith(f"-{target.name}"):
            other.unlink(missing_ok=True)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
