"""The ledger of ``fetch``: which views there are, which are new, and their rows, written part by part."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from streetsense.study import PartTable, Study

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.progress import Progress
    from streetsense.streetview.collect import KeptView, Outcome
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.online.provider import OnlineProvider
    from streetsense.streetview.provider import Provider
    from streetsense.streetview.views import View

#: A part is written when it has this many rows, or when its first row is this many seconds old.
_PART_ROWS, _PART_SECONDS = 500, 10.0
#: Why there is no view of a whole panorama any more.
_CUT = "panorama: it is cut into views"


class FetchLedger:
    """What is known of a provider's views: before this run, and added by it. Its rows are written in parts.

    Parameters
    ----------
    study : Study
        Whose table of views it keeps.
    provider : Provider or OnlineProvider
        Whose views they are.
    nearest : NearestPoints
        Finds the sample point of each view.
    job : Progress
        Hears the warnings.
    max_views : int, optional
        How many views of the provider are wanted, those of earlier runs among them; None for all.
    again : bool
        Take the views that are there already once more.

    Attributes
    ----------
    done : dict
        Keys of the views that need not be taken any more, to the digests of their photos.
    given_up : set of str
        Keys of the views whose photos are missing, or were looked at and are no use.
    new : int
        Usable views that this run added.
    """

    def __init__(
        self,
        study: Study,
        provider: Provider | OnlineProvider,
        nearest: NearestPoints,
        job: Progress,
        *,
        max_views: int | None = None,
        again: bool = False,
    ) -> None:
        from streetsense.streetview.provider import KnowsTruth

        known = study.views(status=None, columns=["view_id", "provider", "source_id", "status", "error", "sha256"])
        known = known[known["provider"] == provider.name]
        usable = known[known["status"] == "ok"]
        unused = known[known["status"] != "ok"]
        self._study, self._nearest, self._job, self._max_views = study, nearest, job, max_views
        self.done: dict[str, str] = {} if again else dict(zip(usable["view_id"], usable["sha256"], strict=True))
        self._all_usable = set(usable["view_id"])
        self._source_of = dict(zip(usable["sha256"], usable["source_id"], strict=True))
        self._why_unused = dict(zip(unused["view_id"], unused["error"], strict=True))
        is_final = unused["status"].isin(["missing", "quarantined"]) & (unused["error"] != _CUT)
        self.given_up = set[str]() if again else set(unused.loc[is_final, "view_id"])
        self._labels = labels_table(study, provider.labels_name) if isinstance(provider, KnowsTruth) else None
        self._kept: list[KeptView] = []
        self._part_begun = time.monotonic()
        self._notes: Counter[str] = Counter()
        self._there = self.new = 0

    def __enter__(self) -> FetchLedger:
        return self

    def __exit__(self, *_: object) -> None:
        self.write()

    def count_there(self, views: int) -> None:
        """Count views that are there and that nobody looks at one by one."""
        self._there += views

    def remaining(self) -> int | None:
        """Return how many more views are wanted; None for all."""
        return None if self._max_views is None else max(0, self._max_views - self._there - self.new)

    def message(self) -> str:
        """Say in a few words how far the work is."""
        return f"{self.new} new views" + (f", {self._there} there already" if self._there else "")

    def add(self, outcome: Outcome) -> None:
        """Take up what came of one capture."""
        self.count_there(outcome.finished)
        if not outcome.views:
            return
        kept = [self._without_duplicate(view) for view in outcome.views]
        if (stale := self._replaced_by_cuts(outcome)) is not None:
            kept.append(stale)
        for view in kept:
            if view.view.error is None:
                self.new += 1
                self._notes.update(view.notes)
                self.done.setdefault(view.view.view_id, view.sha256 or "")
            elif self._why_unused.get(view.view.view_id) == view.view.error:
                continue  # nothing has changed since the last run
            elif view.view.status == "failed" and view.view.view_id in self._all_usable:
                self._notes.update(["a photo could not be fetched again; its view stays as it was"])
                continue
            self._kept.append(view)
        if len(self._kept) >= _PART_ROWS or time.monotonic() - self._part_begun > _PART_SECONDS:
            self.write()

    def warn(self) -> None:
        """Tell the user what is worth knowing of the new views."""
        for note, number in sorted(self._notes.items()):
            self._job.warn(f"{note} (views: {number}).")

    def _without_duplicate(self, kept: KeptView) -> KeptView:
        """Quarantine a view whose photo another one has already."""
        if kept.sha256 is None:
            return kept
        first = self._source_of.setdefault(kept.sha256, kept.view.source_id)
        if first == kept.view.source_id:
            return kept
        return _emptied(kept, kept.view.quarantined(f"duplicate: the same photo as {first}"))

    def _replaced_by_cuts(self, outcome: Outcome) -> KeptView | None:
        """Withdraw the view that an earlier run made of a whole photo which is now known to be a panorama."""
        from streetsense.streetview.views import View, view_id

        provider = outcome.views[0].view.provider
        whole = view_id(provider, outcome.capture.source_id)
        known = whole in self._all_usable or whole in self._why_unused
        if not known or any(kept.view.view_id == whole for kept in outcome.views):
            return None
        return _emptied(outcome.views[0], View(whole, provider, outcome.capture.source_id).quarantined(_CUT))

    def write(self) -> None:
        """Write the rows that have come together as one part; labels first, so that a usable view has its own."""
        import pyarrow as pa

        labelled = [{"view_id": kept.view.view_id, **kept.labels} for kept in self._kept if kept.labels]
        if self._labels is not None and labelled:
            self._labels.append(pa.Table.from_pylist(labelled))
        if self._kept:
            self._study.views_table.append_frame(_rows(self._kept, self._nearest))
        self._kept, self._part_begun = [], time.monotonic()


def labels_table(study: Study, name: str) -> PartTable:
    """Return the table that gathers labels while views are made; hidden, since the result is the CSV made of it."""
    return PartTable(study.results_dir / f".{name}", "view_id")


def _emptied(kept: KeptView, view: View) -> KeptView:
    from streetsense.streetview.collect import KeptView

    return KeptView(view, None, kept.sha256, {}, ())


def _rows(kept: Iterable[KeptView], nearest: NearestPoints) -> pd.DataFrame:
    """Make rows of the table of views, each with its nearest sample point."""
    import numpy as np
    import pandas as pd
    import shapely

    frame = pd.DataFrame([{**vars(item.view), "path": item.path, "sha256": item.sha256} for item in kept])
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    placed = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    lon, lat = np.where(placed, lon, np.nan), np.where(placed, lat, np.nan)
    geometry = np.full(len(frame), None, dtype=object)
    geometry[placed] = shapely.points(lon[placed], lat[placed])
    near = pd.Series(nearest.point_ids(lon, lat), dtype="object")
    frame["geometry"], frame["point_id"] = geometry, frame["point_id"].astype("object").fillna(near)
    frame["status"] = frame["status"].astype("str")
    return frame
