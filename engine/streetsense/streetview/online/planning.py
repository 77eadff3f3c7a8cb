"""From chosen captures to photos to download, and from downloaded photos to views."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streetsense.images import PhotoError, read_header
from streetsense.streetview.cutting import CutPanorama, cut_panorama, turn_of_cuts
from streetsense.streetview.online.provider import FoundCapture, Photo, Shot
from streetsense.streetview.views import Cuts, Status, TakenView, View, view_id

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.streetview.nearest import NearestPoints
    from streetsense.streetview.online.provider import OnlineProvider

#: Width over height beyond which a photo that should be a panorama is none.
_PANORAMA_SHAPE = (1.96, 2.04)
#: Captures whose rows are turned into Python's values together: all of a large city would fill the memory.
_AT_A_TIME = 10_000


@dataclass(frozen=True)
class PlannedPhoto:
    """A photo to download, and the views that it will make.

    Attributes
    ----------
    shot : Shot
        What to ask for.
    view_ids : tuple of str
        The keys of its views.
    whole : str
        The key of the view that stands for all of its capture: the row of one that is missing or no use.
    point_id : str or None
        The sample point that its capture belongs to.
    """

    shot: Shot
    view_ids: tuple[str, ...]
    whole: str
    point_id: str | None

    @property
    def key(self) -> str:
        """The photo's name in the ledger: it says which views are made of it."""
        return hashlib.sha256("".join(self.view_ids).encode()).hexdigest()[:20]

    def with_most(self, views: int) -> PlannedPhoto:
        """Return the same photo, of which so many views are made at most."""
        return dataclasses.replace(self, view_ids=self.view_ids[:views])

    def at(self, url: str) -> PlannedPhoto:
        """Return the same photo, at an address that is good for the next minutes."""
        return dataclasses.replace(
            self, shot=dataclasses.replace(self.shot, capture=dataclasses.replace(self.shot.capture, fresh_url=url))
        )


def planned_photos(
    provider: OnlineProvider, captures: pd.DataFrame, cuts: Cuts, nearest: NearestPoints
) -> Iterator[PlannedPhoto]:
    """Yield the photos that captures are made of, in their order.

    Parameters
    ----------
    provider : OnlineProvider
        Whose captures they are.
    captures : DataFrame
        The fields of `FoundCapture`, and ``point_id``.
    cuts : Cuts
        Which views are made of a panorama.
    nearest : NearestPoints
        Knows the road's bearing where views are relative to it.
    """
    for first in range(0, len(captures), _AT_A_TIME):
        yield from _planned(provider, captures.iloc[first : first + _AT_A_TIME], cuts, nearest)


def _planned(
    provider: OnlineProvider, captures: pd.DataFrame, cuts: Cuts, nearest: NearestPoints
) -> Iterator[PlannedPhoto]:
    columns = [name for name in captures.columns if name in _CAPTURE]
    values = captures[columns].astype(object).where(captures[columns].notna(), None)
    for point, row in zip(captures["point_id"], values.itertuples(index=False, name=None), strict=True):
        capture = FoundCapture(**dict(zip(columns, row, strict=True)))
        point_id = point if isinstance(point, str) else None
        whole = view_id(provider.name, capture.source_id)
        if not capture.is_pano:
            yield PlannedPhoto(Shot(capture), (whole,), whole, point_id)
            continue
        keys = cuts.view_ids(provider.name, capture.source_id)
        if not provider.cuts_itself:
            yield PlannedPhoto(Shot(capture), tuple(keys), whole, point_id)
            continue
        turn, _ = turn_of_cuts(cuts, capture.lon, capture.lat, nearest)
        for key, heading in zip(keys, cuts.headings_deg, strict=True):
            shot = Shot(capture, (heading + turn) % 360, cuts.pitch_deg, cuts.fov_deg, cuts.size)
            yield PlannedPhoto(shot, (key,), key, point_id)


def views_of(provider: str, planned: PlannedPhoto, photo: Photo, cuts: Cuts, nearest: NearestPoints) -> list[TakenView]:
    """Make the views of a downloaded photo: one, or several when it is a panorama.

    A photo that cannot be used becomes a quarantined view.
    """
    shot = planned.shot
    capture = dataclasses.replace(shot.capture, **photo.more)
    view = _row(provider, capture, planned.point_id)
    info = read_header(photo.data)
    view = dataclasses.replace(view, width=info.width, height=info.height)
    if shot.heading_deg is not None:
        view = dataclasses.replace(
            view,
            view_id=planned.view_ids[0],
            heading_deg=shot.heading_deg,
            pitch_deg=shot.pitch_deg,
            fov_deg=shot.fov_deg,
        )
        return [TakenView(view, photo.data)]
    if not capture.is_pano:
        suffix = ".jpg" if info.format.upper() in {"JPEG", "MPO"} else f".{info.format.lower()}"
        return [TakenView(view, photo.data, suffix)]
    if not _PANORAMA_SHAPE[0] <= info.width / info.height <= _PANORAMA_SHAPE[1]:
        reason = f"panorama of the wrong shape: {info.width} x {info.height}, twice as wide as high is needed"
        return [TakenView(view.quarantined(reason))]
    try:
        views = cut_panorama(CutPanorama(view, photo.data, capture.heading_deg), cuts, nearest)
    except PhotoError as error:
        return [TakenView(view.quarantined(str(error)))]
    wanted = set(planned.view_ids)
    return [taken for taken in views if taken.view.view_id in wanted]


def no_view(provider: str, planned: PlannedPhoto, status: Status, reason: str) -> TakenView:
    """Make the row of a photo that is missing or failed."""
    view = _row(provider, planned.shot.capture, planned.point_id)
    return TakenView(dataclasses.replace(view, view_id=planned.whole, status=status, error=reason))


def _row(provider: str, capture: FoundCapture, point_id: str | None) -> View:
    return View(
        view_id=view_id(provider, capture.source_id),
        provider=provider,
        source_id=capture.source_id,
        lon=capture.lon,
        lat=capture.lat,
        heading_deg=capture.heading_deg,
        pitch_deg=capture.pitch_deg,
        fov_deg=capture.fov_deg,
        captured_at=capture.captured_at,
        pano_id=capture.pano_id or (capture.source_id if capture.is_pano else None),
        sequence_id=capture.sequence_id,
        point_id=point_id,
        licence=capture.licence,
        attribution=capture.attribution,
        source_url=capture.source_url,
    )


_CAPTURE = {field.name for field in dataclasses.fields(FoundCapture)}
