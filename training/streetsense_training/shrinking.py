"""How photos become the members of a shard: decoded at a reduced scale, squashed, encoded, and written in order."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tarfile
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from streetsense.atomic import atomic_path
from streetsense.images import PhotoError, encode_jpeg, read_header
from streetsense.images.decode import decode_pixels, upright
from streetsense.images.preprocess import OVERSAMPLING
from streetsense.progress import Progress

#: The columns of a shard's index. Offset and length are bytes in the tar; aspect is the original's width / height.
SCHEMA = pa.schema(
    {
        "view_id": pa.large_string(),
        "sha256": pa.string(),
        "offset": pa.int64(),
        "length": pa.int32(),
        "aspect": pa.float32(),
    }
)
#: A tar consists of blocks of this many bytes and ends with two empty ones.
_BLOCK = 512


class Photo(NamedTuple):
    """A photo to shrink: its view, its file, and its SHA-256 where that is known ("" otherwise)."""

    view_id: str
    path: Path
    sha256: str


class Squares(NamedTuple):
    """What photos become: JPEGs of ``side`` x ``side`` pixels, of libjpeg's ``quality`` 1 to 100."""

    side: int
    quality: int


class Member(NamedTuple):
    """A shrunk photo."""

    view_id: str
    sha256: str
    jpeg: bytes
    aspect: float


def write_shards(
    folder: Path,
    photos: Sequence[Photo],
    squares: Squares,
    first: int,
    shard_size: int,
    *,
    workers: int | None,
    progress: Progress,
) -> dict[str, int]:
    """Shrink photos into new shards.

    Parameters
    ----------
    folder : Path
        Where they go.
    photos : sequence of Photo
        In the order in which they are written.
    squares : Squares
        What they become.
    first : int
        Number of the first new shard.
    shard_size : int
        Photos a shard.
    workers : int, optional
        Threads that shrink; one for each core by default.
    progress : Progress
        Told after every photo.

    Returns
    -------
    dict of str to int
        Reason to the number of photos that could not be used.

    Raises
    ------
    InputError
        When the disk is full or the folder cannot be written to.
    """
    left_out: dict[str, int] = {}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.closing(_shrunk(photos, squares, workers or cores, progress)) as results:
        members = _members(results, left_out)
        # A shard is begun for a photo that is to go into it, so that none is empty.
        for number, begin in enumerate(members, start=first):
            _write_shard(folder / f"shard-{number:05d}", chain([begin], islice(members, shard_size - 1)))
    return left_out


def shrink(data: bytes, squares: Squares) -> tuple[bytes, float]:
    """Squash a photo into a small square.

    Parameters
    ----------
    data : bytes
        The encoded photo.
    squares : Squares
        What it becomes. Resampling is bicubic and antialiased in both directions.

    Returns
    -------
    jpeg : bytes
        The square.
    aspect : float
        Width / height of the photo as it is looked at.

    Raises
    ------
    PhotoError
        When the file cannot be used as a photo.
    """
    info = read_header(data)
    pixels = upright(decode_pixels(data, info, math.ceil(OVERSAMPLING * squares.side)), info.orientation)
    # Formats without a reduced scale come whole: a box filter takes them to three times the square first.
    size = (squares.side, squares.side)
    square = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    return encode_jpeg(np.asarray(square), squares.quality), info.width / info.height


def _shrunk(
    photos: Sequence[Photo], squares: Squares, workers: int, progress: Progress
) -> Generator[Member | str, None, None]:
    """Yield every photo shrunk, or the reason why it cannot be, in order; few are held at a time."""
    remaining = iter(photos)
    waiting: deque[Future[Member | str]] = deque()
    began = time.monotonic()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="shrink")
    try:
        for done in range(1, len(photos) + 1):
            for photo in islice(remaining, 4 * workers - len(waiting)):
                waiting.append(pool.submit(_member, photo, squares))
            yield waiting.popleft().result()
            rate = done / max(time.monotonic() - began, 1e-3)
            progress.report(done, len(photos), f"shrinking photos, {rate:.0f} a second")
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _member(photo: Photo, squares: Squares) -> Member | str:
    try:
        data = Path(photo.path).read_bytes()
        jpeg, aspect = shrink(data, squares)
    except PhotoError as error:
        return str(error).split(":", maxsplit=1)[0]
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return "missing"
    except OSError as error:
        return f"unreadable, {error.strerror or error}"
    return Member(photo.view_id, photo.sha256 or hashlib.sha256(data).hexdigest(), jpeg, aspect)


def _members(results: Iterable[Member | str], left_out: dict[str, int]) -> Iterator[Member]:
    """Yield the photos that were shrunk, and count the others by reason."""
    for result in results:
        if isinstance(result, Member):
            yield result
        else:
            left_out[result] = left_out.get(result, 0) + 1


def _write_shard(stem: Path, members: Iterable[Member]) -> None:
    """Write a tar and, once it is whole, its index."""
    rows: list[tuple[str, str, int, int, float]] = []
    with atomic_path(stem.with_suffix(".tar")) as temporary, temporary.open("wb") as stream:
        for member in members:
            # Nothing but the photos enters the headers: the same photos make the same bytes.
            header = tarfile.TarInfo(quote(member.view_id, safe="") + ".jpg")
            header.size = len(member.jpeg)
            stream.write(header.tobuf(tarfile.GNU_FORMAT))
            rows.append((member.view_id, member.sha256, stream.tell(), len(member.jpeg), member.aspect))
            stream.write(member.jpeg + bytes(-len(member.jpeg) % _BLOCK))
        stream.write(bytes(2 * _BLOCK))
    columns = [pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)]
    with atomic_path(stem.with_suffix(".parquet")) as temporary:
        pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), temporary, compression="zstd")
