"""Areal units: the census polygons, hexagons or squares that embeddings are averaged over and predictions made for."""

from streetsense.units.assign import BORDER_TOLERANCE, assign_units
from streetsense.units.means import MeanByUnit, mean_embeddings
from streetsense.units.read import MAX_CELLS, read_units

__all__ = ["BORDER_TOLERANCE", "MAX_CELLS", "MeanByUnit", "assign_units", "mean_embeddings", "read_units"]
