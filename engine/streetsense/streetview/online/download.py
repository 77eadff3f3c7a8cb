"""Downloads: many photos at once, each settled in the ledger the moment it is known, never more than wanted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streetsense.errors import InputError, StreetSenseError
from streetsense.streetview.collect import KeptView, Outcome
from streetsense.streetview.online.billing import CapReached
from streetsense.streetview.online.planning import PlannedPhoto, no_view, views_of
from streetsense.streetview.online.provider import NoPhoto
from streetsense.streetview.online.working import waited_out, working
from streetsense.streetview.provider import Capture
from streetsense.streetview.views import Cuts, Status, TakenView, View
from streetsense.web import HostDown, OutOfTime, WebError

if TYPE_CHECKING:
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.online.ledger import Ledger
    from streetsense.streetview.online.provider import OnlineProvider, Photo
    from streetsense.web import Web

#: Photos that are made into views and written while the connections are busy with others.
_AHEAD = 8


@dataclass
class Downloading:
    """What the downloads are made with, and how they go.

    Attributes
    ----------
    provider, web, ledger
        Who is asked, how, and where it is kept.
    cuts, nearest
        Which views are made of panoramas.
    keep : callable
        Puts a view's photo where it belongs. Called in a thread.
    add : callable
        Takes up what came of a photo, as soon as the ledger has it.
    remaining : callable
        How many more views are wanted; None for all.
    at_once : int
        Photos that are waited for at the same time; each host has its own limits besides.
    settled, open : int
        Photos that are ok, missing or failed now, and those that are not because the time was up, a cap was reached, or
        their host did not answer.
    why_open : str
        Why.
    """

    provider: OnlineProvider
    web: Web
    ledger: Ledger
    cuts: Cuts
    nearest: NearestPoints
    keep: Callable[[TakenView], KeptView]
    add: Callable[[Outcome], None]
    remaining: Callable[[], int | None]
    at_once: int
    settled: int = 0
    open: int = 0
    why_open: str = ""
    _promised: int = field(default=0, repr=False)
    _is_over: bool = field(default=False, repr=False)
    _refusal: InputError | None = field(default=None, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    async def run(self, planned: Iterator[PlannedPhoto], look: Callable[[], None]) -> None:
        """Download photos.

        Parameters
        ----------
        planned : iterator of PlannedPhoto
            What to download.
        look : callable
            Called several times a second; what it raises (a cancellation) ends the work.

        Raises
        ------
        InputError
            When the provider refuses the key, or the disk is full.
        """
        async with working(look) as group:
            workers = [group.create_task(self._work(planned)) for _ in range(self.at_once + _AHEAD)]
            await asyncio.wait(workers)
        if self._is_over:
            self.open += sum(1 for _ in planned)
        if self._refusal is not None:
            raise self._refusal

    async def _work(self, planned: Iterator[PlannedPhoto]) -> None:
        """Take one photo after the other; never promise more views than are wanted."""
        while not self._is_over:
            wanted = self.remaining()
            room = None if wanted is None else wanted - self._promised
            if room is not None and room <= 0:
                if self._promised <= 0:
                    return
                self._changed.clear()
                await self._changed.wait()  # what is under way may fail and leave room
                continue
            if (photo := next(planned, None)) is None:
                return
            if room is not None:
                photo = photo.with_most(room)
            self._promised += len(photo.view_ids)
            try:
                if (outcome := await self._take(photo)) is not None:
                    self.add(outcome)
            finally:
                self._promised -= len(photo.view_ids)
                self._changed.set()

    async def _take(self, planned: PlannedPhoto) -> Outcome | None:
        """Download one photo and settle it; None when it stays open."""
        name = self.provider.name
        size = 0
        try:
            photo = await waited_out(lambda: self.provider.photo(self.web, planned.shot))
            size = len(photo.data)
            kept = await asyncio.to_thread(self._make, planned, photo)
            status = Status.OK
        except (CapReached, OutOfTime, HostDown) as error:
            self._leave_open(error)
            return None
        except InputError as error:  # whatever is under way is finished first
            self._refusal, self._is_over = error, True
            self._leave_open(error)
            return None
        except NoPhoto as error:
            status = Status.MISSING
            kept = [self.keep(no_view(name, planned, status, str(error)))]
        except WebError as error:
            status = Status.FAILED
            kept = [self.keep(no_view(name, planned, status, error.reason))]
        except (StreetSenseError, MemoryError):
            raise
        except Exception as error:  # another package's provider; one photo is not the end of the work
            status = Status.FAILED
            # Its text stays behind: nobody knows whether there is a key in it.
            kept = [self.keep(no_view(name, planned, status, f"an unexpected error ({type(error).__name__})"))]
        self.ledger.settle(planned.key, status, to_json(kept), size)
        self.settled += 1
        return Outcome(Capture(planned.shot.capture.source_id), 0, kept)

    def _make(self, planned: PlannedPhoto, photo: Photo) -> list[KeptView]:
        taken = views_of(self.provider.name, planned, photo, self.cuts, self.nearest)
        return [self.keep(view) for view in taken]

    def _leave_open(self, error: Exception) -> None:
        self.open += 1
        self.why_open = self.why_open or str(error)
        if isinstance(error, CapReached | OutOfTime):
            self._is_over = True


def to_json(kept: list[KeptView]) -> str:
    """Write views down for the ledger."""
    return json.dumps(
        [{"view": vars(one.view), "path": one.path, "sha256": one.sha256, "notes": one.notes} for one in kept]
    )


def from_json(text: str) -> list[KeptView]:
    """Read views as `to_json` wrote them."""
    return [
        KeptView(
            View(**{**one["view"], "status": Status(one["view"]["status"])}),
            one["path"],
            one["sha256"],
            {},
            tuple(one["notes"]),
        )
        for one in json.loads(text)
    ]
