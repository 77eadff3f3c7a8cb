"""The pipeline from photos to embeddings: workers decode while the encoder computes, and memory stays flat.

Workers are threads. libjpeg-turbo and Pillow release the interpreter's lock while they work, and threads hand pixels
over without copying them between processes.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from streetsense.encoders import Encoder
from streetsense.errors import InputError
from streetsense.images import PhotoError, Preprocess
from streetsense.progress import Progress, Silent

#: Where the bytes of a photo come from: a file, the bytes themselves, or a function that fetches them.
PhotoSource = Path | bytes | Callable[[], bytes]
Square = NDArray[np.uint8]


@dataclass(frozen=True)
class EmbeddedBatch:
    """What one step of `embed_photos` made.

    Attributes
    ----------
    view_ids : list of str
        The views that have an embedding, in the order in which they were given.
    embeddings : numpy.ndarray
        ``[B, dimension]`` float32, a row a view; B can be 0.
    failures : list of (str, str)
        The views that have none, with the reason.
    """

    view_ids: list[str]
    embeddings: NDArray[np.float32]
    failures: list[tuple[str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many views were dealt with, embedded or not."""
        return len(self.view_ids) + len(self.failures)


def embed_photos(
    encoder: Encoder,
    photos: Iterable[tuple[str, PhotoSource]],
    *,
    batch_size: int = 32,
    workers: int | None = None,
    progress: Progress | None = None,
    total: int = 0,
) -> Iterator[EmbeddedBatch]:
    """Embed photos in the order in which they come.

    At most ``2 * batch_size + workers`` photos are held at a time, whatever their number.

    Parameters
    ----------
    encoder : Encoder
        What embeds them.
    photos : iterable of (str, Path or bytes or callable)
        View ids with their photos. It is read lazily, from the calling thread.
    batch_size : int
        Photos that are dealt with at a time (see `embed_squares`).
    workers : int, optional
        Threads that decode; one for each core but one by default, and at most 16.
    progress : Progress, optional
        Told after every photo, with the rate; it can end the work between two photos.
    total : int
        How many photos there will be, for ``progress``; 0 where that is unknown.

    Yields
    ------
    EmbeddedBatch
        Until the photos are used up. A photo that cannot be read or decoded is a failure with a reason, never an
        exception.

    Raises
    ------
    InputError
        When ``batch_size`` or ``workers`` is below 1.
    """
    workers = default_workers() if workers is None else workers
    decoded = decode_photos(photos, encoder.preprocess, ahead=2 * batch_size, workers=workers)
    yield from embed_squares(encoder, _told(decoded, progress or Silent(), total), batch_size=batch_size)


def embed_squares(
    encoder: Encoder, squares: Iterable[tuple[str, Square | str]], *, batch_size: int = 32
) -> Iterator[EmbeddedBatch]:
    """Embed what `decode_photos` made.

    Which photos are encoded together follows from their places in the sequence alone: a photo that cannot be used
    leaves its batch smaller. So the same sequence, cut at multiples of ``batch_size``, gives the same numbers wherever
    its pieces are embedded; with another ``batch_size`` embeddings agree to a cosine of 0.9999.

    Parameters
    ----------
    encoder : Encoder
        What embeds them.
    squares : iterable of (str, numpy.ndarray or str)
        View ids with ``[S, S, 3]`` uint8 pixels, or with the reason why there are none.
    batch_size : int
        How many are dealt with at a time. It changes speed and memory.

    Yields
    ------
    EmbeddedBatch
        Until the squares are used up.

    Raises
    ------
    InputError
        When ``batch_size`` is below 1.
    """
    if batch_size < 1:
        raise InputError(f"batch_size: {batch_size} is not a number of photos; use 1 or more.")
    side = encoder.preprocess.size
    # One buffer for all batches, in pinned memory for a GPU: encoding ends before the next batch is written.
    buffer = torch.empty((batch_size, side, side, 3), dtype=torch.uint8, pin_memory=encoder.device.type == "cuda")
    pixels = buffer.numpy()
    view_ids: list[str] = []
    failures: list[tuple[str, str]] = []

    def batch() -> EmbeddedBatch:
        if view_ids:
            embeddings = encoder.encode(buffer[: len(view_ids)]).numpy()
        else:
            embeddings = np.empty((0, encoder.dimension), np.float32)
        return EmbeddedBatch(list(view_ids), embeddings, list(failures))

    for view_id, square in squares:
        if isinstance(square, str):
            failures.append((view_id, square))
        else:
            pixels[len(view_ids)] = square
            view_ids.append(view_id)
        if len(view_ids) + len(failures) == batch_size:
            yield batch()
            view_ids.clear()
            failures.clear()
    if view_ids or failures:
        yield batch()


def default_workers() -> int:
    """Return how many threads decode by default: the cores that this process may use, less one, within 1 and 16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(16, cores - 1))


def decode_photos(
    photos: Iterable[tuple[str, PhotoSource]], preprocess: Preprocess, *, ahead: int, workers: int
) -> Iterator[tuple[str, Square | str]]:
    """Yield every view's square, or why there is none, in order; at most ``ahead + workers`` are on the way.

    Parameters
    ----------
    photos : iterable of (str, Path or bytes or callable)
        View ids with their photos. It is read lazily, from the calling thread.
    preprocess : Preprocess
        What makes squares of photos.
    ahead, workers : int
        Photos that may be decoded before they are asked for, and threads that decode.

    Raises
    ------
    InputError
        When ``workers`` is below 1.
    """
    if workers < 1:
        raise InputError(f"workers: {workers} is not a number of threads; use 1 or more.")
    remaining = iter(photos)
    waiting: deque[tuple[str, Future[Square | str]]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="decode")
    try:
        while True:
            for view_id, source in islice(remaining, ahead + workers - len(waiting)):
                waiting.append((view_id, pool.submit(_square, source, preprocess)))
            if not waiting:
                return
            view_id, result = waiting.popleft()
            yield view_id, result.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _told(
    squares: Iterable[tuple[str, Square | str]], progress: Progress, total: int
) -> Iterator[tuple[str, Square | str]]:
    """Pass squares on and tell how many there have been, and how fast."""
    started = time.monotonic()
    for done, square in enumerate(squares):
        progress.report(done, total, f"{done / max(time.monotonic() - started, 1e-3):.1f} views/s")
        yield square


def _square(source: PhotoSource, preprocess: Preprocess) -> Square | str:
    """Return the square that the encoder sees, or the reason why there is none."""
    try:
        return preprocess.from_bytes(_read(source))
    except PhotoError as error:
        return str(error)
    except FileNotFoundError:
        return "the photo's file is missing"
    except OSError as error:
        return f"the photo's file cannot be read: {error.strerror or error}"


def _read(source: PhotoSource) -> bytes:
    if isinstance(source, bytes):
        return source
    return source.read_bytes() if isinstance(source, Path) else source()
