"""Labelled samples: features and labels brought together, of units or of views, with a count of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense.errors import InputError
from streetsense.indicators.features import EmbeddingTable, Features, mean_features
from streetsense.indicators.labels import identifier_column, rows_of_ids, samples_of_views, text_ids
from streetsense.indicators.places import places_of_samples
from streetsense.progress import Progress
from streetsense.units import assign_units
from streetsense.vectors import utm_crs

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from pyproj import CRS


@dataclass(frozen=True)
class Labelled:
    """Samples that have features and a label row; the label itself may still be missing.

    Attributes
    ----------
    features : Features
        One row a sample.
    label_rows : ndarray of int64, shape (n,)
        The row of the label table for each sample.
    places : GeoSeries or None
        Where the samples are (EPSG:4326); None where nobody knows.
    without_label : int
        Units or views with features that no label is about.
    without_features : int
        Labels that are about no unit or view with features.
    groups : ndarray of int64, shape (n,), or None
        The place of each sample when samples are views (see `places`); None for units.
    """

    features: Features
    label_rows: NDArray[np.int64]
    places: gpd.GeoSeries | None
    without_label: int
    without_features: int
    groups: NDArray[np.int64] | None = None

    def keep(self, rows: NDArray[np.bool_]) -> Labelled:
        """Return only some samples."""
        f = self.features
        return Labelled(
            Features(f.ids[rows], f.values[rows], f.n_views[rows], f.names, f.fingerprint),
            self.label_rows[rows],
            None if self.places is None else self.places[rows].reset_index(drop=True),
            self.without_label,
            self.without_features,
            None if self.groups is None else self.groups[rows],
        )

    def shared_places(self) -> NDArray[np.int64] | None:
        """Return the place of each sample, shape (n,); None when no two samples show the same one."""
        if self.groups is None or np.unique(self.groups).size == len(self.groups):
            return None
        return self.groups

    def positions(self) -> NDArray[np.float64] | None:
        """Return the samples' positions in metres (the UTM zone of their middle), shape (n, 2)."""
        if self.places is None or len(self.places) == 0:
            return None
        points = self.places.to_crs(utm_crs(self.places.to_frame("geometry"))).centroid
        return np.column_stack([points.x.to_numpy(), points.y.to_numpy()])


def label_features(
    features: Features, labels: pd.DataFrame, id_column: str | None, units: gpd.GeoDataFrame | None
) -> Labelled:
    """Join features of units with labels by identifier.

    Parameters
    ----------
    features : Features
        One row a unit.
    labels : DataFrame
        One row a unit; its polygons, if it has any, say where the units are.
    id_column : str, optional
        The identifier column of the labels; guessed by its name otherwise.
    units : GeoDataFrame or None
        ``unit_id`` and polygons: says where the units are when the labels do not.

    Raises
    ------
    InputError
        When no identifier matches, or labels repeat one.
    """
    import geopandas as gpd

    label_ids = text_ids(labels[identifier_column(labels, id_column, "labels")])
    rows = rows_of_ids(features.ids, label_ids)
    matched = rows >= 0
    places = None
    if isinstance(labels, gpd.GeoDataFrame):
        places = gpd.GeoSeries(labels.geometry.to_numpy()[np.where(matched, rows, 0)], crs=labels.crs)
    elif units is not None:
        where = rows_of_ids(features.ids, units["unit_id"].astype("string"))
        matched &= where >= 0
        places = gpd.GeoSeries(units.geometry.to_numpy()[np.where(where >= 0, where, 0)], crs=units.crs)
    used = np.unique(rows[matched]).size
    everything = Labelled(features, rows, places, int((~matched).sum()), len(labels) - used)
    return everything.keep(matched)


def label_units(
    table: EmbeddingTable,
    encoder: str,
    views: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    labels: pd.DataFrame,
    id_column: str | None,
    crs: CRS,
    progress: Progress,
) -> Labelled:
    """Average embeddings by unit and join them with labels.

    Parameters
    ----------
    table, encoder
        The embeddings, and the name of the encoder that made them.
    views : GeoDataFrame
        ``view_id`` and geometry (EPSG:4326).
    units : GeoDataFrame
        ``unit_id`` and polygons (EPSG:4326).
    labels, id_column
        As `label_features` takes them.
    crs : CRS
        Working CRS (metres).
    progress : Progress
        Told after every part of the embeddings.
    """
    features = mean_features(table, encoder, units_of_views(views, units, crs), progress)
    if len(features.ids) == 0:
        raise InputError("units: no embedded view lies inside any unit; check the layer or run 'streetsense embed'.")
    import pandas as pd

    return label_features(features, pd.DataFrame(labels), id_column, units)


def label_views(
    table: EmbeddingTable,
    encoder: str,
    views: gpd.GeoDataFrame,
    labels: pd.DataFrame,
    id_column: str | None,
    match_distance: float,
    progress: Progress,
) -> Labelled:
    """Join embeddings with labels of single views, panoramas or places.

    A sample is one label; where several views belong to it (the faces of a panorama), their embeddings are averaged, so
    that no fold learns from one face what it is asked about another.

    Parameters
    ----------
    table, encoder, views, labels, id_column, progress
        As `label_units` takes them; ``views`` has ``source_id`` besides, and ``pano_id`` and ``point_id``
        where they are known: samples that show one place are marked as a group.
    match_distance : float
        How far (metres) the nearest view of a labelled place may be.
    """
    import geopandas as gpd
    import pandas as pd

    pairs = samples_of_views(labels, views, id_column=id_column, crs=utm_crs(views), match_distance=match_distance)
    sample_of_view = pd.Series(pairs["label"].astype("str").to_numpy(), index=pairs["view_id"].to_numpy())
    features = mean_features(table, encoder, sample_of_view, progress)
    if len(features.ids) == 0:
        raise InputError("labels: none of the labelled views has an embedding; run 'streetsense embed' first.")
    first = pairs.drop_duplicates("label").set_index("label")["view_id"]
    rows = features.ids.astype(np.int64)
    position = views.set_index("view_id").geometry
    places = gpd.GeoSeries(position.loc[first.loc[list(rows)]].to_numpy(), crs=views.crs)
    number = pd.Series(np.arange(len(rows)), index=rows)
    used = pairs[pairs["label"].isin(rows)]
    shown = views.set_index("view_id").loc[used["view_id"].to_numpy()].reset_index()
    groups = places_of_samples(shown, number.loc[used["label"].to_numpy()].to_numpy(), utm_crs(views))
    return Labelled(features, rows, places, len(views) - len(pairs), len(labels) - len(rows), groups)


def units_of_views(views: gpd.GeoDataFrame, units: gpd.GeoDataFrame, crs: CRS) -> pd.Series:
    """Return the unit of each view (missing where it lies in none), indexed by view id; ``crs`` is in metres."""
    import pandas as pd

    return pd.Series(assign_units(views, units, crs), index=views["view_id"].to_numpy())
