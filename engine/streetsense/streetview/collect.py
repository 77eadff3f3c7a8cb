"""Taking captures in parallel, and handing on what came of them in their own order."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from streetsense.errors import StreetSenseError
from streetsense.streetview.provider import Capture, Provider
from streetsense.streetview.views import Status, TakenView, View, view_id

#: Seconds between looks at whether the user wants to stop, while one capture takes long.
_LOOK_EVERY = 0.25
#: Captures in the works for each worker: enough that none waits, few enough that memory stays flat.
_AHEAD = 3


@dataclass(frozen=True)
class KeptView:
    """A view whose photo has been put where it belongs; its bytes are not held any more.

    Attributes
    ----------
    view : View
        The row.
    path, sha256 : str or None
        Where its photo is, and the photo's hexadecimal digest.
    labels, notes
        See `TakenView`.
    """

    view: View
    path: str | None
    sha256: str | None
    labels: Mapping[str, float]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of one capture: either ``finished`` views that were there already, or new ones."""

    capture: Capture
    finished: int
    views: list[KeptView]


def worker_count() -> int:
    """Return how many threads take photos: the processors this process may use, at least 2, at most 16."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 2
    return min(16, max(2, usable))


def collect(
    provider: Provider,
    captures: Iterable[Capture],
    keep: Callable[[TakenView], KeptView],
    *,
    done: Mapping[str, str],
    remaining: Callable[[], int | None] = lambda: None,
    look: Callable[[], None] = lambda: None,
    workers: int | None = None,
) -> Iterator[Outcome]:
    """Take captures with several threads; yield their outcomes in the order of ``captures``.

    Parameters
    ----------
    provider : Provider
        Takes them.
    captures : iterable of Capture
        What to take.
    keep : callable
        Puts a photo where it belongs. Called in the thread that took it.
    done : mapping
        Keys of the views that are there already, to the digests of their photos; their captures are not taken again.
    remaining : callable, optional
        How many more views are wanted; None for all. Asked again after every outcome; the work ends at 0.
    look : callable, optional
        Called several times a second; what it raises (a cancellation) ends the work.
    workers : int, optional
        Threads; `worker_count` by default.

    Raises
    ------
    StreetSenseError
        What ``keep`` and the provider say about things that concern more than one photo (a full disk).
    """
    workers = workers or worker_count()
    pending: deque[tuple[Capture, int, Future[list[KeptView]] | None]] = deque()
    upcoming = iter(captures)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="fetch")
    try:
        while True:
            wanted = remaining()
            ahead = workers * _AHEAD
            if wanted is not None:
                ahead = min(ahead, math.ceil(wanted / max(1, provider.views_per_capture)))
            while len(pending) < ahead and (capture := next(upcoming, None)) is not None:
                finished = provider.finished_views(capture, done)
                future = None if finished else pool.submit(_take, provider, capture, keep)
                pending.append((capture, finished, future))
            if not pending or wanted == 0:
                return
            capture, finished, future = pending.popleft()
            if future is None:
                look()
                yield Outcome(capture, finished, [])
                continue
            while wait([future], timeout=_LOOK_EVERY).not_done:
                look()
            look()
            yield Outcome(capture, 0, future.result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _take(provider: Provider, capture: Capture, keep: Callable[[TakenView], KeptView]) -> list[KeptView]:
    """Take one capture; an unexpected error is this capture's own failure, not the end of the work."""
    try:
        taken = provider.take(capture)
    except (StreetSenseError, MemoryError):
        raise
    except Exception as error:
        reason = f"failed: {type(error).__name__}: {str(error)[:200]}"
        key = view_id(provider.name, capture.source_id)
        taken = [TakenView(View(key, provider.name, capture.source_id, status=Status.FAILED, error=reason))]
    return [keep(view) for view in taken]
