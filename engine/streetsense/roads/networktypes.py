"""Which OpenStreetMap ways belong to a network for driving, walking or cycling: one table for files and downloads.

The networks are OSMnx's ``drive``, ``walk``, ``bike`` and ``all``. They are written as the tag values that *exclude* a
way, because most ways leave most tags out. Values are compared whole, where OSMnx looks for a part of the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

NetworkType = Literal["drive", "walk", "bike", "all"]

#: Ways that nobody can use now, or that are places rather than ways.
_NOT_IN_USE: tuple[str, ...] = ("abandoned", "construction", "no", "planned", "platform", "proposed", "raceway")
_NOT_IN_USE = (*_NOT_IN_USE, "razed", "rest_area", "services")
#: ``trail`` is not a value of OpenStreetMap's map features, but occurs and never means a street.
_NOT_FOR_CARS: tuple[str, ...] = ("bridleway", "bus_guideway", "corridor", "cycleway", "elevator", "escalator")
_NOT_FOR_CARS = (*_NOT_FOR_CARS, "footway", "path", "pedestrian", "service", "steps", "track", "trail")
_MOTORWAYS = ("motor", "motorway", "motorway_link")

_PUBLIC = {"area": ("yes",), "access": ("private",)}
_EXCLUDED: dict[NetworkType, dict[str, tuple[str, ...]]] = {
    "drive": {
        **_PUBLIC,
        "highway": _NOT_IN_USE + _NOT_FOR_CARS,
        "motor_vehicle": ("no",),
        "motorcar": ("no",),
        "service": ("alley", "driveway", "emergency_access", "parking", "parking_aisle", "private"),
    },
    "walk": {
        **_PUBLIC,
        "highway": (*_NOT_IN_USE, *_MOTORWAYS, "bus_guideway", "cycleway"),
        "foot": ("no",),
        "service": ("private",),
        # Where the sidewalk is a way of its own, the street would be walked twice.
        "sidewalk": ("separate",),
        "sidewalk:both": ("separate",),
        "sidewalk:left": ("separate",),
        "sidewalk:right": ("separate",),
    },
    "bike": {
        **_PUBLIC,
        "highway": (*_NOT_IN_USE, *_MOTORWAYS, "bus_guideway", "corridor", "elevator", "escalator", "footway", "steps"),
        "bicycle": ("no",),
        "service": ("private",),
    },
    "all": {"area": ("yes",), "highway": _NOT_IN_USE},
}


def deciding_tags(network: NetworkType) -> list[str]:
    """Return the tags that decide whether a way belongs to ``network``; ``highway`` is among them."""
    return list(_EXCLUDED[network])


def belongs(tags: pd.DataFrame, network: NetworkType) -> NDArray[np.bool_]:
    """Tell which ways belong to a network.

    Parameters
    ----------
    tags : DataFrame
        One row a way, with the columns `deciding_tags` names; a missing value means that the way has no such tag.
    network : {"drive", "walk", "bike", "all"}
        The network.

    Returns
    -------
    ndarray of bool, shape (n,)
        Ways without a ``highway`` tag never belong.
    """
    kept = np.array(tags["highway"].notna(), dtype=bool)
    for tag, values in _EXCLUDED[network].items():
        kept &= ~tags[tag].isin(values).to_numpy(dtype=bool)
    return kept


def overpass_filter(network: NetworkType) -> str:
    """Return the same rule as a filter on ways in the Overpass query language."""
    conditions = (f'["{tag}"!~"^({"|".join(values)})$"]' for tag, values in _EXCLUDED[network].items())
    return '["highway"]' + "".join(conditions)
