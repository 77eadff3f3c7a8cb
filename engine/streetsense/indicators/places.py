"""Places: which samples of single views show the same spot, and so must stay on one side of every fold.

The faces of a panorama, the headings of a sample point and later visits to it share a place. A model that has learnt
one of them recognises the others, which says nothing about how it does somewhere new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import geopandas as gpd
    from pyproj import CRS


def places_of_samples(views: gpd.GeoDataFrame, samples: NDArray[np.int64], crs: CRS) -> NDArray[np.int64]:
    """Return the place of each sample, as numbers 0..places-1.

    Two views show one place when they have the same panorama, the same sample point or the same position to 1 m; a
    chain of such pairs is one place too.

    Parameters
    ----------
    views : GeoDataFrame
        One row a view, with position (any CRS) and, where they are known, ``pano_id`` and ``point_id``.
    samples : ndarray of int64, shape (n_views,)
        The sample 0..n-1 that each view belongs to; every sample has at least one view.
    crs : CRS
        Where positions are compared (metres).

    Returns
    -------
    ndarray of int64, shape (n,)
        The place of sample 0..n-1.
    """
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    count = int(samples.max()) + 1
    position = views.geometry.to_crs(crs)
    x, y = position.x.round(), position.y.round()
    known = np.isfinite(x.to_numpy()) & np.isfinite(y.to_numpy())
    metre = pd.Series(list(zip(x, y, strict=True)), index=views.index, dtype="object").where(known)
    owners, codes, first = [], [], count
    for key in (*(views[name].replace("", None) for name in ("pano_id", "point_id") if name in views), metre):
        code, kinds = pd.factorize(key)
        owners.append(samples[code >= 0])
        codes.append(code[code >= 0] + first)
        first += len(kinds)
    row, column = np.concatenate(owners), np.concatenate(codes)
    graph = coo_matrix((np.ones(len(row), dtype=np.int8), (row, column)), shape=(first, first))
    found = connected_components(graph, directed=False)[1][:count]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)
