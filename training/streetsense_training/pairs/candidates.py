"""Views that may be paired, as columns of numbers, and what is true of two of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streetsense_training.pairs.days import DAYS_A_MONTH, UNKNOWN_DAY
from streetsense_training.pairs.views import MICRODEGREES, UNKNOWN_HEADING

if TYPE_CHECKING:
    import pyarrow as pa

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """Views in the order of their ``view_id``; every array has shape (n,).

    Attributes
    ----------
    x, y : ndarray of float64
        Position in the study's CRS (metres).
    heading : ndarray of int32
        Millionths of a degree, `UNKNOWN_HEADING` without.
    day : ndarray of int32
        Day number of the middle of the capture time, `UNKNOWN_DAY` without.
    panorama, unit, quota : ndarray of int32
        Numbers of the capture, of the unit and of the quota's polygon (-1 for none).
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    heading: NDArray[np.int32]
    day: NDArray[np.int32]
    panorama: NDArray[np.int32]
    unit: NDArray[np.int32]
    quota: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.day)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Candidates:
        """Return some of the rows."""
        return Candidates(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def to_arrow(self, view_ids: pa.Array) -> pa.Table:
        """Return the columns beside the keys, as they are stored."""
        import pyarrow as pa

        return pa.table({"view_id": view_ids, **{field.name: getattr(self, field.name) for field in fields(self)}})

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Candidates:
        """Read back what `to_arrow` made."""
        return cls(**{field.name: table[field.name].to_numpy() for field in fields(cls)})


@dataclass(frozen=True)
class PairFacts:
    """What is true of each pair; not a number where it is unknown. Every array has shape (pairs,).

    Attributes
    ----------
    distance_m, heading_difference_deg, months_apart : ndarray of float32
        Metres, degrees (0 to 180) and months.
    """

    distance_m: NDArray[np.float32]
    heading_difference_deg: NDArray[np.float32]
    months_apart: NDArray[np.float32]


def pair_facts(candidates: Candidates, first: Rows, second: Rows) -> PairFacts:
    """Measure pairs, given as rows of ``candidates``."""
    x, y, heading, day = candidates.x, candidates.y, candidates.heading, candidates.day
    distance = np.hypot(x[first] - x[second], y[first] - y[second])
    turn = heading_difference(heading[first], heading[second]) / MICRODEGREES
    turn[(heading[first] == UNKNOWN_HEADING) | (heading[second] == UNKNOWN_HEADING)] = np.nan
    apart = np.abs(day[first] - day[second]) / DAYS_A_MONTH
    apart[(day[first] == UNKNOWN_DAY) | (day[second] == UNKNOWN_DAY)] = np.nan
    # A view is where it is, also when nobody knows where that is.
    for values in (distance, turn, apart):
        values[first == second] = 0
    return PairFacts(distance.astype(np.float32), turn.astype(np.float32), apart.astype(np.float32))


def heading_difference(a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the smaller angle between two headings in millionths of a degree, 0..180e6."""
    turn = np.abs(a - b)
    smaller: NDArray[np.int32] = np.minimum(turn, 360 * MICRODEGREES - turn)
    return smaller
