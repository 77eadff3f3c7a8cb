"""Which photos of the chosen captures are open: neither there nor known to be missing or no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.processes.fetchledger import FetchLedger
    from streetsense.streetview.online.planning import PlannedPhoto


class OpenPhotos:
    """The open photos of captures. They are planned anew by whoever goes through them: a million would fill the memory.

    Parameters
    ----------
    plan : callable
        Yields the photos that captures are made of.
    chosen : DataFrame
        The captures that are wanted, in the order in which they are.
    views : FetchLedger
        Knows the views that are there, and those that are given up.
    settled : mapping
        ``ok`` or ``missing`` for keys of photos.

    Attributes
    ----------
    captures_there : int
        Captures of which nothing lacks.
    """

    def __init__(
        self,
        plan: Callable[[pd.DataFrame], Iterator[PlannedPhoto]],
        chosen: pd.DataFrame,
        views: FetchLedger,
        settled: Mapping[str, str],
    ) -> None:
        self._plan, self._views = plan, views
        self._missing = {key for key, status in settled.items() if status == "missing"}
        lacking, waiting = set[str](), set[str]()
        self._views_each: list[int] = []
        for photo in plan(chosen):
            if all(key in views.done for key in photo.view_ids):
                continue
            lacking.add(photo.shot.capture.source_id)
            if (rest := self._rest(photo)) is not None:
                waiting.add(photo.shot.capture.source_id)
                self._views_each.append(len(rest.view_ids))
        self.captures_there = len(chosen) - len(lacking)
        self._captures = chosen[chosen["source_id"].isin(waiting)]

    def __len__(self) -> int:
        return len(self._views_each)

    def __iter__(self) -> Iterator[PlannedPhoto]:
        for photo in self._plan(self._captures):
            if (rest := self._rest(photo)) is not None:
                yield rest

    def needed(self, views: int | None) -> int:
        """Return how many of them it takes for so many views; all when None."""
        if views is None:
            return len(self)
        return sum(before < views for before in accumulate(self._views_each[:-1], initial=0)) if len(self) else 0

    def _rest(self, photo: PlannedPhoto) -> PlannedPhoto | None:
        """Return a photo with those of its views that lack; None when it is not to be asked for."""
        lacking = tuple(key for key in photo.view_ids if key not in self._views.done)
        if not lacking or photo.key in self._missing:
            return None
        if not self._views.given_up.isdisjoint((photo.whole, *lacking)):
            return None
        return photo if len(lacking) == len(photo.view_ids) else replace(photo, view_ids=lacking)
