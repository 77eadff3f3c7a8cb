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
        Photos that the encoder sees at a time. It changes speed and memory; embeddings agree to a cosine of 0.9999.
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
    progress, started = progress or Silent(), time.monotonic()
    if batch_size < 1:
        raise InputError(f"batch_size: {batch_size} is not a number of photos; use 1 or more.")
    workers = default_workers() if workers is None else workers
    if workers < 1:
        raise InputError(f"workers: {workers} is not a number of threads; use 1 or more.")
    side = encoder.preprocess.size
    # One buffer for all batches, in pinned memory for a GPU: encoding ends before the next batch is written.
    squares = torch.empty((batch_size, side, side, 3), dtype=torch.uint8, pin_memory=encoder.device.type == "cuda")
    pixels = squares.numpy()
    view_ids: list[str] = []
    failures: list[tuple[str, str]] = []

    def batch() -> EmbeddedBatch:
        if view_ids:
            embeddings = encoder.encode(squares[: len(view_ids)]).numpy()
        else:
            embeddings = np.empty((0, encoder.dimension), np.float32)
        return EmbeddedBatch(list(view_ids), embeddings, list(failures))

    decoded = _decoded(photos, encoder.preprocess, 2 * batch_size, workers)
    for done, (view_id, square) in enumerate(decoded):
        progress.report(done, total, f"{done / max(time.monotonic() - started, 1e-3):.1f} views/s")
        if isinstance(square, str):
            failures.append((view_id, square))
        else:
            pixels[len(view_ids)] = square
            view_ids.append(view_id)
        if max(len(view_ids), len(failures)) == batch_size:
            yield batch()
            view_ids.clear()
            failures.clear()
    if view_ids or failures:
        yield batch()


def default_workers() -> int:
    """Return how many threads decode by default: the cores that this process may use, less one, within 1 and 16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(16, cores - 1))


def _decoded(
    photos: Iterable[tuple[str, PhotoSource]], preprocess: Preprocess, ahead: int, workers: int
) -> Iterator[tuple[str, Square | str]]:
    """Yield every view's square, or why there is none, in order; at most ``ahead + workers`` are on the way."""
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
