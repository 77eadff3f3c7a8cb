"""What a fetch would do, told before it does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    import pandas as pd

    from streetsense.study import Study


class Plan(BaseModel):
    """What a fetch would do."""

    found: int = Field(description="captures in the area and in the time")
    chosen: int = Field(description="those of them that are wanted")
    there_already: int = Field(description="those of them that the study has")
    by_year: dict[str, int] = Field(description="captures that were found, by year; 'unknown' without a date")
    photos: int = Field(description="photos to ask for")
    billed: int = Field(description="those of them that cost something")
    cost_usd: float = Field(description="what they cost (US dollars)")
    megabytes: float = Field(description="their size, about")
    minutes: float = Field(description="how long it takes at least, about")


def write_coverage(study: Study, provider: str, captures: pd.DataFrame) -> str | None:
    """Write ``results/coverage_<provider>.gpkg``: where captures are, points in EPSG:4326.

    Parameters
    ----------
    study : Study
        Where to.
    provider : str
        Whose captures.
    captures : DataFrame
        What `streetsense.streetview.online.selection.select` returns.

    Returns
    -------
    str or None
        The layer's path in the study; None without a capture.
    """
    import geopandas as gpd
    import pandas as pd

    from streetsense.vectors import WGS84, write_vector

    layer = study.results_dir / f"coverage_{provider}.gpkg"
    if captures.empty:
        layer.unlink(missing_ok=True)  # it would show an earlier answer
        return None
    places = gpd.points_from_xy(captures["lon"], captures["lat"], crs=WGS84)
    years = pd.to_numeric(captures["captured_at"].astype("object").fillna("").astype(str).str[:4], errors="coerce")
    columns = ["source_id", "captured_at", "is_pano", "point_id", "licence", "attribution", "source_url"]
    frame = gpd.GeoDataFrame(captures[columns].astype(dict.fromkeys(columns, "object")), geometry=places)
    frame = frame.assign(
        provider=provider,
        year=years.astype("Int64").to_numpy(),
        is_pano=captures["is_pano"].to_numpy(bool),
        chosen=captures["is_chosen"].to_numpy(bool),
    )
    write_vector(frame, layer)
    return layer.relative_to(study.root).as_posix()
