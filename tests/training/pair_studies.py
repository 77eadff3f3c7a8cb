"""Studies of views that stand where a test wants them, and their pairs."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import shapely
from pyproj import Geod

from streetsense.progress import Silent
from streetsense.study import Study
from streetsense_training.processes import pair

GEOD = Geod(ellps="WGS84")


class Listener(Silent):
    """A progress that keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def run(study: Study, listener: Listener | None = None, **inputs: object) -> pair.Outputs:
    outputs = pair.run(study, pair.PROCESS.parse(inputs), listener or Listener())
    assert isinstance(outputs, pair.Outputs)
    return outputs


def make_study(folder: Path, frame: pd.DataFrame, *, parts: int = 1) -> Study:
    """Make a study of views given by ``lon``, ``lat`` and any of the other columns, in so many parts."""
    points = shapely.points(frame["lon"], frame["lat"])
    geometry = np.where(frame["lon"].isna(), None, points)
    views = gpd.GeoDataFrame(frame.drop(columns=["lon", "lat"]), geometry=geometry, crs="EPSG:4326")
    # Halves of the world on either side of the antimeridian are no area to be drawn: a box for each view is.
    lon, lat = frame["lon"].dropna(), frame["lat"].dropna()
    boxes = shapely.box(lon - 1e-4, lat - 1e-4, lon + 1e-4, lat + 1e-4)
    study = Study.create(folder, gpd.GeoDataFrame(geometry=boxes, crs="EPSG:4326"))
    filled = {"provider": "test", "status": "ok", "view_id": [f"v{row:04d}" for row in range(len(views))]}
    views = views.assign(**{name: value for name, value in filled.items() if name not in views})
    for rows in np.array_split(np.arange(len(views)), parts):
        study.views_table.append_frame(views.iloc[rows])
    return study


def street(places: int = 12, *, lon: float = 2.0, lat: float = 60.0, spacing: float = 30.0) -> pd.DataFrame:
    """Place views eastwards along a street: at each place two headings at three dates, each date about a metre off."""
    rows = []
    for place in range(places):
        for number, date in enumerate(["2019-07", "2021-05-03T10:00:00.000Z", "2023-02-11"]):
            east, north, _ = GEOD.fwd(lon, lat, 90, place * spacing + number)
            rows += [
                {"lon": east, "lat": north, "pano_id": f"p{place}@{date}", "captured_at": date, "heading_deg": heading}
                for heading in (10.0, 190.0 + number)
            ]
    return pd.DataFrame(rows)


def table(study: Study, name: str) -> pd.DataFrame:
    """Return the stored pairs beside what the views say of both."""
    pairs = pq.read_table(study.root / "pairs" / name / "pairs.parquet").to_pandas()
    views = study.views(status=None).set_index("view_id")
    for side in "12":
        of = views.loc[pairs[f"view_id_{side}"]]
        pairs[[f"lon_{side}", f"lat_{side}"]] = np.stack([of.geometry.x, of.geometry.y], axis=1)
        pairs[f"pano_{side}"], pairs[f"date_{side}"] = of["pano_id"].to_numpy(), of["captured_at"].to_numpy()
    pairs["metres"] = GEOD.inv(pairs["lon_1"], pairs["lat_1"], pairs["lon_2"], pairs["lat_2"])[2]
    return pairs
