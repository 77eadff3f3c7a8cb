"""Views cut out of a panorama, as rows of the table of views with their pictures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streetsense.images import decode_photo, encode_jpeg
from streetsense.streetview.panorama import cut_views, needed_height
from streetsense.streetview.views import Cuts, TakenView, View

if TYPE_CHECKING:
    from streetsense.streetview.nearest import NearestPoints

_JPEG_QUALITY = 92
_NO_HEADING = "the panorama's heading is unknown; it is cut from its middle on, and its views have no heading"
_NO_ROAD = "no sample point is near the panorama; it is cut relative to north"


@dataclass(frozen=True)
class CutPanorama:
    """A panorama to cut.

    Attributes
    ----------
    view : View
        What its views have in common: position, time, licence, and the ``source_id`` that their keys are made of.
    data : bytes
        The encoded equirectangular picture.
    heading_deg : float or None
        Where its middle column looks, degrees clockwise from north; None when nobody knows.
    """

    view: View
    data: bytes
    heading_deg: float | None


def cut_panorama(
    panorama: CutPanorama, cuts: Cuts, nearest: NearestPoints, notes: tuple[str, ...] = ()
) -> list[TakenView]:
    """Cut a panorama into views. Without a heading of its own, its views have none either.

    Parameters
    ----------
    panorama : CutPanorama
        What to cut.
    cuts : Cuts
        Where the views look, and how large they are.
    nearest : NearestPoints
        Knows the road's bearing where cuts are relative to it.
    notes : tuple of str
        What is worth telling of each view besides.

    Returns
    -------
    list of TakenView
        In the order of ``cuts.headings_deg``.

    Raises
    ------
    streetsense.images.PhotoError
        When the picture cannot be decoded.
    """
    view, own = panorama.view, panorama.heading_deg
    turn = 0.0
    if own is None:
        notes = (*notes, _NO_HEADING)
    else:
        turn, has_road = turn_of_cuts(cuts, view.lon, view.lat, nearest)
        if not has_road:
            notes = (*notes, _NO_ROAD)
    headings = [(heading + turn) % 360 for heading in cuts.headings_deg]
    pictures = cut_views(decode_photo(panorama.data, needed_height(cuts)), own or 0.0, headings, cuts)
    return [
        TakenView(
            dataclasses.replace(
                view,
                view_id=key,
                pano_id=view.pano_id or view.source_id,
                heading_deg=None if own is None else heading,
                pitch_deg=cuts.pitch_deg,
                fov_deg=cuts.fov_deg,
                width=cuts.size,
                height=cuts.size,
            ),
            encode_jpeg(picture, _JPEG_QUALITY),
            notes=notes,
        )
        for key, heading, picture in zip(cuts.view_ids(view.provider, view.source_id), headings, pictures, strict=True)
    ]


def turn_of_cuts(cuts: Cuts, lon: float | None, lat: float | None, nearest: NearestPoints) -> tuple[float, bool]:
    """Return by how much cuts are turned at a place (degrees clockwise), and whether that is known."""
    if cuts.relative_to != "road" or lon is None or lat is None:
        return 0.0, True
    bearing = nearest.road_bearing_deg(lon, lat)
    return bearing or 0.0, bearing is not None
