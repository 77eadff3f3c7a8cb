"""Tasks of one piece of work: they end together, and a user who wants to stop is heard while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from streetsense.web import HostDown

T = TypeVar("T")

#: Seconds between looks at whether the user wants to stop.
_LOOK_EVERY = 0.25
#: Seconds that whoever waits for a host that is being tried waits at least.
_TRIAL_S = 0.2


@asynccontextmanager
async def working(look: Callable[[], None]) -> AsyncIterator[asyncio.TaskGroup]:
    """Yield a group of tasks; the first error of one of them, or of ``look``, ends all others and comes out alone.

    Parameters
    ----------
    look : callable
        Called several times a second; what it raises (a cancellation) ends the work.
    """
    try:
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(_watch(look))
            yield group
            watch.cancel()
        look()
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


async def waited_out(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; while a host is down, wait until it may be asked again.

    Raises
    ------
    HostDown
        When it is left alone for good.
    """
    while True:
        try:
            return await ask()
        except HostDown as down:
            if down.again_s is None:
                raise
            await asyncio.sleep(max(down.again_s, _TRIAL_S))


async def _watch(look: Callable[[], None]) -> None:
    while True:
        look()
        await asyncio.sleep(_LOOK_EVERY)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that is no group."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
