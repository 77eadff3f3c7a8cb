"""A study's sample points and views as layers for a GIS, beside the tables that the processes work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streetsense.progress import Progress
from streetsense.vectors import write_vector

if TYPE_CHECKING:
    from streetsense.study import Study

#: A GIS opens so many rows of a GeoPackage; whoever has more of them looks at a part, which the server gives.
MOST_ROWS = 5_000_000
_OF_A_VIEW = ["view_id", "provider", "pano_id", "sequence_id", "point_id", "captured_at", "heading_deg", "pitch_deg",
              "fov_deg", "width", "height", "licence", "attribution", "source_url", "path", "geometry"]  # fmt: skip


def write_points_layer(study: Study) -> str:
    """Write ``results/sample_points.gpkg`` (EPSG:4326: point_id, road_id, road_bearing_deg); return its path there."""
    layer = study.results_dir / "sample_points.gpkg"
    write_vector(study.sample_points(), layer)
    return layer.relative_to(study.root).as_posix()


def write_views_layer(study: Study, job: Progress) -> str | None:
    """Write ``results/views.gpkg``: the usable views as points (EPSG:4326).

    The capture time is there twice: ``captured_at`` as it is known (text; ``2019-07`` is a month) and ``captured_on``
    as a moment in UTC (the first one of a month), which a GIS can filter by. ``photo`` is the photo's path in the
    study, null where photos stay outside it.

    Parameters
    ----------
    study : Study
        Whose views.
    job : Progress
        Is warned when there are too many.

    Returns
    -------
    str or None
        The layer's path in the study; None when there is no view, or there are more than `MOST_ROWS`.
    """
    import pandas as pd

    layer = study.results_dir / "views.gpkg"
    views = study.views(columns=_OF_A_VIEW)
    if views.empty or len(views) > MOST_ROWS:
        layer.unlink(missing_ok=True)  # it would show views of yesterday
        if len(views):
            job.warn(f"{len(views):,} views are too many for one layer ({MOST_ROWS:,}); the study has them all.")
        return None
    photos = views["path"].where(views["path"].fillna("").str.startswith("photos/"))
    moments = pd.to_datetime(views["captured_at"], format="ISO8601", utc=True, errors="coerce")
    views = views.drop(columns="path").assign(captured_on=moments, photo=photos).sort_values("view_id")
    write_vector(views, layer)
    return layer.relative_to(study.root).as_posix()
