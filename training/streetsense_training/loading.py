"""Batches of photos, decoded ahead by threads while the trainer computes.

libjpeg-turbo releases the interpreter's lock while it decodes, so threads use all cores, and each writes its photos
straight into the memory of the batch: nothing is copied between processes. What a batch holds follows from its request
alone, whatever the number of threads.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import psutil
import simplejpeg
import torch
from numpy.typing import NDArray
from torch import Tensor

from streetsense.embedding import default_workers
from streetsense.errors import InputError
from streetsense_training.shards import Shards

Rows = NDArray[np.int64]
Pixels = NDArray[np.uint8]

#: Photos that a thread decodes at a time: few enough that all threads finish a batch together.
_CHUNK = 16
#: The share of the free memory that decoded photos may take.
_MEMORY_SHARE = 0.6
#: What is known of a photo that is kept in memory.
_UNREAD, _READY, _FAILED = 0, 1, 2


@dataclass(frozen=True)
class LoadedBatch:
    """The photos of one request, in its order.

    Attributes
    ----------
    images : Tensor
        ``[n, S, S, 3]`` uint8 on the CPU, RGB. They are the consumer's for as long as it holds them or any view of
        them; after that their memory is used for another batch.
    aspects : Tensor
        ``[n]`` float32: width / height of the original photos; NaN for negative rows.
    failed : numpy.ndarray
        ``[n]`` bool: rows that are negative or whose photo cannot be decoded. Their pixels are 0.
    """

    images: Tensor
    aspects: Tensor
    failed: NDArray[np.bool_]


class ViewLoader:
    """Loads photos from shards, ahead of their use.

    Parameters
    ----------
    shards : Shards
        Where they are.
    workers : int, optional
        Threads that decode; one for each core but one by default, and at most 16.
    ahead : int
        Batches that are decoded while the consumer is busy with another one. At most ``ahead + 1`` batches take
        memory, and those that the consumer holds.
    in_memory : bool
        Keep every photo decoded once it has been read. Two batches that want it for the first time at the same moment
        may both decode it.
    pin : bool
        Load into pinned memory, from which a GPU copies while it computes.

    Raises
    ------
    InputError
        When ``workers`` or ``ahead`` is below 1, when the shards hold no photo, or when the decoded photos would take
        more than 60 % of the free memory.
    """

    def __init__(
        self, shards: Shards, *, workers: int | None = None, ahead: int = 3, in_memory: bool = False, pin: bool = False
    ) -> None:
        self.workers, self._ahead = default_workers() if workers is None else workers, ahead
        for name, value in (("workers", self.workers), ("ahead", ahead)):
            if value < 1:
                raise InputError(f"{name}: {value} is too few; use 1 or more.")
        if not len(shards):
            raise InputError(f"{shards.folder}: no photo is there; run 'streetsense fetch' again.")
        self._shards = shards
        self._decoded = _DecodedPhotos(shards) if in_memory else None
        self._memory = _PinnedMemory() if pin else _Memory(ahead + 2)

    def batches(self, requests: Iterator[Rows]) -> Generator[LoadedBatch, None, None]:
        """Load batches in the order in which they are requested.

        Parameters
        ----------
        requests : iterator of numpy.ndarray
            Each ``[n]`` int64 rows of the shards, in any order, with or without repetitions. It is read by the thread
            that takes the batches, at most ``ahead`` requests before their turn.

        Yields
        ------
        LoadedBatch
            One a request. Closing the generator stops the threads.

        Raises
        ------
        IndexError
            When the shards have no such row.
        StreetSenseError
            When a file of the shards has gone.
        """
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="load")
        on_the_way: deque[_Loading] = deque()

        def look_ahead() -> None:
            while len(on_the_way) < self._ahead and (rows := next(requests, None)) is not None:
                on_the_way.append(self._begin(rows, pool))

        try:
            look_ahead()
            while on_the_way:
                batch = on_the_way.popleft().result()
                look_ahead()
                yield batch
                # Not held while the next one is waited for: its memory may be free by then.
                del batch
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, rows: Rows, pool: ThreadPoolExecutor) -> _Loading:
        """Hand a request to the threads."""
        if len(rows) and rows.max() >= len(self._shards):
            raise IndexError(f"row {rows.max()} of {len(self._shards)}")
        aspects = np.where(rows < 0, np.float32(np.nan), self._shards.aspects[rows])
        images = self._memory.take((len(rows), self._shards.side, self._shards.side, 3))
        batch = LoadedBatch(images, torch.from_numpy(aspects), np.zeros(len(rows), np.bool_))
        pixels = images.numpy()
        parts = [slice(begin, begin + _CHUNK) for begin in range(0, len(rows), _CHUNK)]
        return _Loading(
            batch, [pool.submit(self._load, rows[part], pixels[part], batch.failed[part]) for part in parts]
        )

    def _load(self, rows: Rows, pixels: Pixels, failed: NDArray[np.bool_]) -> None:
        """Fill a part of a batch."""
        if self._decoded is not None:
            self._decoded.fill(rows, pixels, failed)
        else:
            for place, row in enumerate(rows):
                failed[place] = not _decode(self._shards, int(row), pixels[place])


@dataclass(frozen=True)
class _Loading:
    """A batch that threads fill."""

    batch: LoadedBatch
    parts: list[Future[None]]

    def result(self) -> LoadedBatch:
        for part in self.parts:
            part.result()
        return self.batch


class _DecodedPhotos:
    """All photos of the shards, each decoded when it is first wanted."""

    def __init__(self, shards: Shards) -> None:
        shape = (len(shards), shards.side, shards.side, 3)
        size, free = int(np.prod(shape, dtype=np.int64)), psutil.virtual_memory().available
        if size > _MEMORY_SHARE * free:
            raise InputError(
                f"in_memory: {len(shards)} photos of {shards.side} px take {size / 2**30:.1f} GiB and "
                f"{free / 2**30:.1f} GiB of memory are free; load them from the disk, or make them smaller."
            )
        self._shards = shards
        self._pixels: Pixels = np.empty(shape, np.uint8)
        self._known = np.full(len(shards), _UNREAD, np.uint8)

    def fill(self, rows: Rows, pixels: Pixels, failed: NDArray[np.bool_]) -> None:
        """Copy these rows to ``pixels`` and say which have failed."""
        for row in np.unique(rows[(rows >= 0) & (self._known[rows] == _UNREAD)]):
            # Marked after its pixels are there: a thread that sees the mark sees the pixels.
            self._known[row] = _READY if _decode(self._shards, int(row), self._pixels[row]) else _FAILED
        failed[:] = (rows < 0) | (self._known[rows] == _FAILED)
        # "clip" copies straight to its place; negative rows become row 0 there and are blanked.
        np.take(self._pixels, rows, axis=0, out=pixels, mode="clip")
        pixels[failed] = 0


class _Memory:
    """Memory for batches that is used again as soon as nobody holds the images in it.

    The system blanks every page of fresh memory when it is first touched, which takes longer than copying photos there:
    photos that are kept decoded come two to three times as fast from memory that is used again.
    """

    def __init__(self, kept: int) -> None:
        self._free: deque[Pixels] = deque(maxlen=kept)

    def take(self, shape: tuple[int, ...]) -> Tensor:
        """Return an uint8 tensor of undefined content."""
        size = int(np.prod(shape))
        memory = self._fitting(size)
        # All that refers to the tensor's memory refers to this view of it; when the last of them has gone, so has it.
        view = memory[:size]
        weakref.finalize(view, self._free.append, memory).atexit = False
        return torch.from_numpy(view).view(shape)

    def _fitting(self, size: int) -> Pixels:
        while self._free:
            memory = self._free.popleft()
            if len(memory) >= size:
                return memory
        return np.empty(size, np.uint8)


class _PinnedMemory(_Memory):
    """Pinned memory: torch's own allocator uses it again, once the copies to the GPU have ended too."""

    def __init__(self) -> None:
        super().__init__(kept=0)

    def take(self, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(shape, dtype=torch.uint8, pin_memory=True)


def _decode(shards: Shards, row: int, square: Pixels) -> bool:
    """Decode a row into its ``[S, S, 3]`` place; tell whether that worked, and leave zeros there where not."""
    if row >= 0:
        try:
            made = simplejpeg.decode_jpeg(shards.read(row), "RGB", buffer=square)
            if made.shape == square.shape:
                return True
        except ValueError:  # The record is no JPEG, cut off, or larger than its place.
            pass
    square[:] = 0
    return False
