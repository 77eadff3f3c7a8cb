"""An order of places whose every beginning is spread evenly over all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def spread_order(places: Sequence[str] | NDArray[np.object_]) -> NDArray[np.int64]:
    """Put places into an order whose every beginning is spread evenly over all of them, the same in every run.

    So work that ends at a number has come to everywhere, and a higher number adds to what is there. What is at one
    place stays together.

    Parameters
    ----------
    places : sequence of str, length n
        What each thing's place is called.

    Returns
    -------
    int64 array, shape (n,)
        The things' numbers in that order.
    """
    import pandas as pd

    hashed = pd.util.hash_array(np.asarray(places, dtype=object), categorize=False)
    return np.argsort(hashed, kind="stable")
