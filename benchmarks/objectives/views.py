"""The views that encoders are judged on, with what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from objectives import design
from objectives.design import Workplace
from streetsense.study import Study
from streetsense.vectors import read_vector

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class JudgedViews:
    """Views of the test dates everywhere, and some of the training dates on training ground.

    Attributes
    ----------
    table : DataFrame
        ``view_id``, ``path``, ``x`` and ``y`` (metres), ``heading``, ``date`` (month as text), ``point``, ``held_out``
        (ground that no pre-training saw), ``group`` (row of ``groups``, -1 outside), ``safety`` (0 to 10), and the
        true shares ``visible_*``.
    groups : DataFrame
        The block groups: ``x``, ``y`` of their centres (metres) and their indicators.
    """

    table: pd.DataFrame
    groups: pd.DataFrame


def judged_views(study: Study, place: Workplace) -> JudgedViews:
    """Gather the views of the comparison; always the same ones."""
    from streetsense.streetview.democity import INDICATORS

    views = study.views(columns=["view_id", "path", "geometry", "heading_deg", "pano_id", "point_id"])
    metres = views.geometry.to_crs(study.crs)
    blocks = shapely.union_all(read_vector(place.held_out, "held_out").to_crs(study.crs).geometry.to_numpy())
    layer = read_vector(study.results_dir / "democity_block_groups.gpkg", "block groups").to_crs(study.crs)
    points, group = shapely.STRtree(layer.geometry.to_numpy()).query(metres.to_numpy(), predicate="within")
    groups = np.full(len(views), -1)
    groups[points] = group
    table = pd.DataFrame(
        {
            "view_id": views["view_id"].to_numpy(),
            "path": views["path"].to_numpy(),
            "x": metres.x.to_numpy(),
            "y": metres.y.to_numpy(),
            "heading": views["heading_deg"].to_numpy(),
            "date": views["pano_id"].str.split("@").str[1].to_numpy(),
            "point": views["point_id"].to_numpy(),
            "held_out": shapely.intersects(blocks, metres.to_numpy()),
            "group": groups,
        }
    )
    labels = pd.read_csv(study.results_dir / "democity_safety.csv")
    table = table.merge(labels, on="view_id", validate="1:1")
    is_test = table["date"].isin(design.TEST_DATES)
    other = table.index[~is_test & ~table["held_out"]].to_numpy()
    drawn = np.random.default_rng(design.CITY).choice(other, min(design.SAFETY_VIEWS, len(other)), replace=False)
    centres = layer.geometry.centroid
    return JudgedViews(
        table[is_test | table.index.isin(drawn)].reset_index(drop=True),
        pd.DataFrame({"x": centres.x, "y": centres.y, **{name: layer[name] for name in INDICATORS}}),
    )
