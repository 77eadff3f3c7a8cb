"""Views and sample points: every view is joined to the nearest point of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streetsense.streetview.nearest import NearestPoints
    from streetsense.study import Study

#: Metres that a view may be from its sample point when nobody says otherwise.
MAX_DISTANCE = 30.0


def join_views(study: Study, nearest: NearestPoints, provider: str | None = None) -> int:
    """Join the study's views to the sample points of ``nearest``; only rows that change are written.

    Parameters
    ----------
    study : Study
        Whose views; they may be older than its sample points.
    nearest : NearestPoints
        Knows the points and how far away a view may be.
    provider : str, optional
        Only this provider's views; all by default.

    Returns
    -------
    int
        How many views have another point than before, or none any more.
    """
    import pandas as pd
    import shapely

    views = study.views(status=None)
    if provider is not None:
        views = views[views["provider"] == provider]
    if views.empty:
        return 0
    places = views.geometry.to_numpy()
    today = pd.Series(nearest.point_ids(shapely.get_x(places), shapely.get_y(places)), index=views.index, dtype="str")
    moved = today.fillna("") != views["point_id"].fillna("")
    if moved.any():
        study.views_table.append_frame(views[moved].assign(point_id=today[moved]))
    return int(moved.sum())
