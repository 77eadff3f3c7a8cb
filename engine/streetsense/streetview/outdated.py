"""Views that a table of photos describes otherwise than the study does: the table was corrected after a fetch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from streetsense.streetview.views import view_id

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from streetsense.streetview.phototable import PhotoTable

#: What a table can change about views that are cut out of a panorama, too; these have directions of their own.
_OF_ALL = ("lat", "lon", "captured_at", "pano_id", "sequence_id", "licence", "attribution", "source_url")
_OF_WHOLE_PHOTOS = ("heading_deg", "pitch_deg", "fov_deg")
#: Degrees; about a tenth of a millimetre on the ground.
_SAME = 1e-9


def outdated_views(table: PhotoTable, row_of_photo: Mapping[str, int], known: gpd.GeoDataFrame) -> dict[str, int]:
    """Count the views whose table row says something else than the study holds.

    Parameters
    ----------
    table : PhotoTable
        As it is today. What it does not say changes nothing.
    row_of_photo : mapping
        The table's row of each photo that has one, by ``source_id``.
    known : GeoDataFrame
        The study's usable views of these photos: the columns of `Study.views`.

    Returns
    -------
    dict
        What differs (names as in `TableRow`) to the number of views, and ``views``: how many differ in anything. Empty
        when nothing differs.
    """
    known = known[known["source_id"].isin(list(row_of_photo))]
    rows = known["source_id"].map(row_of_photo).to_numpy(dtype=np.int64)
    held = known.assign(lat=known.geometry.y, lon=known.geometry.x)
    photos = zip(known["provider"], known["source_id"], strict=True)
    whole = np.array([view_id(*photo) for photo in photos], dtype=object) == known["view_id"].to_numpy(dtype=object)
    differing: dict[str, NDArray[np.bool_]] = {}
    for name in (*_OF_ALL, *_OF_WHOLE_PHOTOS):
        if (said := table.values(name)) is None:
            continue
        changed = _differ(said[rows], held[name], name)
        if name == "heading_deg":  # cuts of a panorama whose heading was unknown
            changed &= whole | held[name].isna().to_numpy(bool)
        elif name in _OF_WHOLE_PHOTOS:
            changed &= whole
        differing[name] = changed
    counts = {name: int(changed.sum()) for name, changed in differing.items() if changed.any()}
    return {**counts, "views": int(np.any(list(differing.values()), axis=0).sum())} if counts else {}


def _differ(said: NDArray[Any], held: pd.Series, name: str) -> NDArray[np.bool_]:
    """Tell where ``said`` says something, and not what is held."""
    if said.dtype.kind == "f":
        given = np.isfinite(said)
        if name == "heading_deg":
            said = np.where(given, said, 0) % 360
        return np.asarray(given & ~(np.abs(said - held.to_numpy(float)) <= _SAME))
    given = np.array([value is not None for value in said], dtype=bool)
    return np.asarray(given & (said != held.to_numpy(dtype=object)), dtype=bool)
