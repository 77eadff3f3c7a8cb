"""Pairs: which two views should embed alike (sections 3 and 4.1 of the paper).

The way from views to pairs: `views` reads the columns that rules look at, `selection` leaves out what may not be used,
`neighbourhoods` finds partners, `drawing` draws, `pairset` keeps the result, and `inspection` shows it to people.
"""

from streetsense_training.pairs.pairset import PairRecord, PairSet, load_pairs
from streetsense_training.pairs.rules import Objective, PairRule

__all__ = ["Objective", "PairRecord", "PairRule", "PairSet", "load_pairs"]
